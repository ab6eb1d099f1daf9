"""Supervised baselines: labels say what to tell apart. The yardstick of every other family."""
