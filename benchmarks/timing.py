"""The machine of a measurement, and the ratio of two measurements."""

import statistics

from util.doctor.hardware import machine

__all__ = ["machine", "ratio"]


def ratio(numerators: list[float], denominators: list[float]) -> float:
    """Median of the quotients of measurements that were made in turn: what slows both down cancels."""
    return statistics.median(a / b for a, b in zip(numerators, denominators, strict=True))
