"""Images as tokens: cut into patches, put in another order, and what a finer grid costs."""

import torch
from matplotlib.figure import Figure
from torch import Tensor

from course_lib import data
from course_lib.evaluate import random_encoder
from course_lib.nets import build
from course_lib.nets.count import multiply_adds, parameters
from course_lib.widgets import style
from course_lib.widgets.filters import ROW

SIDE = 40  # of scenes


def patches(images: Tensor, patch: int) -> Tensor:
    """(B, C, H, W) → (B, L, C, patch, patch), numbered along rows."""
    cut = images.unfold(2, patch, patch).unfold(3, patch, patch)  # (B, C, h, w, patch, patch)
    return cut.flatten(2, 3).transpose(1, 2)


def together(pieces: Tensor, columns: int, gap: int = 0) -> Tensor:
    """The inverse for a grid with so many columns, white gaps between the patches if asked."""
    padded = torch.nn.functional.pad(pieces, (0, gap, 0, gap), value=255)
    rows = padded.unflatten(1, (-1, columns))  # (B, h, w, C, p, p)
    image = rows.permute(0, 3, 1, 4, 2, 5).flatten(4, 5).flatten(2, 3)
    return image[..., : image.shape[2] - gap, : image.shape[3] - gap]


def compute(row: int = ROW, patch: int = 8, images: int = 16, seed: int = 0) -> dict:
    """Scenes with their patches in another order, and how far untrained nets' features move.

    Returns `image`, `shuffled` uint8 (3, 40, 40), `cut` with gaps, `word`, `patch`, and `moved`:
    net → mean over images of |f(shuffled) - f(x)| / |f(x)|, in lengths of vectors.
    """
    scenes = data.load("scenes", "val", n=max(images, row + 1))
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm((SIDE // patch) ** 2, generator=generator)
    cut = patches(scenes.image, patch)
    shuffled = together(cut[:, order], SIDE // patch)
    moved = {}
    for name, net in nets(scenes.image, patch).items():
        with torch.no_grad():
            before, after = (net(x.float() / 255) for x in (scenes.image, shuffled))
        moved[name] = ((after - before).norm(dim=1) / before.norm(dim=1)).mean().item()
    word = scenes.classes[int(scenes.label[row])]
    with_gaps = together(cut[row : row + 1], SIDE // patch, gap=2)[0]
    return {"image": scenes.image[row], "shuffled": shuffled[row], "cut": with_gaps, "word": word,
            "patch": patch, "moved": moved}  # fmt: skip


def nets(images: Tensor, patch: int) -> dict:
    """Three untrained nets of about the same width."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        without = build("vit", depth=4, patch=patch, positions=False).eval()
        torch.manual_seed(0)
        with_them = build("vit", depth=4, patch=patch).eval()
    return {
        "ViT without positions": without,
        "ViT with positions": with_them,
        "convnet": random_encoder(images),
    }


def draw(arrays: dict) -> Figure:
    """The image, cut up, and in disorder."""
    fig = style.figure(6.4, 2.3)
    titles = (arrays["word"], f"{(SIDE // arrays['patch']) ** 2} patches", "in another order")
    for ax, key, title in zip(
        fig.subplots(1, 3), ("image", "cut", "shuffled"), titles, strict=True
    ):
        style.picture(ax, arrays[key])
        ax.set_title(title, fontsize=9.5)
    return fig


def show() -> None:
    """The three pictures and the table of how far features move."""
    arrays = compute()
    style.show(
        draw(arrays),
        f"A scene with {arrays['word']}, the same cut into patches of {arrays['patch']} by "
        f"{arrays['patch']} pixels, and the patches in another order, in which nothing can be "
        "recognised.",
    )
    rows = [(name, f"{value:.1e}") for name, value in arrays["moved"].items()]
    heads = ["untrained net", "how far features move, relative to their length"]
    style.table(heads, rows, "The patches are put in another order")


def show_costs(sizes: tuple[int, ...] = (20, 10, 8, 5, 4)) -> None:
    """A table: what patches of so many pixels cost the course's ViT on 40 × 40 pixels."""
    rows = []
    for patch in sizes:
        net, count = build("vit", patch=patch), (SIDE // patch) ** 2
        work = multiply_adds(net, (3, SIDE, SIDE)) / 1e6
        weights = f"{parameters(net) / 1e6:.2f}"
        rows.append((f"{patch} × {patch}", count, f"{count**2:,}", weights, f"{work:.1f}"))
    heads = ["patch (pixels)", "tokens", "pairs", "parameters (million)", "multiply-adds (million)"]
    style.table(heads, rows, f"The course's ViT on images of {SIDE} × {SIDE} pixels")
