"""Labs are released by nbgrader's own steps, the same to the byte, and never show a solution."""

import sys
from pathlib import Path

import nbformat
import pytest

from course_lib.core.errors import CourseError
from course_lib.project import labs, notebooks

SAMPLE = (Path(__file__).parent / "solutions" / "98_sample" / "lab.py").read_text(encoding="utf-8")
SOLUTION = "    return centred / deviation\n    ### END SOLUTION\n"


@pytest.fixture
def source(tmp_path):
    """A sample lab in a course of its own."""
    file = tmp_path / "solutions" / "98_sample" / "lab.py"
    file.parent.mkdir(parents=True)
    file.write_text(SAMPLE, encoding="utf-8")
    return file


def released(source, text=SAMPLE):
    source.write_text(text, encoding="utf-8")
    return labs.release(notebooks.read_source(source))


def cell(lab, grade_id):
    (found,) = [c for c in lab.cells if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id]
    return found


def test_each_lab_has_its_own_folder(source, tmp_path):
    assert labs.target(source) == tmp_path / "labs" / "98_sample" / "lab.ipynb"
    assert labs.target(tmp_path / "lectures" / "01_a.py") is None


def test_solutions_become_stubs(source):
    lab = released(source)
    assert cell(lab, "u98-standardise-answer").source == (
        "def standardise(x):\n    centred = x - x.mean(0)\n"
        "    # YOUR CODE HERE\n    raise NotImplementedError()"
    )
    # At the top of a cell a stub that raises would end Run All.
    assert cell(lab, "u98-order-answer").source == 'order = {"fruit": None, "number": ...}'
    lab = released(source, SAMPLE.replace('order = {"fruit": None, "number": ...}\n', ""))
    assert cell(lab, "u98-order-answer").source == "# YOUR CODE HERE"


def test_cells_carry_what_nbgrader_needs(source):
    lab = released(source)
    nbformat.validate(lab)
    check = cell(lab, "u98-standardise-check")
    assert check.metadata["nbgrader"]["points"] == 3 and check.metadata["nbgrader"]["grade"]
    assert check.metadata["editable"] is False and check.metadata["deletable"] is False
    answer = cell(lab, "u98-standardise-answer")
    assert answer.metadata["nbgrader"]["solution"] and "editable" not in answer.metadata
    assert all("checksum" in c.metadata["nbgrader"] for c in (check, answer))
    assert not any(set(labs.ROLES) & set(c.metadata) for c in lab.cells)
    assert not any(c.get("outputs") or c.get("execution_count") for c in lab.cells)


def test_the_contract_stands_in_the_lab(source):
    text = cell(released(source), "u98-standardise-exercise").source
    assert text.startswith("## 1. One scale for all columns\n\n`standardise(x)`: x (N, D)")
    assert text.endswith("*implement, 3 points*")


def test_a_second_answer_cell_has_an_id_of_its_own(source):
    more = '# %% answer="u98/order"\n### BEGIN SOLUTION\nmore = 1\n### END SOLUTION\n\n'
    first = '# %% answer="u98/order"\norder'
    lab = released(source, SAMPLE.replace(first, more + first))
    assert cell(lab, "u98-order-answer-2").source.startswith("order")


READ_ONLY = (
    '# %% nbgrader={"grade": false, "grade_id": "a", "locked": true, "schema_version": 3, '
    '"solution": false, "task": false}\n1\n\n'
)

LEAKS = {
    "a misspelt begin": ("### BEGIN SOLUTION\n    dev", "### BEGIN SOLUTON\n    dev"),
    "a misspelt word": ("### BEGIN SOLUTION\n    dev", "### BEGN SOLUTION\n    dev"),
    "small letters": ("### BEGIN SOLUTION\n    dev", "### begin solution\n    dev"),
    "two signs": ("### BEGIN SOLUTION\n    dev", "## BEGIN SOLUTION\n    dev"),
    "another word": ("### BEGIN SOLUTION\n    dev", "### START OF SOLUTION\n    dev"),
    "no space": ("### BEGIN SOLUTION\n    dev", "###BEGIN SOLUTION\n    dev"),
    "a misspelt end": (SOLUTION, SOLUTION.replace("END SOLUTION", "END SOLUTIONS")),
    "no end": (SOLUTION, "    return centred / deviation\n"),
    "no begin": ("    ### BEGIN SOLUTION\n    dev", "    dev"),
    "twice": (SOLUTION, "    ### BEGIN SOLUTION\n" + SOLUTION),
    "another's end": (SOLUTION, SOLUTION.replace("END SOLUTION", "END HIDDEN TESTS")),
    "hidden tests": ("# %%\nimport torch", "# %%\n### BEGIN HIDEN TESTS\nimport torch"),
    "hidden tests outside a check": (
        "# %%\nimport torch",
        "# %%\n### BEGIN HIDDEN TESTS\nimport math\n### END HIDDEN TESTS\nimport torch",
    ),
    "a solution outside an answer": ('# %% answer="u98/verdict"', "# %%"),
    "an answer without a solution": (
        '# %% answer="u98/verdict"',
        '# %% answer="u98/verdict"\nx = 1\n\n# %% answer="u98/verdict"',
    ),
    "a line in the text": (
        "# ## 3. Even",
        "# `deviation = centred.square().mean(0).sqrt()`\n# ## 3.",
    ),
    "a line in another cell": ("# %%\nshow", "# %%\nif 0:\n    return centred / deviation\nshow"),
    "a check that is not last": ('check("u98/order", order)', 'check("u98/order", order)\nprint()'),
    "a check that is hidden": ('check("u98/order", order)', 'check("u98/order", order);'),
    "a check of another": ('check("u98/order", order)', 'check("u98/verdict", order)'),
    "a check that is kept": ('check("u98/order", order)', 'mark = check("u98/order", order)'),
    "an unknown exercise": ('answer="u98/order"', 'answer="u98/ordre"'),
    "an id used twice": ('# %%\nshow_progress("u98")', 2 * READ_ONLY),
}


