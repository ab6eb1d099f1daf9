"""A prediction: which augmentation helps which task, and which one harms it?"""

from collections.abc import Sequence
from itertools import combinations
from statistics import mean

from course_lib.core.errors import nearest
from course_lib.core.randomness import Rng
from course_lib.grading.exercise import Case, Exercise, Right
from course_lib.grading.exercises.u02._three_tasks import (
    POLICIES,
    TASKS,
    Order,
    lead,
    measured,
    ordered,
    reveal,
)
from course_lib.grading.named import named

__all__ = ["EXERCISE", "reveal"]
CONTRACT = """
A linear readout learns from the pixels of 1,500 images of *fashion*, at 14 × 14 pixels, with one of
five augmentations; and its accuracy is measured on three tasks. The clothes lie centred in their
images. Order the augmentations, best first: fill in `order`, a dict from task to a list of the five
names.

- `"none"`: images as they are. `"sideways"`: moved left or right by 0, 1 or 2 pixels, each way as
  often. `"up and down"`: the same, up or down. `"mirrored"`: half of the images are mirrored.
  `"half covered"`: as it is, or one of its four halves black, each as often.
- Task `"as taken"`: the class of fresh images as they are.
- Task `"moved sideways"`: the class of fresh images that are moved left or right by 0, 1 or 2.
- Task `"which way round"`: another readout learns from images and their mirror images, augmented in
  the same way, to tell which of the two it sees: 0 for the image as taken, 1 for its mirror image.
  When `"mirrored"` mirrors an image, its label stays.

All is measured in closed form on three sets of training images. Two augmentations may stand in
either order where the three do not agree which is better, or where they lie less than one point
apart.

**Predict before you look.** Your first answer is kept beside the measurement, and costs nothing:
the cell after the check reveals what was measured, and then you correct your order.
"""


def moved(name: str, place: int, tasks: Sequence[str] = TASKS) -> Order:
    """The measured order with one augmentation put elsewhere."""
    order = ordered()
    for task in tasks:
        order[task].remove(name)
        order[task].insert(place, name)
    return order


def upside_down() -> Order:
    """Your order is upside down: the best comes first."""
    return {task: names[::-1] for task, names in ordered().items()}


def none_is_last() -> Order:
    """You put no augmentation last everywhere. Augmentation is no free gain: a readout that has to
    be right on images that never come has less left for those that do."""
    return moved("none", len(POLICIES))


def none_is_first() -> Order:
    """You trust no augmentation at all. Where what comes differs from what was learnt, the one that
    matches the difference helps, and by much."""
    return moved("none", 0)


def sideways_helps_as_taken() -> Order:
    """You expect shifts to help on centred images as well. A linear readout is one template a
    class, and shifts blur it; a convolutional net would not have to choose."""
    return moved("sideways", 0, TASKS[:1])


def any_shift_will_do() -> Order:
    """You expect shifts up and down to help against shifts sideways. They make the readout
    indifferent along the other axis, and cost what they cost on centred images too."""
    return moved("up and down", 1, TASKS[1:2])


def mirroring_helps_its_task() -> Order:
    """You expect mirroring to help where mirror images are to be told apart. It asks for the same
    answer to both, which is the very opposite: half of its labels are then wrong."""
    return moved("mirrored", 0, TASKS[2:])


def mirroring_is_harmless() -> Order:
    """You expect mirroring to cost the third task little. No readout can do better than a guess
    there, since image and mirror image come equally often with either label."""
    return moved("mirrored", 1, TASKS[2:])


def same_for_all_tasks() -> Order:
    """You give all tasks the same order. Whether an augmentation helps is no property of it: ask
    for each task whether its label survives, and whether such images come."""
    return {task: list(ordered()[TASKS[0]]) for task in TASKS}


def near_ties_turned() -> Order:
    """Right: where neighbours lie close, the other way round."""
    order, values = ordered(), measured()
    for task, names in order.items():
        for i in range(len(names) - 1):
            if not lead(values[task][names[i]], values[task][names[i + 1]]):
                names[i], names[i + 1] = names[i + 1], names[i]
                break
    return order


def in_capitals() -> Order:
    return {task.upper(): [name.upper() for name in names] for task, names in ordered().items()}


def lowered(order: Order) -> Order:
    return {task.strip().lower(): [n.strip().lower() for n in of] for task, of in order.items()}


def malformed(order) -> str | None:
    """What is wrong with the form of an answer, or None."""
    words = type(order) is dict and all(isinstance(task, str) for task in order)
    if not words or sorted(task.strip().lower() for task in order) != sorted(TASKS):
        return f"Give a dict with the keys {', '.join(map(repr, TASKS))}, each once."
    for task, names in order.items():
        if not isinstance(names, list | tuple) or not all(isinstance(e, str) for e in names):
            return f"At {task!r}: give a list of names."
        low = [e.strip().lower() for e in names]
        for name, given in zip(low, names, strict=True):
            if name not in POLICIES:
                return (
                    f"At {task!r}: there is no augmentation {given!r}; {nearest(given, POLICIES)}"
                )
        if len(low) != len(POLICIES) or len(set(low)) != len(POLICIES):
            return f"At {task!r}: name each of the five augmentations once."
    return None


def accept(cases: Sequence[Case], expected: Sequence, found: Sequence) -> str | None:
    """Refuses an order that puts a clearly worse one first; tells of the largest such lead."""
    order, values = lowered(found[0]), measured()
    slips = []
    for task in TASKS:
        for high, low in combinations(order[task], 2):
            slips.append((lead(values[task][low], values[task][high]), task, high, low))
    gap, task, high, low = max(slips)
    if not gap:
        return None
    if all(order[task] == order[TASKS[0]] for task in TASKS):
        return named(same_for_all_tasks)[0].sentence
    pair = f"{100 * mean(values[task][low]):.1f} and {100 * mean(values[task][high]):.1f} %"
    return (
        f"At {task!r} you put {high!r} above {low!r}. Measured, it is the other way round each "
        f"time: {low!r} and {high!r} reach {pair}. Which of the two shows the readout images that "
        f"come in this task, with labels that are right? If neither, which blurs the template less?"
    )


def inputs(rng: Rng) -> list[Case]:
    return [Case("your order")]


EXERCISE = Exercise(
    id="u02/policy_order",
    title="Which augmentation helps what",
    kind="predict",
    contract=CONTRACT,
    reference=ordered,
    inputs=inputs,
    accept=accept,
    form=malformed,
    value=True,
    wrong=named(
        upside_down,
        none_is_last,
        none_is_first,
        sideways_helps_as_taken,
        any_shift_will_do,
        mirroring_helps_its_task,
        mirroring_is_harmless,
        same_for_all_tasks,
    ),
    right=(Right("near ties turned", near_ties_turned), Right("in capitals", in_capitals)),
    hints=(
        "Ask two questions of each augmentation and task: is the label still right after it, and "
        "do such images come?",
        "A linear readout on pixels is one template a class. Every change that it must put up with "
        "makes the template blunter, whether the change comes or not; and one augmentation makes "
        "one of the tasks unlearnable.",
        "Run the cell below the check: it shows what was measured, best on top. Copy the order of "
        "each panel.",
    ),
    points=2,
)
