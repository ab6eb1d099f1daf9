"""The questions that the court of `claim_court` asks of a study, and its verdict."""

from collections.abc import Callable

from course_lib.grading.exercises.u01._studies import Study

Question = Callable[[Study], bool]


def arms(study: Study) -> tuple[dict, dict]:
    return study["new"], study["old"]


def average(values: list[float]) -> float:
    return sum(values) / len(values)


def unequal_labels(study: Study) -> bool:
    return study["new"]["labels"] != study["old"]["labels"]


def chosen_elsewhere(study: Study) -> bool:
    return any(arm["chosen on"] != "val" for arm in arms(study))


def unpaired(study: Study) -> bool:
    return set(study["new"]["seeds"]) != set(study["old"]["seeds"])


def hash_changed(study: Study) -> bool:
    return any(arm["encoder"][0] != arm["encoder"][1] for arm in arms(study))


def thawed(study: Study) -> bool:
    return study["readout"] != "finetune" and hash_changed(study)


PROCEDURE = (unequal_labels, chosen_elsewhere, unpaired, thawed)


def broken(study: Study) -> bool:
    return any(question(study) for question in PROCEDURE)


def under_floors(study: Study) -> bool:
    highest = max(study["floors"].values())
    return all(average(arm["test"]) <= highest for arm in arms(study))


def at_ceiling(study: Study) -> bool:
    return average(study["old"]["test"]) + study["margin"] > 1


def no_room(study: Study) -> bool:
    return under_floors(study) or at_ceiling(study)


def gaps(study: Study) -> list[float]:
    """Differences of the same seed; of the same place where seeds cannot be paired."""
    new, old = arms(study)
    if unpaired(study):
        return [a - b for a, b in zip(new["test"], old["test"], strict=False)]
    of = dict(zip(old["seeds"], old["test"], strict=True))
    return [value - of[seed] for seed, value in zip(new["seeds"], new["test"], strict=True)]


def most_agree(study: Study) -> bool:
    return sum(gap > 0 for gap in gaps(study)) >= 2


def reached(study: Study) -> bool:
    return average(gaps(study)) >= study["margin"]


def shown(study: Study) -> bool:
    return reached(study) and most_agree(study)


def judged(
    study: Study, invalid: Question = broken, void: Question = no_room, held: Question = shown
) -> str:
    """The verdict, by three questions in turn."""
    if invalid(study):
        return "invalid"
    if void(study):
        return "void"
    return "held" if held(study) else "not held"
