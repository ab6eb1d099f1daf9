"""SimCLR as lightly's documentation trains it, on the course's net and data.

The dataset, the loader with worker processes, the transform and the loss are lightly's; the net,
the batch, the optimiser and the thread count are ours. At its default a step is float32 in NCHW;
at its best it runs under bf16 autocast in channels_last. Each recipe of views is the same in both.
"""

import itertools
import time
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from course_lib.core.errors import CourseError
from course_lib.data import Dataset
from course_lib.methods.contrastive.simclr import SimCLR
from course_lib.train import create
from course_lib.train.optimisers import optimiser
from course_lib.train.words import parse


class AsImages(TorchDataset):
    """The images of a data set as PIL images, which lightly's transform takes."""

    def __init__(self, data: Dataset, transform):
        self.image, self.transform = data.image.numpy(), transform

    def __len__(self) -> int:
        return len(self.image)

    def __getitem__(self, row: int):
        from PIL import Image

        return self.transform(Image.fromarray(self.image[row].transpose(1, 2, 0))), 0


class Unchanged(nn.Module):
    """Images that lightly's transform has normalised already; `channels_last` or not."""

    def __init__(self, channels_last: bool):
        super().__init__()
        self.format = torch.channels_last if channels_last else torch.contiguous_format

    def forward(self, x: Tensor) -> Tensor:
        return x.contiguous(memory_format=self.format)


def forever(loader: DataLoader) -> Iterator:
    """Batches without end. It knows the loader only: workers end when their peer is dropped."""
    for _ in itertools.count():
        yield from loader


class Peer:
    """Steps of SimCLR by lightly. best: bf16 and channels_last; otherwise its default."""

    def __init__(self, data: Dataset, best: bool, workers: int, words: str = "simclr"):
        try:
            from lightly.loss import NTXentLoss
            from lightly.transforms import SimCLRTransform
        except ImportError:
            raise CourseError(
                "The comparison needs lightly: pip install '.[compare]' in this environment."
            ) from None
        method, *settings = words.split()
        recipe, _ = parse(method, settings)
        views = recipe.augment
        made = create(recipe, data)
        if not isinstance(made, SimCLR):
            raise CourseError(f"lightly is compared on SimCLR, not on {method}.")
        transform = SimCLRTransform(
            input_size=data.image.shape[2],
            cj_strength=views.strength,
            min_scale=views.area_min,
            random_gray_scale=views.gray,
            gaussian_blur=views.blur,
        )
        made.encoder.normalise = Unchanged(best)
        self.net = nn.Sequential(made.encoder, made.projector)
        self.loss, self.optim = NTXentLoss(recipe.temperature), optimiser(made, recipe)
        self.method, self.best, self.recipe, self.lr = made, best, recipe, 1e-4
        self.ready = 2 * workers  # batches that workers prepare ahead
        self.loader = DataLoader(
            AsImages(data, transform),
            recipe.batch,
            shuffle=True,
            drop_last=True,
            num_workers=workers,
            persistent_workers=workers > 0,
        )
        self.stream = forever(self.loader)

    def drain(self) -> None:
        """Takes what the workers made while another arm had its turn."""
        for _ in range(self.ready):
            next(self.stream)

    def pace(self, steps: int) -> float:
        """Seconds of some steps, once all has started."""
        self()
        self.drain()
        begin = time.perf_counter()
        for _ in range(steps):
            self()
        return time.perf_counter() - begin

    def __call__(self) -> None:
        (first, second), _ = next(self.stream)
        self.net.train()
        self.optim.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, self.best):
            loss = self.loss(self.net(first), self.net(second))
        loss.backward()
        for group in self.optim.param_groups:
            group["lr"] = self.lr
        self.optim.step()
