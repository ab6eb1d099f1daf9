"""`course bench grow`: cost as batch, images, data and processes grow."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.laptop import share
from benchmarks.measure import peak_of
from benchmarks.noise import mapped, memory, noise
from benchmarks.steps import Step

BATCHES = (32, 64, 128, 256, 512, 1024)
SIZES = (24, 32, 40, 64, 96)
ROUNDS = 6
PEAK = (
    "import sys, torch; torch.set_num_threads(2);"
    "from benchmarks.steps import Step; from benchmarks.noise import noise;"
    "step = Step('simclr', noise(int(sys.argv[1]), 40)); [step() for _ in range(4)]"
)
TORCHRUN = ("-m", "torch.distributed.run", "--nproc_per_node")


def step_and_floor(words: str, data, rounds: int = ROUNDS) -> dict[str, float]:
    step = Step(words, data)
    return share(step, Step(words, data, floor=True), step.passes(), rounds)


def by_data(say: Callable, folder: Path) -> dict[str, dict]:
    """Views a second over ever more images; the last set is larger than the memory."""
    found = {}
    beyond = int(1.15 * memory()) // (3 * 40 * 40)
    for samples in (20_000, 200_000, beyond):
        file = folder / "noise.bin"
        try:
            data = noise(samples, 40) if samples < beyond else mapped(samples, 40, file)
            found[str(samples)] = step_and_floor("simclr", data)
        finally:
            file.unlink(missing_ok=True)
        found[str(samples)]["gb"] = samples * 3 * 40 * 40 / 1e9
        say(f"{samples:,} images: {found[str(samples)]['views_per_s']:.0f} views/s")
    return found


def by_processes(say: Callable) -> dict[str, dict]:
    """The same batch on one process of one thread, of two threads, and on two of one."""
    found = {}
    for name, processes, threads in (("1 x 1", 1, 1), ("1 x 2", 1, 2), ("2 x 1", 2, 1)):
        env = {**os.environ, "ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": str(threads)}
        with tempfile.TemporaryDirectory() as folder:
            course = ("-m", "course_lib", "train", "simclr", "steps=60", f"out={folder}/run")
            launcher = (*TORCHRUN, str(processes), *course) if processes > 1 else course
            subprocess.run([sys.executable, *launcher], env=env, check=True, capture_output=True)
            last = (Path(folder) / "run" / "log.jsonl").read_text().splitlines()[-1]
        found[name] = {"views_per_s": 2 * json.loads(last)["samples_per_s"]}
        say(f"{name} (processes x threads): {found[name]['views_per_s']:.0f} views/s")
    return found


def bench(say: Callable = print) -> dict:
    """Everything, as results/bench/grow.json stores it."""
    data = noise(20_000, 40)
    batches, sizes = {}, {}
    for batch in BATCHES:
        batches[str(batch)] = step_and_floor(f"simclr batch={batch}", data)
        say(f"batch {batch}: {batches[str(batch)]['views_per_s']:.0f} views/s")
    for size in SIZES:
        sizes[str(size)] = step_and_floor("simclr", noise(2000, size))
        say(f"{size} px: {sizes[str(size)]['views_per_s']:.0f} views/s")
    peaks = {str(n): peak_of(PEAK, str(n)) for n in (20_000, 200_000)}
    with tempfile.TemporaryDirectory() as folder:
        data_sizes = by_data(say, Path(folder))
    return {
        "batch": batches,
        "size_px": sizes,
        "samples": data_sizes,
        "peak_mb_by_samples": peaks,
        "processes_x_threads": by_processes(say),
    }
