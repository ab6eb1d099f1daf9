"""What a student sees: states in words, points for nbgrader, hints, progress, and never a crash."""

import re
from dataclasses import replace

import nbformat
import pytest
from nbgrader.utils import determine_grade

from course_lib.grading import (
    check,
    feedback,
    hint,
    hints,
    prediction,
    progress,
    registry,
    show_progress,
    solved,
)
from course_lib.grading import student as module
from course_lib.grading.hints import Hints
from course_lib.widgets import style


@pytest.fixture
def shown(monkeypatch):
    """What was displayed: one bundle after the other."""
    bundles: list[dict] = []
    for place in (feedback, style):
        monkeypatch.setattr(place, "display", lambda bundle, raw: bundles.append(bundle))
    for place in (feedback, hints):
        monkeypatch.setattr(place, "get_ipython", lambda: "a notebook")
    monkeypatch.setattr(module, "SESSION", {})
    return bundles


def right(x):
    return (x - x.mean(0)) / x.std(0, correction=0)


def wrong(x):
    return x.softmax(1)


def failing(x):
    return x["<b>"]


def stub(x):
    raise NotImplementedError()


STATES = [
    (right, "Right", 3),
    (wrong, "Wrong", 0),
    (failing, "Error", 0),
    (stub, "Not attempted", 0),
]


@pytest.mark.parametrize("answer, word, points", STATES)
def test_the_state_stands_there_in_words(shown, answer, word, points):
    mark = check("u98/standardise", answer)
    page, text = shown[0]["text/html"], shown[0]["text/plain"]
    assert text.startswith(f"{word}: Columns on one scale.")
    assert f"<b>{word}</b>" in page and 'role="status"' in page
    assert (mark.points, mark.out_of) == (points, 3)


@pytest.mark.parametrize("answer, word, points", STATES)
def test_nbgrader_reads_the_points(shown, answer, word, points):
    mark = check("u98/standardise", answer)
    output = nbformat.v4.new_output("execute_result", {"text/plain": repr(mark)})
    cell = nbformat.v4.new_code_cell(outputs=[output])
    cell.metadata["nbgrader"] = {"grade": True, "solution": False, "points": 3, "grade_id": "a"}
    assert determine_grade(cell) == (points, 3)
    assert f"{points} of 3 points" in mark._repr_html_()


def test_the_page_sets_no_colour_that_a_dark_theme_would_hide(shown):
    for answer, *_ in STATES:
        check("u98/standardise", answer)
    pages = "".join(bundle.get("text/html", "") for bundle in shown)
    assert not re.search(r"background|[^-]color\s*:", pages)


def test_a_students_text_is_escaped(shown):
    check("u98/standardise", failing)
    assert "<b>&quot;" not in shown[0]["text/html"]
    assert "return x[&quot;&lt;b&gt;&quot;]" in shown[0]["text/html"]
    assert 'return x["<b>"]' in shown[0]["text/plain"]


def test_a_wrong_answer_sees_input_expected_and_found(shown):
    check("u98/standardise", wrong)
    text = shown[0]["text/plain"]
    assert "On the case “the same, with gradient”:" in text
    assert re.search(r"\nx = \[\[.*\n {5}\[.*\n {5}\[.*\nexpected: \[\[.*\n {11}\[", text)


def test_what_the_code_printed_is_shown(shown):
    check("u98/standardise", lambda x: print("shape", x.shape))
    assert "printed by your code:\nshape torch.Size([4, 3])" in shown[0]["text/plain"]


@pytest.mark.parametrize(
    "name, said",
    [
        ("u98/standardize", "did you mean 'u98/standardise'?"),
        (right, "An exercise is named by its id"),
        ("u97/nothing", "There is no exercise"),
    ],
)
def test_a_wrong_id_is_one_sentence(shown, name, said):
    mark = check(name, right)
    assert said in shown[0]["text/plain"] and repr(mark) == "0"
    assert hint(name) is None and solved(name) is False and prediction(name) == ""
    assert len(shown) == 4


@pytest.mark.parametrize("error", [RuntimeError("broken"), SystemExit(1), KeyboardInterrupt()])
def test_run_all_goes_on_whatever_breaks(shown, monkeypatch, error):
    def examine(*_):
        raise error

    monkeypatch.setattr(module, "examine", examine)
    assert check("u98/standardise", right).points == 0
    assert show_progress("u77") is None
    assert (
        "You stopped it." in shown[0]["text/plain"] or "cannot be checked" in shown[0]["text/plain"]
    )


def test_an_exercise_whose_reference_fails_is_said(shown, monkeypatch):
    def find(name):
        return replace(registry_find(name), reference=failing)

    registry_find = registry.find
    monkeypatch.setattr(registry, "find", find)
    assert check("u98/standardise", right).points == 0
    said = "u98/standardise cannot be checked: its reference raised IndexError: "
    assert shown[0]["text/plain"].startswith(said)


