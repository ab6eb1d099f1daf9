"""Widgets and pictures of the lectures, a file each; after `claims` and before `grading`.

A widget is `compute(**parameters)`, which returns arrays, `draw(arrays)`, which returns a figure,
and `show()`, which puts both behind controls that work by keyboard. `style` is the one plot style.
"""
