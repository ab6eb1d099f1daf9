"""Blind neighbours: what does an encoder find alike? Guess which is which, then look.

For a query that no encoder has seen, each row holds its nearest neighbours in a bank of training
scenes, under one encoder. The rows come in an order that changes with the query.
"""

from functools import cache

import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from torch import Tensor

from course_lib import data
from course_lib.core.errors import CourseError
from course_lib.core.randomness import Rng
from course_lib.evaluate import extract
from course_lib.widgets import style
from course_lib.widgets.encoders import encoders

LETTERS = "ABCD"
BANK, QUERIES, MOST = 4000, 500, 10
START = ("pixels", "random", "label-free")  # what the start page compares
ALL = (*START, "supervised")


@cache
def searched(bank: int, queries: int, wanted: tuple[str, ...]) -> dict:
    """Neighbours of every query, under those encoders of `wanted` that exist; seconds, once.

    Returns bank and query sets, and `nearest`: encoder → int64 (queries, MOST), rows of the bank.
    """
    train = data.load("scenes", "train", n=bank)
    test = data.load("scenes", "test", n=queries)
    nearest = {}
    for name, encoder in encoders(train.image, wanted).items():
        keys = F.normalize(extract(encoder, train.image), dim=1)
        asked = F.normalize(extract(encoder, test.image), dim=1)
        nearest[name] = (asked @ keys.T).topk(MOST).indices  # by cosine, as `evaluate.knn`
    return {"train": train, "test": test, "nearest": nearest}


def order(names: list[str], query: int) -> list[str]:
    """The encoders as rows A, B, C …: shuffled by the query, the same every time."""
    draws = Rng(0, 0, torch.tensor([query])).uniform("order of rows", len(names))[0]
    return [names[i] for i in draws.argsort().tolist()]


def shares(found: dict, k: int) -> dict[str, float]:
    """Encoder → share of the first k neighbours that are of the query's class, over all queries."""
    labels, asked = found["train"].label, found["test"].label
    return {
        name: (labels[rows[:, :k]] == asked[:, None]).float().mean().item()
        for name, rows in found["nearest"].items()
    }


def corners(image: Tensor, side: int = 10) -> Tensor:
    """The mean colour of each corner, mostly background. uint8 (..., C, H, W) → (..., C, 4)."""
    image, ends = image.float(), (slice(None, side), slice(-side, None))
    return torch.stack([image[..., y, x].mean((-2, -1)) for y in ends for x in ends], -1)


def backgrounds(
    k: int = 6, bank: int = BANK, queries: int = QUERIES, wanted: tuple[str, ...] = START
) -> dict[str, float]:
    """How far the corners' colours are from the query's, in grey levels of 255: encoder → mean over
    its k neighbours of all queries; "any picture" → over pictures taken blindly."""
    found = searched(bank, queries, wanted)
    of_bank, of_query = corners(found["train"].image), corners(found["test"].image)
    blindly = Rng(0, 0, torch.arange(queries)).uniform("any picture", k) * bank
    rows = {name: near[:, :k] for name, near in found["nearest"].items()}
    rows["any picture"] = blindly.long()
    return {
        name: (of_bank[near] - of_query[:, None]).abs().mean().item() for name, near in rows.items()
    }


def show_backgrounds(wanted: tuple[str, ...] = START) -> None:
    """`backgrounds` as a table, beside how often the neighbours are of the right class."""
    try:
        hits = shares(searched(BANK, QUERIES, wanted), 6)
    except CourseError as error:
        print(error)
        return
    style.table(
        ["neighbours under", "difference of corner colours (0 to 255)", "right class"],
        [
            (
                style.NAMES.get(name, name),
                f"{value:.0f}",
                f"{100 * hits[name]:.1f} %" if name in hits else "chance",
            )
            for name, value in backgrounds(wanted=wanted).items()
        ],
        "Do neighbours share the background?",
    )


def compute(
    query: int = 0,
    k: int = 6,
    revealed: bool = False,
    bank: int = BANK,
    queries: int = QUERIES,
    wanted: tuple[str, ...] = START,
) -> dict:
    """Everything a picture of one query needs.

    query: 0 to queries - 1. k: neighbours, 1 to 10. wanted: a row an encoder. Returns `query`,
    `revealed`, `image` uint8 (C, H, W), `label` a word, `rows`: encoder, images (k, C, H, W), words
    and hits a row; `shares` and `chance`. Raises CourseError for a query or k out of range.
    """
    if not 0 <= query < queries:
        raise CourseError(f"The query is 0 to {queries - 1}, not {query}.")
    if not 1 <= k <= MOST:
        raise CourseError(f"One sees 1 to {MOST} neighbours, not {k}.")
    found = searched(bank, queries, wanted)
    test = found["test"]
    return {
        "query": query,
        "queries": queries,
        "revealed": revealed,
        "image": test.image[query],
        "label": test.classes[int(test.label[query])],
        "rows": [row(found, name, query, k) for name in order(list(found["nearest"]), query)],
        "shares": shares(found, k),
        "chance": 1 / len(test.classes),
    }


