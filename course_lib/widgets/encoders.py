"""What the widgets compare: raw pixels, a net with random weights, and stored nets where there are.

A stored net is `results/nets/NAME.pt`: a dict with `net` and `spec` (for `nets.build`) and `state`
(the weights, fp16 to be small). Nothing else is needed to add one: put the file there.
"""

from pathlib import Path
from pickle import UnpicklingError

import torch
from torch import Tensor, nn

from course_lib import nets
from course_lib.core import paths
from course_lib.core.errors import CourseError
from course_lib.evaluate import RawPixels, random_encoder

STORED = {"label-free": "scenes-simclr", "supervised": "scenes-supervised"}


def stored_file(name: str) -> Path | None:
    """Where the net of this name lies, or None when it was not stored (yet)."""
    folders = [folder.parent / "results" / "nets" for folder in paths.packs()]
    found = [folder / f"{name}.pt" for folder in folders if (folder / f"{name}.pt").is_file()]
    return found[0] if found else None


def load(file: Path) -> nn.Module:
    """The net in `file`, ready to encode. Raises CourseError when the file is no such net."""
    try:
        content = torch.load(file, map_location="cpu", weights_only=True)
        net = nets.build(content["net"], **content["spec"])
        net.load_state_dict(content["state"])
    except (
        OSError,
        KeyError,
        TypeError,
        RuntimeError,
        ValueError,
        EOFError,
        UnpicklingError,
    ) as error:
        raise CourseError(f"{file} is no stored net: restore it from the course.") from error
    return net.float().eval()


def encoders(
    bank: Tensor, wanted: tuple[str, ...] = ("pixels", "random", "label-free")
) -> dict[str, nn.Module]:
    """Name → encoder, for those of `wanted` that exist: a stored net may be missing or damaged,
    and then it is left out.

    bank: uint8 (N, C, H, W), the images that set the random net's BatchNorm statistics. These are
    the encoders that `evaluate` reports as floors.
    """
    found: dict[str, nn.Module] = {}
    for name in wanted:
        if name == "pixels":
            found[name] = RawPixels()
        elif name == "random":
            found[name] = random_encoder(bank)
        elif file := stored_file(STORED[name]):
            try:
                found[name] = load(file)
            except CourseError as error:
                print(error)
    return found
