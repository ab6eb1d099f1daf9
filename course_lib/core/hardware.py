"""What this machine computes on, and whether bfloat16 pays there."""

import torch


def device() -> torch.device:
    """The accelerator where there is one, else the CPU."""
    return torch.device("cuda") if torch.cuda.is_available() else torch.device("cpu")


def bf16_wins(on: torch.device) -> bool:
    """Whether bfloat16 is computed in hardware: AMX or AVX-512 BF16 on a CPU, Ampere on a GPU."""
    if on.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    flags = torch.cpu.get_capabilities()
    return bool(flags.get("amx_bf16") or flags.get("avx512_bf16"))


def wide(x: torch.Tensor) -> torch.Tensor:
    """float32, or float64 where x has it: what losses and statistics are computed in."""
    return x if x.dtype == torch.float64 else x.float()
