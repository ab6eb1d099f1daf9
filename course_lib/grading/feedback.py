"""A result as a student reads it: as a page and as plain text, the state in words, not colour."""

import html

from IPython import get_ipython
from IPython.display import display

from course_lib.grading.engine import Result
from course_lib.grading.exercise import Exercise
from course_lib.widgets import style
from course_lib.widgets.quiz import code

WORDS = {"not attempted": "Not attempted", "wrong": "Wrong", "error": "Error", "right": "Right"}
COLOURS = {"right": style.RIGHT, "wrong": style.WRONG, "error": style.WRONG}


def bundle(exercise: Exercise, result: Result) -> dict[str, str]:
    """What a notebook shows: text/html, and text/plain where there is no page."""
    return {"text/html": page(exercise, result), "text/plain": text(exercise, result)}


def show(bundle: dict[str, str]) -> None:
    """Shows it in a notebook; prints the plain text where there is none."""
    if get_ipython() is None:
        print(bundle["text/plain"])
    else:
        display(bundle, raw=True)


def details(result: Result) -> list[str]:
    """Lines of code and values below the sentence; empty where the sentence says all."""
    lines = []
    if result.trouble and result.trouble.line:
        lines.append(f"in {result.trouble.function}, line {result.trouble.line}:")
        lines += [f"    {result.trouble.code}"] if result.trouble.code else []
    if result.case and result.trouble:
        lines.append(f"on the case: {result.case}")
    lines += [labelled(f"{name} = ", value) for name, value in result.shown]
    if result.difference and result.difference.expected:
        lines.append(labelled("expected: ", result.difference.expected))
        lines.append(labelled("found:    ", result.difference.found))
    if result.printed:
        lines += ["printed by your code:", *result.printed.rstrip().split("\n")[:20]]
    return lines


def labelled(label: str, value: str) -> str:
    """A value after its label, its further lines below the first."""
    return label + value.replace("\n", "\n" + " " * len(label))


def where(result: Result) -> str:
    """On which case an answer differs, as the start of a sentence."""
    return f"On the case “{result.case}”: " if result.difference and result.shown else ""


def text(exercise: Exercise, result: Result) -> str:
    """The result as plain text."""
    first = f"{WORDS[result.state]}: {exercise.title}. {where(result)}{result.sentence}"
    return "\n".join([first, *details(result)])


def page(exercise: Exercise, result: Result) -> str:
    """The result as HTML; no colour of text or ground, so that it reads in a dark theme too."""
    lines = details(result)
    more = ""
    if lines:
        block = html.escape("\n".join(lines))
        more = f'<pre style="margin:4px 0;white-space:pre-wrap;word-break:normal">{block}</pre>'
    said = f"{html.escape(where(result))}{code(result.sentence)}"
    return boxed(
        f"<b>{WORDS[result.state]}</b>: {code(exercise.title)}. {said}{more}", result.state
    )


def boxed(inner: str, state: str = "not attempted") -> str:
    """HTML with a coloured edge; read aloud by screen readers."""
    edge = COLOURS.get(state, "#7A7A7A")
    return (
        f'<div role="status" style="border-left:4px solid {edge};padding:2px 10px;'
        f'margin:4px 0;line-height:1.45">{inner}</div>'
    )
