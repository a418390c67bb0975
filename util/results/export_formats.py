"""Files of one test image for other programs, by file extension. Another format: add a function to EXPORTS."""

from collections.abc import Callable

import numpy as np

from .gwyddion import METRES, Channel, gwyddion
from .image_result import ImageResult
from .mesh import ply, stl


def to_gwyddion(result: ImageResult, nm_per_grey: float, pixel_nm: float) -> bytes:
    """Gwyddion file: height [m], its expanded uncertainty U90 [m] where there is one, SEM image [grey level].

    Gwyddion's images are heights: the top surface is at 0, and everything below it is negative.
    """
    scale = nm_per_grey * METRES
    channels = [Channel("Height", _depth(result) * -scale, "m", "Viridis")]
    if result.depth_u90 is not None:
        channels.append(Channel("Expanded uncertainty U90", np.asarray(result.depth_u90) * scale, "m"))
    channels.append(Channel("SEM image", np.asarray(result.input), ""))
    meta = {
        "Image": result.stem,
        "Written by": "semdepth",
        "Background level": f"{result.level} grey levels",
        "Height of a grey level": f"{nm_per_grey:g} nm",
        "Pixel size": f"{pixel_nm:g} nm" if pixel_nm else "unknown",
    }
    return gwyddion(channels, pixel_nm, meta)


def to_stl(result: ImageResult, nm_per_grey: float, pixel_nm: float) -> bytes:
    """STL file [nm] of the solid below the surface; a `pixel_nm` of 0 is unknown, and pixels are then 1 nm."""
    return stl(_depth(result) * nm_per_grey, pixel_nm or 1.0)


def to_ply(result: ImageResult, nm_per_grey: float, pixel_nm: float) -> bytes:
    """PLY file [nm] of the surface; a `pixel_nm` of 0 is unknown, and pixels are then 1 nm."""
    return ply(_depth(result) * nm_per_grey, pixel_nm or 1.0)


def _depth(result: ImageResult) -> np.ndarray:
    """Depth (H, W) below the background [grey level]."""
    return np.asarray(result.level - result.final, dtype=np.float64)  # type: ignore[operator]


EXPORTS: dict[str, Callable[[ImageResult, float, float], bytes]] = {"gwy": to_gwyddion, "stl": to_stl, "ply": to_ply}
