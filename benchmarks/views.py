"""Milliseconds an augmentation takes: `python benchmarks/views.py [images] [size] [threads]`.

Prints the fastest and the median of 30 repetitions; on a shared machine trust the fastest.
"""

import sys
import time

import torch

from course_lib.core.randomness import Rng
from course_lib.views import Augmentation, augment, blur, color, crop


def measure(name: str, call) -> None:
    call()
    taken = []
    for _ in range(30):
        start = time.perf_counter()
        call()
        taken.append(1000 * (time.perf_counter() - start))
    taken.sort()
    print(f"{name:34s} fastest {taken[0]:7.2f} ms   median {taken[15]:7.2f} ms")


def main(images: int = 512, size: int = 40, threads: int = 2) -> None:
    torch.set_num_threads(threads)
    noise = torch.Generator().manual_seed(0)
    image = torch.randint(0, 256, (images, 3, size, size), dtype=torch.uint8, generator=noise)
    rng = Rng(0, 0, torch.arange(images))
    view = image.float() / 255
    box = crop.sample(rng, size, size, (0.3, 1.0), 4 / 3, 0.5)
    tint = color.sample(rng, 0.8, 0.5, 0.2)
    sigma = blur.sample(rng, 0.5)
    half = {"image": image[: images // 2], "index": rng.index[: images // 2]}
    pair = Rng(0, 0, half["index"])
    print(f"{images} views of {size} x {size} x 3, {threads} threads")
    measure("draw the parameters", lambda: crop.sample(rng, size, size, (0.3, 1.0), 4 / 3, 0.5))
    measure("crop and flip", lambda: crop.apply(image, box, size))
    measure("one of the three blends", lambda: color.blend(view, tint[0], tint.order[:, 0]))
    measure("hue", lambda: color.shift_hue(view, tint.hue))
    measure("all of colour", lambda: color.apply(view, tint))
    measure("blur", lambda: blur.apply(view, sigma))
    measure("SimCLR recipe", lambda: augment(half, pair, Augmentation()))
    measure("SimCLR recipe with blur", lambda: augment(half, pair, Augmentation(blur=0.5)))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
