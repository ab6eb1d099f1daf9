"""Pretext tasks: predict a property that was hidden or changed on purpose. Older than the
contrastive family; one image at a time, no negatives."""
