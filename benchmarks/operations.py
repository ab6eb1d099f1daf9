"""Milliseconds of an augmentation, operation by operation, as `augment` runs them."""

from collections.abc import Callable

import torch

from benchmarks.measure import turns
from course_lib.core.randomness import Rng
from course_lib.views import Augmentation, augment, blur, color, crop
from course_lib.views.augment import at_once


def operations(views: int = 512, size: int = 40, rounds: int = 20) -> dict[str, float]:
    """Median milliseconds for that many colour views of that many pixels."""
    torch.empty(7_000_000)  # freed at once: glibc then keeps such memory, as it does in training
    rng = Rng(0, 0, torch.arange(views))
    image = (rng.uniform("noise", 3 * size * size) * 256).to(torch.uint8)
    image = image.view(views, 3, size, size)
    view = image.float() / 255
    box = crop.sample(rng, size, size, (0.3, 1.0), 4 / 3, 0.5)
    tint = color.sample(rng, 0.8, 0.5, 0.2)
    sigma = blur.sample(rng, 0.5)
    half = views // 2
    batch, pair = {"image": image[:half]}, Rng(0, 0, rng.index[:half])
    rows = at_once(batch["image"])

    def blocks(operation: Callable, *arguments: torch.Tensor) -> Callable[[], None]:
        """Runs an operation as `augment` does, a few rows at a time."""

        def call() -> None:
            for part in range(0, views, rows):
                operation(*(argument[part : part + rows] for argument in arguments))

        return call

    seconds = turns(
        {
            "drawing of all parameters": lambda: (
                crop.sample(rng, size, size, (0.3, 1.0), 4 / 3, 0.5),
                color.sample(rng, 0.8, 0.5, 0.2),
            ),
            "crop and flip": blocks(
                lambda image, *fields: crop.apply(image, crop.Crop(*fields), size), image, *box
            ),
            "brightness, contrast, saturation or gray, each": blocks(
                color.blend, view, tint.factors[:, 1], torch.ones(views, dtype=torch.int64)
            ),
            "hue": blocks(color.shift_hue, view, tint.hue),
            "all of colour": blocks(
                lambda image, *fields: color.apply(image, color.Color(*fields)), view, *tint
            ),
            "blur": blocks(blur.apply, view, sigma),
            "the recipe": lambda: augment(batch, pair, Augmentation()),
            "the recipe with blur": lambda: augment(batch, pair, Augmentation(blur=0.5)),
        },
        rounds,
    )
    return {name: 1000 * taken for name, taken in seconds.items()}
