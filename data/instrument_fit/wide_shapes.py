"""A population of holes that is wider than the library: the library's openings with other sizes, walls and floors.

A real hole should lie inside it. Its ranges are declared here and in docs/sem_images.md.
"""

import numpy as np
import scipy  # its parts are loaded where they are first used: scipy.ndimage is slow to import
from numpy.typing import NDArray

SIZE = (0.85, 1.15)  # of the opening, relative to that in the library
ELONGATION = 0.1  # largest relative difference of its axes from their mean
WALL_ANGLE = (70.0, 90.0)  # [degrees] from the surface, at the mean of the wall
TOE = (0.75, 1.9)  # exponent of the wall's profile near the surface: below 1 a sharp edge, above it a shoulder
FOOT = (0.8, 3.2)  # the same near the floor: 1 is straight, above it the wall is concave, with a foot
SIDE_DIFFERENCE = 0.15  # largest relative difference of the walls' widths to the left and right, and to top and bottom
WALL_SHARE = 0.8  # of the way to the middle that a wall takes at most, so that there is a floor
PIT_SHARE, PIT_HEIGHT, PIT_RADIUS = 0.5, (-0.09, 0.2), (3.0, 8.0)  # of holes; in u, below 0 a hill; [px]
OPENING_U = 0.04  # u above which the library's maps are a hole
OVERSAMPLING = 2
MARGIN = 2  # [px] that stay free along the borders


def draw_wide_shape(u: NDArray, depth_px: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Normalised depth u, float32 (H, W), of a new hole with the opening of a library's map `u` (H, W).

    `depth_px` is the plateau's depth in pixel sizes. As in the simulator, u = 1 - (1 - t^toe)^foot with t the distance
    from the opening's edge over the wall's width.
    """
    inside = _stretch(u, rng) > OPENING_U
    if not inside.any():
        return u.astype(np.float32)
    distance, nearest = scipy.ndimage.distance_transform_edt(inside, return_indices=True)
    distance = np.maximum(distance - 0.5, 0) / OVERSAMPLING
    row, column = np.indices(inside.shape)
    away = np.arctan2(nearest[0] - row, nearest[1] - column)  # direction of the nearest wall
    angle, turn = np.deg2rad(rng.uniform(*WALL_ANGLE)), rng.uniform(-1, 1, 2) * SIDE_DIFFERENCE
    width = min(depth_px / np.tan(angle), WALL_SHARE * distance.max())
    width = np.maximum(width * (1 + turn[0] * np.cos(away) + turn[1] * np.sin(away)), 1 / OVERSAMPLING)
    t = np.minimum(distance / width, 1)
    shape = np.where(inside, 1 - (1 - t ** rng.uniform(*TOE)) ** rng.uniform(*FOOT), 0)
    if rng.random() < PIT_SHARE:
        shape = shape + _draw_pit(distance, rng) * shape**3
    height, width_px = u.shape
    blocks = shape.reshape(height, OVERSAMPLING, width_px, OVERSAMPLING)
    return blocks.mean(axis=(1, 3)).astype(np.float32)


def _stretch(u: NDArray, rng: np.random.Generator) -> NDArray[np.float32]:
    """The map (H, W), drawn finer, with another size and other axes around its middle; it stays inside the image."""
    size, ratio = rng.uniform(*SIZE), 1 + rng.uniform(-1, 1) * ELONGATION
    middle = (np.array(u.shape) - 1) / 2
    reach = np.abs(np.argwhere(u > OPENING_U) - middle).max(axis=0, initial=1)
    scale = np.minimum((size * ratio, size / ratio), (middle - MARGIN) / reach)  # along y and x
    # Pixel p of the finer image lies at (p + 0.5) / OVERSAMPLING - 0.5 of the image.
    offset = middle + ((0.5 / OVERSAMPLING - 0.5) - middle) / scale
    shape = tuple(length * OVERSAMPLING for length in u.shape)
    return scipy.ndimage.affine_transform(
        u.astype(np.float32), 1 / (OVERSAMPLING * scale), offset, shape, order=1, mode="constant"
    )


def _draw_pit(distance: NDArray, rng: np.random.Generator) -> NDArray[np.float64]:
    """A pit or a hill (H, W), in u, somewhere on the floor."""
    floor = np.argwhere(distance > 0.5 * distance.max())
    y, x = floor[rng.integers(len(floor))]
    row, column = np.indices(distance.shape)
    squared = ((row - y) ** 2 + (column - x) ** 2) / (OVERSAMPLING * rng.uniform(*PIT_RADIUS)) ** 2
    return rng.uniform(*PIT_HEIGHT) * np.maximum(1 - squared, 0) ** 2
