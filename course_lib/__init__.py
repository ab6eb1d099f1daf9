"""Self-supervised and multimodal representation learning, in code that is meant to be read.

Packages, each importing only those before it: core, data, views, nets, methods, train, evaluate,
claims, widgets, grading, project. The `course` command is in `cli`.
"""

__version__ = "0.1.0"
