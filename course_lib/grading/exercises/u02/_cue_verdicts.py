"""Rules of `table_court` that judge cues wrongly, each said in its docstring."""

from course_lib.grading.exercises.u02._pairs import average, free, ordered, sign, verdict
from course_lib.grading.exercises.u02._rows import Claim, Table
from course_lib.grading.named import named


def not_found_is_proof(claim: Claim, table: Table) -> str:
    """You find for "no shortcut" where none was found. Those cues were tried and no others; a
    finite list cannot show that there is none."""
    said = verdict(claim, table)
    return "supported" if "names" not in claim and said == "unresolved" else said


def mean_drop(claim: Claim, table: Table) -> str:
    """You look at a cue's mean drop. One seed can make it, or be all there is: ask for three that
    agree here as well."""
    if "names" in claim:
        return ordered(claim, table)
    found = any(average(row["drop"].values()) > 0 for row in table.values())
    return "contradicted" if found else "unresolved"


def any_drop(claim: Claim, table: Table) -> str:
    """You take any drop for a shortcut. With three seeds a method that relies on nothing drops in
    some of them, by chance."""
    if "names" in claim:
        return ordered(claim, table)
    found = any(max(row["drop"].values()) > 0 for row in table.values())
    return "contradicted" if found else "unresolved"


def every_cue(claim: Claim, table: Table) -> str:
    """You want a drop for every cue. One shortcut is enough against a claim that there is none."""
    if "names" in claim:
        return ordered(claim, table)
    found = all(sign(list(row["drop"].values())) == "supported" for row in table.values())
    return "contradicted" if found else "unresolved"


def last_cue_only(claim: Claim, table: Table) -> str:
    """Your verdict is that of the last cue. A loop that overwrites what it has found forgets the
    cues before, and one shortcut among them is enough."""
    return ordered(claim, table) if "names" in claim else free(dict([*table.items()][-1:]))


def two_seeds_of_a_cue(claim: Claim, table: Table) -> str:
    """You believe two seeds of a cue. At least three have to agree here, as for rows."""
    if "names" in claim:
        return ordered(claim, table)
    drops = [list(row["drop"].values()) for row in table.values()]
    found = any(len(drop) > 1 and min(drop) > 0 for drop in drops)
    return "contradicted" if found else "unresolved"


CUE_WRONG = named(
    not_found_is_proof, mean_drop, any_drop, every_cue, last_cue_only, two_seeds_of_a_cue
)
