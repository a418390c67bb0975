"""Chooses the device and its settings: deterministic algorithms, memory allocation."""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress
from typing import TYPE_CHECKING

from ..errors import UtilError

if TYPE_CHECKING:
    import torch

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of the C library's mallopt
LARGEST_MMAP_THRESHOLD = 32 << 20


def choose_device(gpu_ids: str) -> torch.device:
    """`auto`: the first GPU if the machine has one, else the CPU; `-1`: the CPU; `0`: that GPU.

    Each process that torchrun starts takes the GPU of its local rank.
    """
    import torch  # here and below, because importing torch is slow

    local_rank = int(os.environ.get("LOCAL_RANK", 0))
    if gpu_ids == "auto":
        return torch.device(f"cuda:{local_rank}" if local_rank < torch.cuda.device_count() else "cpu")
    ids = [int(text) for text in gpu_ids.split(",")]
    chosen = ids[local_rank % len(ids)]
    if chosen < 0:
        return torch.device("cpu")
    if chosen >= torch.cuda.device_count():
        raise UtilError(
            f"--gpu_ids {gpu_ids}: torch can use {torch.cuda.device_count()} GPUs on this machine; use -1 for the CPU"
        )
    return torch.device(f"cuda:{chosen}")


def set_reproducible(seed: int, deterministic: bool) -> None:
    """Seeds torch. If `deterministic`, it uses only algorithms with the same bits in every run, on CPU and GPU."""
    import torch

    torch.manual_seed(seed)  # initial weights and dropout; the batches draw from a generator of their own
    if deterministic:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS requires it
    torch.use_deterministic_algorithms(deterministic)


def tune_malloc() -> None:
    """Lets the C library keep freed memory for the next step; only glibc has this call.

    Memory that is returned to the system must be paged in again. On a virtual machine that costs 4 microseconds a
    page, and without this call a step needs 40,000 pages.
    """
    with suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(M_MMAP_THRESHOLD, LARGEST_MMAP_THRESHOLD)
        libc.mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
