"""The files of one test image for other programs, by the ending that they have."""

from collections.abc import Callable

import numpy as np

from .gwyddion import METRES, Channel, gwyddion
from .image_result import ImageResult
from .mesh import ply, stl


def to_gwyddion(result: ImageResult, nm_per_grey: float, pixel_nm: float) -> bytes:
    """Height [m], half the width of its 90 % interval [m] where there is one, and the SEM image [grey level].

    Gwyddion's images are heights: the top surface is at 0, and what lies below it is negative.
    """
    scale = nm_per_grey * METRES
    channels = [Channel("Height", _depth(result) * -scale, "m", "Viridis")]
    if result.depth_u90 is not None:
        channels.append(Channel("Half width of the 90 % interval", np.asarray(result.depth_u90) * scale, "m"))
    channels.append(Channel("SEM image", np.asarray(result.input), ""))
    meta = {
        "Image": result.stem,
        "Written by": "semdepth",
        "Background level": f"{result.level} grey levels",
        "Height of a grey level": f"{nm_per_grey:g} nm",
        "Width of a pixel": f"{pixel_nm:g} nm" if pixel_nm else "unknown",
    }
    return gwyddion(channels, pixel_nm, meta)


def to_stl(result: ImageResult, nm_per_grey: float, pixel_nm: float) -> bytes:
    """The body below the surface; while the pixel is unknown (0) it is 1 nm wide."""
    return stl(_depth(result) * nm_per_grey, pixel_nm or 1.0)


def to_ply(result: ImageResult, nm_per_grey: float, pixel_nm: float) -> bytes:
    """The surface; while the pixel is unknown (0) it is 1 nm wide."""
    return ply(_depth(result) * nm_per_grey, pixel_nm or 1.0)


def _depth(result: ImageResult) -> np.ndarray:
    """Depth (H, W) below the background [grey level]."""
    return np.asarray(result.level - result.final, dtype=np.float64)  # type: ignore[operator]


EXPORTS: dict[str, Callable[[ImageResult, float, float], bytes]] = {"gwy": to_gwyddion, "stl": to_stl, "ply": to_ply}
