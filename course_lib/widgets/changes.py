"""What random changes make of images: one image drawn again and again, a row a policy."""

from collections.abc import Mapping

import torch
from matplotlib.figure import Figure
from torch import Tensor

from course_lib import data
from course_lib.core.randomness import Rng
from course_lib.methods.supervised.cutmix import box, inside, kept_share
from course_lib.methods.supervised.mixup import blend
from course_lib.views import Augmentation, augment
from course_lib.widgets import style

OFF = {"views": 1, "area_min": 1, "aspect": 1, "flip": 0, "jitter": 0, "gray": 0}
PLACE = {  # as a slide has it, and as it was probably meant
    "as on the slide": {"angle_from": 30, "angle_to": 70, "shift": 0.2,
                        "zoom_from": 0.5, "zoom_to": 0.75},
    "around upright": {"angle_from": -30, "angle_to": 30, "shift": 0.2,
                       "zoom_from": 0.75, "zoom_to": 1.33},
}  # fmt: skip
COLOUR = {
    "brightness": {"brightness": 0.6},
    "contrast": {"contrast": 0.6},
    "saturation": {"saturation": 0.9},
    "hue": {"hue": 0.5},
}
ALL_FOUR = {"brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.1}
HOLES: dict[str, Mapping] = {
    "Cutout, black": {"cutout": 16},
    "Cutout, mean": {"cutout": 16, "fill": "mean"},
    "Random Erasing": {"erase": 1, "fill": "noise"},
}
IMAGE, PARTNER = 16, 73  # rows of val of stamps


def image(row: int = IMAGE) -> tuple[Tensor, str]:
    """A stamp of val on grey, uint8 (3, 40, 40), and its caption, without the point."""
    some = data.load("stamps", "val", size=40)
    caption = some.text["caption_en"][row].rstrip(".")
    return some.image[row], caption[0].lower() + caption[1:]


def draws(settings: Mapping, n: int, row: int = IMAGE, step: int = 0) -> Tensor:
    """The same image n times, each with its own draw; uint8 (n, 3, 40, 40)."""
    batch = {"image": image(row)[0].expand(n, -1, -1, -1), "index": torch.arange(n)}
    rng = Rng(0, step, batch["index"])
    views = augment(batch, rng, Augmentation(**{**OFF, **settings}))["image"][0]
    return (255 * views).round().byte()


def compute(policies: Mapping[str, Mapping], n: int = 3, row: int = IMAGE) -> dict:
    """`rows`: policy → uint8 (n, 3, 40, 40); `image` and `word`: what they are made from."""
    original, word = image(row)
    rows = {name: draws(settings, n, row) for name, settings in policies.items()}
    return {"rows": rows, "image": original, "word": word}


def draw(arrays: dict, side: float = 0.8) -> Figure:
    """On the left the original, once; beside it the draws, a row a policy."""
    rows = arrays["rows"]
    columns = 1 + max(map(len, rows.values()))
    fig = style.figure(side * columns + 1.45, (side + 0.06) * len(rows) + 0.2)
    grid = fig.subplots(len(rows), columns, squeeze=False)
    for axes, (name, images) in zip(grid, rows.items(), strict=True):
        axes[0].set_axis_off()
        axes[1].set_ylabel(name, rotation=0, ha="right", va="center", labelpad=8)
        for ax, shown in zip(axes[1:], images, strict=True):
            style.picture(ax, shown // 12 * 12)  # fewer shades: a smaller file, the same to the eye
    style.picture(grid[0][0], arrays["image"] // 12 * 12)
    grid[0][0].set_title("image", fontsize=9, loc="center")
    grid[0][1].set_title("draws", fontsize=9, loc="left")
    return fig


def show(policies: Mapping[str, Mapping], told: str, n: int = 3, row: int = IMAGE) -> None:
    """The picture. told: what the rows show, in words."""
    arrays = compute(policies, n, row)
    style.show(
        draw(arrays),
        f"One image, {arrays['word']}, and beside it {n} random draws a row. {told}",
    )


def training() -> dict:
    """An image, and five as nets of this unit see them in training, with their labels."""
    (first, one), (second, two) = image(), image(PARTNER)
    lam = torch.tensor([0.6])
    pasted = inside(box(lam, torch.tensor([[0.4, 0.72]]), 40, 40), 40, 40)
    kept = kept_share(pasted).item()
    images = [
        first,
        draws(PLACE["around upright"], 1)[0],
        draws(ALL_FOUR, 3)[2],
        draws(HOLES["Cutout, black"], 5)[4],
        blend(first[None].float(), second[None].float(), lam)[0].round().byte(),
        torch.where(pasted, second, first)[0],
    ]
    mixed = [f"{share:.2f} {one},\n{1 - share:.2f} {two}" for share in (lam.item(), kept)]
    return {"images": images, "words": [one] * 4 + mixed}


def show_training() -> None:
    """The mystery's picture."""
    arrays = training()
    words = [word.replace("\n", " ") for word in arrays["words"]]
    fig = style.image_grid(arrays["images"], arrays["words"], columns=6, side=1.25)
    style.show(
        fig,
        "An image as it is, and five that nets are trained on: turned, moved and scaled, with "
        "other colours, with a square missing, on top of another image, with a box of another "
        f"image. Their labels: {'; '.join(words)}.",
    )
