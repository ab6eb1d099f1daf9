"""Exercises and the checks that teach; after `widgets`, before `project`.

`exercise` says what an exercise is.
"""
