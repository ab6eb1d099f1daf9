"""Images whose outline and texture agree or not, and small nets that answer by one of the two."""

import torch
from matplotlib.figure import Figure

from course_lib.data import load
from course_lib.data.cues import CLASSES, PAIRINGS, TEXTURES
from course_lib.evaluate import accuracy
from course_lib.evaluate.shape_bias import count
from course_lib.train import recipe_from, train
from course_lib.widgets import style

TOLD = {
    "agree": "texture goes\nwith the shape",
    "random": "any texture",
    "conflict": "always another\nclass's texture",
}
NETS = {"agree": "trained where they agree", "random": "trained on any texture"}
PLAIN = {"area_min": 1, "aspect": 1, "flip": 0, "jitter": 0, "gray": 0, "views": 1}


def examples(n: int = 6) -> dict:
    """`images`: pairing → uint8 (n, 3, 40, 40), the same outlines in each; `words` for each."""
    found = {kind: load("cues", "val", textures=kind, n=200) for kind in PAIRINGS}
    shapes = found["agree"].columns["shape"]
    rows = torch.tensor([int((shapes == c).nonzero()[0]) for c in range(n)])
    names = tuple(CLASSES)
    return {
        "images": {kind: of.image[rows] for kind, of in found.items()},
        "words": {
            kind: [
                f"{names[s]}, {TEXTURES[t]}"
                for s, t in zip(
                    of.columns["shape"][rows].tolist(),
                    of.columns["texture"][rows].tolist(),
                    strict=True,
                )
            ]
            for kind, of in found.items()
        },
    }


def draw(arrays: dict) -> Figure:
    """A row a pairing; below each image its outline and its texture."""
    rows = arrays["images"]
    columns = len(rows["agree"])
    fig = style.figure(1.05 * columns + 1.5, 1.42 * len(rows))
    for axes, kind in zip(fig.subplots(len(rows), columns), rows, strict=True):
        axes[0].set_ylabel(TOLD[kind], rotation=0, ha="right", va="center", labelpad=8)
        for ax, image, words in zip(axes, rows[kind], arrays["words"][kind], strict=True):
            style.picture(ax, image // 12 * 12)
            ax.set_xlabel(words.replace(", ", "\n"), fontsize=8, labelpad=2)
    return fig


def show_examples() -> None:
    """Six outlines with three pairings of textures."""
    arrays = examples()
    told = "; ".join(f"{kind}: {', '.join(words)}" for kind, words in arrays["words"].items())
    style.show(
        draw(arrays),
        "Three rows of the same six light silhouettes on dark, filled with patterns of cloth: "
        f"stripes, pinstripes, dots, zigzag, checks, speckle. {told}.",
    )


def learn(textures: str, steps: int = 80, width: int = 16) -> dict[str, float]:
    """A small convnet trained for seconds on cues with that pairing: `as trained`, its accuracy on
    val images paired as in training, and `shape bias` and `decided` where the cues conflict."""
    settings = {"data": "cues", "width": width, "batch": 64, "steps": steps}
    settings |= {f"augment.{name}": value for name, value in PLAIN.items()}
    data = load("cues", "train", textures=textures, n=64 * steps)
    method = train(recipe_from("supervised", settings), data=data, say=None).eval()

    @torch.no_grad()
    def answers(kind: str):
        val = load("cues", "val", textures=kind, n=1000)
        x = val.image.float() / 255
        said = torch.cat([method.head(method.encoder(part)).argmax(1) for part in x.split(500)])
        return val, said

    same, said = answers(textures)
    conflict, chosen = answers("conflict")
    found = count(chosen, conflict.columns["shape"], conflict.columns["texture"])
    return {
        "as trained": accuracy(said, same.label),
        "shape bias": found.bias,
        "decided": found.decided,
    }


def show_runs() -> None:
    """Trains two nets that differ in their textures alone, and asks both where cues conflict."""
    rows = [
        (told, f"{100 * of['as trained']:.1f}", f"{of['shape bias']:.2f}", f"{of['decided']:.2f}")
        for told, of in ((NETS[kind], learn(kind)) for kind in NETS)
    ]
    heads = ["net", "accuracy on images like those (%)", "shape bias (0 to 1)",
             "answered by either cue (share)"]  # fmt: skip
    style.table(
        heads, rows, "On 1,000 val images of cues each, one seed: an illustration, not a claim"
    )
