"""What a run says while it runs: rate, time left, loss, health; and log.jsonl for later."""

import json
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path

from course_lib.core import sync
from course_lib.core.errors import CourseError
from course_lib.core.health import collapsed, spread
from course_lib.methods import Output


class Report:
    """One status line, rewritten on a terminal and repeated every few seconds elsewhere."""

    def __init__(self, folder: Path | None, total: int, constant: float, say: Callable | None):
        self.file = folder / "log.jsonl" if folder and sync.rank() == 0 else None
        self.total, self.constant = total, constant
        self.say = say if sync.rank() == 0 else None
        self.began = self.told = time.monotonic()
        self.first: int | None = None
        self.live = say is print and sys.stdout.isatty()

    def step(self, step: int, output: Output, lr: float, batch: int) -> None:
        """After each step, `step` of them done. Reading the loss waits for the device, so this
        looks only every 20 steps, and at the end."""
        if self.first is None:
            self.first, self.began = step - 1, time.monotonic()
        if step % 20 and step != self.total:
            return
        loss, now = output.loss.item(), time.monotonic()
        if not math.isfinite(loss):
            raise CourseError(
                f"The loss became {loss} by step {step}: the last checkpoint is from before; "
                "start a new run with a smaller lr, or with clip=1."
            )
        rate = (step - self.first) / max(now - self.began, 1e-9)
        dead = collapsed(output.embedding)
        row = {"step": step, "loss": loss, "lr": lr, "spread": spread(output.embedding)}
        row |= {name: float(value) for name, value in output.logs.items()}
        row |= {"samples_per_s": round(rate * batch, 1), "collapsed": dead}
        if self.file:
            with self.file.open("a") as stream:
                stream.write(json.dumps(row) + "\n")
        if self.say and (self.live or step == self.total or now - self.told >= 5):
            self.told = now
            self._tell(self.say, row, rate)

    def _tell(self, say: Callable, row: dict, rate: float) -> None:
        left = (self.total - row["step"]) / rate
        line = (
            f"step {row['step']}/{self.total}  {row['samples_per_s']:.0f} images/s  "
            f"{left:.0f} s left  loss {row['loss']:.3f} (constant {self.constant:.3f})  "
            f"spread {row['spread']:.4f}" + ("  COLLAPSED" if row["collapsed"] else "")
        )
        end = "\n" if not self.live or row["step"] == self.total else ""
        say(f"\r{line:<110}" if self.live else line, **({"end": end} if self.live else {}))
