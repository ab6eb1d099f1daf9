"""Rules of `table_court` that judge a table wrongly, each said in its docstring."""

from itertools import combinations

from course_lib.grading.exercises.u02._cue_verdicts import CUE_WRONG
from course_lib.grading.exercises.u02._pairs import (
    RANKS,
    average,
    by,
    comparable,
    free,
    gaps,
    ordered,
    paired,
    sign,
    verdict,
)
from course_lib.grading.exercises.u02._rows import Claim, Row, Table
from course_lib.grading.named import named


def means_only(claim: Claim, table: Table) -> str:
    """You compare means, and look neither at where rows come from nor at the seeds."""

    def pair(a: Row, b: Row) -> str:
        better = average(a["error"].values()) < average(b["error"].values())
        return "supported" if better else "contradicted"

    return by(claim, table, pair)


def stars_ignored(claim: Claim, table: Table) -> str:
    """You compare rows of different papers. They share a name, and not the code, the schedule or
    the machine; a difference between them has many causes."""
    fair = lambda a, b: all(a[key] == b[key] for key in ("net", "epochs"))  # noqa: E731
    return by(claim, table, lambda a, b: paired(a, b, fair))


def every_star_excluded(claim: Claim, table: Table) -> str:
    """You refuse every starred row. Two rows of the *same* other paper are as comparable as two of
    ours: it is mixing that a star warns of."""
    fair = lambda a, b: comparable(a, b) and a["source"] == "ours"  # noqa: E731
    return by(claim, table, lambda a, b: paired(a, b, fair))


def epochs_ignored(claim: Claim, table: Table) -> str:
    """You do not compare the epochs: longer training alone lowers an error, and regularisers need
    it most."""
    fair = lambda a, b: a["source"] == b["source"] and a["net"] == b["net"]  # noqa: E731
    return by(claim, table, lambda a, b: paired(a, b, fair))


def nets_ignored(claim: Claim, table: Table) -> str:
    """You do not compare the nets: a larger one has a lower error by itself."""
    fair = lambda a, b: a["source"] == b["source"] and a["epochs"] == b["epochs"]  # noqa: E731
    return by(claim, table, lambda a, b: paired(a, b, fair))


def one_seed_will_do(claim: Claim, table: Table) -> str:
    """You believe one or two seeds. With another seed the same method has another error, and one
    number does not tell the two apart."""
    says = lambda found: sign((found * 3)[:3]) if found else "unresolved"  # noqa: E731
    return by(claim, table, lambda a, b: paired(a, b, says=says))


def not_in_common(claim: Claim, table: Table) -> str:
    """You count each row's seeds, and not those in common. Only a seed that both have gives a
    pair."""

    def pair(a: Row, b: Row) -> str:
        enough = min(len(a["error"]), len(b["error"])) >= 3
        found = gaps(a, b)
        return paired(a, b, differ=lambda a, b: found * 3 if enough else [])

    return by(claim, table, pair)


def mean_of_pairs(claim: Claim, table: Table) -> str:
    """You look at the mean of the differences. One lucky seed can make it: here all seeds have to
    agree."""
    says = lambda d: sign([average(d)] * len(d)) if d else "unresolved"  # noqa: E731
    return by(claim, table, lambda a, b: paired(a, b, says=says))


