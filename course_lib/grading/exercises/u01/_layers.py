"""Lists of layers for `field`: how they are counted, how one is chosen, and how it goes wrong."""

from collections.abc import Callable, Sequence
from itertools import product

from course_lib.grading.named import named

KERNELS, SIDE, COLOURS, DEPTH = (3, 5, 7), 64, 3, 5
Layers = list[tuple[int, int]]  # (kernel, stride), the first layer first
Pairs = Sequence[tuple[int, int]]
Strides = Callable[[int, int], list[int]]  # number of layers, halvings → strides


def seen(made: Pairs) -> int:
    """The receptive field along an axis."""
    size = jump = 1
    for kernel, stride in made:
        size += (kernel - 1) * jump
        jump *= stride
    return size


def places_of(made: Pairs) -> int:
    """How many places the last map has along an axis."""
    side = SIDE
    for _, stride in made:
        side //= stride
    return side


def weights_of(made: Pairs, width: int) -> int:
    """All weights; the first layer has three inputs."""
    return sum(k * k * width * (width if n else COLOURS) for n, (k, _) in enumerate(made))


def early(count: int, halvings: int) -> list[int]:
    """The first layers halve the map."""
    return [2 if n < halvings else 1 for n in range(count)]


def choose(
    field: int,
    places: int,
    budget: int,
    depth: int,
    width: int,
    strides: Strides = early,
    kernels: Sequence[int] = KERNELS,
    sees: Callable[[Pairs], int] = seen,
    costs: Callable[[Pairs, int], int] = weights_of,
) -> Layers:
    """The cheapest list that sees enough, by rules that may be wrong; else the one that sees most.

    The budget decides nothing: if the cheapest is above it, no other is below.
    """
    halvings = (SIDE // places).bit_length() - 1
    lists = [
        list(zip(chosen, strides(count, halvings), strict=True))
        for count in range(1, depth + 1)
        for chosen in product(kernels, repeat=count)
    ]
    enough = [made for made in lists if sees(made) >= field]
    return min(enough, key=lambda m: costs(m, width)) if enough else max(lists, key=sees)


def layers(field: int, places: int, budget: int, depth: int, width: int) -> Layers:
    """The right choice."""
    return choose(field, places, budget, depth, width)


def strides_last(field: int, places: int, budget: int, depth: int, width: int) -> Layers:
    """You put the strides at the end, where they widen nothing: a stride makes the steps of the
    layers *after* it wider."""
    return choose(field, places, budget, depth, width, lambda n, h: early(n, h)[::-1])


def no_strides(field: int, places: int, budget: int, depth: int, width: int) -> Layers:
    """You use no strides, where the map may become coarser. Each pixel of the field then has to be
    paid for with weights."""
    return choose(field, places, budget, depth, width, lambda n, h: [1] * n)


def strides_everywhere(field: int, places: int, budget: int, depth: int, width: int) -> Layers:
    """All your layers have stride 2. That sees far with few weights, and too few places are left:
    the map says what is in the image and no longer where."""
    return choose(field, places, budget, depth, width, lambda n, h: [2] * n)


def small_kernels_only(field: int, places: int, budget: int, depth: int, width: int) -> Layers:
    """You use 3 × 3 kernels only. They give most field for their weights where layers are free;
    where the depth is limited, or the inputs are few, larger ones have their place."""
    return choose(field, places, budget, depth, width, kernels=(3,))


def large_kernels_only(field: int, places: int, budget: int, depth: int, width: int) -> Layers:
    """All your kernels are 7 × 7. That reaches far in few layers, and a pixel of the field costs
    more weights than with small ones, which the depth may well allow."""
    return choose(field, places, budget, depth, width, kernels=(7,))


def one_kernel_for_all(field: int, places: int, budget: int, depth: int, width: int) -> Layers:
    """All your layers have the same kernel. Layers do not cost alike, and they do not widen the
    field alike: choose for each."""
    found = [choose(field, places, budget, depth, width, kernels=(k,)) for k in KERNELS]
    enough = [made for made in found if seen(made) >= field]
    return min(enough or found, key=lambda made: weights_of(made, width))


def steps_stay_one_pixel(field: int, places: int, budget: int, depth: int, width: int) -> Layers:
    """You count 1 + Σ (kernel − 1), as if every stride were 1. After a stride of 2 the next kernel
    takes steps of two pixels; so your nets see further than asked, and pay for it."""

    def sees(made: Pairs) -> int:
        return 1 + sum(kernel - 1 for kernel, _ in made)

    return choose(field, places, budget, depth, width, sees=sees)


def own_stride_counted(field: int, places: int, budget: int, depth: int, width: int) -> Layers:
    """You let a layer's own stride widen its kernel. A kernel of stride 2 reads neighbours; only
    the layers after it take wider steps."""

    def sees(made: Pairs) -> int:
        size = jump = 1
        for kernel, stride in made:
            jump *= stride
            size += (kernel - 1) * jump
        return size

    return choose(field, places, budget, depth, width, sees=sees)


def kernels_added(field: int, places: int, budget: int, depth: int, width: int) -> Layers:
    """You add kernel, not kernel − 1, for each layer. Two 3 × 3 layers see five pixels, not six or
    seven: the kernels share the pixel in the middle."""

    def sees(made: Pairs) -> int:
        size, jump = 0, 1
        for kernel, stride in made:
            size += kernel * jump
            jump *= stride
        return size

    return choose(field, places, budget, depth, width, sees=sees)


def inputs_not_counted(field: int, places: int, budget: int, depth: int, width: int) -> Layers:
    """You count kernel² · width weights a layer. Each output channel has a kernel for *each input
    channel*, and only the first layer has few of these."""
    return choose(
        field, places, budget, depth, width, costs=lambda made, w: sum(k * k for k, _ in made)
    )


def depth_counted(field: int, places: int, budget: int, depth: int, width: int) -> Layers:
    """Your nets have as few layers as can see far enough, and these need large kernels. A kernel of
    7 × 7 has 49 weights for each input and output; three of 3 × 3, which see as far, have 27."""
    return choose(field, places, budget, depth, width, costs=lambda made, w: len(made))


def most_field(field: int, places: int, budget: int, depth: int, width: int) -> Layers:
    """You take the net that sees most. More than was asked is no help, and has its price."""
    return choose(10**6, places, budget, depth, width)


WRONG = named(
    strides_last, no_strides, strides_everywhere, small_kernels_only, large_kernels_only,
    one_kernel_for_all, steps_stay_one_pixel, own_stride_counted, kernels_added,
    inputs_not_counted, depth_counted, most_field,
)  # fmt: skip
