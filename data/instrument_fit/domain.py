"""What a fit takes from a data set: images with their level, the depths of the levels, and the library's shapes."""

import re

import numpy as np
from numpy.typing import NDArray

from ..grey_levels import FLOOR, LEVELS
from ..simulator import Instrument, hole_scale, normalised_depth, random_hole

UNKNOWN_DEPTH = float(np.mean(LEVELS)) - FLOOR  # [nm] of images whose folders name no depth
BUILT_IN_SHAPES = 50  # where there are no simulated pairs


def normalise_maps(depth: NDArray) -> NDArray[np.float32]:
    """Normalised depths u, float32 (M, H, W), of depth maps (M, H, W) [grey level]: 0 at their maximum, 1 at FLOOR."""
    level = depth.max(axis=(1, 2), keepdims=True).astype(np.float32)
    return ((level - depth) / np.maximum(level - FLOOR, 1)).astype(np.float32)


def built_in_library(size: tuple[int, ...]) -> NDArray[np.float32]:
    """Normalised depths (M, H, W) of the simulator's own shapes, `size` (H, W)."""
    rng = np.random.default_rng(0)
    return np.stack([normalised_depth(random_hole(rng), (size[0], size[1])) for _ in range(BUILT_IN_SHAPES)])


def default_pixel_nm(size: tuple[int, ...]) -> float:
    """Pixel size [nm] where nothing tells it: that of the simulator for images of `size` (H, W)."""
    return Instrument().pixel_nm / hole_scale((size[0], size[1]))


def depths_of_levels(levels: NDArray, average_depth: dict[str, float]) -> NDArray[np.float64]:
    """Depths (L,) of the plateaus of background levels (L,) [grey level].

    That is the mean of the sites' average depths, by site as `DatasetLayout.average_depth` has them; where a level has
    none, the level less that of the floor; UNKNOWN_DEPTH for a level not above the floor's, which nothing tells.
    """
    nominal = np.where(levels > FLOOR, levels - FLOOR, UNKNOWN_DEPTH)
    measured: dict[int, list[float]] = {}
    for site, depth in average_depth.items():
        if match := re.match(r"depth_(\d+)", site.lower()):
            measured.setdefault(int(match[1]) + FLOOR, []).append(depth)
    depths = [np.mean(measured.get(int(level), [depth])) for level, depth in zip(levels, nominal, strict=True)]
    return np.array(depths, dtype=np.float64)
