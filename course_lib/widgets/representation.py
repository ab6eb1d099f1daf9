"""Pictures of unit 1: what 64 numbers keep, items with and without clutter, a net from inside."""

from statistics import mean

import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from torch import Tensor

from course_lib import data
from course_lib.core.errors import CourseError
from course_lib.evaluate import PCA, random_encoder
from course_lib.nets import build
from course_lib.widgets import claim_table, floors, style
from course_lib.widgets.encoders import STORED, load, stored_file

BLANK = [" "]  # a word that is not seen keeps all rows of one height


def mystery() -> str:
    """Two numbers of R001 in two lines: kNN on pixels, and on 64 numbers made from them."""
    record = claim_table.stored("R001")
    if record is None:
        return "R001 is not measured yet: `course claims run R001` does it."
    share = {arm: 100 * sum(values) / len(values) for arm, values in record.arms.items()}
    return (
        f"asked of 1,600 pixels:       {share['raw pixels']:.1f} % right\n"
        f"asked of 64 learnt numbers:  {share['supervised of width 16']:.1f} % right\n"
        f"by chance:                   {100 * record.floors['chance']:.1f} % right"
    )


def rebuilt(n: int = 6, dim: int = 64, images: int = 5000) -> dict:
    """Clutter images and what `dim` principal components keep of them.

    Returns `images` and `rebuilt` uint8 (n, 1, 40, 40), `words`, `dim`, `pixels` and `kept`, the
    share of the variance of `images` training images that the components hold.
    """
    pca = PCA(data.load("clutter", "train", n=images).image, dim)
    some = data.load("clutter", "val", n=n)
    with torch.no_grad():
        back = pca.decode(pca(some.image.float() / 255)).view_as(some.image)
    return {
        "images": some.image,
        "rebuilt": (255 * back).round().clamp(0, 255).byte(),
        "words": [some.classes[i] for i in some.label.tolist()],
        "dim": dim,
        "pixels": some.image[0].numel(),
        "kept": (pca.variances[:dim].sum() / pca.variances.sum()).item(),
    }


def draw_rebuilt(arrays: dict) -> Figure:
    """Above the images, below what comes back."""
    rows = [f"{arrays['pixels']:,} pixels", f"back from\n{arrays['dim']} numbers"]
    return pairs(rows, [arrays["images"], arrays["rebuilt"]], [arrays["words"], []])


