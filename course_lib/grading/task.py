"""What is asked of the sandbox, and how much it may use. Goes in; nothing of these comes out."""

from dataclasses import dataclass, field

MIB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """For one exercise: seconds by the clock, processor seconds of one process. For all that runs
    at one time: bytes of memory, of address space each, processes, bytes on disk, of one file."""

    seconds: float = 30.0
    processor: int = 10
    memory: int = 3 << 30
    space: int = 6 << 30  # torch reserves four
    processes: int = 48
    disk: int = 64 * MIB
    start: float = 180.0  # seconds until torch is there


@dataclass(frozen=True)
class Task:
    """One exercise of a submission. source: of its answer cells. others: of the code cells that it
    may need. name: what the lab's check hands over. cases: pickled by the grader."""

    id: str
    source: str
    others: tuple[str, ...]
    name: str
    value: bool
    cases: bytes = b""


@dataclass
class Job:
    """Tasks for one sandbox. namespace: of the grader's processes, which no signal may reach."""

    tasks: list[Task] = field(default_factory=list)
    seed: int = 0
    seconds: float = 30.0
    processor: int = 10
    namespace: str = ""
