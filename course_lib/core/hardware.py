"""What this machine computes on, whether bfloat16 pays there, and memory that a process keeps."""

import ctypes
import platform

import torch

from course_lib.core.errors import CourseError

MMAP_MAX, TRIM_THRESHOLD = -4, -1  # of glibc's malloc.h
PRECISIONS = {"bf16": torch.bfloat16, "fp32": torch.float32, "fp64": torch.float64}


def bf16_wins(on: torch.device) -> bool:
    """Whether bfloat16 is computed in hardware: AMX or AVX-512 BF16 on a CPU, Ampere on a GPU."""
    if on.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    flags = torch.cpu.get_capabilities()
    return bool(flags.get("amx_bf16") or flags.get("avx512_bf16"))


def precision(name: str, device: torch.device) -> torch.dtype:
    """The dtype that a recipe's `precision` means on a device; auto is bf16 where it wins."""
    if name == "auto":
        name = "bf16" if bf16_wins(device) else "fp32"
    if name not in PRECISIONS:
        raise CourseError(f"precision is auto, bf16, fp32 or fp64, not {name!r}.")
    return PRECISIONS[name]


def keep_memory() -> None:
    """Lets this process keep up to 2 GiB of what it frees, since the next step needs it again.

    Otherwise glibc hands large blocks back, and Linux clears each of their pages anew a moment
    later: tens of thousands a training step. With another C library nothing changes.
    """
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(MMAP_MAX, 0)
        libc.mallopt(TRIM_THRESHOLD, 2**31 - 1)


def double(x):
    """float64 for a tensor of floats, anything else as it is."""
    return x.double() if isinstance(x, torch.Tensor) and x.is_floating_point() else x


def wide(x: torch.Tensor) -> torch.Tensor:
    """float32, or float64 where x has it: what losses and statistics are computed in."""
    return x if x.dtype == torch.float64 else x.float()