SAID = {
    "a misspelt begin": "write '### BEGIN SOLUTION'",
    "a misspelt word": "write '### BEGIN SOLUTION'",
    "small letters": "write '### BEGIN SOLUTION'",
    "two signs": "write '### BEGIN SOLUTION'",
    "another word": "is no marker",
    "no space": "write '### BEGIN SOLUTION'",
    "a misspelt end": "write '### END SOLUTION'",
    "no end": "has no end in its cell",
    "no begin": "'### END SOLUTION' has no partner",
    "twice": "'### BEGIN SOLUTION' has no partner",
    "another's end": "'### END HIDDEN TESTS' has no partner",
    "hidden tests": "write '### BEGIN HIDDEN TESTS'",
    "hidden tests outside a check": "ClearHiddenTests",
    "a solution outside an answer": "ClearSolutions",
    "an answer without a solution": "holds no '### BEGIN SOLUTION'",
    "a line in the text": "would show a line of a solution",
    "a line in another cell": "would show a line of a solution",
    "a check that is not last": "must be check",
    "a check that is hidden": "must be check",
    "a check of another": "must be check",
    "a check that is kept": "must be check",
    "an unknown exercise": "did you mean 'u98/order'",
    "an id used twice": "CheckCellMetadata",
}


@pytest.mark.parametrize("name", LEAKS)
def test_what_would_leak_or_mislead_is_refused(source, name):
    old, new = LEAKS[name]
    assert SAMPLE.count(old) == 1
    text = SAMPLE.replace(old, new)
    with pytest.raises(CourseError) as refused:
        released(source, text)
    assert SAID[name] in str(refused.value)
    assert notebooks.main(["build", str(source)]) == 1
    assert not source.with_suffix(".ipynb").exists() and not labs.target(source).exists()


HARMLESS = [
    "# # Ends of the solution space\n# ",
    "# ### Hidden layers\n# ",
    "# ### Your solution\n# ",
    "# Begin with the mean.\n# ",
]


@pytest.mark.parametrize("text", HARMLESS)
def test_headings_and_plain_words_are_no_markers(source, text):
    lab = released(source, SAMPLE.replace("# ## 3. Even", f"{text}## 3. Even"))
    shown = text.rstrip("\n# ").removeprefix("# ")
    assert any(shown in cell.source for cell in lab.cells)


def test_comments_are_no_markers(source):
    for comment in ("# the solution", "# end", "# a solution begins here, and ends below"):
        text = SAMPLE.replace("# %%\nimport torch", f"# %%\n{comment}\nimport torch")
        assert comment in released(source, text).cells[1].source


def test_hidden_tests_in_a_check_go(source):
    hidden = "### BEGIN HIDDEN TESTS\nassert verdict(7) == 'odd'\n### END HIDDEN TESTS\n"
    text = SAMPLE.replace('check("u98/verdict"', hidden + 'check("u98/verdict"')
    assert (
        cell(released(source, text), "u98-verdict-check").source == 'check("u98/verdict", verdict)'
    )


def test_nbgrader_missing_is_one_sentence(source, monkeypatch):
    monkeypatch.setitem(sys.modules, "nbgrader", None)
    with pytest.raises(CourseError, match="pip install -e '.\\[instructor\\]'"):
        labs.steps()


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The sample lab, built: its source, and the solved notebook and the lab that students get."""
    from course_lib.grading import exercises

    source = tmp_path_factory.mktemp("course") / "solutions" / "98_sample" / "lab.py"
    source.parent.mkdir(parents=True)
    path = str(Path(__file__).parent / "exercises")
    seen = f"from course_lib.grading import exercises\n\nexercises.__path__.append({path!r})\n\n"
    source.write_text(SAMPLE.replace("import torch\n", "import torch\n" + seen), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exercises, "__path__", [*exercises.__path__, path])
        notebooks.build(source)
    return source


@pytest.mark.slow
def test_the_solved_lab_is_stored_with_full_marks(built):
    solved = nbformat.read(built.with_suffix(".ipynb"), 4)
    results = [
        output.data["text/plain"]
        for c in solved.cells
        if c.metadata.get("nbgrader", {}).get("grade")
        for output in c.outputs
        if output.output_type == "execute_result"
    ]
    assert results == ["3", "2", "4"]


@pytest.mark.slow
def test_a_build_makes_the_lab_and_nothing_else(built):
    folder = built.parent.parent.parent
    files = sorted(
        file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()
    )
    names = [
        "labs/98_sample/lab.ipynb",
        "solutions/98_sample/lab.ipynb",
        "solutions/98_sample/lab.py",
    ]
    assert files == names
    assert notebooks.problems(built) == []


@pytest.mark.slow
def test_the_lab_is_the_same_to_the_byte(built):
    before = labs.target(built).read_bytes()
    notebook = nbformat.read(built.with_suffix(".ipynb"), 4)
    labs.write(
        notebook, built
    )  # from the executed notebook, as `nbgrader generate_assignment` does
    assert labs.target(built).read_bytes() == before


@pytest.mark.slow
def test_a_stale_or_missing_lab_is_a_problem(built):
    lab = labs.target(built)
    before = lab.read_bytes()
    lab.write_bytes(before.replace(b"YOUR CODE", b"MY CODE"))
    (problem,) = notebooks.problems(built)
    assert "is not what its source says" in problem and str(lab) in problem
    lab.unlink()
    assert "is missing" in notebooks.problems(built)[0]
    lab.write_bytes(before)
    assert notebooks.problems(built) == []
