"""Runs that may be killed -9, in a process group of their own, from a server that has imported all.

`start(...)` begins a tiny run on one or two processes that saves after every step.
"""

import multiprocessing
import os
import signal
import socket
import time
from contextlib import suppress
from pathlib import Path

SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["tests.killable", "tests.tiny", "accelerate", "timm"])


def start(method: str, folder: Path, world: int, steps: int) -> list:
    """The processes of a run, rank 0 first; the group has the number of rank 0."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    processes, leader = [], 0
    for rank in range(world):
        arguments = (method, str(folder), world, rank, leader, port, steps)
        process = SERVER.Process(target=_run, args=arguments, daemon=True)
        process.start()
        leader = leader or process.pid
        processes.append(process)
    return processes


def _run(method: str, folder: str, world: int, rank: int, leader: int, port: int, steps: int):
    _join_group(leader)
    if world > 1:
        os.environ |= {
            "RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(world),
            "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "ACCELERATE_USE_CPU": "true",
        }  # fmt: skip
    import torch

    from course_lib.train import loop
    from tests.tiny import tiny_data, tiny_recipe

    torch.set_num_threads(1)
    loop.SAVE_SECONDS = -1
    loop.train(tiny_recipe(method, steps=steps), folder, data=tiny_data(128), say=None)
    if world > 1:
        torch.distributed.barrier()
        torch.distributed.destroy_process_group()


def _join_group(leader: int) -> None:
    """Into the group of rank 0, once it is there."""
    until = time.monotonic() + 10
    while True:
        try:
            return os.setpgid(0, leader)
        except PermissionError:
            if time.monotonic() > until:
                raise
            time.sleep(0.001)


def finish(processes: list) -> None:
    """Until all are done; raises if one did not end well."""
    for process in processes:
        process.join(120)
        assert process.exitcode == 0, f"a rank ended with {process.exitcode}"


def kill_after(processes: list, folder: Path, saves: int, seconds: float) -> bool:
    """kill -9 of the whole group, so many checkpoints and seconds on; whether it was still at work.

    Checkpoints are told apart by their inode: every one is a new file moved into place.
    """
    file, seen, until = folder / "last.pt", set(), time.monotonic() + 120
    while len(seen) < saves and processes[0].is_alive() and time.monotonic() < until:
        with suppress(FileNotFoundError):  # none yet, or just moved to make room for the next
            seen.add(file.stat().st_ino)
        time.sleep(0.0005)
    time.sleep(seconds)
    alive = processes[0].is_alive()
    if alive:
        os.killpg(processes[0].pid, signal.SIGKILL)
    for process in processes:
        process.join(30)
    return alive
