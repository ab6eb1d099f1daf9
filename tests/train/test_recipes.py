"""key=value words: what is right is converted, what is wrong is refused with the nearest right."""

import pytest

from course_lib.core.errors import CourseError
from course_lib.train import recipe_from


def test_words_reach_recipe_data_and_augmentation():
    words = {"steps": "500", "lr": "1e-3", "data": "clutter", "data.size": "32"}
    recipe = recipe_from("simclr", words | {"augment.blur": "1", "augment.size": "24"})
    assert (recipe.steps, recipe.lr, recipe.data) == (500, 1e-3, "clutter")
    assert recipe.data_options == {"size": 32}
    assert (recipe.augment.blur, recipe.augment.size) == (1.0, 24)


def test_words_reach_the_net_and_every_kind_of_crop():
    recipe = recipe_from("dino", {"net.depth": "2", "local.views": "6", "local.size": "16"})
    assert recipe.net_options == {"depth": 2}
    assert (recipe.local.views, recipe.local.size) == (6, 16)
    assert recipe.augment.views == 2


@pytest.mark.parametrize(
    ("method", "words", "message"),
    [
        ("simlcr", {}, "'simlcr': did you mean 'simclr'"),
        ("simclr", {"temprature": "0.1"}, "'temprature': did you mean 'temperature'"),
        ("simclr", {"data": "scene"}, "'scene': did you mean 'scenes'"),
        ("simclr", {"data.sizes": "32"}, "scenes has no option 'sizes': did you mean 'size'"),
        ("simclr", {"augment.blurr": "1"}, "did you mean 'blur'"),
        ("simclr", {"augment.blur": "2"}, "blur=2.0 must be a number from 0.0 to 1.0"),
        ("simclr", {"steps": "many"}, "steps=many makes no sense: it is a whole number"),
        ("simclr", {"steps": "2.5"}, "steps=2.5 makes no sense"),
        ("simclr", {"lr": "fast"}, "lr=fast makes no sense: it is a number"),
        ("supervised", {"loss": "softmx"}, "'softmx': did you mean 'softmax'"),
        ("dino", {"local.blurr": "1"}, "There is no setting 'local.blurr': did you mean 'blur'"),
        ("simclr", {"batch.x": "1"}, "There is no setting 'batch.x'"),
    ],
)
def test_wrong_words_are_refused_in_one_sentence(method, words, message):
    with pytest.raises(CourseError) as caught:
        recipe_from(method, words)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
