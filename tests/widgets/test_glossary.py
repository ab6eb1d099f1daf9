"""Words and symbols come from the pages in docs; what is missing there is said."""

import re

import pytest

from course_lib.core.errors import CourseError
from course_lib.widgets import glossary


def test_every_entry_is_whole_and_in_order():
    found = glossary.entries()
    assert list(found) == sorted(found, key=str.lower) and len(found) > 30
    assert all(len(meaning) > 15 and meaning.endswith((".", ")")) for meaning in found.values())


def test_every_symbol_has_a_meaning():
    lines = glossary.rows()
    assert len(lines) > 12 and "$h = f(x)$" in lines
    assert all(len(re.split(r"(?<!\\)\|", line)) == 5 for line in lines.values())


def test_some_words_and_symbols_are_shown_folded(shown):
    glossary.words("logit, encoder")
    glossary.symbols("$z$")
    words, symbols = (data["text/markdown"] for data in shown)
    assert words.index("**encoder**") < words.index("**logit**") and "chance" not in words
    assert words.startswith("<details>\n<summary>") and words.endswith("\n\n</details>")
    assert symbols.count("\n| ") == 3 and "logits of a classifier" in symbols


def test_a_missing_word_is_named_with_the_nearest():
    with pytest.raises(CourseError, match="did you mean 'encoder'"):
        glossary.words("encodr")
    with pytest.raises(CourseError, match="notation has no"):
        glossary.symbols("$q$")
