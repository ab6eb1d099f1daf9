"""The library's source as lectures show it: complete, from the margin on, docstrings on demand."""

import ast

import pytest

from course_lib.core.errors import CourseError
from course_lib.evaluate import knn
from course_lib.evaluate.baselines import PCA
from course_lib.widgets import source


def test_a_function_without_its_docstring_computes_the_same():
    whole, short = source.text(knn), source.text(knn, docstring=False)
    assert "Predicted class of each query" in whole and "Predicted class" not in short
    one, other = ast.parse(whole).body[0], ast.parse(short).body[0]
    assert ast.dump(ast.Module(one.body[1:], [])) == ast.dump(ast.Module(other.body, []))
    assert "# (q, k), most similar first" in short


def test_a_method_starts_at_the_margin():
    assert source.text(PCA.decode, docstring=False).startswith("def decode(self")


def test_a_class_loses_all_its_docstrings():
    text = source.text(PCA, docstring=False)
    assert '"""' not in text and "def decode" in text and ast.parse(text)


def test_shown_with_its_file(shown):
    source.show(knn)
    page = shown[0]["text/markdown"]
    assert page.startswith("`knn` in `course_lib/evaluate/knn.py`:\n\n```python\ndef knn(")
    assert page.endswith("\n```") and page.count("```") == 2


def test_a_function_that_remembers_its_results():
    from course_lib.claims.u01 import eight_classes

    assert source.text(eight_classes).startswith("@cache\ndef eight_classes(seed")
    assert source.place(eight_classes) == "course_lib/claims/u01.py"


def test_what_has_no_source_is_refused():
    with pytest.raises(CourseError, match="no Python source"):
        source.text(len)
