"""The results page, made of what is stored: docs/results.md, and the table in README.md."""

from collections.abc import Mapping
from pathlib import Path
from statistics import mean

from course_lib.claims.claim import Claim, known
from course_lib.claims.record import Record, read, results
from course_lib.claims.tables import (
    CHOSEN,
    CHOSEN_VIT,
    METHODS,
    READ,
    TRANSFORMERS,
    TRIED,
    UNTRAINED,
)
from course_lib.core.errors import CourseError

BEGIN, END = "<!-- {}: begin -->\n", "<!-- {}: end -->"
HEAD = "| | kNN | linear probe | seconds | MB |\n|---|---|---|---|---|\n"


def with_spread(values: list[float], digits: int) -> str:
    """The mean, and how far the values lie from it at most."""
    middle = mean(values)
    return f"{middle:.{digits}f} ± {max(abs(v - middle) for v in values):.{digits}f}"


def stored(key: str) -> Record | None:
    """A figure's record, None where there is none."""
    file = results() / "figures" / f"{key}.json"
    return read(file) if file.exists() else None


def methods_table(key: str, needs: str, names: Mapping[str, str]) -> str:
    """All methods, best kNN first; accuracies in per cent, mean and largest deviation."""
    record, memory = stored(key), stored(needs)
    if record is None:
        return "Not yet measured.\n"
    arms, lines = record.arms, []
    order = sorted(names, key=lambda name: -mean(arms[f"{name}, kNN"]))
    for name in [*order, *(name for name in UNTRAINED if f"{name}, kNN" in arms)]:
        shares = [[100 * v for v in arms[f"{name}, {what}"]] for what in READ[:2]]
        cells = [with_spread(share, 1) for share in shares]
        seconds = arms.get(f"{name}, seconds")
        used = memory.arms.get(name) if memory else None
        cells += [f"{mean(seconds):.0f}" if seconds else "", f"{used[0]:.0f}" if used else ""]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return HEAD + "\n".join(lines) + "\n"


def settings_table() -> str:
    """Which of the settings that were tried each method got."""
    found = dict(CHOSEN) | dict(CHOSEN_VIT)
    if not found:
        return "Not yet measured.\n"
    rows = [f"| {name} | `{words}` |" for name, words in found.items()]
    return "| | `course train` |\n|---|---|\n" + "\n".join(rows) + "\n"


def longer_table() -> str:
    """kNN on val of methods with the passes of the table, and with four times as many."""
    record, tuned = stored("longer"), stored("tuning")
    if record is None or tuned is None:
        return "Not yet measured.\n"
    lines = ["| | six passes | four times as many |", "|---|---|---|"]
    for name, longer in record.arms.items():
        short = max(tuned.arms[f"{name}: {tried}"][0] for tried in TRIED)
        lines.append(f"| {name} | {100 * short:.1f} | {100 * longer[0]:.1f} |")
    return "\n".join(lines) + "\n"


def ledger() -> str:
    """Every claim: its verdict and what it cost."""
    lines = ["| claim | what it says | verdict | minutes | budget |", "|---|---|---|---|---|"]
    spent = 0.0
    for claim in known().values():
        record = read(claim.file) if claim.file.exists() else None
        spent += record.seconds / 60 if record else 0
        minutes = f"{record.seconds / 60:.1f}" if record else ""
        lines.append(
            f"| {claim.key} | {claim.sentence} | {verdict(claim, record)} | {minutes} "
            f"| {claim.minutes:g} |"
        )
    return "\n".join([*lines, f"| | | | {spent:.0f} | |"]) + "\n"


def verdict(claim: Claim, record: Record | None) -> str:
    if record is None:
        return "not yet measured"
    return "figure" if claim.figure else record.verdict


def parts() -> dict[str, str]:
    """What stands between each pair of marks."""
    return {
        "all methods": methods_table("all_methods", "memory", METHODS),
        "transformers": methods_table("all_transformers", "memory_transformers", TRANSFORMERS),
        "settings": settings_table(),
        "longer": longer_table(),
        "ledger": ledger(),
    }


def filled(text: str, content: Mapping[str, str] | None = None) -> str:
    """A page with what is stored between its marks; pages have the marks they want."""
    for name, part in (parts() if content is None else content).items():
        begin, end = BEGIN.format(name), END.format(name)
        if begin in text:
            head, rest = text.split(begin)
            text = head + begin + part + end + rest.split(end)[1]
    return text


def pages() -> list[Path]:
    checkout = results().parent
    return [checkout / "README.md", checkout / "docs" / "results.md"]


def write() -> list[Path]:
    """Fills the pages; those that changed."""
    changed = []
    for page in pages():
        text = page.read_text(encoding="utf-8")
        if filled(text) != text:
            page.write_text(filled(text), encoding="utf-8")
            changed.append(page)
    return changed


def check() -> None:
    """Raises CourseError where a page does not show what is stored."""
    for page in pages():
        text = page.read_text(encoding="utf-8")
        if filled(text) != text:
            raise CourseError(f"{page.name} does not show what is stored: course claims page")
