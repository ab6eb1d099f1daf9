"""Exercises and the checks that teach; after `widgets`, before `project`.

`exercise` says what an exercise is. A check goes from `student`, which shows, to `engine`, which
judges, to `call`, which runs the answer, and `compare`. `registry` finds exercises by id, `audit`
says what is wrong with one, `progress` is what a student has done.
"""

from course_lib.grading.audit import audit
from course_lib.grading.student import check, hint, show_progress

__all__ = ["audit", "check", "hint", "show_progress"]
