"""What a measurement was made on, and how two ways are compared."""

import os
import platform
import statistics
from pathlib import Path

import torch


def machine() -> str:
    """The machine in one line: processor, cores, features that matter, versions."""
    info = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    model = next((line.partition(":")[2].strip() for line in info.splitlines() if line.startswith("model name")), "")
    features = [name for name in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if f" {name}" in info]
    gpu = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "no GPU"
    return (
        f"{model or platform.processor() or platform.machine()}, {os.cpu_count()} cores "
        f"({torch.get_num_threads()} threads), {' '.join(features)}; {gpu}; "
        f"Python {platform.python_version()}, torch {torch.__version__.partition('+')[0]}"
    )


def ratio(more: list[float], less: list[float]) -> float:
    """Median of the quotients of measurements that were made in turn: what slows both down cancels."""
    return statistics.median(a / b for a, b in zip(more, less, strict=True))
