"""A field of view as a page shows it."""

from collections.abc import Mapping
from dataclasses import dataclass

from numpy.typing import NDArray


@dataclass(frozen=True)
class FieldView:
    """A field: SEM image (H, W) [grey level], depth below the top surface (H, W) [nm], its pixel size [nm], 0 if it is
    unknown. `boxes`: top, left, height, width [px] of each hole, by the name of its crop."""

    name: str
    sem: NDArray
    depth_nm: NDArray
    pixel_nm: float
    boxes: Mapping[str, tuple[int, int, int, int]]
