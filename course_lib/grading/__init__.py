"""Exercises and the checks that teach; after `widgets`, before `project`.

`exercise` says what an exercise is. A check goes from `student`, which shows, to `engine`, which
judges, to `trial`, which runs the cases, each in a `call`, and `compare`. `registry` finds
exercises by id, `audit` says what is wrong with one, `progress` is what a student has done.
"""

from course_lib.grading.student import check, hint, prediction, show_progress, solved

__all__ = ["check", "hint", "prediction", "show_progress", "solved"]
