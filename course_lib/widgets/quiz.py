"""Quick questions with an answer at once: buttons, so that Tab and Enter are all one needs."""

import html
from collections.abc import Sequence
from dataclasses import dataclass

import ipywidgets

from course_lib.core.errors import CourseError
from course_lib.widgets import style


@dataclass(frozen=True)
class Question:
    """text: what is asked (plain text, `code` in backticks). right: the right one of `options`.
    why: the explanation, shown after every answer. topic: two or three words for the summary."""

    topic: str
    text: str
    options: tuple[str, ...]
    right: str
    why: str

    def __post_init__(self):
        if self.options.count(self.right) != 1:
            raise CourseError(f"Question {self.topic!r}: exactly one option must be the right one.")


def code(text: str) -> str:
    """Escaped HTML with `backticks` as code."""
    parts = html.escape(text).split("`")
    return "".join(f"<code>{p}</code>" if n % 2 else p for n, p in enumerate(parts))


def feedback(question: Question, chosen: str) -> str:
    """What a student reads after choosing; says right or wrong in words, not only in colour."""
    good = chosen == question.right
    verdict = "Right." if good else f"Not quite: you chose “{chosen}”."
    colour = style.RIGHT if good else style.WRONG
    return (
        f'<div role="status" style="border-left:4px solid {colour};padding:2px 10px;'
        f'margin:4px 0;line-height:1.45"><b>{code(verdict)}</b> {code(question.why)}</div>'
    )


def words(questions: Sequence[Question]) -> str:
    """The quiz as Markdown, answers folded away, for pages without a kernel."""
    lines = []
    for number, question in enumerate(questions, 1):
        lines += [f"**{number}. {question.text}**", ""]
        lines += [f"- {option}" for option in question.options]
        lines += [
            "",
            f"<details><summary>Answer</summary>{code(question.right)}. {code(question.why)}"
            "</details>",
            "",
        ]
    return "\n".join(lines)


class Quiz:
    """Questions one below the other. `first[i]` is the first answer given to question i.

    praise: what is said once all were right at the first try.
    """

    def __init__(self, questions: Sequence[Question], praise: str = ""):
        self.questions, self.praise = tuple(questions), praise
        self.first: dict[int, str] = {}
        self.summary = ipywidgets.HTML()
        self.replies = [ipywidgets.HTML() for _ in self.questions]
        self.buttons: list[list[ipywidgets.Button]] = []
        boxes = [self._box(number) for number in range(len(self.questions))]
        self.widget = ipywidgets.VBox([*boxes, self.summary])
        self.widget.add_class("course-quiz")

    def _box(self, number: int) -> ipywidgets.VBox:
        question = self.questions[number]
        heading = ipywidgets.HTML(
            f'<div style="line-height:1.45;margin-top:10px"><b>{number + 1}. '
            f"{code(question.text)}</b></div>"
        )
        row = []
        for option in question.options:
            layout = ipywidgets.Layout(width="auto", min_width="120px")
            button = ipywidgets.Button(description=option, layout=layout)
            button.on_click(lambda b, number=number: self.answer(number, b.description))
            row.append(button)
        self.buttons.append(row)
        wrap = ipywidgets.Layout(flex_flow="row wrap")
        return ipywidgets.VBox([heading, ipywidgets.Box(row, layout=wrap), self.replies[number]])

    def answer(self, number: int, option: str) -> None:
        """What a button does: shows the reply, remembers the first answer, updates the summary."""
        question = self.questions[number]
        self.first.setdefault(number, option)
        self.replies[number].value = feedback(question, option)
        for button in self.buttons[number]:
            button.icon = ""
        button = self.buttons[number][question.options.index(option)]
        button.icon = "check" if option == question.right else "times"
        self.summary.value = self.result()

    def result(self) -> str:
        """HTML: how many were right at the first try, and what to read again."""
        missed = [q for n, q in enumerate(self.questions) if self.first.get(n, q.right) != q.right]
        text = f"{len(self.first) - len(missed)} of {len(self.first)} right at the first try"
        text += f"; {len(self.questions) - len(self.first)} questions left." if self.left else "."
        if missed:
            text += " Read again: " + ", ".join(q.topic for q in missed) + "."
        elif not self.left:
            text += f" {self.praise}".rstrip()
        return f'<div role="status" style="margin-top:10px"><b>{html.escape(text)}</b></div>'

    @property
    def left(self) -> int:
        """How many questions have no answer yet."""
        return len(self.questions) - len(self.first)

    def show(self) -> None:
        """Shows the questions, or their text where no kernel runs."""
        style.present(self.widget, words(self.questions))


def show(questions: Sequence[Question], praise: str = "") -> None:
    """A quiz of these questions."""
    Quiz(questions, praise).show()
