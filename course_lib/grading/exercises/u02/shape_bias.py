"""Shape bias: which cue does a net follow where two disagree?"""

import torch
from torch import Tensor

from course_lib.core.randomness import Rng
from course_lib.grading.exercise import Case, Exercise, Right
from course_lib.grading.exercises.u02._conflict import WRONG, Triple, shape_bias

CONTRACT = """
Pictures have the silhouette of one kind of thing and the surface of another. Which of the two does
a net name? Write `shape_bias(probabilities, group, shape, texture, sure)` →
`(bias, each, decided)`.

- `probabilities` (N, F), float64: what the net gives each of its F fine classes, in sum 1.
- `group` (F,), int64: the kind, 0 to K − 1, to which a fine class belongs; −1 for none. Every kind
  has at least one. A kind's score is the *mean* probability of its fine classes.
- The net answers with the kind of the highest score, if that score is at least `sure`; else it
  abstains.
- `shape`, `texture` (N,), int64: the kinds of an image's silhouette and surface. In some images
  they are the same: these do not count.
- An image is *decided* if its answer is its shape or its texture. `decided` (K,), int64: how many
  images whose *shape* is of this kind are decided.
- `each` (K,), float64: of these, the share that was answered with the shape; nan for a kind without
  a decided image.
- `bias`, a number: the mean of `each` over the kinds that have one.

Leave the inputs as they are.
"""


def image_by_image(probabilities: Tensor, group: Tensor, shape: Tensor, texture: Tensor,
                   sure: float) -> Triple:  # fmt: skip
    """Right: loops over images and kinds."""
    kinds = int(group.max()) + 1
    votes = [[0, 0] for _ in range(kinds)]
    for row, form, skin in zip(probabilities, shape.tolist(), texture.tolist(), strict=True):
        scores = []
        for kind in range(kinds):
            members = [p for p, g in zip(row.tolist(), group.tolist(), strict=True) if g == kind]
            scores.append(sum(members) / len(members))
        said = scores.index(max(scores))
        if form != skin and max(scores) >= sure and said in (form, skin):
            votes[form][said == skin] += 1
    each = [a / (a + b) if a + b else float("nan") for a, b in votes]
    known = [share for share, (a, b) in zip(each, votes, strict=True) if a + b]
    decided = torch.tensor([a + b for a, b in votes])
    return sum(known) / len(known), torch.tensor(each, dtype=torch.float64), decided


def by_matrix(probabilities: Tensor, group: Tensor, shape: Tensor, texture: Tensor,
              sure: float) -> Triple:  # fmt: skip
    """Right: one product gives the scores, one table the counts."""
    kinds = int(group.max()) + 1
    member = (group[:, None] == torch.arange(kinds)).double()
    top, said = (probabilities @ (member / member.sum(dim=0))).max(dim=1)
    fits = (top >= sure) & (shape != texture) & ((said == shape) | (said == texture))
    table = torch.zeros(kinds, 2, dtype=torch.int64)
    table.index_put_((shape[fits], (said == texture)[fits].long()), torch.tensor(1), True)
    each = table[:, 0].double() / table.sum(dim=1)
    return each.nanmean().item(), each, table.sum(dim=1)


PLAN = (  # shape, texture, answer: s, t, n for neither, - for an abstention
    "01s 02s 03s 01t 02n 03- 00s 00s 10s 12t 13t 12t 11s 13n 10- 20s 21s 23t 22s 22- 20- 21n 23s "
    "30n 31- 33s 33s 32-"
)


def planned(rng: Rng, kinds: int) -> list[str]:
    """The words for so many kinds. A decided conflict comes one to three times, by draw, so that
    cases and seeds differ in all that is counted."""
    plan = [word for word in PLAN.split() if max(word[:2]) < str(kinds)]
    plan = [word for word in plan if kinds > 2 or word[2] != "n"]
    drawn = (1 + 3 * rng.uniform("times", len(plan))[0]).long().tolist()
    counts = [n if w[0] != w[1] and w[2] in "st" else 1 for w, n in zip(plan, drawn, strict=True)]
    return [word for word, count in zip(plan, counts, strict=True) for _ in range(count)]