def most_seeds(claim: Claim, table: Table) -> str:
    """You let two of three seeds decide. That is a rule too, and a weaker one than is asked: for
    two methods that are alike it decides nearly always."""
    says = lambda d: sign([sorted(d)[len(d) // 2]] * len(d)) if d else "unresolved"  # noqa: E731
    return by(claim, table, lambda a, b: paired(a, b, says=says))


def ranges_apart(claim: Claim, table: Table) -> str:
    """You want every error of the one below every error of the other. How far seeds lie apart does
    not matter when each is compared with itself."""

    def pair(a: Row, b: Row) -> str:
        if (plain := paired(a, b)) in ("not comparable", "unresolved"):
            return plain
        both = [[r["error"][s] for s in a["error"] if s in b["error"]] for r in (a, b)]
        apart = max(both[0]) < min(both[1]) or max(both[1]) < min(both[0])
        return plain if apart else "unresolved"

    return by(claim, table, pair)


def by_position(claim: Claim, table: Table) -> str:
    """You pair errors as they are listed. A row may list its seeds in another order, or have one
    more: a pair is two errors of the same seed."""

    def differ(a: Row, b: Row) -> list[float]:
        listed = zip(a["error"].values(), b["error"].values(), strict=False)
        return [y - x for x, y in listed][: len(gaps(a, b))]

    return by(claim, table, lambda a, b: paired(a, b, differ=differ))


def higher_is_better(claim: Claim, table: Table) -> str:
    """You read the errors as accuracies: the lowest one is best, and stands first in a claim."""
    return by(claim, table, lambda a, b: paired(b, a))


def ends_only(claim: Claim, table: Table) -> str:
    """You compare the first name of an order with the last. All neighbours are claimed to lie so;
    the middle may be anywhere."""
    if "names" not in claim:
        return free(table)
    return paired(table[claim["names"][0]], table[claim["names"][-1]])


def first_pair_only(claim: Claim, table: Table) -> str:
    """You compare the first two names of an order, and leave out the others."""
    return (
        ordered(claim | {"names": claim["names"][:2]}, table) if "names" in claim else free(table)
    )


def comparison_first(claim: Claim, table: Table) -> str:
    """You give up an order as soon as one of its pairs cannot be compared. If another pair shows
    the opposite, the claim is wrong whatever that one would say."""
    ranks = ("not comparable", "contradicted", "unresolved", "supported")
    return by(claim, table, ranks=ranks)


def unresolved_first(claim: Claim, table: Table) -> str:
    """You look for unresolved pairs before all else. A pair that shows the opposite settles the
    claim, and one that cannot be compared is no matter of more seeds."""
    ranks = ("unresolved", "contradicted", "not comparable", "supported")
    return by(claim, table, ranks=ranks)


def not_shown_is_wrong(claim: Claim, table: Table) -> str:
    """You call a claim contradicted that is only not shown. For that the table has to show the
    opposite, in every seed."""
    return verdict(claim, table).replace("unresolved", "contradicted")


def starred_or_not(claim: Claim, table: Table) -> str:
    """You ask only whether a row is starred. Two stars may stand for two papers, whose rows differ
    as much from each other as from ours."""

    def fair(a: Row, b: Row) -> bool:
        alike = (a["source"] == "ours") == (b["source"] == "ours")
        return alike and all(a[key] == b[key] for key in ("net", "epochs"))

    return by(claim, table, lambda a, b: paired(a, b, fair))


def seeds_before_rows(claim: Claim, table: Table) -> str:
    """You look at a pair's seeds before you ask whether its rows can be compared. Where they
    cannot, no number of seeds would help: that comes first."""

    def pair(a: Row, b: Row) -> str:
        return paired(a, b) if sign(gaps(a, b)) != "unresolved" else "unresolved"

    return by(claim, table, pair)


def unresolved_above_not_comparable(claim: Claim, table: Table) -> str:
    """You call an order unresolved of which a pair cannot be compared. More seeds may settle the
    one pair and never the other, so the other gives the verdict."""
    ranks = ("contradicted", "unresolved", "not comparable", "supported")
    return by(claim, table, ranks=ranks)


def every_pair(claim: Claim, table: Table) -> str:
    """You judge all pairs of an order. It claims something of neighbours only; rows that lie
    further apart need no seeds in common."""
    if "names" not in claim:
        return free(table)
    pairs = [claim | {"names": list(two)} for two in combinations(claim["names"], 2)]
    return min((ordered(pair, table) for pair in pairs), key=RANKS.index)


WRONG = (
    *named(
        means_only, stars_ignored, every_star_excluded, epochs_ignored, nets_ignored,
        one_seed_will_do, not_in_common, mean_of_pairs, most_seeds, ranges_apart, by_position,
        higher_is_better, ends_only, first_pair_only, comparison_first, unresolved_first,
        not_shown_is_wrong, starred_or_not, seeds_before_rows, unresolved_above_not_comparable,
        every_pair,
    ),
    *CUE_WRONG,
)  # fmt: skip
