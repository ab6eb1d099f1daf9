"""An exercise's three hints, opened one at a time by a button; which were opened is remembered."""

from contextlib import suppress

import ipywidgets
from IPython import get_ipython

from course_lib.core.errors import CourseError
from course_lib.grading import progress, registry
from course_lib.grading.exercise import Exercise
from course_lib.grading.feedback import boxed
from course_lib.widgets import style
from course_lib.widgets.quiz import code


class Hints:
    """The hints of one exercise. opened: how many, in this version of the exercise."""

    def __init__(self, exercise: Exercise):
        self.exercise = exercise
        self.digest = registry.digest(exercise.id)
        self.opened = progress.row(exercise.id, self.digest)["hints"]
        layout = ipywidgets.Layout(width="auto", min_width="120px", align_self="flex-start")
        self.button = ipywidgets.Button(layout=layout)
        self.output = ipywidgets.HTML()
        self.widget = ipywidgets.VBox([self.output, self.button])
        self.widget.add_class("course-hints")
        self.button.on_click(lambda _: self.open())
        self.refresh()

    def open(self) -> None:
        """Opens the next hint, if one is left."""
        if self.opened < len(self.exercise.hints):
            self.opened += 1
            with suppress(CourseError):  # where progress cannot be kept, the check says so
                progress.note(self.exercise.id, self.digest, hints=self.opened)
        self.refresh()

    def refresh(self) -> None:
        """Shows the hints that are open, and what the button would open."""
        count = len(self.exercise.hints)
        self.output.value = self.page() if self.opened else ""
        self.button.disabled = self.opened == count
        more = f"Hint {self.opened + 1} of {count}"
        self.button.description = f"All {count} hints are open" if self.button.disabled else more

    def lines(self) -> list[str]:
        """The hints that are open."""
        hints = self.exercise.hints
        return [f"Hint {n} of {len(hints)}: {hints[n - 1]}" for n in range(1, self.opened + 1)]

    def text(self) -> str:
        """The open hints as plain text."""
        return "\n".join(self.lines())

    def page(self) -> str:
        """The open hints as HTML."""
        return boxed("<br>".join(map(code, self.lines())))

    def show(self) -> None:
        """Shows the button; where no kernel or widget is, how to open a hint without it."""
        words = f'`hint("{self.exercise.id}")` opens the next hint.'
        if get_ipython() is None:
            print(words)
        else:
            style.present(self.widget, words)
