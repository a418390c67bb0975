"""Grey levels of a depth map: smaller is deeper, the plateau of the floor is 30, the background is one of four."""

from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:  # options name levels, and importing torch is slow
    from torch import Tensor

Maps = TypeVar("Maps", "Tensor", NDArray)

FLOOR = 30  # [grey level] of the plateau of every hole's floor
LEVELS = (140, 150, 160, 170)  # [grey level] that a background can have
BACKGROUND_U = 0.012  # u of 1.5 grey levels; a pixel below it is background or its noise


def normalised_depth(depth_grey: Maps, level: Maps) -> Maps:
    """Normalised depth u = (L - depth) / (L - floor) [1] of depth maps [grey level]: 0 on the background, 1 on the
    plateau, up to 1.27 in pits.

    `level` is the background level L [grey level], of a shape that broadcasts to the maps.
    """
    return (level - depth_grey) / (level - FLOOR)


def expected_depth(u: "Tensor", level_probs: "Tensor", levels: "Tensor") -> "Tensor":
    """Depth (N, 1, H, W) [grey level 0..255] of u (N, 1, H, W), in expectation over `levels` (K,) [grey level] of
    probabilities (N, K)."""
    level = (level_probs @ levels.float())[:, None, None, None]
    return (level - (level - FLOOR) * u).clamp(0, 255)


def background_prob(u: "Tensor") -> "Tensor":
    """Probability [0..1] of pixels to be background, from u of any shape; 0.5 at BACKGROUND_U."""
    return (3 * (BACKGROUND_U - u) / BACKGROUND_U).sigmoid()


def nearest_level(grey: float, levels: tuple[int, ...] = LEVELS) -> int:
    """The element of `levels` [grey level] that is nearest to `grey` [grey level]."""
    return levels[np.abs(np.asarray(levels) - grey).argmin()]
