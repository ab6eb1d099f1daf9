"""`course grade`: runs every submission of a lab, in parallel, and writes what came of it.

Sandboxes are waited for in threads; answers are compared in the main thread, one after the other.
A submission that was graded before, and did not change since, is left as it is.
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import torch

from course_lib.core.errors import CourseError
from course_lib.grading import assignment, collect, exam, judge, records, sandbox, visit
from course_lib.grading.assignment import Answer, Lab
from course_lib.grading.collect import Submission
from course_lib.grading.exam import Exam
from course_lib.grading.records import Record, Score
from course_lib.grading.task import Limits
from course_lib.grading.visit import Ending

UNSAFE = "Graded without a sandbox (--unsafe)."


@dataclass
class Entry:
    """A submission that was read. trouble: why it was not; answers: by exercise."""

    submission: Submission
    sha256: str = ""
    answers: dict[str, Answer] = field(default_factory=dict)
    trouble: str = ""


@dataclass
class Grading:
    """One run over a folder. hidden: what no sandbox may see. say: prints a line of progress."""

    lab: Lab
    folder: Path
    out: Path
    exams: dict[str, Exam]
    seed: int
    limits: Limits
    unsafe: bool
    say: Callable[[str], None]
    failed: list[str] = field(default_factory=list)

    def read(self, submission: Submission) -> Entry:
        """The answers of a submission, or why there are none."""
        entry = Entry(submission)
        try:
            if submission.trouble:
                raise CourseError(submission.trouble)
            raw = collect.content(submission.file)
            entry.sha256 = hashlib.sha256(raw).hexdigest()
            entry.answers = assignment.answers(self.lab, collect.cells(raw))
        except CourseError as error:
            entry.trouble = collect.clean(str(error))
        return entry

    def kept(self, entry: Entry) -> bool:
        """Whether it was graded already, as it is now and in these versions of the exercises."""
        try:
            old = records.read(records.path(self.out, entry.submission.student))
        except CourseError:
            return False
        versions = {name: one.exercise.version for name, one in self.exams.items()}
        same = {name: score.version for name, score in old.exercises.items()} == versions
        trusted = self.unsafe or UNSAFE not in old.notes
        return bool(entry.sha256) and old.sha256 == entry.sha256 and same and trusted

    def run(self, entry: Entry) -> dict[str, Ending]:
        """How its answers ended in the sandbox; in a thread."""
        tasks = [
            self.exams[name].task(answer)
            for name, answer in entry.answers.items()
            if not answer.missing and not self.exams[name].by_hand
        ]
        hidden = [self.folder, self.out]
        return visit.answers(tasks, self.seed, self.limits, hidden, self.unsafe)

    def record(self, entry: Entry, endings: dict[str, Ending]) -> Record:
        """What is written of a submission."""
        one = entry.submission
        file = collect.clean(os.path.relpath(one.file, self.folder))
        now = datetime.now(UTC).isoformat(timespec="seconds")
        notes = [*one.notes, *([entry.trouble] if entry.trouble else [])]
        notes += [UNSAFE] if self.unsafe else []
        made = Record(one.student, self.lab.name, file, entry.sha256, now, self.seed, {}, notes)
        for name, each in self.exams.items():
            if entry.trouble:
                exercise = each.exercise
                most, said = float(exercise.points), [entry.trouble]
                made.exercises[name] = Score(exercise.version, "error", 0.0, most, None, said)
            else:
                answer = entry.answers[name]
                made.exercises[name] = judge.score(each, answer, endings.get(name), self.limits)
        return made

    def grade(self, entries: Sequence[Entry], workers: int) -> None:
        """Grades and writes; what a machine's fault left out is named in `failed`."""
        for number, (entry, ended) in enumerate(self.ended(entries, workers), 1):
            student = entry.submission.student
            try:
                made = self.record(entry, ended.result())
            except CourseError as error:
                self.failed.append(student)
                self.say(f"[{number}/{len(entries)}] {student}: not graded. {error}")
                continue
            records.write(self.out, made)
            states = [score.status for score in made.exercises.values()]
            odd = [state for state in states if state in ("error", "timeout", "killed", "manual")]
            more = f" ({', '.join(odd)})" if odd else ""
            points = f"{made.points:g} of {made.max:g} points"
            self.say(f"[{number}/{len(entries)}] {student}: {points}{more}")

    def table(self, entries: Sequence[Entry]) -> list[Record]:
        """The records of these submissions, those of earlier runs too; and scores.csv of them."""
        files = [records.path(self.out, entry.submission.student) for entry in entries]
        known = [records.read(file) for file in files if file.is_file()]
        records.table(self.out, known)
        return known

    def ended(self, entries: Sequence[Entry], workers: int) -> Iterator[tuple[Entry, Future]]:
        """Each with what came of it, as they end; few wait at a time, since answers take memory."""
        todo, running = iter(entries), dict[Future, Entry]()
        with ThreadPoolExecutor(workers) as pool:
            try:
                while True:
                    for entry in todo:
                        running[pool.submit(self.run, entry)] = entry
                        if len(running) >= 2 * workers:
                            break
                    if not running:
                        return
                    done, _ = wait(running, return_when=FIRST_COMPLETED)
                    for one in done:
                        yield running.pop(one), one
            finally:
                pool.shutdown(wait=True, cancel_futures=True)


def grade(
    folder: Path,
    out: Path,
    lab: str = "",
    *,
    unsafe: bool = False,
    workers: int = 0,
    seed: int | None = None,
    again: bool = False,
    limits: Limits | None = None,
    say: Callable[[str], None] = print,
) -> list[Record]:
    """Grades a folder of submissions → the records of all that is in it.

    lab: its name; the only one by default. workers: sandboxes at a time; as many as there are cores
    by default. seed: of the inputs; drawn by default. again: also what did not change. Raises
    CourseError where nothing can be graded, or the machine's sandbox failed for some.
    """
    if not unsafe and (why := sandbox.refusal()):
        raise CourseError(why)
    asked = assignment.find(lab)
    limits = limits or Limits()
    exams, seed = exam.drawn(asked.asked, seed)
    run = Grading(asked, folder, out, exams, seed, limits, unsafe, say)
    out.mkdir(parents=True, exist_ok=True)
    entries = [run.read(one) for one in collect.submissions(folder, asked.name, [out])]
    todo = [entry for entry in entries if again or not run.kept(entry)]
    if len(todo) < len(entries):
        say(f"{len(entries) - len(todo)} of {len(entries)} were graded before and did not change.")
    with one_thread():
        try:
            run.grade(todo, workers or cores(limits))
        finally:
            known = run.table(entries)
    if run.failed:
        raise CourseError(
            f"{len(run.failed)} were not graded, by no fault of their own: {', '.join(run.failed)}."
            " Run the same command again."
        )
    return known


@contextmanager
def one_thread() -> Iterator[None]:
    """Answers are compared on one thread, as the sandboxes keep the cores busy."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def cores(limits: Limits) -> int:
    """How many sandboxes run at a time: as cores and memory allow."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(1, min(len(os.sched_getaffinity(0)), memory // limits.memory))
