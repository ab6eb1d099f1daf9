"""The stored form of a measured comparison: one JSON file in results/claims or results/figures.

row, sentence, tag, metric, margin: what is claimed. verdict: "held" or "failed", and "" for a
figure, which claims nothing. seeds: those that count. arms: name → a value a seed, in their order.
floors: name → value. seconds: computing time of all arms. machine, versions: where and with what.
fingerprint: of the code that made it. note: free text, "" if there is nothing to say. probe: arm →
what five steps and a tiny evaluation gave, {} if it has none.
"""

import json
import math
import os
import platform
from dataclasses import asdict, dataclass, fields
from importlib import metadata
from pathlib import Path

from course_lib.core.errors import CourseError
from course_lib.core.paths import root

VERDICTS = ("held", "failed", "")
TAGS = ("I", "Q", "C", "R", "figure")
PACKAGES = ("torch", "torchvision", "timm", "numpy", "scikit-learn")


@dataclass
class Record:
    """One result; see the module's docstring for the fields."""

    row: str
    sentence: str
    tag: str
    metric: str
    margin: float | None
    verdict: str
    seeds: list[int]
    arms: dict[str, list[float]]
    floors: dict[str, float]
    seconds: float
    machine: str
    versions: dict[str, str]
    fingerprint: str
    note: str
    probe: dict[str, float]


def validate(content: dict) -> Record:
    """The record in `content`. Raises CourseError, naming the first thing that is wrong."""
    names = [field.name for field in fields(Record)]
    missing = [name for name in names if name not in content]
    unknown = [name for name in content if name not in names]
    if missing or unknown:
        what = f"lacks {', '.join(missing)}" if missing else f"has an unknown {unknown[0]!r}"
        raise CourseError(f"The result {what}: run its claim again.")
    record = Record(**content)
    for ill, sentence in problems(record):
        if ill:
            raise CourseError(f"The result of {record.row}: {sentence}; run its claim again.")
    return record


def problems(record: Record) -> list[tuple[bool, str]]:
    """(whether it is so, what is then wrong) for everything that a record must be."""
    values = [v for arm in record.arms.values() for v in arm] + list(record.floors.values())
    figure = record.tag == "figure"
    return [
        (record.tag not in TAGS, f"the tag must be one of {', '.join(TAGS)}"),
        (record.verdict not in VERDICTS, 'the verdict must be "held", "failed" or ""'),
        ((record.verdict == "") != figure, "a claim has a verdict and a figure has none"),
        ((record.margin is None) != figure, "a claim has a margin and a figure has none"),
        (not record.seeds, "it has no seeds"),
        (not record.arms, "it has no arms"),
        (any(len(arm) != len(record.seeds) for arm in record.arms.values()),
         "every arm needs a value for every seed"),
        (not all(isinstance(v, int | float) and math.isfinite(v) for v in values),
         "every value must be a finite number"),
        (not all((record.row, record.sentence, record.metric, record.machine, record.versions,
                  record.fingerprint)), "a text is empty"),
    ]  # fmt: skip


def write(record: Record, file: Path) -> None:
    """Stores a valid record, whole or not at all; values with six digits."""
    content = asdict(validate(asdict(record)))
    text = json.dumps(rounded(content), indent=1, ensure_ascii=False)
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    part.write_text(text + "\n", encoding="utf-8")
    os.replace(part, file)


def read(file: Path) -> Record:
    """The record in a file; CourseError if it is not one."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CourseError(f"{file} cannot be read as a result: {error}.") from None
    if not isinstance(content, dict):
        raise CourseError(f"{file} is not a result: it holds a {type(content).__name__}.")
    return validate(content)


def rounded(value: object) -> object:
    """The same JSON with floats at six significant digits."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: rounded(v) for key, v in value.items()}
    return [rounded(v) for v in value] if isinstance(value, list) else value


def results() -> Path:
    """The folder of stored results, which only a checkout has."""
    checkout = root()
    if checkout is None:
        raise CourseError(
            "Results are stored in a checkout of the course; this is an installed one."
        )
    return checkout / "results"


def machine() -> str:
    """Processor, cores and threads in words."""
    import torch

    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        models = [line for line in cpuinfo.read_text().splitlines() if "model name" in line]
        name = models[0].partition(":")[2].strip() if models else name
    return f"{name}, {os.cpu_count()} cores, {torch.get_num_threads()} threads, {platform.system()}"


def versions() -> dict[str, str]:
    """Python and the packages that numbers depend on."""
    return {"python": platform.python_version()} | {p: metadata.version(p) for p in PACKAGES}
