"""Two processes that stay, so that a test on two ranks costs no start-up.

`Pair().run(function, *arguments)` calls an importable function on both ranks of one gloo group and
returns both results, rank 0 first.
"""

import multiprocessing
import os
import socket
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
    def __init__(self):
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
        answers = []
        for pipe in self.pipes:
            if not pipe.poll(120):
                raise TimeoutError("a rank did not answer within two minutes")
            answers.append(pipe.recv())
        for kind, value in answers:
            if kind == "error":
                raise RuntimeError(f"on one of two ranks:\n{value}")
        return [value for _, value in answers]

    def close(self) -> None:
        for pipe in self.pipes:
            pipe.send(None)
        for process in self.processes:
            process.join(20)