def test_progress_is_kept_by_version(shown):
    row = lambda: progress.row("u98/standardise", registry.digest("u98/standardise"))  # noqa: E731
    check("u98/standardise", stub)
    assert progress.load() == {}
    check("u98/standardise", wrong)
    check("u98/standardise", failing)
    assert (row()["state"], row()["tries"]) == ("tried", 2)
    check("u98/standardise", right)
    assert progress.summary() == {"u98/standardise": "passed"}


def test_progress_that_cannot_be_kept_is_said_and_the_check_stands(shown, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "file"))
    mark = check("u98/standardise", right)
    assert mark.points == 3
    assert shown[0]["text/plain"].startswith("Right") and "COURSE_HOME" in shown[1]["text/plain"]
    hint("u98/standardise")
    assert shown[2]["text/plain"].startswith("Hint 1 of 3")


def test_hints_open_one_at_a_time_and_are_remembered(shown):
    check("u98/standardise", wrong)
    assert 'hint("u98/standardise")' in shown[1]["text/plain"]
    first = Hints(registry.find("u98/standardise"))
    assert first.button.description == "Hint 1 of 3" and first.output.value == ""
    first.button.click()
    assert "a row or a column?" in first.output.value and "Two" not in first.output.value
    assert 'role="status"' in first.output.value
    assert first.button.description == "Hint 2 of 3"
    again = Hints(registry.find("u98/standardise"))
    assert again.button.description == "Hint 2 of 3" and "a column?" in again.output.value
    again.button.click()
    again.button.click()
    assert "<code>x.mean(0)</code>" in again.output.value
    assert again.button.disabled and again.button.description == "All 3 hints are open"
    again.button.click()
    digest = registry.digest("u98/standardise")
    assert progress.row("u98/standardise", digest)["hints"] == 3


def test_hints_without_a_widget(shown):
    hint("u98/order")
    hint("u98/order")
    assert shown[0]["text/plain"] == "Hint 1 of 3: Look."
    assert shown[1]["text/plain"].endswith("Hint 2 of 3: Look again.")


def test_without_a_notebook_the_plain_text_is_printed(capsys):
    assert repr(check("u98/standardise", wrong)) == "0"
    hint("u98/standardise")
    said = capsys.readouterr().out
    assert said.startswith("Wrong: Columns on one scale.") and "div" not in said
    assert said.endswith(
        '`hint("u98/standardise")` opens the next hint.\n'
        "Hint 1 of 3: What is one feature: a row or a column?\n"
    )


@pytest.mark.parametrize("answer, offered", [(right, 1), (wrong, 2), (failing, 2), (stub, 1)])
def test_a_hint_is_offered_after_a_failed_check_only(shown, answer, offered):
    check("u98/standardise", answer)
    assert len(shown) == offered


def test_cells_that_go_on_ask_first(shown):
    assert solved("u98/standardise") is False
    assert "solve and check it first" in shown[0]["text/plain"]
    check("u98/standardise", right)
    assert solved("u98/standardise") is True and len(shown) == 2
    check("u98/standardise", wrong)
    assert solved("u98/standardise") is False


def test_the_first_prediction_is_kept(shown):
    assert prediction("u98/order") == "" and "Predict first" in shown[0]["text/plain"]
    check("u98/order", {"fruit": ["paer", "apple"], "number": 3})
    assert "The fruit are apple and pear." in shown[1]["text/plain"]
    assert prediction("u98/order") == ""
    check("u98/order", {"fruit": ["pear", "apple"], "number": 3})
    check("u98/order", {"fruit": ["apple", "pear"], "number": 3})
    assert prediction("u98/order") == "{'fruit': ['pear', 'apple'], 'number': 3}"
    check("u98/verdict", len)
    assert prediction("u98/verdict") == ""


def test_a_units_progress_as_a_table(shown, monkeypatch):
    check("u98/standardise", right)
    check("u98/verdict", lambda n: "even")
    check("u98/verdict", lambda n: "odd")
    show_progress("u98")
    assert shown[-1]["text/plain"].split("\n")[1:] == [
        "Order the fruit | predict | not attempted | 0 of 2",
        "Columns on one scale | implement | solved | 3 of 3",
        "Even or odd | judge | tried 2 times | 0 of 4",
    ]
    assert "3 of 9 points" in shown[-1]["text/html"]
    monkeypatch.setattr(registry, "digest", lambda name: "newer")
    show_progress("u98")
    assert "solved in an earlier version | 0 of 3" in shown[-1]["text/plain"]
