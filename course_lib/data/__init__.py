"""Data sets, a file each; after `core` and before `views`. Everything is in the repository or made
from what is there: nothing is downloaded.

`fashion`, `stamps`, `photos` and `emoji` are packs; `clutter` and `scenes` are generated from them
and carry the comparisons, because they leave room between raw pixels and a good representation;
`cues` sets the shape of a thing against its texture.
"""

import inspect
from collections.abc import Callable

from course_lib.core.errors import CourseError, nearest
from course_lib.data import clutter, cues, emoji, fashion, photos, scenes, stamps
from course_lib.data.dataset import Dataset

SPLITS = ("train", "val", "test")
DATASETS: dict[str, Callable[..., Dataset]] = {
    "fashion": fashion.load,
    "stamps": stamps.load,
    "photos": photos.load,
    "emoji": emoji.load,
    "clutter": clutter.load,
    "scenes": scenes.load,
    "cues": cues.load,
}


def load(name: str, split: str, **spec) -> Dataset:
    """One split of one set. Options are those of the set's own `load`; `options(name)` lists them.

    Choose on val, report on test. Raises CourseError, one sentence, for an unknown set, split or
    option, a value that makes no sense, or a damaged file.
    """
    if name not in DATASETS:
        raise CourseError(f"There is no data set {name!r}: {nearest(str(name), DATASETS)}")
    if split not in SPLITS:
        raise CourseError(f"There is no split {split!r}: it is train, val or test.")
    known = options(name)
    for option in spec:
        if option not in known:
            raise CourseError(f"{name} has no option {option!r}: {nearest(option, known)}")
    return DATASETS[name](split, **spec)


def options(name: str) -> dict[str, object]:
    """Option → default value, for one set."""
    parameters = inspect.signature(DATASETS[name]).parameters
    return {key: value.default for key, value in parameters.items() if key != "split"}


__all__ = ["DATASETS", "SPLITS", "Dataset", "load", "options"]
