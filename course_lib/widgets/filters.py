"""What a convnet's first layer looks for: its filters as pictures, and where they respond."""

import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from torch import Tensor, nn

from course_lib import data
from course_lib.core.randomness import key
from course_lib.nets.convnet import Normalise
from course_lib.widgets import style
from course_lib.widgets.encoders import encoders

NETS = ("random", "supervised", "label-free")
ROW = 5  # the scene that the unit follows through its nets
SHOWN = 5  # filters with their maps


def small_net(classes: int, scale: float, seed: int = 0) -> nn.Sequential:
    """For scenes, with 16 first filters of 7×7 that start `scale` times as large as usual."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = nn.Sequential(
            Normalise(),
            nn.Conv2d(3, 16, 7, stride=2, padding=3, bias=False),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1, bias=False),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(32 * 10 * 10, classes),
        )
    net[1].weight.data *= scale  # the norm behind it undoes this; what training adds shows sooner
    return net


def learn(steps: int, scale: float = 0.05, images: int = 3000) -> tuple[Tensor, Tensor]:
    """First filters before and after so many steps of supervised training, (16, 3, 7, 7) each."""
    train = data.load("scenes", "train", n=images)
    net = small_net(len(train.classes), scale)
    before = net[1].weight.detach().clone()
    generator = torch.Generator().manual_seed(key("first filters"))
    optimiser = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    for _ in range(steps):
        rows = torch.randint(len(train), (64,), generator=generator)
        loss = F.cross_entropy(net(train.image[rows].float() / 255), train.label[rows])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return before, net[1].weight.detach()


def compute(steps: int = 300, row: int = ROW) -> dict:
    """Returns `before`, `after` (16, 3, 7, 7), `image` uint8 (3, 40, 40), `word`, and `maps`
    (SHOWN, 40, 40): what the longest filters of `after` give at every pixel."""
    before, after = learn(steps)
    after_order = after.flatten(1).norm(dim=1).argsort(descending=True)  # the most used first
    before, after = before[after_order], after[after_order]
    scenes = data.load("scenes", "val", n=row + 1)
    x = Normalise()(scenes.image[row:].float() / 255)
    maps = F.conv2d(x, after[:SHOWN], padding=3)[0]
    word = scenes.classes[int(scenes.label[row])]
    return {"before": before, "after": after, "image": scenes.image[row], "word": word,
            "maps": maps}  # fmt: skip


def visible(filters: Tensor) -> Tensor:
    """Weights of any sign → colours in [0, 1], each filter by itself: 0 becomes middle grey."""
    return 0.5 + 0.5 * filters / filters.abs().amax(dim=(1, 2, 3), keepdim=True)


def wall(filters: Tensor, columns: int = 8) -> Tensor:
    """(N, 3, k, k) → one image (H, W, 3), a white line around each filter."""
    tiles = visible(filters).repeat_interleave(3, dim=2).repeat_interleave(3, dim=3)
    tiles = F.pad(tiles, (1, 1, 1, 1), value=1.0)
    rows = [torch.cat(list(part), dim=2) for part in tiles.split(columns)]
    return torch.cat(rows, dim=1).permute(1, 2, 0)


def draw(arrays: dict) -> Figure:
    """Above, all filters before and after. Below, a scene and what five filters make of it."""
    fig = style.figure(8.4, 3.7)
    top, bottom = fig.subfigures(2, 1, height_ratios=[1, 1.75], squeeze=False).ravel()
    for ax, when in zip(top.subplots(1, 2), ("before", "after"), strict=True):
        ax.imshow(wall(arrays[when]).numpy())
        ax.set_title(f"{when} training", fontsize=9.5)
        ax.set_axis_off()
    maps = arrays["maps"]
    axes = bottom.subplots(2, 1 + len(maps), height_ratios=[1, 2.2])
    axes[0, 0].set_axis_off()
    style.picture(axes[1, 0], arrays["image"])
    axes[1, 0].set_xlabel(arrays["word"], fontsize=8.5)
    shown = visible(arrays["after"][: len(maps)])
    for column, filter_, found in zip(axes.T[1:], shown, maps, strict=True):
        column[0].imshow(filter_.permute(1, 2, 0).numpy())
        most = found.abs().max().item()
        column[1].imshow(found.numpy(), cmap="gray", vmin=-most, vmax=most)
        for ax in column:
            ax.set_axis_off()
    return fig


def alt(arrays: dict) -> str:
    """The picture in words."""
    return (
        f"{len(arrays['after'])} filters of 7 by 7 pixels as little colour pictures. Before "
        "training each is coloured noise, afterwards a grainy blob of colour or a change from "
        f"one colour to another. Below, a scene with {arrays['word']} and the maps of "
        f"{len(arrays['maps'])} filters: light where the filter fits, dark where its opposite does."
    )


def show(steps: int = 300) -> None:
    """Trains a small net, in seconds, and shows its first layer."""
    arrays = compute(steps)
    style.show(draw(arrays), alt(arrays))


def turned() -> dict[str, float]:
    """How near the first filters of the stored nets are to where their training began: net → mean
    cosine of each filter with that of the random net, which has the same seed."""
    nets = encoders(data.load("scenes", "train", n=500).image, NETS)
    weight = {name: net.stages[0][0].weight.detach().flatten(1) for name, net in nets.items()}
    return {
        name: F.cosine_similarity(of, weight["random"]).mean().item()
        for name, of in weight.items()
        if name != "random"
    }


def show_turned() -> None:
    """The cosines as a table."""
    rows = [(style.NAMES[name], f"{value:.3f}") for name, value in turned().items()]
    heads = ["net", "mean cosine of a first filter with its start"]
    style.table(heads, rows, "The stored nets of this unit's first half")
