"""What a data set is: equally long columns of tensors, with the words that belong to them."""

from dataclasses import dataclass, field

import torch
from torch import Tensor


@dataclass(frozen=True)
class Dataset:
    """One split of one set, whole in memory.

    columns: name → tensor with N rows; always `image` uint8 (N, C, H, W) and `index` int64 (N,),
    nearly always `label` int64 (N,). classes: the name of each label. text: name → N strings or
    lists of strings. spec: every option it was made with. card: the pack's card, see `data/`.
    """

    name: str
    split: str
    spec: dict
    columns: dict[str, Tensor]
    classes: tuple[str, ...] = ()
    text: dict[str, list] = field(default_factory=dict)
    card: dict = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.columns["image"])

    def __repr__(self) -> str:
        shape = "x".join(map(str, self.image.shape[1:]))
        return (
            f"<{self.name}/{self.split}: {len(self)} images {shape}, {len(self.classes)} classes>"
        )

    @property
    def image(self) -> Tensor:
        """uint8, (N, C, H, W)."""
        return self.columns["image"]

    @property
    def label(self) -> Tensor:
        """int64, (N,)."""
        return self.columns["label"]

    @property
    def index(self) -> Tensor:
        """int64, (N,): a sample's identity within its split, the same in every run."""
        return self.columns["index"]

    def batch(self, rows: Tensor | slice) -> dict[str, Tensor]:
        """The rows asked for of every column. rows: int64 (B,) or a slice."""
        return {name: column[rows] for name, column in self.columns.items()}


def with_index(columns: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same columns and `index`, which numbers the rows."""
    return {**columns, "index": torch.arange(len(columns["image"]))}
