"""What may stand after `course train`, and how the rest is refused."""

import dataclasses

import pytest

from course_lib.cli import main
from course_lib.core.errors import CourseError
from course_lib.methods import METHODS
from course_lib.train import words


def test_words_become_a_recipe_and_a_folder():
    recipe, out = words.parse("simclr", ["data=scenes", "steps=500", "seed=0", "out=runs/a"])
    assert (recipe.data, recipe.steps, recipe.seed, out) == ("scenes", 500, 0, "runs/a")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["steps"], "'steps' is no setting: write key=value"),
        (["=5"], "'=5' is no setting"),
        (["steps=1", "steps=2"], "steps is set twice, to 1 and to 2"),
    ],
)
def test_other_words_are_refused(given, message):
    with pytest.raises(CourseError, match=message):
        words.parse("simclr", given)


@pytest.mark.parametrize("name", METHODS)
def test_every_setting_is_listed(name):
    listed = words.settings(name)
    for field in dataclasses.fields(METHODS[name][1]):
        assert f"{field.name.split('_options')[0]}" in listed


def test_commands_say_one_sentence_and_exit_with_2(capsys):
    assert main(["train", "simlcr"]) == 2
    assert "did you mean 'simclr'" in capsys.readouterr().err
    assert main(["methods", "simlcr"]) == 2
    assert "did you mean 'simclr'" in capsys.readouterr().err


def test_methods_are_listed_with_their_first_sentence(capsys):
    assert main(["methods"]) == 0
    text = capsys.readouterr().out
    assert "simclr" in text and "SimCLR: two views of an image" in text