def images(rng: Rng, group: Tensor, sure: float, level: tuple[float, float]) -> tuple:
    """(probabilities, group, shape, texture, sure), answered as the plan says, clear of limits.

    level: the score of the kind that is named, in an answer and in an abstention.
    """
    kinds = int(group.max()) + 1
    plan = planned(rng, kinds)
    draws = rng.uniform("rows", len(plan) * len(group)).view(len(plan), -1).double()
    rows = []
    for number, (form, skin, way) in enumerate(map(tuple, plan)):
        others = [k for k in range(kinds) if k not in (int(form), int(skin))]
        # an abstention still has a favourite: the shape's or the texture's kind
        named = {"s": int(form), "t": int(skin), "n": others[number % len(others)] if others else 0}
        said = named.get(way, int((form, skin)[number % 2]))
        score = level[way == "-"]
        row = 0.02 * draws[number]
        mine = torch.nonzero(group == said)[:, 0]
        row[mine] = score
        if len(mine) > 1:  # not the same for each of them; the mean stays
            row[mine[:2]] += 0.4 * score * torch.tensor([-1.0, 1.0])
        loud = torch.nonzero(group == (said + 1 + number % 3) % kinds)[:, 0]
        if number % 2 and len(loud) > 1 and said not in group[loud]:
            row[loud[0]] = 0.7 * score * len(loud)  # one loud fine class, its mean below
        rest = group < 0 if (group < 0).any() else group != said
        row[rest] = 0.9 + 0.2 * draws[number][rest]
        row[rest] *= (1 - row[~rest].sum()) / row[rest].sum()
        rows.append(row)
    order = rng.uniform("order", len(plan))[0].argsort()
    form, skin = (torch.tensor([int(word[n]) for word in plan]) for n in (0, 1))
    return torch.stack(rows)[order], group, form[order], skin[order], sure


def inputs(rng: Rng) -> list[Case]:
    several = torch.tensor([0, 1, 1, 2, 2, 2, 3, -1, 0, 4])  # no image is of kind 4
    unlike = torch.tensor([3, -1, 0, 1, 2, 1, -1, 1, 0, 1, 2])
    two, four = torch.arange(2), torch.arange(4)
    return [
        Case("two kinds", images(rng.fold("two"), two, 0.7, (0.88, 0.58))),
        Case("a class a kind", images(rng.fold("four"), four, 0.5, (0.75, 0.35))),
        Case("some kinds of several classes", images(rng.fold("some"), several, 0.1, (0.15, 0.07))),
        Case("kinds of unlike size", images(rng.fold("unlike"), unlike, 0.1, (0.13, 0.07))),
    ]


EXERCISE = Exercise(
    id="u02/shape_bias",
    title="Which cue a net follows",
    kind="implement",
    contract=CONTRACT,
    reference=shape_bias,
    inputs=inputs,
    wrong=WRONG,
    right=(Right("image by image", image_by_image), Right("by a matrix", by_matrix)),
    hints=(
        "Go in two steps: first what the net answers for each image, with −1 for an abstention; "
        "then which images count, and for which side.",
        "Three things keep an image out: shape and texture are the same, the net abstains, or it "
        "names a third kind. What is left is either a vote for the shape or one for the texture.",
        "`scores = torch.stack([probabilities[:, group == k].mean(dim=1) for k in range(K)], "
        "dim=1)`; `fits = (shape != texture) & (top >= sure) & ((said == shape) | (said == "
        "texture))`; count `fits & (shape == k)`, and of these `said == shape`. For the mean, "
        "`each[decided > 0].mean()`.",
    ),
    points=3,
)
