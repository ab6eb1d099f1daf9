"""Policies for `budget`: how one is scaled to its budget, and strategies that miss the brief."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from course_lib.grading.exercises.u02._policies import BRIEFS, Policy
from course_lib.grading.named import named

Operations = dict[str, Tensor]
Price = Callable[[float, float, float, int], float]  # E|t|², |E t|², |x|², images → to compare


def trace(power: float, mean: float, whole: float, count: int) -> float:
    """The relative trace, as the contract says it."""
    return (power - mean) / whole


def scaled(
    images: Tensor,
    operations: Operations,
    budget: float,
    names: Iterable[str],
    price: Price = trace,
) -> Policy:
    """Equal weights for some operations, as large as the budget allows and together at most 1."""
    chosen, x = list(names), images.double()
    moved = torch.stack([x @ operations[name].double().T for name in chosen])
    towards = moved.sum(dim=0) - len(chosen) * x  # where the mean goes, a unit of weight
    whole = x.square().sum().item()
    grown = moved.square().sum().item() - len(chosen) * whole
    along, across = 2 * (x * towards).sum().item(), towards.square().sum().item()

    def fits(weight: float) -> bool:
        mean = whole + weight * along + weight**2 * across
        return price(whole + weight * grown, mean, whole, len(x)) <= budget

    most = (grown - along) / (2 * across) if across else 1.0  # above it the trace falls again
    low, high = 0.0, min(1 / len(chosen), most)
    if fits(high):
        return dict.fromkeys(chosen, high)
    for _ in range(24):
        middle = (low + high) / 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return dict.fromkeys(chosen, low)


def policy(brief: str, images: Tensor, operations: Operations, budget: float) -> Policy:
    """What happens outside, scaled to the budget."""
    return scaled(images, operations, budget, BRIEFS[brief])


def nothing(brief: str, images: Tensor, operations: Operations, budget: float) -> Policy:
    """You augment nothing. The readout then knows each figure at one place and in one way only, and
    fresh pictures come in others."""
    return {}


def everything(brief: str, images: Tensor, operations: Operations, budget: float) -> Policy:
    """You spread the budget evenly over all operations. Most of it goes to changes that never
    happen outside, and little is left for the one that does."""
    return scaled(images, operations, budget, operations)


def wrong_axis(brief: str, images: Tensor, operations: Operations, budget: float) -> Policy:
    """You shift up and down where pictures move sideways, and sideways where they move up and down.
    A readout becomes indifferent to what it was shown, along that axis and no other."""
    turn = {"left": "up", "right": "down", "up": "left", "down": "right"}
    names = [
        f"{turn.get(word[0], word[0])} {word[1]}" if len(word) == 2 and word[1] in "12" else name
        for name in BRIEFS[brief]
        for word in [name.split()]
    ]
    return scaled(images, operations, budget, names)


def one_way_only(brief: str, images: Tensor, operations: Operations, budget: float) -> Policy:
    """You augment in one direction where pictures change in both. The mean of your pictures then
    moves, which the readout follows, and the other direction stays unknown."""
    names = BRIEFS[brief]
    return scaled(images, operations, budget, names[: max(len(names) // 2, 1)])


def both_ways_always(brief: str, images: Tensor, operations: Operations, budget: float) -> Policy:
    """You shift both ways where pictures move to one side only: half of the budget is spent on what
    does not happen."""
    names = BRIEFS[brief]
    if all(name.startswith("left ") and name[-1].isdigit() for name in names):
        names = BRIEFS["the camera shakes sideways"]
    return scaled(images, operations, budget, names)


def the_same_for_all(brief: str, images: Tensor, operations: Operations, budget: float) -> Policy:
    """You give every brief the same policy, shifts to both sides. Which augmentation helps depends
    on what will happen outside: there is none that is good as such."""
    return scaled(images, operations, budget, BRIEFS["the camera shakes sideways"])


def mirror_for_every_side(
    brief: str, images: Tensor, operations: Operations, budget: float
) -> Policy:
    """You mirror where pictures move sideways. A mirrored figure is another figure, not the same
    one elsewhere."""
    sideways = {"the camera shakes sideways", "the belt runs late"}
    return scaled(images, operations, budget, ["mirrored"] if brief in sideways else BRIEFS[brief])


def light_is_cheap(brief: str, images: Tensor, operations: Operations, budget: float) -> Policy:
    """You spend the budget on light. Brighter and darker pictures are cheap in variance, and they
    point along the image itself, where a readout hardly has to change."""
    return scaled(images, operations, budget, ["darker", "brighter"])


def as_it_happens(brief: str, images: Tensor, operations: Operations, budget: float) -> Policy:
    """You augment as often as it happens outside, and are above the budget. Scale all weights down
    together until the trace fits."""
    names = BRIEFS[brief]
    return dict.fromkeys(names, 1 / (len(names) + 1))


def always_turned(brief: str, images: Tensor, operations: Operations, budget: float) -> Policy:
    """You turn over every film. What always happens has no variance and so costs nothing; but then
    the readout never sees a picture as it is, and outside half of them are."""
    names = BRIEFS[brief]
    return policy(brief, images, operations, budget) if len(names) > 1 else {names[0]: 1.0}


def weights_are_the_cost(
    brief: str, images: Tensor, operations: Operations, budget: float
) -> Policy:
    """Your weights sum to the budget. What is limited is the variance that they cause, and an
    operation that changes a picture little causes little, another one much."""
    names = BRIEFS[brief]
    return dict.fromkeys(names, budget / len(names))


def deviation(brief: str, images: Tensor, operations: Operations, budget: float) -> Policy:
    """You compare the root of the relative trace with the budget. The trace is a sum of variances
    already: with the root you leave most of the budget unspent."""
    price: Price = lambda *sums: max(trace(*sums), 0.0) ** 0.5  # noqa: E731
    return scaled(images, operations, budget, BRIEFS[brief], price)


def not_relative(brief: str, images: Tensor, operations: Operations, budget: float) -> Policy:
    """Your trace is not divided by the pictures' own size, so hardly any augmentation fits."""
    price: Price = lambda power, mean, whole, count: (power - mean) / count  # noqa: E731
    return scaled(images, operations, budget, BRIEFS[brief], price)


