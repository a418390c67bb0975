"""Etched holes as random geometries, and their normalised depth u: 0 on the top surface, 1 on the floor plateau.

All depth maps follow one law: depth_grey = L - D u. The shapes are the same for every background level L, and
D = L - 30 (docs/data.md).
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy  # its parts are loaded where they are first used: scipy.ndimage is slow to import
from numpy.typing import NDArray

from ..grey_levels import FLOOR
from .population import CONTEST, Population

HEIGHT, WIDTH = 72, 48  # [px] of the contest's images
CENTRE_X, CENTRE_Y = 22.9, 35.5  # [px]
MAX_U = 1.27  # u of the deepest pit
OVERSAMPLING = 2  # the contour is drawn this many times finer, so that distances to it are not whole pixels


@dataclass(frozen=True)
class HoleGeometry:
    """One hole. Lengths in px, angles in rad, heights on the floor in units of u."""

    half_width: float
    half_height: float
    corner: float  # exponent of the superellipse: 2 is an ellipse, 4 is a rounded rectangle
    egg: float  # relative growth of the width from the middle to the bottom
    waist: float  # relative loss of width in the middle
    shear: float  # sideways offset of top against bottom: an S
    rotation: float
    rough: tuple[float, ...]  # amplitudes (cosine, sine) of the contour's harmonics 3, 4, 5, ...
    walls: tuple[float, float, float, float]  # widths from border to plateau: left, right, top, bottom
    toes: tuple[float, float]  # exponents of the wall's profile near the surface: at the sides, at top and bottom
    shoulders: tuple[float, float]  # the same near the floor
    pits: tuple[tuple[float, float, float, float], ...]  # x, y (of the half axes), radius, height; negative for hills


def random_hole(rng: np.random.Generator, population: Population = CONTEST) -> HoleGeometry:
    """A hole drawn from a population."""
    p = population
    left, right = rng.normal(*p.side_wall) + np.array([-1, 1]) * rng.normal(0, p.side_wall_difference)
    top, bottom = rng.normal(*p.end_wall, 2)
    pits = []
    if rng.random() < p.pit_share:
        end = float(rng.choice([-1.0, 1.0]))
        x, y, radius = rng.normal(0, 0.12), end * rng.uniform(*p.pit_place), rng.uniform(3.5, 6)
        pits.append((x, y, radius, min(rng.exponential(p.pit_depth), MAX_U - 1)))
    if rng.random() < p.hill_share:
        pits.append((rng.normal(0, 0.15), rng.normal(0, 0.3), rng.uniform(4, 8), -rng.uniform(*p.hill_height)))
    return HoleGeometry(
        half_width=rng.normal(*p.half_width),
        half_height=rng.normal(*p.half_height),
        corner=float(rng.choice([2.0, 2.4, 3.0, 4.0], p=p.corner_shares)),
        egg=rng.normal(0, p.egg) if rng.random() < p.egg_share else 0.0,
        waist=rng.uniform(*p.waist) if rng.random() < p.waist_share else 0.0,
        shear=float(rng.choice([-1, 1])) * rng.uniform(*p.shear) if rng.random() < p.shear_share else 0.0,
        rotation=rng.normal(0, p.rotation),
        rough=tuple(rng.normal(0, p.roughness, 6)),
        walls=(left, right, top, bottom),
        toes=(rng.normal(*p.side_toe), rng.normal(*p.end_toe)),
        shoulders=(rng.normal(*p.side_shoulder), rng.normal(*p.end_shoulder)),
        pits=tuple(pits),
    )


def inset(fraction: float, wall: float, toe: float, shoulder: float) -> float:
    """Distance [px] inside the contour at which a wall of width `wall` [px] reaches a fraction [0..1] of the depth."""
    return wall * (1 - (1 - fraction) ** (1 / shoulder)) ** (1 / toe)


def hole_scale(size: tuple[int, int]) -> float:
    """Size of a hole in an image of `size` (H, W) [px] relative to one in 72 x 48: holes fill all images equally."""
    return min(size[0] / HEIGHT, size[1] / WIDTH)


def normalised_depth(
    shape: HoleGeometry, size: tuple[int, int] = (HEIGHT, WIDTH), oversampling: int = OVERSAMPLING
) -> NDArray[np.float32]:
    """Normalised depth u, float32 `size` (H, W): 0 on the background, 1 on the plateau, up to 1.27 in pits.

    The shape is scaled with the image and drawn `oversampling` times finer. t is the distance to the contour over the
    width of the nearest wall. Inside the contour u is the Kumaraswamy curve 1 - (1 - t^toe)^shoulder, which meets the
    plateau with a kink at t = 1.
    """
    row_column, grid_y, grid_x = _grid(size, oversampling)
    scale = hole_scale(size)
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

    distance, nearest = scipy.ndimage.distance_transform_edt(inside, return_indices=True)
    to_border = (nearest - row_column).astype(np.float32)
    border_y, border_x = to_border[0][inside], to_border[1][inside]
    x_weight = border_x**2 / np.maximum(border_x**2 + border_y**2, 1)
    left, right, top, bottom = (np.float32(width) for width in shape.walls)
    wall = x_weight * np.where(border_x < 0, left, right) + (1 - x_weight) * np.where(border_y < 0, top, bottom)
    toe, shoulder = (end + x_weight * (side - end) for side, end in (shape.toes, shape.shoulders))
    t = np.minimum((distance[inside].astype(np.float32) - 0.5) / np.float32(oversampling * scale) / wall, 1)
    u = np.zeros(inside.shape, dtype=np.float32)
    u[inside] = 1 - (1 - t**toe) ** shoulder

    for pit_x, pit_y, pit_radius, height in shape.pits:
        squared = ((x - pit_x * shape.half_width) ** 2 + (y - pit_y * shape.half_height) ** 2) / pit_radius**2
        bump = np.maximum(1 - squared, 0)
        u = u + height * (u * u * u) * (bump * bump)  # compact, so that the rest stays a flat plateau
    return np.minimum(downsample(u, size, oversampling), MAX_U).astype(np.float32)


def downsample(u: NDArray[np.float32], size: tuple[int, int], factor: int) -> NDArray[np.float32]:
    """Means, (H, W) = `size`, over squares of `factor` x `factor` values."""
    height, width = size
    return u.reshape(height, factor, width * factor).sum(axis=1).reshape(height, width, factor).sum(axis=2) / factor**2


@lru_cache(maxsize=4)
def _grid(
    size: tuple[int, int], oversampling: int
) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.float32]]:
    """Rows and columns of the finer image, and its y and x [px] in the image of 72 x 48 of the same middle."""
    row_column = np.indices((size[0] * oversampling, size[1] * oversampling), dtype=np.int32)
    y, x = (row_column + 0.5) / oversampling - 0.5
    if size != (HEIGHT, WIDTH):
        scale, middle = hole_scale(size), ((HEIGHT - 1) / 2, (WIDTH - 1) / 2)
        y, x = ((axis - (length - 1) / 2) / scale + mid for axis, length, mid in zip((y, x), size, middle, strict=True))
    return row_column, y.astype(np.float32), x.astype(np.float32)


def depth_grey(u: NDArray, level: int, floor: int = FLOOR) -> NDArray[np.uint8]:
    """Depth map, uint8 like u, [grey level, smaller is deeper]: L - (L - floor) u; the background is exactly L."""
    return np.rint(level - (level - floor) * u).clip(0, level).astype(np.uint8)
