"""Etched holes as random geometries, and their unit shape u: 0 on the top surface, 1 on the floor plateau.

One law of the data holds: depth_grey = L - D u, with the same shapes for every background level L and D = L - 30
(docs/data.md).
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from ..grey_levels import FLOOR
from .population import CONTEST, Population

HEIGHT, WIDTH = 72, 48
CENTRE_X, CENTRE_Y = 22.9, 35.5
DEEPEST = 1.27  # u of the deepest pit
FINE = 2  # the contour is drawn this many times finer, so that distances to it are not whole pixels


@dataclass(frozen=True)
class HoleGeometry:
    """One hole. Lengths in px, angles in rad, the floor's heights in units of u."""

    half_width: float
    half_height: float
    corner: float  # exponent of the superellipse: 2 an ellipse, 4 a rounded rectangle
    egg: float  # relative growth of the width from the middle to the bottom
    waist: float  # relative loss of width in the middle
    shear: float  # sideways offset of top against bottom: an S
    rotation: float
    rough: tuple[float, ...]  # amplitudes (cosine, sine) of the contour's harmonics 3, 4, 5, ...
    walls: tuple[float, float, float, float]  # widths from border to plateau: left, right, top, bottom
    toes: tuple[float, float]  # exponents of the wall's profile near the surface: at the sides, at top and bottom
    shoulders: tuple[float, float]  # and near the floor
    pits: tuple[tuple[float, float, float, float], ...]  # x, y (of the half axes), radius, height; negative for hills


def random_hole(rng: np.random.Generator, of: Population = CONTEST) -> HoleGeometry:
    """A hole whose statistics over many draws are those of a population."""
    left, right = rng.normal(*of.side_wall) + np.array([-1, 1]) * rng.normal(0, of.side_wall_difference)
    top, bottom = rng.normal(*of.end_wall, 2)
    pits = []
    if rng.random() < of.pit_share:
        end = float(rng.choice([-1.0, 1.0]))
        x, y, radius = rng.normal(0, 0.12), end * rng.uniform(*of.pit_place), rng.uniform(3.5, 6)
        pits.append((x, y, radius, min(rng.exponential(of.pit_depth), DEEPEST - 1)))
    if rng.random() < of.hill_share:
        pits.append((rng.normal(0, 0.15), rng.normal(0, 0.3), rng.uniform(4, 8), -rng.uniform(*of.hill_height)))
    return HoleGeometry(
        half_width=rng.normal(*of.half_width),
        half_height=rng.normal(*of.half_height),
        corner=float(rng.choice([2.0, 2.4, 3.0, 4.0], p=of.corner_shares)),
        egg=rng.normal(0, of.egg) if rng.random() < of.egg_share else 0.0,
        waist=rng.uniform(*of.waist) if rng.random() < of.waist_share else 0.0,
        shear=float(rng.choice([-1, 1])) * rng.uniform(*of.shear) if rng.random() < of.shear_share else 0.0,
        rotation=rng.normal(0, of.rotation),
        rough=tuple(rng.normal(0, of.roughness, 6)),
        walls=(left, right, top, bottom),
        toes=(rng.normal(*of.side_toe), rng.normal(*of.end_toe)),
        shoulders=(rng.normal(*of.side_shoulder), rng.normal(*of.end_shoulder)),
        pits=tuple(pits),
    )


def inset(share: float, wall: float, toe: float, shoulder: float) -> float:
    """How far [px] inside its contour a wall of a width [px] reaches a share [0..1] of the plateau's depth."""
    return wall * (1 - (1 - share) ** (1 / shoulder)) ** (1 / toe)


def scale_of(size: tuple[int, int]) -> float:
    """By how much a hole in an image of `size` (H, W) [px] is larger than in one of 72 x 48, which it fills as much."""
    return min(size[0] / HEIGHT, size[1] / WIDTH)


