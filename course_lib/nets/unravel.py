"""A residual net as many paths: blocks taken out or put in another order, paths counted.

Veit, Wilber and Belongie 2016 (arXiv 1605.06431), "Residual Networks Behave Like Ensembles of
Relatively Shallow Networks". With n blocks, y = (1 + F_n) … (1 + F_1) x multiplies out into 2**n
paths, if the F were linear; C(n, k) of them go through k blocks. Without one block half the paths
are left. No statistics are computed anew afterwards, as in the paper.
"""

import copy
import math
from collections.abc import Sequence

from torch import nn

from course_lib.core.errors import CourseError
from course_lib.nets.resnet import ResNet


def path_lengths(blocks: int) -> list[int]:
    """How many paths go through 0, 1 … `blocks` blocks; all together 2**blocks."""
    return [math.comb(blocks, length) for length in range(blocks + 1)]


def stages(net: ResNet) -> list[list[int]]:
    """Numbers of the blocks that keep the shape of the maps, stage by stage.

    These can be taken out, and those of one stage exchanged. A block that changes the shape begins
    the next stage and is in none of the lists.
    """
    found: list[list[int]] = [[]]
    for number, block in enumerate(net.blocks):
        if isinstance(block, nn.Identity) or block.same_shape:
            found[-1].append(number)
        else:
            found.append([])
    return found


def without_block(net: ResNet, number: int) -> ResNet:
    """A copy of a net in which block `number`, from 0, passes its input on.

    Raises CourseError for a block that changes the shape of the maps: the next would not fit.
    """
    movable = [n for stage in stages(net) for n in stage]
    if number not in movable:
        raise CourseError(f"Block {number} cannot be taken out; these can: {movable}.")
    changed = copy.deepcopy(net)
    changed.blocks[number] = nn.Identity()
    return changed


def reordered(net: ResNet, order: Sequence[int]) -> ResNet:
    """A copy of a net whose block i is the old block order[i]; exchanged only within a stage.

    Raises CourseError where `order` moves a block that changes shape, or one to another stage.
    """
    blocks = list(copy.deepcopy(net.blocks))
    if sorted(order) != list(range(len(blocks))):
        raise CourseError(f"order holds each of the blocks 0 to {len(blocks) - 1} once.")
    place = {n: stage for stage, numbers in enumerate(stages(net)) for n in numbers}
    for new, old in enumerate(order):
        if new != old and (new not in place or place[new] != place.get(old)):
            raise CourseError(
                f"Block {old} cannot stand in place {new}: blocks are exchanged only within one "
                f"of {stages(net)}."
            )
    changed = copy.deepcopy(net)
    changed.blocks = nn.Sequential(*(blocks[old] for old in order))
    return changed
