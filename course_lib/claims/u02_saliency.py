"""Unit 2: a net trained with an augmentation looks away from what the augmentation changes."""

from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.claims.claim import Claim
from course_lib.claims.verdicts import share_of
from course_lib.core.randomness import Rng, key
from course_lib.data import Dataset, load
from course_lib.views import linear
from course_lib.views.expected import energy_in, top_directions

SHIFTS = linear.shift(3, 3)
HIDDEN, IMAGES, STEPS, BATCH, TOP, LOOKED = 256, 10_000, 1000, 128, 10, 200
PROBE_SEED, PROBE_STEPS, FEW = 99, 5, 20


@cache
def loaded(split: str) -> Dataset:
    return load("fashion", split)


@cache
def perceptron(arm: str, seed: int, steps: int) -> nn.Module:
    """Two linear layers on images of fashion, which are shifted anew at each visit, or never."""
    data = loaded("train")
    generator = torch.Generator().manual_seed(key("perceptron", seed))
    known = torch.randperm(len(data), generator=generator)[:IMAGES]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = nn.Sequential(nn.Flatten(), nn.Linear(784, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 10))
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-3)
    for step in range(steps):
        rows = known[torch.randint(len(known), (BATCH,), generator=generator)]
        images = data.image[rows].float() / 255
        if arm == "shifted":
            images = SHIFTS.sampled(images, Rng(seed, step, rows).uniform("shift", 1)[:, 0])
        loss = F.cross_entropy(net(images), data.label[rows])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return net


def saliencies(net: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    """Gradients of each image's loss with respect to it: (N, C, H, W) → (N, P)."""
    images = images.clone().requires_grad_()
    F.cross_entropy(net(images), labels, reduction="sum").backward()
    return images.grad.flatten(1)


def energy(arm: str, seed: int, steps: int = STEPS, looked: int = LOOKED) -> float:
    """The mean share of a saliency's energy in the ten largest eigenvectors of the covariance that
    shifts give to that image."""
    data = loaded("test")
    images = data.image[:looked].float() / 255
    gradients = saliencies(perceptron(arm, seed, steps), images, data.label[:looked]).double()
    shares = [
        energy_in(gradient[None], top_directions(SHIFTS, image.double(), TOP))
        for gradient, image in zip(gradients, images, strict=True)
    ]
    return torch.cat(shares).mean().item()


def few_steps_energy(arm: str) -> float:
    return energy(arm, PROBE_SEED, PROBE_STEPS, FEW)


def floors() -> dict[str, float]:
    """A gradient in a random direction, and that of an untrained net."""
    return {"random direction": TOP / 784, "untrained net": energy("as they are", 0, 0)}


CLAIMS = (
    Claim(
        row="R022",
        name="saliency",
        sentence="Trained on shifted images a net puts less of its saliency where shifts move an "
        "image.",
        tag="Q",
        arms=("shifted", "as they are"),
        metric="share of a saliency's energy in the top 10 eigenvectors of Cov under shifts, mean "
        "over 200 test images of fashion",
        margin=0.8,
        arm=energy,
        verdict=share_of,
        floors=floors,
        probe=few_steps_energy,
        uses=("fashion",),
        minutes=2,
        note="Shifts by up to 3 px, 49 of them, all alike. A perceptron with 256 hidden units, "
        "10,000 images, 1,000 steps of Adam. The margin: the first arm is at most 0.8 of the "
        "second, in every seed. Both lie far above a random direction and the untrained net: "
        "learning brings saliency to where images differ, and shifts bring it there less.",
    ),
)