def energy(brief: str, images: Tensor, operations: Operations, budget: float) -> Policy:
    """You compare lengths, E|t(x)|² with |x|². A shifted picture is about as long as before, and
    still another one: subtract the length of the *mean* picture."""

    price: Price = lambda power, mean, whole, count: abs(power / whole - 1)  # noqa: E731
    return scaled(images, operations, budget, BRIEFS[brief], price)


def far_ones_only(brief: str, images: Tensor, operations: Operations, budget: float) -> Policy:
    """You use the largest shifts only. What lies between them happens as well, and a linear readout
    does not fill it in."""
    names = [n for n in BRIEFS[brief] if n.endswith("2")] or BRIEFS[brief]
    return scaled(images, operations, budget, names)


def small_ones_only(brief: str, images: Tensor, operations: Operations, budget: float) -> Policy:
    """You use the smallest shifts only. They are cheap, and the readout knows nothing of larger
    ones, which happen as often."""
    names = [n for n in BRIEFS[brief] if n.endswith("1")] or BRIEFS[brief]
    return scaled(images, operations, budget, names)


def by_formula(brief: str, images: Tensor, operations: Operations, budget: float) -> Policy:
    """Right: with one weight for all, the trace is a quadratic of it."""
    x, names = images.double(), BRIEFS[brief]
    moved = [x @ operations[name].double().T for name in names]
    towards = sum(moved) - len(names) * x  # where the mean goes, for each unit of weight
    power = sum(m.square().sum() for m in moved) - len(names) * x.square().sum()
    a, b = towards.square().sum(), power - 2 * (x * towards).sum()
    limit = budget * x.square().sum()  # b w − a w² = limit
    weight = (b - torch.sqrt(b * b - 4 * a * limit)) / (2 * a)
    return dict.fromkeys(names, weight.item())


def step_by_step(brief: str, images: Tensor, operations: Operations, budget: float) -> Policy:
    """Right: a little more weight for all, as long as the budget lasts."""
    x, spent = images.double(), 0.0
    moved = [x @ operations[name].double().T for name in BRIEFS[brief]]
    while spent <= 0.996:
        more = spent + 0.004
        parts = [((1 - more), x), *((more / len(moved), m) for m in moved)]
        mean = sum(weight * part for weight, part in parts)
        spread = sum(weight * (part - mean).square().sum() for weight, part in parts)
        if spread / x.square().sum() > budget:
            break
        spent = more
    return dict.fromkeys(BRIEFS[brief], spent / len(moved))


WRONG = named(
    nothing, everything, wrong_axis, one_way_only, both_ways_always, the_same_for_all,
    mirror_for_every_side, light_is_cheap, as_it_happens, always_turned,
    weights_are_the_cost, deviation, not_relative, energy, far_ones_only, small_ones_only,
)  # fmt: skip
