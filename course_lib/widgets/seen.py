"""What one place of a map sees of the image: receptive fields by formula and by gradient."""

from collections.abc import Callable, Sequence

import torch
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor, nn

from course_lib import data
from course_lib.nets.receptive import input_gradient, kernels, receptive_field, support
from course_lib.widgets import style
from course_lib.widgets.encoders import encoders

STACKS = {"one 3×3": (3,), "two 3×3": (3, 3), "three 3×3": (3, 3, 3), "one 7×7": (7,)}
NETS = ("random", "supervised")


def stack(sizes: Sequence[int], channels: int = 16) -> nn.Sequential:
    """Convolutions with those kernels and a ReLU after each, He's weights, on colour images."""
    parts, inputs = list[nn.Module](), 3
    for size in sizes:
        layer = nn.Conv2d(inputs, channels, size, padding=size // 2, bias=False)
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        parts += [layer, nn.ReLU()]
        inputs = channels
    return nn.Sequential(*parts)


def entry(name: str, maps: Callable[[Tensor], Tensor], parts: nn.Module, x: Tensor) -> dict:
    """One field: `name`, `gradient` (H, W), `formula` and `extent` in pixels, `core`: the side of
    the smallest square about the middle that holds 90 % of the gradient."""
    gradient = input_gradient(maps, x)
    size, _ = receptive_field(kernels(parts))
    return {"name": name, "gradient": gradient, "formula": size, "extent": support(gradient),
            "core": core(gradient)}  # fmt: skip


def core(gradient: Tensor, share: float = 0.9) -> int:
    """The side of the smallest square about the gradient's centre of mass that holds `share`."""
    rows, columns = (torch.arange(n, dtype=gradient.dtype) for n in gradient.shape)
    total = gradient.sum()
    y, x = (gradient.sum(1) * rows).sum() / total, (gradient.sum(0) * columns).sum() / total
    far = torch.maximum((rows[:, None] - y).abs(), (columns - x).abs())  # (H, W)
    distance, order = far.flatten().sort()
    held = gradient.flatten()[order].cumsum(0) / total
    return int(2 * distance[int((held >= share).nonzero()[0])].round()) + 1


def stacks(images: int = 8, draws: int = 24) -> list[dict]:
    """The fields of small stacks of convolutions, an entry each: means over so many draws of random
    weights, so that what is seen belongs to the stack and not to its weights."""
    x = data.load("scenes", "val", n=images).image.float()[:, :, 14:25, 14:25] / 255
    found = []
    with torch.random.fork_rng(devices=[]):
        for name, sizes in STACKS.items():
            torch.manual_seed(0)
            many = [stack(sizes) for _ in range(draws)]

            def maps(x: Tensor, many=many) -> Tensor:
                return torch.cat(
                    [net(part) for net, part in zip(many, x.split(images), strict=True)], dim=0
                )

            found.append(entry(name, maps, many[0], x.repeat(draws, 1, 1, 1)))
    return found


def stages(images: int = 64) -> list[dict]:
    """The fields of the four stages of the course's convnet: random, then the stored one."""
    x = data.load("scenes", "val", n=images).image.float() / 255
    found = []
    for name, net in encoders(data.load("scenes", "train", n=500).image, NETS).items():
        for number in range(1, 5):
            part = net.stages[:number]
            text = f"{style.NAMES[name]}, stage {number}"

            def maps(x: Tensor, net=net, part=part) -> Tensor:
                return part(net.normalise(x))

            found.append(entry(text, maps, part, x))
    return found


def draw(fields: Sequence[dict], columns: int = 4) -> Figure:
    """A tile each, white for no gradient and dark for the largest, the seen area in a box."""
    rows = -(-len(fields) // columns)
    fig = style.figure(1.75 * columns, 2.0 * rows)
    for ax, field in zip(fig.subplots(rows, columns, squeeze=False).ravel(), fields, strict=True):
        gradient = field["gradient"]
        ax.imshow((gradient / gradient.max()).numpy(), cmap="Greys", vmin=0, vmax=1)
        seen = gradient.ne(0).nonzero()
        (top, left), (height, width) = seen.amin(dim=0).tolist(), field["extent"]
        box = (left - 0.5, top - 0.5), width, height
        ax.add_patch(Rectangle(*box, fill=False, ec=style.WRONG, lw=1.5))
        ax.set_title(field["name"].replace(", ", ",\n"), fontsize=9)
        ax.set_xticks([])
        ax.set_yticks([])
        ax.spines[:].set_visible(True)
        ax.spines[:].set_color(style.PALE)
    return fig


def show(fields: Sequence[dict]) -> None:
    """The picture and its table. fields: `stacks()` or `stages()`."""
    rows = [
        (f["name"], f"{f['formula']}", " × ".join(map(str, f["extent"])), f["core"]) for f in fields
    ]
    told = "; ".join(f"{name}: sees {seen}, 90 % within {near}" for name, _, seen, near in rows)
    side = fields[0]["gradient"].shape[-1]
    style.show(
        draw(fields),
        f"How much each pixel of {side} by {side} moves the place in the middle, and the box of "
        f"those that move it at all. In pixels: {told}.",
    )
    style.table(
        ["what", "side by formula", "seen by gradient", "side with 90 % of the gradient"],
        rows,
        "In pixels",
    )
