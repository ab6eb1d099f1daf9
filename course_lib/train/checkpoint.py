"""Run folders: recipe.json, log.jsonl, last.pt, previous.pt. Written whole or not at all."""

import errno
import json
import os
from pathlib import Path
from typing import Any

import torch
from torch import nn

from course_lib.core import sync
from course_lib.core.errors import CourseError
from course_lib.core.files import write_whole
from course_lib.methods import Recipe
from course_lib.train.recipes import as_dict, from_dict


def prepare(folder: Path, recipe: Recipe) -> None:
    """Makes the run folder, or refuses one that another recipe made, naming the difference."""
    wanted, file = as_dict(recipe), folder / "recipe.json"
    if not file.exists():
        if sync.rank() == 0:
            folder.mkdir(parents=True, exist_ok=True)
            write_whole(file, (json.dumps(wanted, indent=1) + "\n").encode())
        return
    stored, wanted = flat(completed(json.loads(file.read_text()))), flat(wanted)
    for name in [*wanted, *stored]:
        if stored.get(name) != wanted.get(name):
            raise CourseError(
                f"{folder} holds a run with {name}={stored.get(name)}, and this one has "
                f"{name}={wanted.get(name)}: choose another folder with out=, or delete that one."
            )


def completed(stored: dict) -> dict:
    """A stored recipe, with the defaults of settings that came after it was written."""
    try:
        return as_dict(from_dict(stored))
    except (KeyError, TypeError):  # of a method or a setting that is no more: as it stands
        return stored


def flat(settings: dict) -> dict:
    """Settings under the words that change them, e.g. "augment.blur" and "data.size"."""
    found = dict[str, Any]()
    for name, value in settings.items():
        if isinstance(value, dict):
            head = name.removesuffix("_options")
            found |= {f"{head}.{tail}": inner for tail, inner in value.items()}
        else:
            found[name] = value
    return found


def save(folder: Path, method: nn.Module, optimiser: torch.optim.Optimizer, step: int) -> None:
    """last.pt becomes previous.pt, then the new one last.pt; a kill leaves one of them whole."""
    if sync.rank() != 0:
        return
    if not all(value.isfinite().all() for value in method.state_dict().values()):
        raise CourseError(
            f"A weight is no longer finite after step {step}: the checkpoint in {folder} is from "
            "before; start a new run with a smaller lr, or with clip=1."
        )
    part, last = folder / "part.pt", folder / "last.pt"
    state = {"method": method.state_dict(), "optimiser": optimiser.state_dict(), "step": step}
    try:
        torch.save(state, part)
        with part.open("rb") as stream:
            os.fsync(stream.fileno())
    except (OSError, RuntimeError) as error:  # torch reports a full disk as RuntimeError
        part.unlink(missing_ok=True)
        full = getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT, None)
        raise CourseError(
            f"Step {step} could not be saved in {folder}"
            f"{': the disk is full' if full else f' ({error})'}; the checkpoint before it is "
            "whole. Make room and run the same command to go on from there."
        ) from None
    if last.exists():
        last.replace(folder / "previous.pt")
    part.replace(last)


def newest(folder: Path, device: torch.device) -> dict | None:
    """The newest whole checkpoint, or None where none was written yet."""
    damaged = []
    for name in ("last.pt", "previous.pt"):
        file = folder / name
        if not file.exists():
            continue
        try:
            return torch.load(file, map_location=device, weights_only=True)
        except Exception as error:  # whatever a truncated zip or pickle raises
            damaged.append(f"{file} ({type(error).__name__}: {str(error).partition(chr(10))[0]})")
    if damaged:
        raise CourseError(
            f"No checkpoint can be read: {', '.join(damaged)}; delete {folder} to start again."
        )
    return None


def restore(folder: Path, method: nn.Module, optimiser: torch.optim.Optimizer, device) -> int:
    """Loads the newest whole checkpoint, strictly; the number of steps done, 0 for a new run."""
    sync.wait()  # rank 0 may still be writing it
    state = newest(folder, device)
    if state is None:
        return 0
    try:
        method.load_state_dict(state["method"], strict=True)
    except RuntimeError as error:
        raise CourseError(
            f"The checkpoint in {folder} is of other code than this ({str(error).splitlines()[1]}):"
            " go on with the code that wrote it, or choose another folder with out=."
        ) from None
    optimiser.load_state_dict(state["optimiser"])
    return state["step"]
