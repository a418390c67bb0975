"""Describes the machine: processor, memory, GPUs."""

import os
import platform
from pathlib import Path

FEATURES = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")  # instructions that speed up training
CPU, MEMORY, SHARED = Path("/proc/cpuinfo"), Path("/proc/meminfo"), Path("/dev/shm")
LIMIT, USED = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")  # [bytes] of a container


def machine() -> str:
    """The machine in one line: processor, cores, relevant CPU features, versions."""
    import torch  # imported here, because the other functions must work without it

    gpu = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "no GPU"
    return (
        f"{processor()}, {os.cpu_count()} cores ({torch.get_num_threads()} threads), {' '.join(features())}; {gpu}; "
        f"Python {platform.python_version()}, torch {torch.__version__.partition('+')[0]}"
    )


def processor() -> str:
    """Name of the processor."""
    lines = _text(CPU).splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return model or platform.processor() or platform.machine()


def features() -> list[str]:
    """Those of the processor's instruction sets that make networks faster."""
    info = _text(CPU)
    return [name for name in FEATURES if f" {name}" in info]


def cores() -> int:
    """Number of cores that this program may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory() -> tuple[int, int | None]:
    """Total and free memory [bytes], within a container's limit; free is None if it is unknown."""
    values = {name: int(value.split()[0]) * 1024 for name, _, value in _rows(MEMORY)}
    total = values.get("MemTotal") or os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    free = values.get("MemAvailable")
    limit, used = _text(LIMIT).strip(), _text(USED).strip()
    if limit.isdigit() and used.isdigit() and int(limit) < total:
        total, unused = int(limit), int(limit) - int(used)
        free = unused if free is None else min(free, unused)
    return total, free


def gpus() -> list[tuple[str, int]]:
    """Name and memory [bytes] of each GPU that torch can use."""
    import torch

    devices = [torch.cuda.get_device_properties(index) for index in range(torch.cuda.device_count())]
    return [(device.name, device.total_memory) for device in devices]


def _rows(path: Path) -> list[tuple[str, str, str]]:
    return [line.partition(":") for line in _text(path).splitlines() if ":" in line]


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # other systems have no such file
        return ""