def normalised_depth(
    shape: HoleGeometry, size: tuple[int, int] = (HEIGHT, WIDTH), fine: int = FINE
) -> NDArray[np.float32]:
    """Unit shape u, float32 `size` (H, W): 0 on the background, 1 on the plateau, up to 1.27 in pits.

    The shape is scaled with the image, and drawn `fine` times finer. Inside the contour u depends on the distance to it
    over the width of the nearest wall, t, as the Kumaraswamy curve 1 - (1 - t^toe)^shoulder, which meets the plateau
    with a kink at t = 1.
    """
    row_column, grid_y, grid_x = _grid(size, fine)
    scale = scale_of(size)
    x, y = grid_x - CENTRE_X, grid_y - CENTRE_Y
    sine, cosine = np.float32(np.sin(shape.rotation)), np.float32(np.cos(shape.rotation))
    x, y = cosine * x + sine * y, cosine * y - sine * x
    along = (y / np.float32(shape.half_height)).clip(-1, 1)
    x = x - np.float32(shape.shear / 2) * np.sin(np.float32(np.pi / 2) * along)
    half_width = shape.half_width * (1 + shape.egg * along) * (1 - shape.waist * np.exp(-((along / 0.4) ** 2)))
    scaled_x, scaled_y = np.abs(x / half_width), np.abs(y / shape.half_height)
    radius = (scaled_x**shape.corner + scaled_y**shape.corner) ** (1 / shape.corner)
    direction = (x + 1j * y) / np.maximum(np.sqrt(x**2 + y**2), 1e-6)  # its n-th power is cos(n angle) + i sin(n angle)
    power, bumps = direction**2, np.zeros_like(x)
    for cosine_part, sine_part in np.reshape(shape.rough, (-1, 2)).astype(np.float32):
        power = power * direction
        bumps += cosine_part * power.real + sine_part * power.imag
    inside = radius < 1 + bumps

    distance, nearest = distance_transform_edt(inside, return_indices=True)
    towards = (nearest - row_column).astype(np.float32)
    towards_y, towards_x = towards[0][inside], towards[1][inside]
    share_x = towards_x**2 / np.maximum(towards_x**2 + towards_y**2, 1)
    left, right, top, bottom = (np.float32(width) for width in shape.walls)
    wall = share_x * np.where(towards_x < 0, left, right) + (1 - share_x) * np.where(towards_y < 0, top, bottom)
    toe, shoulder = (end + share_x * (side - end) for side, end in (shape.toes, shape.shoulders))
    t = np.minimum((distance[inside].astype(np.float32) - 0.5) / np.float32(fine * scale) / wall, 1)
    u = np.zeros(inside.shape, dtype=np.float32)
    u[inside] = 1 - (1 - t**toe) ** shoulder

    for at_x, at_y, reach, height in shape.pits:
        away = ((x - at_x * shape.half_width) ** 2 + (y - at_y * shape.half_height) ** 2) / reach**2
        near = np.maximum(1 - away, 0)
        u = u + height * (u * u * u) * (near * near)  # compact, so that the rest stays a flat plateau
    return np.minimum(coarse(u, size, fine), DEEPEST).astype(np.float32)


def coarse(u: NDArray[np.float32], size: tuple[int, int], fine: int) -> NDArray[np.float32]:
    """Means (H, W) over squares of `fine` x `fine` values."""
    height, width = size
    return u.reshape(height, fine, width * fine).sum(axis=1).reshape(height, width, fine).sum(axis=2) / fine**2


@lru_cache(maxsize=4)
def _grid(size: tuple[int, int], fine: int) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.float32]]:
    """Rows and columns of a finer image, and where they are in one of 72 x 48 [px], whose middle is its own."""
    row_column = np.indices((size[0] * fine, size[1] * fine), dtype=np.int32)
    y, x = (row_column + 0.5) / fine - 0.5
    if size != (HEIGHT, WIDTH):
        scale, middle = scale_of(size), ((HEIGHT - 1) / 2, (WIDTH - 1) / 2)
        y, x = ((at - (length - 1) / 2) / scale + own for at, length, own in zip((y, x), size, middle, strict=True))
    return row_column, y.astype(np.float32), x.astype(np.float32)


def depth_grey(u: NDArray, level: int, floor: int = FLOOR) -> NDArray[np.uint8]:
    """Depth map, uint8 like u, [grey level, smaller is deeper]: L - (L - floor) u; background exactly L."""
    return np.rint(level - (level - floor) * u).clip(0, level).astype(np.uint8)
