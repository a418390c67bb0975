"""The device that a program runs on."""

import torch

from .errors import UtilError


def choose_device(gpu_ids: str) -> torch.device:
    """`auto`: the first GPU if the machine has one, else the CPU; `-1`: the CPU; `0`: that GPU."""
    if gpu_ids == "auto":
        return torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    first = int(gpu_ids.split(",")[0])
    if first < 0:
        return torch.device("cpu")
    if first >= torch.cuda.device_count():
        raise UtilError(
            f"--gpu_ids {gpu_ids}: this machine has {torch.cuda.device_count()} GPUs that torch can use; -1 is CPU"
        )
    return torch.device(f"cuda:{first}")
