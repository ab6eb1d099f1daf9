"""A record is read back as it was written; the table has a line for each exercise."""

import pytest

from course_lib.core.errors import CourseError
from course_lib.grading import records
from course_lib.grading.records import Record, Score


def sample(student="ann"):
    scores = {
        "u98/order": Score(1, "right", 2.0, 2.0, None, ["Accepted."], 0.1, []),
        "u98/verdict": Score(2, "wrong", 0.0, 4.0, "always odd", ["You …"], 0.2, ["twice"]),
    }
    return Record(
        student, "98_sample", f"{student}/lab.ipynb", "ab", "2026-01-01", 7, scores, ["n"]
    )


def test_a_record_is_read_back_as_it_was_written(tmp_path):
    file = records.write(tmp_path, sample())
    assert file == tmp_path / "records" / "ann.json"
    assert records.read(file) == sample()
    assert (sample().points, sample().max) == (2.0, 6.0)


def test_all_records_by_student_and_their_table(tmp_path):
    for student in ("zoe", "ann"):
        records.write(tmp_path, sample(student))
    known = records.read_all(tmp_path)
    assert [record.student for record in known] == ["ann", "zoe"]
    lines = records.table(tmp_path, known).read_text().splitlines()
    assert lines[:3] == [
        "student,exercise,points,max,status",
        "ann,u98/order,2,2,right",
        "ann,u98/verdict,0,4,wrong",
    ]
    assert len(lines) == 5


@pytest.mark.parametrize("text", ["", "[]", '{"student": "ann"}', '{"exercises": {"a": {}}}'])
def test_what_is_no_record_is_refused_by_name(tmp_path, text):
    file = tmp_path / "ann.json"
    file.write_text(text)
    with pytest.raises(CourseError, match=r"ann\.json is no record"):
        records.read(file)


def test_an_empty_folder_and_an_unknown_status_are_refused(tmp_path):
    with pytest.raises(CourseError, match="no records"):
        records.read_all(tmp_path)
    with pytest.raises(CourseError, match="A status is one of"):
        Score(1, "perfect", 1.0, 1.0)
