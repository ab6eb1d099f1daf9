"""What a student has done: `progress.json` in the student's folder, by exercise and its version."""

import json
import time
from pathlib import Path
from typing import Any

from course_lib.core import paths
from course_lib.core.errors import CourseError
from course_lib.core.files import write_whole

STATES = ("not attempted", "tried", "passed")


def file() -> Path:
    """Where progress is kept."""
    return paths.home() / "progress.json"


def load() -> dict[str, dict[str, dict]]:
    """exercise id → source hash → what `row` says; time in seconds since 1970.

    A file that cannot be read is kept under a new name, which a printed sentence gives.
    """
    try:
        text = file().read_text(encoding="utf-8")
    except OSError:  # there is none; what cannot be read cannot be written either, which is said
        return {}
    except UnicodeDecodeError:
        text = ""
    try:
        known = json.loads(text)
        if all(row["state"] in STATES for rows in known.values() for row in rows.values()):
            return known
    except (ValueError, AttributeError, TypeError, KeyError):
        pass
    set_aside()
    return {}


def set_aside() -> Path:
    """Keep a damaged file under a name that no other has."""
    number = 1
    while (kept := file().with_name(f"progress.damaged-{number}.json")).exists():
        number += 1
    file().rename(kept)
    print(f"Your progress could not be read; it is kept as {kept} and a new file is begun.")
    return kept


def row(exercise_id: str, source_hash: str) -> dict[str, Any]:
    """What is known of one version of an exercise.

    state, time, tries, hints: how many were opened, and first: a prediction, made before the run.
    """
    known = load().get(exercise_id, {}).get(source_hash, {})
    return {"state": STATES[0], "time": 0, "tries": 0, "hints": 0, "first": ""} | known


def record(exercise_id: str, source_hash: str, state: str) -> None:
    """Note how an exercise went. A pass is kept when the same version later fails.

    Errors: CourseError for an unknown state or a folder that cannot be written.
    """
    if state not in STATES:
        raise CourseError(f"A state is one of {', '.join(STATES)}, not {state!r}.")
    before = row(exercise_id, source_hash)
    best = max(before["state"], state, key=STATES.index)
    tries = before["tries"] + (state != STATES[0])
    note(exercise_id, source_hash, state=best, tries=tries)


def note(exercise_id: str, source_hash: str, **values: Any) -> None:
    """Note anything else of a version: hints=2, first="[1, 2]". Errors as of `record`."""
    now = {"time": round(time.time())}
    try:
        known = load()
        known.setdefault(exercise_id, {})[source_hash] = (
            row(exercise_id, source_hash) | values | now
        )
        write_whole(file(), json.dumps(known, indent=1, sort_keys=True).encode())
    except OSError as error:
        raise CourseError(
            f"Progress cannot be kept in {file()} ({error.strerror}): set COURSE_HOME to a "
            "folder of your own."
        ) from None


def summary() -> dict[str, str]:
    """exercise id → the best state over its versions, or "passed, newer version open".

    The newest version is the one worked on last.
    """
    best = {}
    for exercise, versions in sorted(load().items()):
        last = max(versions.values(), key=lambda row: row["time"])
        earlier = any(row["state"] == "passed" for row in versions.values())
        stale = earlier and last["state"] != "passed"
        best[exercise] = "passed, newer version open" if stale else last["state"]
    return best
