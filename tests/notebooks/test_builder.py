"""The builder: the same notebook twice, nothing stored when a cell fails, every change noticed."""

import nbformat
import pytest

from course_lib.core.errors import CourseError
from course_lib.project import notebooks

SOURCE = """\
# %% [markdown]
# # A title

# %%
import ipywidgets
from IPython.display import display

output = ipywidgets.Output()
display(ipywidgets.VBox([ipywidgets.IntSlider(), output]))
with output:
    print("from inside")

# %% tags=["nbval-skip"]
raise SystemExit("a cell that takes minutes")

# %%
import os

os.environ["COURSE_HOME"] != os.path.expanduser("~"), os.environ["OMP_NUM_THREADS"]

# %%
1;

# %%
1;
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A source, built."""
    source = tmp_path_factory.mktemp("notebooks") / "small.py"
    source.write_text(SOURCE, encoding="utf-8")
    notebooks.build(source)
    return source


@pytest.fixture
def copy(built, tmp_path):
    """The built pair, to be spoilt."""
    for suffix in (".py", ".ipynb"):
        (tmp_path / f"small{suffix}").write_bytes(built.with_suffix(suffix).read_bytes())
    return tmp_path / "small.py"


def cells(source):
    return nbformat.read(source.with_suffix(".ipynb"), 4).cells


def test_outputs_are_stored_and_views_are_not(built):
    outputs = cells(built)[1].outputs
    text = "".join(output.get("text", "") for output in outputs)
    assert text == "from inside\n"
    assert not any(notebooks.VIEW in output.get("data", {}) for output in outputs)
    assert cells(built)[3].outputs[0].data["text/plain"] == "(True, '2')"


def test_a_cell_that_takes_minutes_is_left_out(built):
    assert cells(built)[2].execution_count is None and cells(built)[2].outputs == []


def test_ids_are_distinct_and_survive_an_insertion(built, tmp_path):
    ids = [cell.id for cell in cells(built)]
    assert len(set(ids)) == len(ids) == 6
    longer = tmp_path / "longer.py"
    longer.write_text("# %% [markdown]\n# New\n\n" + SOURCE, encoding="utf-8")
    assert [cell.id for cell in notebooks.read_source(longer).cells][1:] == ids


def test_a_second_build_is_the_same_to_the_byte(built):
    before = built.with_suffix(".ipynb").read_bytes()
    notebooks.build(built)
    assert built.with_suffix(".ipynb").read_bytes() == before


def test_the_pair_agrees(built):
    assert notebooks.problems(built) == []
    assert notebooks.main(["check", str(built.parent)]) == 0


def test_a_changed_source_is_named_with_its_cell(copy, capsys):
    copy.write_text(SOURCE.replace("# A title", "# Another"), encoding="utf-8")
    (problem,) = notebooks.problems(copy)
    assert "cell 1" in problem and "Another" in problem and str(copy) in problem
    assert notebooks.main(["check", str(copy)]) == 1
    assert "cell 1" in capsys.readouterr().out


def test_a_cell_too_many_is_noticed(copy):
    copy.write_text(SOURCE + "\n# %%\n2\n", encoding="utf-8")
    assert "has 6 cells, its source 7" in notebooks.problems(copy)[0]


@pytest.mark.parametrize("spoil", ["count", "id", "tags"])
def test_a_spoilt_notebook_is_noticed(copy, spoil):
    notebook = nbformat.read(copy.with_suffix(".ipynb"), 4)
    cell = notebook.cells[1]
    if spoil == "count":
        cell.execution_count = None
    elif spoil == "id":
        cell.id = "another"
    else:
        cell.metadata["tags"] = ["nbval-skip"]
    nbformat.write(notebook, copy.with_suffix(".ipynb"))
    said = {"count": "never run", "id": "another id", "tags": "not what its source says"}
    assert said[spoil] in notebooks.problems(copy)[0]


def test_a_missing_or_broken_notebook_is_noticed(copy):
    copy.with_suffix(".ipynb").write_text("{", encoding="utf-8")
    assert "cannot be read" in notebooks.problems(copy)[0]
    copy.with_suffix(".ipynb").unlink()
    assert "is missing" in notebooks.problems(copy)[0]


def test_a_cell_that_fails_is_named_and_nothing_is_stored(tmp_path, capsys):
    source = tmp_path / "bad.py"
    source.write_text("# %%\n1 / 0\n", encoding="utf-8")
    assert notebooks.main(["build", str(source)]) == 1
    assert "ZeroDivisionError" in capsys.readouterr().out
    assert [file.name for file in tmp_path.iterdir()] == ["bad.py"]


def test_wrong_names_are_refused(tmp_path, capsys):
    with pytest.raises(CourseError, match="no notebook source"):
        notebooks.sources([str(tmp_path / "nothing.ipynb")])
    with pytest.raises(CourseError, match="no notebook source"):
        notebooks.sources([str(tmp_path)])
    assert notebooks.main(["publish"]) == 2
    assert "build|check" in capsys.readouterr().out
