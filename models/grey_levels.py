"""What the grey levels of a depth map mean: smaller is deeper, the floor's plateau is 30, the background one of four."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

Maps = TypeVar("Maps", Tensor, NDArray)

FLOOR = 30  # [grey level] of every hole's plateau
LEVELS = (140, 150, 160, 170)  # [grey level] that a background can have


def normalised_depth(depth_grey: Maps, level: Maps) -> Maps:
    """u = (L - depth) / (L - floor) [1] of depth maps; `level` is their background L, of a shape that broadcasts.

    0 on the background, 1 on the plateau, up to 1.27 in pits.
    """
    return (level - depth_grey) / (level - FLOOR)


def nearest_level(grey: float, levels: tuple[int, ...] = LEVELS) -> int:
    """The one of `levels` that is nearest to a grey level."""
    return levels[np.abs(np.asarray(levels) - grey).argmin()]
