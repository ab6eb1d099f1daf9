"""Stochastic depth: in training, blocks of a residual net are left out at random.

Huang, Sun, Liu, Sedra and Weinberger 2016 (arXiv 1603.09382). Block l of L survives with chance
q_l and is otherwise passed by:

    H_l = relu(b_l f_l(H_{l-1}) + H_{l-1}),   b_l ~ Bernoulli(q_l),   q_l = 1 - (l/L)(1 - q_L)

so early blocks, which all later ones build on, stay most often. With q_L = 1/2 the expected number
of blocks is (3L - 1)/4. The paper calls q_l p_l; what is often called p_l elsewhere, timm's drop
path among it, is the chance 1 - q_l of being left out.

per: "batch" as in the paper, one coin for all samples of a step, and then f_l is really not
computed, which saves its time; "sample", a coin each, which regularises but computes everything.
scaled: "test" as in the paper, where f_l is multiplied by q_l in use; "train" divides by q_l in
training instead, with the same expectation, and nothing changes in use.
"""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

from course_lib.core.errors import CourseError, nearest
from course_lib.nets.draws import Drawn

PER, SCALED = ("batch", "sample"), ("test", "train")


def survivals(blocks: int, last: float) -> list[float]:
    """The chance q_l of each of so many blocks, from the first to the last; CourseError where
    `last`, q_L, lies outside (0, 1]."""
    if not 0 < last <= 1:
        raise CourseError(
            f"survival is the chance that the last block is kept, above 0 and at most 1; got "
            f"{last}. A drop rate of p is survival = 1 - p."
        )
    return [1 - (block / blocks) * (1 - last) for block in range(1, blocks + 1)]


class Survival(Drawn):
    """The b_l of one block and its scale; see the module's docstring."""

    eager = ("forward", "skips")

    def __init__(self, chance: float, per: str = "batch", scaled: str = "test"):
        super().__init__()
        for name, value, known in (("survival_per", per, PER), ("scaled", scaled, SCALED)):
            if value not in known:
                raise CourseError(f"{name}={value!r} is not known: {nearest(value, known)}")
        self.chance, self.per, self.scaled = chance, per, scaled

    def skips(self) -> bool:
        """Whether the block is left out for the whole batch of this step; draws."""
        if not self.training or self.per == "sample":
            return False
        skipped = self.one() >= self.chance
        self.say("survived", torch.tensor(float(not skipped)))
        return skipped

    def forward(self, update: Tensor) -> Tensor:
        """What f_l gave, (B, ...) → what is added to the shortcut."""
        if not self.training:
            return update * self.chance if self.scaled == "test" else update
        if self.per == "sample":
            alive = self.uniform(len(update), 1)[:, 0] < self.chance  # (B,)
            self.say("survived", alive.float().mean())
            update = update * alive.view(-1, *[1] * (update.ndim - 1))
        return update / self.chance if self.scaled == "train" else update


class _ZeroGradients(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: Tensor, *parameters: Tensor) -> Tensor:
        ctx.save_for_backward(*parameters)
        return x.view_as(x)

    @staticmethod
    def backward(ctx, gradient: Tensor):
        return (gradient, *[torch.zeros_like(p) for p in ctx.saved_tensors])


def left_out(x: Tensor, *parts: nn.Module) -> Tensor:
    """x as it is; the parameters of `parts`, which did not run, get gradients of zero.

    So an optimiser treats them as those of a block that was computed and multiplied by 0, and
    DistributedDataParallel, which waits for every gradient, does not wait for ever.
    """
    parameters = [p for part in parts for p in part.parameters() if p.requires_grad]
    return _ZeroGradients.apply(x, *parameters)


def stochastic_depth(blocks: Iterable[nn.Module], last: float, per: str, scaled: str) -> None:
    """Gives every block its `survival`, unless all are kept anyway."""
    every: Sequence[nn.Module] = list(blocks)
    if last != 1 and not all(block.residual for block in every):
        raise CourseError("A plain block cannot be left out: survival needs residual=true.")
    for block, chance in zip(every, survivals(len(every), last), strict=True):
        made = Survival(chance, per, scaled)
        if last < 1:
            block.survival = made
