"""A claim's stored result as a table: every seed of every arm, the floors, the rule, the verdict.

What a lecture says of a comparison stands in `results/claims/`; the cell reads it from there, so
that the page shows what was measured, whichever way it came out.
"""

import html
import inspect
from collections.abc import Callable
from statistics import mean

from IPython.display import display

from course_lib.claims import Record, read
from course_lib.claims.claim import Claim, find
from course_lib.core import paths
from course_lib.core.errors import CourseError
from course_lib.widgets import style
from course_lib.widgets.quiz import code

VERDICTS = {"held": "✓ Held.", "failed": "✗ Did not hold."}
ALONE = "This says nothing against the claim and nothing for it."


def stored(key: str, kind: str = "claims") -> Record | None:
    """The result of that key, or None while there is none. kind: "claims" or "figures".

    Raises CourseError for a file that is no result.
    """
    folders = [folder.parent / "results" / kind for folder in paths.packs()]
    found = [folder / f"{key}.json" for folder in folders if (folder / f"{key}.json").is_file()]
    return read(found[0]) if found else None


def numbers(record: Record) -> Callable[[float], str]:
    """How values are written: three digits after the point for shares, two for larger numbers."""
    values = [value for of in record.arms.values() for value in of]
    return "{:.3f}".format if max(map(abs, values)) <= 1 else "{:.2f}".format


def rule(claim: Claim) -> str:
    """The rule that decides, as its function says it; "" where it says nothing."""
    return " ".join((inspect.getdoc(claim.verdict) or "").split("\n\n")[-1].split())


def rows(record: Record) -> list[list[str]]:
    """Arm, a value a seed, their mean; then the floors, which have one value."""
    blank, number = [""] * len(record.seeds), numbers(record)
    arms = [[arm, *map(number, of), number(mean(of))] for arm, of in record.arms.items()]
    return arms + [[f"floor: {name}", *blank, number(of)] for name, of in record.floors.items()]


def words(record: Record, claim: Claim) -> str:
    """The whole table in plain sentences."""
    number = numbers(record)
    arms = "; ".join(
        f"{arm} {number(mean(of))} (seeds: {', '.join(map(number, of))})"
        for arm, of in record.arms.items()
    )
    floors = ", ".join(f"{name} {number(of)}" for name, of in record.floors.items())
    parts = [
        f"Claim {claim.key}: {record.sentence}",
        f"{VERDICTS[record.verdict]} Measured: {record.metric}. {arms}.",
        f"Floors: {floors}." if floors else "",
        f"Rule: {rule(claim)}" if rule(claim) else "",
        f"Margin: {record.margin:g}.",
        f"Note: {record.note}" if record.note else "",
    ]
    return " ".join(filter(None, parts))


def page(record: Record, claim: Claim) -> str:
    """The table as HTML; readable on a light and on a dark page, since it sets no background."""
    left = 'style="text-align:left;white-space:nowrap"'
    heads = ["arm", *(f"seed {seed}" for seed in record.seeds), "mean"]
    top = "".join(f'<th scope="col">{html.escape(head)}</th>' for head in heads)
    top = top.replace("<th", f"<th {left}", 1)
    body = "".join(
        f'<tr><th scope="row" {left}>{html.escape(name)}</th>'
        + "".join(f"<td>{value}</td>" for value in values[:-1])
        + f"<td><b>{values[-1]}</b></td></tr>"
        for name, *values in rows(record)
    )
    colour = style.RIGHT if record.verdict == "held" else style.WRONG
    said_rule = f"Rule: {code(rule(claim))}" if rule(claim) else ""
    said = [
        f"<b>{VERDICTS[record.verdict]}</b> Margin: {record.margin:g}. {said_rule}",
        f"<b>Note.</b> {html.escape(record.note)}" if record.note else "",
        f"<small>Measured: {html.escape(record.metric)}; on {html.escape(record.machine)}.</small>",
    ]
    lines = "".join(f"<div>{line}</div>" for line in said if line)
    return (
        f"<div><b>Claim {claim.key}.</b> {html.escape(record.sentence)}</div>"
        f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
        f'<div style="border-left:4px solid {colour};padding:2px 10px;line-height:1.45">'
        f"{lines}</div>"
    )


def show(*keys: str) -> None:
    """Shows the result of each claim, by its key or its row; one that is not there yet is named
    with its sentence. Raises CourseError for a key that no claim has."""
    for claim in [claim for key in keys for claim in find(key)]:
        try:
            record = stored(claim.key)
        except CourseError as error:
            print(error)
            continue
        if record is None:
            plain = f"Claim {claim.key}: {claim.sentence} Not measured yet. {ALONE}"
            fancy = f"<b>Claim {claim.key}.</b> {html.escape(claim.sentence)}<br>"
            display(
                {"text/html": f"{fancy}Not measured yet. {ALONE}", "text/plain": plain}, raw=True
            )
            continue
        display({"text/html": page(record, claim), "text/plain": words(record, claim)}, raw=True)
