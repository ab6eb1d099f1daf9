"""A prediction: which encoders does a linear probe rank first, with few labels and with more?"""

from collections.abc import Sequence
from itertools import combinations
from statistics import mean

from course_lib.core.errors import nearest
from course_lib.core.randomness import Rng
from course_lib.grading.exercise import Case, Exercise, Right
from course_lib.grading.exercises.u01._ladder import (
    ENCODERS,
    LABELS,
    Order,
    lead,
    measured,
    ordered,
    reveal,
)
from course_lib.grading.named import named

__all__ = ["EXERCISE", "reveal"]
CONTRACT = """
Five encoders turn the images of *clutter* into numbers. A linear probe is trained on these with 1,
10 or 100 labelled images a class, and its test accuracy measured. Order the encoders, best first:
fill in `order`, a dict from the number of labels (1, 10, 100) to a list of the five names.

- `"raw pixels"`: the grey values themselves. `"PCA 64"`: their first 64 principal components.
- `"random"`: a convolutional net with the weights that it was initialised with.
- `"simclr"`: the same net, trained without any label to recognise two distorted copies of an image.
- `"supervised"`: the same net, trained with the labels of *all* training images.

Each accuracy was measured with three seeds. Two encoders may stand in either order where the seeds
do not agree which is better, or where they lie less than one point apart.

**Predict before you look.** Your first answer is kept beside the measurement, and costs nothing:
the cell after the check reveals what was measured, and then you correct your order.
"""


def upside_down() -> Order:
    """Your order is upside down: the best comes first."""
    return {n: names[::-1] for n, names in ordered().items()}


def moved(name: str, place: int, labels: Sequence[int] = LABELS) -> Order:
    """The measured order with one encoder put elsewhere."""
    order = ordered()
    for n in labels:
        order[n].remove(name)
        order[n].insert(place, name)
    return order


def random_net_last() -> Order:
    """You put the random net last, below raw pixels. An untrained net is not nothing: convolution
    and averaging forget where the object is and where its distractors are, and pixels do not."""
    return moved("random", len(ENCODERS))


def label_free_last() -> Order:
    """You put the net that saw no labels last. It was trained all the same: what stays the same
    in two distorted copies of an image is mostly its object."""
    return moved("simclr", len(ENCODERS))


def label_free_first_with_few() -> Order:
    """You put SimCLR first where labels are few. That might be so if the other net had been trained
    on these few; but it was trained on all labels, and the probe only reads it out."""
    return moved("simclr", 0, (1, 10))


def pca_near_the_top() -> Order:
    """You expect much of PCA. It keeps the directions in which images vary most, and on clutter
    these are the background and the place of things, not their kind."""
    return moved("PCA 64", 1)


def pixels_first_with_one() -> Order:
    """You trust no net with one label a class. But no net was trained on these few labels: only the
    probe was, and in good features one example is near to the others of its class."""
    return moved("raw pixels", 0, (1,))


def pixels_catch_up() -> Order:
    """You expect raw pixels to win once there are labels enough. A linear probe on pixels stays a
    template at a fixed place, and objects move."""
    return moved("raw pixels", 0, (100,))


def rounded_order() -> Order:
    """Right: near ties are put the other way round, where there are any."""
    order, values = ordered(), measured()
    for n, names in order.items():
        for i in range(len(names) - 1):
            if not lead(values[n][names[i]], values[n][names[i + 1]]):
                names[i], names[i + 1] = names[i + 1], names[i]
                break
    return order


def in_capitals() -> Order:
    return {n: [name.upper() for name in names] for n, names in ordered().items()}


def malformed(order) -> str | None:
    """What is wrong with the form of an answer, or None."""
    if type(order) is not dict or set(order) != set(LABELS):
        return "Give a dict with the keys 1, 10 and 100, the labels a class."
    for n, names in order.items():
        if type(names) not in (list, tuple) or not all(type(e) is str for e in names):
            return f"At {n}: give a list of names."
        low = [e.strip().lower() for e in names]
        for name, given in zip(low, names, strict=True):
            if name not in map(str.lower, ENCODERS):
                return f"At {n}: there is no encoder {given!r}; {nearest(given, ENCODERS)}"
        if len(low) != len(ENCODERS) or len(set(low)) != len(ENCODERS):
            return f"At {n}: name each of the five encoders once."
    return None


def accept(cases: Sequence[Case], expected: Sequence, found: Sequence) -> str | None:
    """Refuses an order that puts a clearly worse encoder first; tells of the largest such lead."""
    (order,) = found
    exact, values = {e.lower(): e for e in ENCODERS}, measured()
    slips = []
    for n in LABELS:
        for high, low in combinations([exact[e.strip().lower()] for e in order[n]], 2):
            slips.append((lead(values[n][low], values[n][high]), n, high, low))
    gap, n, high, low = max(slips)
    if not gap:
        return None
    pair = f"{100 * mean(values[n][low]):.1f} and {100 * mean(values[n][high]):.1f} %"
    return (
        f"With {n} label{'s' * (n > 1)} a class you put {high} above {low}. Measured, it is the "
        f"other way round in every seed: {low} and {high} reach {pair}. Which of the two knows "
        f"more about what does not matter, and from where?"
    )


def inputs(rng: Rng) -> list[Case]:
    return [Case("your order")]


EXERCISE = Exercise(
    id="u01/readout_order",
    title="What a probe reads best",
    kind="predict",
    contract=CONTRACT,
    reference=ordered,
    inputs=inputs,
    accept=accept,
    form=malformed,
    value=True,
    wrong=named(
        upside_down,
        random_net_last,
        label_free_last,
        label_free_first_with_few,
        pca_near_the_top,
        pixels_first_with_one,
        pixels_catch_up,
    ),
    right=(Right("near ties turned", rounded_order), Right("in capitals", in_capitals)),
    hints=(
        "Ask of each encoder what it has forgotten: the place of the object? the background? And "
        "ask what its training told it: nothing, that two copies are one image, or the class?",
        "The probe cannot move a template over the image; a convolutional net has done that, even "
        "an untrained one. PCA turns and shortens the pixels, and a linear probe can turn by "
        "itself.",
        "Run the cell below the check: it shows what was measured, best on top. Copy the order of "
        "each panel.",
    ),
    points=2,
)
