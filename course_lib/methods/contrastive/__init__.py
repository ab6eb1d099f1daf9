"""Contrastive methods: two views of a sample attract, other samples repel. Beside `supervised`,
which needs labels for that, and `pretext`, which predicts what was done to an image."""
