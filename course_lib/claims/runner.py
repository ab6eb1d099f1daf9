"""Runs claims, one at a time, resumably; says which stored results are fresh, stale or missing."""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from course_lib.claims import record
from course_lib.claims.claim import Claim
from course_lib.claims.record import Record
from course_lib.core.errors import CourseError

AGREE = 0.01  # relative difference of a probe that counts as rounding of another machine
Say = Callable[[str], None]


def run(claim: Claim, say: Say = print) -> Record:
    """Runs what is missing of a claim, stores the result and returns it.

    Values are kept in runs/claims/ as they come, under the fingerprint of the code that made them,
    so an interrupted run goes on where it was. Seeds in turn, so that pairs are complete early.
    """
    stamp = claim.stamp()
    folder = record.results().parent / "runs" / "claims"
    folder.mkdir(parents=True, exist_ok=True)
    with alone(folder):
        kept = Partial(folder / f"{claim.key}-{stamp}.json")
        todo = [(arm, seed) for seed in claim.seeds for arm in claim.arms]
        for number, (arm, seed) in enumerate(todo, start=1):
            value, new = kept.get(f"{arm} {seed}", partial(claim.arm, arm, seed))
            say(f"{claim.key} {number}/{len(todo)}: {arm}, seed {seed}: {value:.4g}"
                f"{'' if new else ' (already there)'}; {left(kept, todo)}")  # fmt: skip
        floors, _ = kept.get("floors", lambda: dict(claim.floors() if claim.floors else {}))
        probe, _ = kept.get("probe", lambda: probed(claim))
        values = {arm: [kept.value(f"{arm} {seed}") for seed in claim.seeds] for arm in claim.arms}
        result = judged(claim, stamp, values, floors, probe, kept.seconds())
        record.write(result, claim.file)
    result = record.read(claim.file)
    say(summary(claim, result))
    return result


def judged(
    claim: Claim, stamp: str, values: dict, floors: dict, probe: dict, seconds: float
) -> Record:
    """The record of complete values, with the verdict."""
    verdict = ""
    if claim.margin is not None and not claim.figure:
        verdict = "held" if claim.verdict(values, claim.margin) else "failed"
    return Record(
        row=claim.row,
        sentence=claim.sentence,
        tag=claim.tag,
        metric=claim.metric,
        margin=claim.margin,
        verdict=verdict,
        seeds=list(claim.seeds),
        arms=values,
        floors=floors,
        seconds=seconds,
        machine=record.machine(),
        versions=record.versions(),
        fingerprint=stamp,
        note=claim.note,
        probe=probe,
    )


def check(claim: Claim, probe: bool = False, say: Say = print) -> str:
    """"fresh", "stale" or "missing". probe: first try to show that a stale result still stands.

    That is five steps an arm and a tiny evaluation; if every arm gives what was stored, to one per
    cent, the result is stamped with today's fingerprint and keeps the new probe.
    """  # fmt: skip
    if not claim.file.exists():
        return "missing"
    result, stamp = record.read(claim.file), claim.stamp()
    if result.fingerprint == stamp:
        return "fresh"
    if not probe or not result.probe or claim.probe is None or changed(claim, result):
        return "stale"
    now = probed(claim)
    for arm, value in now.items():
        say(f"{claim.key} {arm}: the probe gave {result.probe[arm]:.6g}, now {value:.6g}")
    if all(close(result.probe[arm], value) for arm, value in now.items()):
        record.write(replace(result, fingerprint=stamp, probe=now), claim.file)
        return "fresh"
    return "stale"


def changed(claim: Claim, result: Record) -> bool:
    """Whether the claim now says something else than what was measured."""
    stored = (result.metric, result.margin, result.seeds, set(result.arms), set(result.probe))
    return stored != (
        claim.metric, claim.margin, list(claim.seeds), set(claim.arms), set(claim.arms),
    )  # fmt: skip


def close(before: float, now: float) -> bool:
    """Equal to one per cent."""
    return abs(now - before) <= AGREE * max(abs(before), abs(now))


def probed(claim: Claim) -> dict[str, float]:
    """The probe of every arm, {} for a claim that has none."""
    return {arm: claim.probe(arm) for arm in claim.arms} if claim.probe else {}


class Partial:
    """What a running claim has so far: a JSON file, name → value and seconds."""

    def __init__(self, file: Path):
        self.file = file
        self.content = json.loads(file.read_text()) if file.exists() else {}

    def get(self, name: str, compute: Callable[[], object]):
        """(value, whether it was computed now)."""
        if name in self.content:
            return self.value(name), False
        start = time.perf_counter()
        value = compute()
        self.content[name] = {"value": value, "seconds": time.perf_counter() - start}
        part = self.file.with_suffix(".part")
        part.write_text(json.dumps(self.content))
        os.replace(part, self.file)
        return value, True

    def value(self, name: str):
        return self.content[name]["value"]

    def seconds(self) -> float:
        return sum(entry["seconds"] for entry in self.content.values())


def left(kept: Partial, todo: list) -> str:
    """How long the rest will take, if it goes on like this."""
    done = [kept.content[f"{a} {s}"] for a, s in todo if f"{a} {s}" in kept.content]
    rest = len(todo) - len(done)
    minutes = sum(entry["seconds"] for entry in done) / len(done) * rest / 60
    return f"{rest} to go, about {minutes:.1f} min" if rest else "all there"


def summary(claim: Claim, result: Record) -> str:
    """The result as text."""
    lines = [f"{claim.key} {result.verdict or 'stored'}: {result.sentence}"]
    for arm, values in result.arms.items():
        mean = sum(values) / len(values)
        lines.append(f"  {arm}: {mean:.4g}  ({', '.join(f'{v:.4g}' for v in values)})")
    lines += [f"  floor, {name}: {value:.4g}" for name, value in result.floors.items()]
    over = result.seconds > 60 * claim.minutes
    spent = f"  {result.seconds / 60:.1f} minutes of a budget of {claim.minutes:g}"
    return "\n".join([*lines, spent + (", which is over it" if over else "")])


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Lets one claim run at a time, since two would spoil each other's timing and take turns."""
    with (folder / "lock").open("w") as stream:
        try:
            import fcntl

            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except ImportError:  # Windows: no lock, the student takes care
            pass
        except OSError:
            raise CourseError("Another claim is running: wait for it, or stop it first.") from None
        yield
