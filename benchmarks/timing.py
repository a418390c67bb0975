"""What a measurement was made on, and how two ways are compared."""

import statistics

from util.doctor.hardware import machine

__all__ = ["machine", "ratio"]


def ratio(more: list[float], less: list[float]) -> float:
    """Median of the quotients of measurements that were made in turn: what slows both down cancels."""
    return statistics.median(a / b for a, b in zip(more, less, strict=True))
