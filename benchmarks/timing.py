"""The machine of a measurement, its warm-up, and the ratio of two measurements."""

import statistics

import torch

from models.training import WARM_UP as EAGER_STEPS
from util.doctor.hardware import machine

__all__ = ["WARM_UP", "machine", "ratio", "synchronise"]

WARM_UP = EAGER_STEPS + 3  # calls that are not measured: memory is allocated, and a GPU captures the step


def ratio(numerators: list[float], denominators: list[float]) -> float:
    """Median of the quotients of measurements that were made in turn: what slows both down cancels."""
    return statistics.median(a / b for a, b in zip(numerators, denominators, strict=True))


def synchronise(device: torch.device) -> None:
    """Waits until the device has done its work."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
