"""The device that a program runs on, and what it is good at."""

import ctypes
import os
from contextlib import suppress
from pathlib import Path

import torch

from ..errors import UtilError

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of the C library's mallopt
LARGEST_MMAP_THRESHOLD = 32 << 20


def choose_device(gpu_ids: str) -> torch.device:
    """`auto`: the first GPU if the machine has one, else the CPU; `-1`: the CPU; `0`: that GPU.

    Of the processes that torchrun starts each takes the GPU of its number on its machine.
    """
    place = int(os.environ.get("LOCAL_RANK", 0))
    if gpu_ids == "auto":
        return torch.device(f"cuda:{place}" if place < torch.cuda.device_count() else "cpu")
    ids = [int(one) for one in gpu_ids.split(",")]
    chosen = ids[place % len(ids)]
    if chosen < 0:
        return torch.device("cpu")
    if chosen >= torch.cuda.device_count():
        raise UtilError(
            f"--gpu_ids {gpu_ids}: this machine has {torch.cuda.device_count()} GPUs that torch can use; -1 is CPU"
        )
    return torch.device(f"cuda:{chosen}")


def use_bf16(device: torch.device, precision: str) -> bool:
    """Whether networks work in bfloat16: where it was asked for, or, `auto`, where the processor multiplies it."""
    if precision != "auto":
        return precision == "bf16"
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    with suppress(OSError):
        return "amx_bf16" in Path("/proc/cpuinfo").read_text()
    return False


def set_deterministic(wanted: bool) -> None:
    """Whether torch may use only algorithms that give the same bits each time, on a GPU, too."""
    if wanted:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # without it cuBLAS refuses
    torch.use_deterministic_algorithms(wanted)


def tune_malloc() -> None:
    """Lets the C library keep freed memory for the next step. Given back, it is paged in again each time, which costs
    a virtual machine 4 microseconds a page: 40,000 pages a step at first. Only glibc has the call."""
    with suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(M_MMAP_THRESHOLD, LARGEST_MMAP_THRESHOLD)
        libc.mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
