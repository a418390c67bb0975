"""Etched trenches, and lines between etched ground, as random geometries with their unit shape u."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .hole_geometry import FINE, WIDTH, coarse
from .population import CONTEST, Population

PITCH = WIDTH  # px from one to the next, in images that are wider
BEYOND = 2  # so many more on either side of the image
TRENCH_MARGIN = 48  # px beyond the image's borders, from which light falls into it, too
TRENCH, LINE = (30.0, 1.5), (18.0, 1.0)  # width at the top: mean and standard deviation [px]
WALL, WALL_DIFFERENCE = (8.0, 0.8), 0.5  # of a wall's width, and of half the difference of left and right [px]
TILT = 0.02  # [rad] standard deviation of the direction
OFFSET = 1.0  # [px] standard deviation of the place
ROUGH = 0.5  # [px] standard deviation of an edge; 3 sigma is 3 nm at 2 nm a pixel
CORRELATION, HURST = 10.0, 0.75  # its correlation length [px] and Hurst exponent


@dataclass(frozen=True)
class Trench:
    """A trench from border to border, or with `line` what stands between two. Lengths in px, angles in rad."""

    width: float  # at the top surface
    offset: float  # of its middle
    tilt: float  # against the y axis
    walls: tuple[float, float]  # widths from edge to plateau: left, right
    toe: float  # exponent of the wall's profile near the surface
    shoulder: float  # and near the floor
    line: bool
    seed: int  # of its edges' roughness


def random_trench(rng: np.random.Generator, of: Population = CONTEST) -> Trench:
    """A trench whose walls have the profile that the sides of a population's holes have."""
    return _drawn(rng, of, TRENCH, line=False)


def random_line(rng: np.random.Generator, of: Population = CONTEST) -> Trench:
    """A line with such walls."""
    return _drawn(rng, of, LINE, line=True)


def _drawn(rng: np.random.Generator, of: Population, width: tuple[float, float], line: bool) -> Trench:
    left, right = rng.normal(*WALL) + np.array([-1, 1]) * rng.normal(0, WALL_DIFFERENCE)
    return Trench(
        width=rng.normal(*width),
        offset=rng.normal(0, OFFSET),
        tilt=rng.normal(0, TILT),
        walls=(left, right),
        toe=rng.normal(*of.side_toe),
        shoulder=rng.normal(*of.side_shoulder),
        line=line,
        seed=int(rng.integers(2**31)),
    )


def normalised_trench_depth(
    trench: Trench, size: tuple[int, int], margin: int = 0, fine: int = FINE
) -> NDArray[np.float32]:
    """Unit shape u, float32 `size` (H, W) and `margin` [px] beyond each side: 0 on the top surface, 1 on the floor.

    The image is a window onto an endless array: one every 48 px, narrower where the image is. Across a trench the
    walls have the profile of `unit_shape`; a line's lie outside its edges. So a trench is width - the sum of
    `inset(share, wall)` over its two walls wide at a share of the plateau's depth, and a line width + that sum; along x
    both over cos(tilt).
    """
    height, width = (length + 2 * TRENCH_MARGIN for length in size)
    count = max(1, size[1] // PITCH)
    pitch, scale = size[1] / count, min(1.0, size[1] / PITCH)
    x, y = ((np.arange(length * fine) + 0.5) / fine - length / 2 for length in (width, height))
    rng = np.random.default_rng(trench.seed)
    across, along = np.cos(trench.tilt), np.tan(trench.tilt) * y
    walls = [scale * wall / across for wall in trench.walls]  # along x, as all below
    t = np.full((len(y), len(x)), np.inf if trench.line else 0.0)
    for place in (np.arange(-BEYOND, count + BEYOND) - (count - 1) / 2) * pitch + trench.offset * scale:
        left, right = (
            place + along + scale * (side * trench.width / 2 / across + edge_roughness(len(y), 1 / fine, rng))
            for side in (-1, 1)
        )
        some = slice(*np.searchsorted(x, (left.min() - walls[0], right.max() + walls[1])))
        inner, outer = (x[some] - left[:, None]) / walls[0], (right[:, None] - x[some]) / walls[1]
        if trench.line:
            t[:, some] = np.minimum(t[:, some], np.maximum(-inner, -outer))
        else:
            t[:, some] = np.maximum(t[:, some], np.minimum(inner, outer))
    u = coarse((1 - (1 - t.clip(0, 1) ** trench.toe) ** trench.shoulder).astype(np.float32), (height, width), fine)
    rows, columns = (slice(TRENCH_MARGIN - margin, TRENCH_MARGIN + length + margin) for length in size)
    return u[rows, columns]


def edge_roughness(count: int, step: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Deviations (count,) [px] of an edge from a straight line, every `step` px: Gaussian, with the power spectral
    density of self-affine edges, ~ (1 + (k xi)^2)^-(1/2 + H) (Palasantzas, Phys. Rev. B 48, 14472, 1993), made as
    Thorsos has it (J. Acoust. Soc. Am. 83, 78, 1988) and twice as long as is used, so that its ends do not meet."""
    frequency = 2 * np.pi * np.fft.rfftfreq(2 * count, step)
    amplitude = (1 + (frequency * CORRELATION) ** 2) ** (-0.25 - HURST / 2)
    amplitude[0] = 0
    spectrum = amplitude * (rng.normal(size=amplitude.shape) + 1j * rng.normal(size=amplitude.shape))
    variance = np.sum(amplitude**2) * 4 / (2 * count) ** 2  # of the sum below, by Parseval
    return np.fft.irfft(spectrum, 2 * count)[:count] * (ROUGH / np.sqrt(variance))
