"""Two processes that stay, so that a test on two ranks costs no start-up.

`Pair().run(function, *arguments)` calls an importable function on both ranks of one gloo group and
returns both results, rank 0 first.
"""

import multiprocessing
import multiprocessing.connection
import os
import socket
import time
import traceback


def _serve(rank: int, port: int, pipe) -> None:
    os.environ |= {
        "RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port), "ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1",
    }  # fmt: skip
    import torch
    from accelerate import Accelerator

    torch.set_num_threads(1)
    Accelerator(cpu=True)
    while (task := pipe.recv()) is not None:
        function, arguments = task
        try:
            pipe.send(("result", function(*arguments)))
        except Exception:
            pipe.send(("error", traceback.format_exc()))
    torch.distributed.destroy_process_group()


class Pair:
    """When a rank fails while the other waits for it, both are replaced for the next test."""

    def __init__(self):
        self.start()

    def start(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        context = multiprocessing.get_context("spawn")
        self.pipes, self.processes = [], []
        for rank in range(2):
            here, there = context.Pipe()
            process = context.Process(target=_serve, args=(rank, port, there), daemon=True)
            process.start()
            self.pipes.append(here)
            self.processes.append(process)

    def run(self, function, *arguments) -> list:
        for pipe in self.pipes:
            pipe.send((function, arguments))
        answers, waiting, until = {}, dict(enumerate(self.pipes)), time.monotonic() + 120
        while waiting and time.monotonic() < until:
            for pipe in multiprocessing.connection.wait(list(waiting.values()), timeout=1):
                rank = self.pipes.index(pipe)
                del waiting[rank]
                answers[rank] = kind, _ = pipe.recv()
                if kind == "error":
                    until = min(until, time.monotonic() + 3)
        errors = [value for kind, value in answers.values() if kind == "error"]
        if waiting:
            self.close(kill=True)
            self.start()
        if errors:
            raise RuntimeError(f"on one of two ranks:\n{errors[0]}")
        if waiting:
            raise TimeoutError("a rank did not answer within two minutes")
        return [answers[rank][1] for rank in sorted(answers)]

    def close(self, kill: bool = False) -> None:
        for pipe, process in zip(self.pipes, self.processes, strict=True):
            if kill:
                process.kill()
            else:
                pipe.send(None)
        for process in self.processes:
            process.join(20)
