"""Self-distillation: a student predicts what a teacher makes of another view, and the teacher
follows the student. Beside `contrastive`, which keeps embeddings apart by negatives: here there are
none, and what prevents collapse is the asymmetry of the two."""
