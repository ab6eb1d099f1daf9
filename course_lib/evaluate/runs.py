"""Trained runs as encoders: read back from their folder, scored, or stored small as a net."""

import json
from pathlib import Path

import torch

from course_lib.core.errors import CourseError
from course_lib.data import load
from course_lib.methods import Method, Recipe
from course_lib.train import checkpoint, create
from course_lib.train.recipes import from_dict


def read(folder: str | Path) -> tuple[Method, Recipe]:
    """The method of a run folder with the weights of its last checkpoint, and its recipe."""
    folder = Path(folder)
    if not (folder / "recipe.json").is_file():
        raise CourseError(f"{folder} is no run folder: `course train … out={folder}` makes one.")
    recipe = from_dict(json.loads((folder / "recipe.json").read_text()))
    method = create(recipe, load(recipe.data, "train", **recipe.data_options))
    state = checkpoint.newest(folder, torch.device("cpu"))
    if state is None:
        raise CourseError(f"{folder} has no checkpoint yet: train for some steps first.")
    method.load_state_dict(state["method"], strict=True)
    return method, recipe


def store(method: Method, recipe: Recipe, file: Path) -> None:
    """The encoder alone, in half precision: what lectures load. {"net", "spec", "state"}."""
    channels = next(p.shape[1] for p in method.encoder.parameters() if p.ndim == 4)
    state = {
        name: value.half() if value.is_floating_point() else value
        for name, value in method.encoder.state_dict().items()
    }
    spec = {"width": recipe.width, "in_channels": channels}
    file.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"net": recipe.net, "spec": spec, "state": state}, file)
