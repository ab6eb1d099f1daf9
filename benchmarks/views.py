"""Milliseconds an augmentation takes: `python benchmarks/views.py [views] [size] [threads]`.

Prints the fastest and the median of 30 repetitions; on a shared machine trust the fastest.
"""

import sys
import time

import torch

from course_lib.core.randomness import Rng
from course_lib.views import Augmentation, augment, blur, color, crop
from course_lib.views.augment import CACHE


def measure(name: str, call) -> None:
    call()
    taken = []
    for _ in range(30):
        start = time.perf_counter()
        call()
        taken.append(1000 * (time.perf_counter() - start))
    taken.sort()
    print(f"{name:34s} fastest {taken[0]:7.2f} ms   median {taken[15]:7.2f} ms")


def main(views: int = 512, size: int = 40, threads: int = 2) -> None:
    torch.set_num_threads(threads)
    torch.empty(7_000_000)  # freed at once: glibc then keeps such memory, as it does in training
    rng = Rng(0, 0, torch.arange(views))
    level = (rng.uniform("noise", 3 * size * size) * 256).to(torch.uint8)
    image = level.view(views, 3, size, size)
    view = image.float() / 255
    box = crop.sample(rng, size, size, (0.3, 1.0), 4 / 3, 0.5)
    tint = color.sample(rng, 0.8, 0.5, 0.2)
    sigma = blur.sample(rng, 0.5)
    factor, contrast = tint.factors[:, 1], torch.ones(views, dtype=torch.int64)
    rows = max(1, CACHE // image[0].numel())

    def blocks(operation, *arguments):
        """Runs an operation as `augment` does, a few rows at a time."""

        def call():
            for part in range(0, views, rows):
                operation(*(argument[part : part + rows] for argument in arguments))

        return call

    def cropped(image, *fields):
        return crop.apply(image, crop.Crop(*fields), size)

    def colored(image, *fields):
        return color.apply(image, color.Color(*fields))

    half = views // 2
    batch, pair = {"image": image[:half]}, Rng(0, 0, rng.index[:half])
    print(f"{views} views of {size} x {size} x 3, {threads} threads")
    measure("crop and flip", blocks(cropped, image, *box))
    measure("one of the three blends", blocks(color.blend, view, factor, contrast))
    measure("hue", blocks(color.shift_hue, view, tint.hue))
    measure("all of colour", blocks(colored, view, *tint))
    measure("blur", blocks(blur.apply, view, sigma))
    measure("SimCLR recipe", lambda: augment(batch, pair, Augmentation()))
    measure("SimCLR recipe with blur", lambda: augment(batch, pair, Augmentation(blur=0.5)))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