def row(found: dict, name: str, query: int, k: int) -> dict:
    """One encoder's neighbours of a query: images (k, C, H, W), their words, which are right."""
    train, near = found["train"], found["nearest"][name][query, :k]
    labels = train.label[near]
    return {
        "encoder": name,
        "images": train.image[near],
        "words": [train.classes[i] for i in labels.tolist()],
        "hits": (labels == found["test"].label[query]).tolist(),
    }


def draw(arrays: dict) -> Figure:
    """The query, a row of neighbours an encoder and, once revealed, how often each is right."""
    rows, revealed = arrays["rows"], arrays["revealed"]
    k, side = len(rows[0]["hits"]), 0.88
    height = len(rows) * (side + 0.42) + 0.2
    fig = style.figure(8.6, height + (1.5 if revealed else 0))
    top, *bottom = fig.subfigures(
        1 + revealed, 1, height_ratios=[height, 1.5][: 1 + revealed], squeeze=False
    ).ravel()
    left, right = top.subfigures(1, 2, width_ratios=[1.6, k])
    ax = left.add_subplot()
    style.picture(ax, arrays["image"])
    ax.set_title(f"query {arrays['query']}: {style.shorten(arrays['label'], 18)}", fontsize=9)
    grid = right.subplots(len(rows), k, squeeze=False)
    for letter, row, axes in zip(LETTERS, rows, grid, strict=False):
        draw_row(letter, row, axes, revealed)
    if bottom:
        draw_shares(bottom[0].add_subplot(), arrays)
    return fig


def draw_row(letter: str, row: dict, axes, revealed: bool) -> None:
    """One encoder's neighbours; nothing that gives it away before the reveal."""
    axes[0].set_ylabel(letter, rotation=0, fontsize=14, weight="bold", labelpad=12, va="center")
    for ax, image, word, hit in zip(axes, row["images"], row["words"], row["hits"], strict=True):
        edge = (style.RIGHT if hit else "#9AA5B1") if revealed else None
        style.picture(ax, image, edge)
        if revealed:
            ax.set_xlabel(("✓ " if hit else "") + style.shorten(word, 14), fontsize=7, labelpad=2)
    if revealed:
        text = f"{letter} is: {style.NAMES[row['encoder']]}"
        axes[0].set_title(text, fontsize=9, loc="left", weight="bold")


def draw_shares(ax, arrays: dict) -> None:
    """Bars: how often a neighbour is of the query's class, over all queries, beside chance."""
    names = [row["encoder"] for row in arrays["rows"]]
    texts = [f"{letter}: {style.NAMES[n]}" for letter, n in zip(LETTERS, names, strict=False)]
    values = [100 * arrays["shares"][name] for name in names]
    bars = ax.barh(texts, values, color=[style.COLOURS[name] for name in names], height=0.6)
    ax.invert_yaxis()
    ax.bar_label(bars, fmt="%.1f %%", padding=4, fontsize=9)
    chance = 100 * arrays["chance"]
    ax.axvline(chance, color=style.INK, ls="--", lw=1.2)
    ax.set_title(f"dashed line: chance, {chance:.1f} %", fontsize=9, loc="right")
    ax.set_xlim(0, max(10.0, *values) * 1.15)
    ax.set_xlabel(f"neighbours of the right class (%), over {arrays['queries']} queries")
    ax.set_ylabel("encoder")


def alt(arrays: dict) -> str:
    """The picture in words; keeps the secret as long as the picture does."""
    text = f"Query {arrays['query']}, {arrays['label']}. "
    for letter, row in zip(LETTERS, arrays["rows"], strict=False):
        name = f" ({style.NAMES[row['encoder']]})" if arrays["revealed"] else ""
        text += f"Row {letter}{name}, nearest first: {', '.join(row['words'])}. "
    if arrays["revealed"]:
        parts = [f"{style.NAMES[n]} {100 * v:.1f} %" for n, v in arrays["shares"].items()]
        text += f"Neighbours of the right class over all queries: {', '.join(parts)}; "
        text += f"chance {100 * arrays['chance']:.1f} %."
    return text.strip()


def show(query: int = 0, wanted: tuple[str, ...] = START) -> None:
    """The picture with its game: choose a query, guess, reveal. wanted: up to four encoders."""
    from course_lib.widgets.guess import Game

    try:
        Game(query, wanted=wanted, k=6 if len(wanted) < 4 else 5).show()
    except CourseError as error:  # a damaged pack: said in a sentence, and the page goes on
        print(error)
