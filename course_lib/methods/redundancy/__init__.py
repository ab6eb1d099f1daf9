"""Redundancy reduction: two views agree feature by feature, and features do not repeat one another.
Beside `contrastive`, whose samples repel; here no sample repels, features do."""
