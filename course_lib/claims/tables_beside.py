"""Beside the tables of all methods: longer runs of the lowest, and the memory of training."""

import subprocess
import sys
from functools import partial
from pathlib import Path

from course_lib.claims.claim import Claim
from course_lib.claims.scenes import PROBE_SEED, PROBE_STEPS
from course_lib.claims.tables import (
    CHOSEN,
    CHOSEN_VIT,
    TUNING_SEED,
    USES,
    Chosen,
    knn_on_val,
)

LONGER = {"BYOL": 12, "InstDisc": 24, "DeepCluster": 24, "DINO": 12}  # four times those epochs
TEN_STEPS = """
import ctypes, re, sys
from pathlib import Path
from course_lib.claims.scenes import scenes, trained
status = Path("/proc/self/status")
own = lambda what: int(re.search(what + r":\\s+(\\d+) kB", status.read_text())[1])
scenes()
ctypes.CDLL(None).malloc_trim(0)  # else training fills what making the data left
Path("/proc/self/clear_refs").write_text("5")  # the peak so far, of making the data, is forgotten
before = own("VmRSS")
trained(sys.argv[1], int(sys.argv[2]), 10)
print((own("VmHWM") - before) / 1024)
"""


def longer_on_val(name: str, seed: int, steps: int = 0) -> float:
    """A tuned method with four times the passes → kNN on val."""
    return knn_on_val(f"{CHOSEN[name]} epochs={LONGER[name]}", seed, steps)


def few_steps_longer(name: str) -> float:
    return longer_on_val(name, PROBE_SEED, PROBE_STEPS)


def megabytes(arm: str, seed: int, *, settings: Chosen) -> float:
    """What a fresh process of ten steps needs at most beyond libraries and data; on Linux."""
    command = [sys.executable, "-c", TEN_STEPS, settings[arm], str(seed)]
    top = Path(__file__).parents[2]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=top)
    return float(done.stdout)


def memory(row: str, settings: Chosen) -> Claim:
    """What the tuned methods need of memory."""
    return Claim(
        row=row,
        sentence="What training needs of memory beyond libraries and data.",
        tag="figure",
        arms=tuple(settings.methods),
        metric="peak resident memory of a fresh process of ten steps, MB above what it began with",
        seeds=(1,),
        arm=partial(megabytes, settings=settings),
        uses=USES,
        minutes=5,
    )


CLAIMS = (
    Claim(
        row="longer",
        sentence="The lowest four methods of the table, with four times its image passes.",
        tag="figure",
        arms=tuple(LONGER),
        metric="kNN-20 accuracy on val of scenes, from 0 to 1",
        seeds=(TUNING_SEED,),
        arm=longer_on_val,
        probe=few_steps_longer,
        uses=USES,
        minutes=25,
    ),
    memory("memory", CHOSEN),
    memory("memory_transformers", CHOSEN_VIT),
)
