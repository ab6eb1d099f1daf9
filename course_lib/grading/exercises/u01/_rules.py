"""Rules of `claim_court` that judge a study wrongly, each said in its docstring.

Most are right but for one thing: `judged` takes the three questions in their order, and each of
these rules replaces one.
"""

from course_lib.grading.exercises.u01._court import (
    PROCEDURE,
    Question,
    arms,
    at_ceiling,
    average,
    broken,
    chosen_elsewhere,
    gaps,
    hash_changed,
    judged,
    most_agree,
    no_room,
    reached,
    thawed,
    under_floors,
    unequal_labels,
    unpaired,
)
from course_lib.grading.exercises.u01._studies import Study
from course_lib.grading.named import named


def all_but(question: Question) -> Question:
    """Whether the procedure is broken, if one question is forgotten."""
    return lambda study: any(other(study) for other in PROCEDURE if other is not question)


def always_held(study: Study) -> str:
    """You find for the claim whatever the evidence is."""
    return "held"


def means_only(study: Study) -> str:
    """You compare two means and look at nothing else: not at the margin, the seeds, the floors or
    the procedure."""
    new, old = arms(study)
    return "held" if average(new["test"]) > average(old["test"]) else "not held"


def no_margin(study: Study) -> str:
    """You ask whether the new arm is better, not whether it is better by the margin."""
    return judged(study, held=lambda s: average(gaps(s)) > 0 and most_agree(s))


def signs_forgotten(study: Study) -> str:
    """You ask for the mean to reach the margin and no more: one lucky seed can do that alone."""
    return judged(study, held=reached)


def best_seed(study: Study) -> str:
    """You compare the best seed of each arm: of many tries one is always lucky."""
    return judged(
        study, held=lambda s: max(s["new"]["test"]) - max(s["old"]["test"]) >= s["margin"]
    )


def middle_seed(study: Study) -> str:
    """You ask whether the middle difference reaches the margin; the rule asks it of their mean."""
    return judged(study, held=lambda s: sorted(gaps(s))[1] >= s["margin"])


def ranges_apart(study: Study) -> str:
    """You want every new value above every old one. That is no paired test: how far seeds lie apart
    does not matter when each is compared with itself."""
    return judged(study, held=lambda s: min(s["new"]["test"]) > max(s["old"]["test"]))


def by_position(study: Study) -> str:
    """You subtract the lists as they stand. The second arm may list its seeds in another order: a
    pair is two values of the same seed."""

    def held(s: Study) -> bool:
        gap = [a - b for a, b in zip(s["new"]["test"], s["old"]["test"], strict=True)]
        return average(gap) >= s["margin"] and sum(g > 0 for g in gap) >= 2

    return judged(study, held=held)


def unanimous(study: Study) -> str:
    """You want all three seeds to agree; two suffice when the mean reaches the margin."""
    return judged(study, held=lambda s: reached(s) and min(gaps(s)) > 0)


def floors_ignored(study: Study) -> str:
    """You do not look at the floors, or only at chance: a contest of two arms that are no better
    than an untrained net says nothing about what was learnt."""
    return judged(study, void=at_ceiling)


def both_above(study: Study) -> str:
    """You want both arms above the floors. One is enough: to lift an encoder over the floor is a
    result."""
    return judged(
        study,
        void=lambda s: (
            at_ceiling(s)
            or min(average(arm["test"]) for arm in arms(s)) <= max(s["floors"].values())
        ),
    )


def new_above(study: Study) -> str:
    """You want the new arm above the floors. Where the old one is, there was room, and that the new
    one fell below is a result."""
    return judged(
        study,
        void=lambda s: at_ceiling(s) or average(s["new"]["test"]) <= max(s["floors"].values()),
    )


def ceiling_ignored(study: Study) -> str:
    """You overlook the ceiling: where the old arm is almost perfect no new one can be better by the
    margin, so its failure says nothing."""
    return judged(study, void=under_floors)


def new_at_ceiling(study: Study) -> str:
    """You look for the ceiling above the new arm. What leaves no room is an old arm that cannot be
    beaten by the margin."""
    return judged(
        study, void=lambda s: under_floors(s) or average(s["new"]["test"]) + s["margin"] > 1
    )


def void_first(study: Study) -> str:
    """You look for room before you look at the procedure: a broken one is invalid, whatever its
    numbers are."""
    return "void" if no_room(study) else judged(study)


def void_for_not_held(study: Study) -> str:
    """You say void where the claim did not hold. Void is a study that could not have shown it;
    not held is a result."""
    return judged(study).replace("not held", "void")


def labels_ignored(study: Study) -> str:
    """You do not compare the numbers of labels: the arm that has more wins by them."""
    return judged(study, invalid=all_but(unequal_labels))


def split_ignored(study: Study) -> str:
    """You do not ask where a choice was made: the best of many on test is good on test."""
    return judged(study, invalid=all_but(chosen_elsewhere))


def hashes_ignored(study: Study) -> str:
    """You do not compare the hashes: an encoder that changed while it was read out was not frozen,
    so the readout did not measure it."""
    return judged(study, invalid=all_but(thawed))


def every_change(study: Study) -> str:
    """You hold every changed hash against a study. Some readouts are meant to change the
    encoder."""
    return judged(study, invalid=lambda s: hash_changed(s) or broken(s))


def seeds_ignored(study: Study) -> str:
    """You do not compare the seeds: differences of unlike seeds are no pairs."""
    return judged(study, invalid=all_but(unpaired))


WRONG = named(
    always_held, means_only, no_margin, signs_forgotten, best_seed, middle_seed, ranges_apart,
    by_position, unanimous, floors_ignored, both_above, new_above, ceiling_ignored, new_at_ceiling,
    void_first, void_for_not_held, labels_ignored, split_ignored, hashes_ignored, every_change,
    seeds_ignored,
)  # fmt: skip
