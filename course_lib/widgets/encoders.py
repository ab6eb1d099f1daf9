"""What the widgets compare: raw pixels, a net with random weights, and stored nets where there are.

A stored net is `results/nets/NAME.pt`: a dict with `net` and `spec` (for `nets.build`) and `state`
(the weights, fp16 to be small). Nothing else is needed to add one: put the file there.
"""

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from pickle import UnpicklingError

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib import nets
from course_lib.core import paths
from course_lib.core.errors import CourseError

STORED = {"label-free": "scenes-simclr", "supervised": "scenes-supervised"}
Encoder = Callable[[Tensor], Tensor]


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


def pixels(image: Tensor) -> Tensor:
    """uint8 (N, C, H, W) → the grey-to-colour values as one long vector, (N, C*H*W)."""
    return image.flatten(1).float() / 255


@cache
def random_net(channels: int = 3) -> nn.Module:
    """The course's small convnet with the weights it was born with, the same every time."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = nets.build("convnet", in_channels=channels)
    return net.eval()


def encode(net: nn.Module, image: Tensor, rows: int = 500) -> Tensor:
    """Features of uint8 images (N, C, H, W) → float (N, dim)."""
    with torch.inference_mode():
        return torch.cat([net(part.float() / 255) for part in image.split(rows)])


def encoders(wanted: tuple[str, ...] = ("pixels", "random", "label-free")) -> dict[str, Encoder]:
    """Name → encoder, for those of `wanted` that exist: a stored net may be missing or damaged,
    and then it is left out."""
    found: dict[str, Encoder] = {}
    for name in wanted:
        if name == "pixels":
            found[name] = pixels
        elif name == "random":
            found[name] = lambda image: encode(random_net(image.shape[1]), image)
        elif file := stored_file(STORED[name]):
            try:
                found[name] = partial(encode, load(file))
            except CourseError as error:
                print(error)
    return found


def unit_features(encoder: Encoder, image: Tensor, centre: Tensor | None = None):
    """Features minus their mean, scaled to length 1, and the mean → ((N, D), (D,)).

    centre: the mean to subtract (a bank's, for its queries); without it, the images' own. Without
    centring, all pictures point nearly the same way and the cosine tells little.
    """
    features = encoder(image)
    centre = features.mean(0) if centre is None else centre
    return F.normalize(features - centre, dim=1), centre
