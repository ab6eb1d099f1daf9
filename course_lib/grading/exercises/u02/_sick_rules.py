"""Rules by which `sick_run` is judged too quickly, each with its sentence."""

from collections.abc import Callable

from course_lib.grading.exercises.u02._sick import Run

Rule = Callable[[dict[str, Run]], dict[str, str]]


def truth(made: dict[str, Run]) -> dict[str, str]:
    return {name: one.cause for name, one in made.items()}


def renamed(old: str, new: str) -> Rule:
    """Right but for one cause, which is taken for another."""
    return lambda made: {n: new if one.cause == old else one.cause for n, one in made.items()}


def nothing(made: dict[str, Run]) -> dict[str, str]:
    return dict.fromkeys(made, "healthy")


def train_below_val(made: dict[str, Run]) -> dict[str, str]:
    return {
        name: "read on mixtures"
        if one.train[-1] < one.val[-1]
        else one.cause.replace("read on mixtures", "healthy")
        for name, one in made.items()
    }  # fmt: skip


def val_below_train(made: dict[str, Run]) -> dict[str, str]:
    return {
        name: "same draws" if one.train[-1] > one.val[-1] and one.cause == "healthy" else one.cause
        for name, one in made.items()
    }


def weakest_is_sick(made: dict[str, Run]) -> dict[str, str]:
    worst = min(made, key=lambda name: made[name].val[-1])
    return {name: "jitter late" if name == worst else "healthy" for name in made}


def not_a_half(made: dict[str, Run]) -> dict[str, str]:
    return {
        name: "nominal weights" if one.cause == "healthy" and one.weight < 0.45 else one.cause
        for name, one in made.items()
    }


def negative_is_wrong(made: dict[str, Run]) -> dict[str, str]:
    swap = {"healthy": "jitter late", "jitter late": "healthy"}
    return {name: swap.get(one.cause, one.cause) for name, one in made.items()}


def boxes_all_differ(made: dict[str, Run]) -> dict[str, str]:
    return {
        name: "one draw a batch"
        if one.cause == "healthy" and one.boxes < one.batch
        else one.cause
        for name, one in made.items()
    }  # fmt: skip


SHORTCUTS: dict[str, tuple[Rule, str]] = {
    "nothing is wrong": (nothing, "You trust all five; at least three have something wrong."),
    "the weakest is sick": (
        weakest_is_sick,
        "You suspect the run with the lowest validation accuracy only. Nets and data differ, and "
        "half of these mistakes make a score better: look for traces, not at the score.",
    ),
    "train below val": (
        train_below_val,
        "You call every training accuracy below validation one that was read on mixtures. Clean "
        "reading of a net that learns from strong augmentation can lie there too: look at the "
        "labels on which it was read.",
    ),
    "train above val": (
        val_below_train,
        "You blame the draws where training lies above validation. Any net fits what it has seen "
        "better than what it has not: compare the views of image 0.",
    ),
    "not a half": (
        not_a_half,
        "You expect the partner's label to weigh one half. That is what is drawn on average; "
        "boxes are clipped at the border, and the weight has to follow what was really pasted.",
    ),
    "negative is wrong": (
        negative_is_wrong,
        "You expect a net's input between 0 and 1. After normalising, black is −mean / std and "
        "white (1 − mean) / std; exactly 0 and 1 there mean that something clipped it as an image.",
    ),
    "boxes all differ": (
        boxes_all_differ,
        "You want as many distinct boxes as images. Of many draws two may agree by chance; what is "
        "wrong is one box for all.",
    ),
    "the hole is the jitter": (
        renamed("hole of the mean", "jitter late"),
        "You blame the jitter where only the holes are wrong. The jitter would clip the whole "
        "input: look at its smallest and largest value too.",
    ),
    "the jitter is the hole": (
        renamed("jitter late", "hole of the mean"),
        "You blame the holes where the whole input was clipped: black is not where it belongs in "
        "any pixel, so it is not there in the holes either.",
    ),
    "holes overlooked": (
        renamed("hole of the mean", "healthy"),
        "You pass over the value in the holes. Compare it with the smallest input, which is black.",
    ),
    "val overlooked": (
        renamed("augmented val", "healthy"),
        "You pass over the second measurement of val. The same weights on the same images give the "
        "same number, unless something is drawn.",
    ),
}
