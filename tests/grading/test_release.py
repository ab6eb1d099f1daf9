"""What is handed out: labs and lectures, the same bytes each time, and never a solution."""

import io
import shutil
import zipfile
from pathlib import Path

import nbformat
import pytest

from course_lib import cli
from course_lib.core import paths
from course_lib.core.errors import CourseError
from course_lib.grading import variants
from course_lib.project import labs, notebooks, release

SAMPLE = Path(__file__).parent / "solutions" / "98_sample" / "lab.py"
LAB, LECTURE = "labs/98_sample/lab.ipynb", "lectures/98_sample.ipynb"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A course of one lab and its lecture."""
    from course_lib.grading import exercises

    root = tmp_path_factory.mktemp("course")
    shutil.copytree(SAMPLE.parent, root / "solutions" / "98_sample")
    source = root / "solutions" / "98_sample" / "lab.py"
    text = source.read_text().replace("# %%\nshow", "# %%\nf(draw=1)\nshow")
    source.write_text(text, encoding="utf-8")
    own = str(Path(__file__).parent / "exercises")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exercises, "__path__", [*exercises.__path__, own])
        notebook = notebooks.read_source(source)
    nbformat.write(notebook, source.with_suffix(".ipynb"))
    labs.write(notebook, source)
    for name in ("98_sample", "00_start", "99_later"):
        page = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(name, id="a")])
        (root / "lectures").mkdir(exist_ok=True)
        nbformat.write(page, root / "lectures" / f"{name}.ipynb")
    for name in (
        "README.md",
        "course_lib/a.py",
        "tests/secret.py",
        "course_lib/.b",
        "grading/c.db",
    ):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(name)
    (root / "course_lib" / "__pycache__").mkdir()
    (root / "course_lib" / "__pycache__" / "a.pyc").write_text("")
    return root


@pytest.fixture
def course(built, tmp_path, monkeypatch):
    """A copy of it, to be spoilt."""
    shutil.copytree(built, tmp_path / "course")
    monkeypatch.setattr(paths, "root", lambda: tmp_path / "course")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "course"


def unpacked(file):
    with zipfile.ZipFile(io.BytesIO(file.read_bytes())) as archived:
        return {name: archived.read(name) for name in archived.namelist()}


def test_a_lab_comes_with_its_lecture_and_no_solution(course, tmp_path):
    file, names = release.pack(["98"])
    content = unpacked(file)
    assert file == Path("98_sample.zip") and names == sorted(content)
    assert names == ["HANDOUT.txt", LAB, LECTURE]
    assert content[LAB] == (course / LAB).read_bytes()
    assert b"work/labs/98_sample/lab.ipynb" in content["HANDOUT.txt"]
    secret = labs.solution_lines(nbformat.read(course / "solutions/98_sample/lab.ipynb", 4))
    assert secret and not any(line.encode() in text for line in secret for text in content.values())


def test_a_unit_of_two_notebooks_gives_both(course):
    shutil.copy(course / LECTURE, course / "lectures" / "98_sample_more.ipynb")
    _, names = release.pack(["98"])
    assert names == ["HANDOUT.txt", LAB, LECTURE, "lectures/98_sample_more.ipynb"]


def test_the_same_bytes_whenever_and_wherever(course, tmp_path):
    first, _ = release.pack([], tmp_path / "one.zip")
    for file in course.rglob("*"):
        file.touch()
    second, _ = release.pack(["98_sample"], tmp_path / "deep" / "er" / "two.zip")
    assert first.read_bytes() == second.read_bytes()


def test_the_whole_course_has_no_tests_solutions_or_other_lectures(course):
    _, names = release.pack([], course=True)
    inside = ["README.md", "course_lib/a.py", LAB, "lectures/00_start.ipynb", LECTURE]
    assert names == [f"ssl-course/{name}" for name in inside]


def test_a_lab_that_is_not_what_its_solution_gives_is_refused(course):
    lab = course / LAB
    lab.write_text(lab.read_text().replace("YOUR CODE", "MY CODE"))
    with pytest.raises(CourseError, match="is not what its source says"):
        release.pack([])
    lab.unlink()
    with pytest.raises(CourseError, match="no lab '98'"):
        release.pack(["98"])


def test_a_lecture_that_shows_a_solution_is_refused(course):
    secret = "    deviation = centred.square().mean(0).sqrt()"
    page = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(secret, id="a")])
    nbformat.write(page, course / LECTURE)
    with pytest.raises(CourseError, match="would show a line of a solution"):
        release.pack([])
    assert not Path("98_sample.zip").exists()


def test_a_lab_without_its_solution_is_refused(course):
    shutil.rmtree(course / "solutions")
    with pytest.raises(CourseError, match="is missing, so nobody can tell"):
        release.pack([])


def test_each_student_can_have_draws_of_their_own(course, tmp_path):
    roster = tmp_path / "roster.csv"
    roster.write_text("student,name\nann,Ann\nbob,Bob\n")
    command = ["release", "98", "--students", str(roster), "--seed", "fog", "--out", "each.zip"]
    assert cli.main(command) == 0
    content = unpacked(Path("each.zip"))
    assert list(content) == [f"ann/{LAB}", f"bob/{LAB}"]
    for who in ("ann", "bob"):
        assert f"f(draw={variants.number('fog', who)})" in content[f"{who}/{LAB}"].decode()
    assert cli.main(command[:4] + ["--out", "none.zip"]) == 2


def test_variants_where_nothing_is_drawn_are_refused(course):
    for name in (LAB, "solutions/98_sample/lab.ipynb"):
        file = course / name
        file.write_text(file.read_text().replace("draw=1", "draw=2"))
    with pytest.raises(CourseError, match="Nothing in this lab is drawn"):
        release.pack([], seed="fog", students=["ann"])


def test_draws_differ_by_student_and_seed_and_stay():
    drawn = {variants.number(seed, who) for seed in "ab" for who in ("ann", "bob", "cy")}
    assert len(drawn) == 6 and all(1000 <= number < 1_000_000 for number in drawn)
    assert variants.number("a", "ann") == variants.number("a", "ann")
    assert variants.drawn('x(draw=1); {"draw": 1}; draw=12', 77) == (
        'x(draw=77); {"draw": 77}; draw=12'
    )


@pytest.mark.parametrize("code, said", [
    ('d = {"draw": OWN, "A": "healthy"}', None),
    ('d = {"draw": 1}\nd = {"draw": OWN}', None),
    ('d = {"draw": 1, "A": "healthy"}', "answers draw 1; the student's own is OWN"),
    ('d = {"draw": OWN}\nd = {"draw": -4}', "answers draw -4; the student's own is OWN"),
    ('d = {"draw": int("1")}', "not written as a number"),
    ('d = {"draw": ', "not written as a number"),
    ("order = [1, 2]", None),
])  # fmt: skip
def test_an_answer_for_another_draw_is_named(code, said):
    own = str(variants.number("a", "ann"))
    found = variants.other_draw(code.replace("OWN", own), "a", "ann")
    assert found is None if said is None else said.replace("OWN", own) in found
