"""The machine that a program runs on: processor, memory, GPUs, room."""

import os
import platform
from pathlib import Path

FEATURES = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")  # that matter here
CPU, MEMORY, SHARED = Path("/proc/cpuinfo"), Path("/proc/meminfo"), Path("/dev/shm")
LIMIT, USED = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")  # of a container


def machine() -> str:
    """The machine in one line: processor, cores, features that matter, versions."""
    import torch  # here, so that a machine without it can be described, too

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
    """Cores that this program may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory() -> tuple[int, int | None]:
    """Memory in all and free, [bytes], within a container's limit; free is None where it is not known."""
    known = {name: int(value.split()[0]) * 1024 for name, _, value in _rows(MEMORY)}
    total = known.get("MemTotal") or os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    free = known.get("MemAvailable")
    limit, used = _text(LIMIT).strip(), _text(USED).strip()
    if limit.isdigit() and used.isdigit() and int(limit) < total:
        total, left = int(limit), int(limit) - int(used)
        free = left if free is None else min(free, left)
    return total, free


def gpus() -> list[tuple[str, int]]:
    """Name and memory [bytes] of each GPU that torch can use."""
    import torch

    about = [torch.cuda.get_device_properties(n) for n in range(torch.cuda.device_count())]
    return [(one.name, one.total_memory) for one in about]


def _rows(path: Path) -> list[tuple[str, str, str]]:
    return [line.partition(":") for line in _text(path).splitlines() if ":" in line]


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # other systems have no such file
        return ""
