"""Tells whether the folders of SEM images and of depth maps are exchanged, by the statistics of their images.

A depth map has a plateau: its background is one grey level, so that most pixels have the commonest level, as their
neighbours have. In a SEM image noise separates neighbours: with a standard deviation s the chance that two are equal is
1 / (2 s sqrt(pi)), 0.28 for s = 1. Where noise was filtered out, no level is that common. Black and white do not count:
a SEM image of high contrast is saturated there.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from .errors import DataError

MIN_FLAT, MAX_NOISY = 0.35, 0.2  # of the pixels: at least in depth maps, at most in SEM images
MAX_IMAGES = 64  # of each folder that are looked at


def flat_fraction(grey: NDArray) -> float:
    """Fraction [0..1] of the pixels (H, W) [grey level] that have the commonest level between black and white, and so
    have their right and their lower neighbour."""
    levels = np.rint(grey).astype(np.int32).clip(0, 255)
    if min(levels.shape) < 2:
        return 0.0
    plateau = levels == 1 + np.bincount(levels.ravel(), minlength=256)[1:255].argmax()
    return float((plateau[:-1, :-1] & plateau[:-1, 1:] & plateau[1:, :-1]).mean())


def are_exchanged(sem: Iterable[float], depth: Iterable[float]) -> bool:
    """Whether images said to be SEM images look like depth maps and the others like SEM images; both by the median of
    their `flat_fraction`. False where one of them says nothing clear."""
    sem, depth = list(sem), list(depth)
    return bool(sem and depth and np.median(sem) >= MIN_FLAT and np.median(depth) <= MAX_NOISY)


def refuse_exchanged(images: dict[str, NDArray], sem: str, depth: str) -> None:
    """Raises DataError where the stacks "sem" and "depth" (N, H, W) [grey level] of these folders are exchanged."""
    flat = [
        [flat_fraction(image) for image in stack[:: max(1, len(stack) // MAX_IMAGES)]]
        for stack in (images["sem"], images["depth"])
    ]
    if are_exchanged(*flat):
        raise DataError(exchanged_message(sem, depth))


def exchanged_message(sem: str, depth: str) -> str:
    """What is wrong with the folders `sem` and `depth`, and what to do."""
    return (
        f"{sem} looks like depth maps (even backgrounds), {depth} like SEM images (noise): the two are exchanged; "
        "A is SEM and B is depth, so rename the folders, one into the other's name"
    )