def pairs(names: list[str], rows: list[Tensor], words: list[list[str]]) -> Figure:
    """Images in named rows, their words below each row where there are any."""
    columns = len(rows[0])
    side = 0.9
    fig = style.figure(side * columns + 1.3, (side + 0.22) * len(rows))
    grid = fig.subplots(len(rows), columns, squeeze=False)
    for name, images, texts, axes in zip(names, rows, words, grid, strict=True):
        axes[0].set_ylabel(name, rotation=0, ha="right", va="center", labelpad=10)
        for ax, image, text in zip(axes, images, texts or BLANK * columns, strict=True):
            style.picture(ax, image // 12 * 12)  # fewer shades: a smaller file, the same to the eye
            ax.set_xlabel(style.shorten(text, 18), fontsize=8, labelpad=3)
    return fig


def show_rebuilt() -> None:
    """The picture, and how much of the variance is kept."""
    arrays = rebuilt()
    alt = (
        f"Above: {len(arrays['images'])} images of clutter ({', '.join(arrays['words'])}). Below: "
        f"the same, rebuilt from {arrays['dim']} principal components: the broad light and dark "
        "areas of the background are there, the items are smears."
    )
    style.show(draw_rebuilt(arrays), alt)
    kept = f"{100 * arrays['kept']:.0f} % of the variance of the pixels"
    print(f"{arrays['dim']} of {arrays['pixels']:,} components hold {kept}.")


def show_items(n: int = 6) -> None:
    """The same items in fashion and in clutter."""
    fashion, clutter = data.load("fashion", "val"), data.load("clutter", "val", n=n)
    words = [fashion.classes[i] for i in fashion.label[:n].tolist()]
    style.show(
        pairs(["fashion", "clutter"], [fashion.image[:n], clutter.image], [words, []]),
        f"Two rows of images. Fashion: {', '.join(words)}, each in the middle on black. Clutter: "
        "the same items at random places on grey clouds, among scraps of other items.",
    )


def show_floors(names: tuple[str, ...] = ("fashion", "clutter", "scenes")) -> None:
    """The stored floors of these sets, and what is left above the best of each."""
    found = floors.compute()
    chosen = {name: found[name] for name in names if name in found}
    if not chosen:
        print("The floors are not stored yet.")
        return
    style.show(floors.draw(chosen), floors.alt(chosen))
    best = {name: max(map(mean, of.values())) for name, of in chosen.items()}
    rows = [(name, f"{value:.1f}", f"{100 - value:.1f}") for name, value in best.items()]
    style.table(["set", "best floor (%)", "left above it (points)"], rows, "Headroom, on test")


def inside(row: int = 5, name: str = "supervised") -> dict:
    """What the stages of a stored net (else of a random one) make of one scene.

    Returns `image` uint8 (3, 40, 40), `word`, `maps`: a tensor (C, H, W) a stage, and `features`.
    """
    scenes = data.load("scenes", "val", n=row + 1)
    file = stored_file(STORED[name])
    net = load(file) if file else random_encoder(data.load("scenes", "train", n=500).image)
    x = net.normalise(scenes.image[row:].float() / 255)
    maps = []
    with torch.no_grad():
        for stage in net.stages:
            x = stage(x)
            maps.append(x[0])
    word = scenes.classes[int(scenes.label[row])]
    features = x.mean(dim=(2, 3))[0]
    return {"image": scenes.image[row], "word": word, "maps": maps, "features": features}


def draw_inside(arrays: dict) -> Figure:
    """From the image through four stages to the features; of each stage the six liveliest maps."""
    fig = style.figure(8.6, 2.7)
    axes = fig.subplots(1, 2 + len(arrays["maps"]), width_ratios=[1.3, 1, 1, 1, 1, 0.75])
    style.picture(axes[0], arrays["image"])
    axes[0].set_title(f"image\n{shape(arrays['image'])}", fontsize=8.5)
    for number, (ax, maps) in enumerate(zip(axes[1:-1], arrays["maps"], strict=True), 1):
        best = maps.flatten(1).std(dim=1).topk(6).indices
        tiles = maps[best] / maps[best].amax(dim=(1, 2), keepdim=True).clamp_min(1e-6)
        tiles = F.interpolate(tiles[None], (40, 40))[0]  # nearest: every place stays a square
        tiles = F.pad(tiles, (2, 2, 2, 2), value=1.0)  # a white frame around each
        wall = torch.cat([torch.cat(list(tiles[i : i + 2]), dim=1) for i in (0, 2, 4)])
        ax.imshow(wall, cmap="gray", vmin=0, vmax=1)
        ax.set_title(f"stage {number}\n{shape(maps)}", fontsize=8.5)
        ax.set_axis_off()
    features = arrays["features"]
    axes[-1].imshow(features.view(-1, 8), cmap="gray", vmin=0)
    axes[-1].set_title(f"mean\n{shape(features)}", fontsize=8.5)
    axes[-1].set_axis_off()
    return fig


def shape(of: Tensor) -> str:
    """ "32 × 20 × 20" """
    return " × ".join(map(str, of.shape))


def show_inside(row: int = 5) -> None:
    """The picture of one scene inside the net."""
    try:
        arrays = inside(row)
    except CourseError as error:
        print(error)
        return
    shapes = ", ".join(shape(maps) for maps in arrays["maps"])
    style.show(
        draw_inside(arrays),
        f"A scene with {arrays['word']} and six maps of each stage of the net. Shapes: {shapes}, "
        f"then {len(arrays['features'])} numbers. Outlines can be seen in the first stages, in the "
        "last only spots of light.",
    )


def sizes(width: int = 32, channels: int = 3, side: int = 40) -> None:
    """A table: what each part of the convnet takes, gives and weighs."""
    net, x = (
        build("convnet", width=width, in_channels=channels),
        torch.zeros(1, channels, side, side),
    )
    rows = []
    for number, stage in enumerate(net.stages, 1):
        y = stage(x)
        weights = sum(p.numel() for p in stage.parameters())
        rows.append((f"stage {number}", shape(x[0]), shape(y[0]), f"{weights:,}"))
        x = y
    rows.append(("mean over places", shape(x[0]), f"{net.dim}", "0"))
    total = sum(p.numel() for p in net.parameters())
    rows.append(("together", shape(torch.zeros(channels, side, side)), f"{net.dim}", f"{total:,}"))
    style.table(["part", "takes", "gives", "weights"], rows, "The course's convnet, width 32")
