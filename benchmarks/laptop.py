"""`make bench`: about five minutes on two cores."""

import tempfile
from collections.abc import Callable
from statistics import median
from unittest.mock import patch

from benchmarks.measure import give_back_memory, peak_of, seconds_of, turns
from benchmarks.operations import operations
from benchmarks.peers import Peer
from benchmarks.steps import Step
from course_lib.claims.u08 import step_seconds
from course_lib.core.hardware import keep_memory
from course_lib.data import Dataset, load
from course_lib.views import augment, color

WITH_BLUR = "simclr augment.blur=0.5"
METHODS = {
    "SimCLR": "simclr",
    "SimCLR with blur": WITH_BLUR,
    "MoCo v2": "moco",
    "DINO, ViT, 2 + 4 crops": "dino batch=64",
    "DINO, convnet, 2 + 4 crops": "dino net=convnet",
    "MAE": "mae",
}
COMPILED = {
    "SimCLR, compiled": "simclr compile=true",
    "SimCLR with blur, compiled": f"{WITH_BLUR} compile=true",
}
WITHOUT_HUE = "SimCLR without hue"
OURS = (
    "import sys, torch; torch.set_num_threads(2);"
    "from benchmarks.steps import Step; from course_lib.data import load;"
    "step = Step(sys.argv[1], load('scenes', 'train')); [step() for _ in range(8)]"
)
THEIRS = (
    "import sys, torch; torch.set_num_threads(2);"
    "from benchmarks.peers import Peer; from course_lib.data import load;"
    "step = Peer(load('scenes', 'train'), best=True, workers=int(sys.argv[2]), words=sys.argv[1]);"
    "[step() for _ in range(8)]"
)
Say = Callable[[str], object]


def without_hue(recipe, batch: dict, rng) -> dict:
    """Crop, flip, brightness, contrast, saturation and gray: no hue, no blur."""
    with patch.object(color, "shift_hue", lambda image, hue: image):
        return augment(batch, rng, recipe.augment)


def share(step: Callable, floor: Callable, passes: int, rounds: int) -> dict[str, float]:
    """How much of a step is the net's own work. passes: views of a step."""
    seconds = turns({"step": step, "floor": floor}, rounds)
    return {
        "step_ms": 1000 * seconds["step"],
        "floor_ms": 1000 * seconds["floor"],
        "views_per_s": passes / seconds["step"],
        "share": seconds["floor"] / seconds["step"],
    }


def shares(data: Dataset, rounds: int, say: Say) -> dict[str, dict]:
    """Every method's step against its floor; eager, compiled, and without the slow operations."""
    found = {}
    for name, words in (METHODS | COMPILED | {WITHOUT_HUE: "simclr"}).items():
        step = Step(words, data, views=without_hue if name == WITHOUT_HUE else None)
        few = rounds // 2 if "dino" in words else rounds
        found[name] = share(step, Step(words, data, floor=True), step.passes(), few)
        rate, part = found[name]["views_per_s"], found[name]["share"]
        say(f"{name:28s} {rate:6.0f} views/s, share {part:.2f}")
    return found


def block(step: Callable, steps: int) -> Callable[[], None]:
    """Several steps in a row."""

    def call() -> None:
        for _ in range(steps):
            step()

    return call


def against_lightly(data: Dataset, rounds: int, steps: int, say: Say) -> dict[str, dict]:
    """Views a second of ours and of lightly's, at its default and at its best, in turns."""
    ours = {"ours": WITH_BLUR, "ours, compiled": COMPILED["SimCLR with blur, compiled"]}
    arms: dict[str, Step | Peer] = {name: Step(words, data) for name, words in ours.items()}
    for kind in ("default", "best"):
        peers = {n: Peer(data, kind == "best", n, WITH_BLUR) for n in (0, 1, 2)}
        workers = min(peers, key=lambda n: peers[n].pace(3))  # what suits it goes on
        arms[f"lightly, {kind}, {workers} workers"] = peers[workers]
    for arm in arms.values():
        arm()  # the first step compiles
    taken: dict[str, list[float]] = {name: [] for name in arms}
    for _ in range(rounds):
        for name, arm in arms.items():
            if isinstance(arm, Peer):
                arm.drain()
            taken[name] += turns({name: block(arm, steps)}, 1, warm=0).values()
    views = arms["ours"].passes() * steps
    found = {name: {"views_per_s": views / median(seconds)} for name, seconds in taken.items()}
    for name, row in found.items():
        say(f"{name:28s} {row['views_per_s']:6.0f} views/s")
    return found


def kept_memory(step: Callable[[], object], rounds: int, steps: int, say: Say) -> float:
    """The time of a step when freed memory is kept, of that when it is given back."""
    taken: dict[str, list[float]] = {"given back": [], "kept": []}
    for _ in range(rounds):
        for name, choose in (("given back", give_back_memory), ("kept", keep_memory)):
            choose()
            block(step, 2)()  # until memory is as it will stay
            taken[name] += turns({name: block(step, steps)}, 1, warm=0).values()
    share = median(taken["kept"]) / median(taken["given back"])
    say(f"a step that keeps memory takes {share:.2f} of one that gives it back")
    return share


def memory(say: Say) -> dict[str, float]:
    """Peak MB of a fresh process, ours and lightly's with one worker."""
    found = {name: peak_of(OURS, line) for name, line in METHODS.items()}
    found["lightly, SimCLR with blur, 1 worker"] = peak_of(THEIRS, WITH_BLUR, "1")
    for name, megabytes in found.items():
        say(f"{name:38s} {megabytes:6.0f} MB at most")
    return found


def first_step(say: Say) -> float:
    """Seconds from the command to the end of a run of one step, its checkpoint written."""
    with tempfile.TemporaryDirectory() as folder:
        seconds = seconds_of("train", "simclr", "steps=1", f"out={folder}/run")
    say(f"command to first step {seconds:.1f} s")
    return seconds


def bench(say: Say = print, rounds: int = 12) -> dict:
    """Everything, as results/bench/laptop.json stores it."""
    data = load("scenes", "train")
    kept = kept_memory(Step("simclr", data), 3, 6, say)  # first, while memory is as in training
    mae = step_seconds(1, rounds)
    quarter, whole = mae.values()
    say(f"MAE's step takes {quarter / whole:.2f} of the same on all tokens")
    return {
        "shares": shares(data, rounds, say),
        "operations_ms": operations(),
        "kept_memory_share": kept,
        "lightly": against_lightly(data, 3, 6, say),
        "memory_mb": memory(say),
        "first_step_s": first_step(say),
        "mae_step_share": quarter / whole,
    }
