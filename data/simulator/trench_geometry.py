"""Etched trenches, and lines between etched ground, as random geometries with their normalised depth u."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .hole_geometry import OVERSAMPLING, WIDTH, downsample
from .population import CONTEST, Population

PITCH = WIDTH  # [px] distance of neighbours in images that are wider
N_NEIGHBOURS = 2  # trenches on either side of the image
TRENCH_MARGIN = 48  # [px] beyond the image's borders: light from there also reaches the image
TRENCH_WIDTH, LINE_WIDTH = (30.0, 1.5), (18.0, 1.0)  # [px] at the top: mean and standard deviation
WALL_WIDTH = (8.0, 0.8)  # [px] mean and standard deviation
WALL_DIFFERENCE_SIGMA = 0.5  # [px] of half the difference of left and right
TILT_SIGMA = 0.02  # [rad] of the direction
OFFSET_SIGMA = 1.0  # [px] of the position
ROUGHNESS_SIGMA = 0.5  # [px] of an edge; 3 sigma is 3 nm at 2 nm a pixel
CORRELATION_LENGTH, HURST_EXPONENT = 10.0, 0.75  # [px], [1] of an edge


@dataclass(frozen=True)
class Trench:
    """A trench from border to border, or with `line` the line between two trenches. Lengths in px, angles in rad."""

    width: float  # at the top surface
    offset: float  # of its centre line
    tilt: float  # against the y axis
    walls: tuple[float, float]  # widths from edge to plateau: left, right
    toe: float  # exponent of the wall's profile near the surface
    shoulder: float  # the same near the floor
    line: bool
    seed: int  # of the roughness of its edges


def random_trench(rng: np.random.Generator, population: Population = CONTEST) -> Trench:
    """A random trench; its walls have the profile of the side walls of the population's holes."""
    return _draw(rng, population, TRENCH_WIDTH, line=False)


def random_line(rng: np.random.Generator, population: Population = CONTEST) -> Trench:
    """A random line with the same walls."""
    return _draw(rng, population, LINE_WIDTH, line=True)


def _draw(rng: np.random.Generator, population: Population, width: tuple[float, float], line: bool) -> Trench:
    left, right = rng.normal(*WALL_WIDTH) + np.array([-1, 1]) * rng.normal(0, WALL_DIFFERENCE_SIGMA)
    return Trench(
        width=rng.normal(*width),
        offset=rng.normal(0, OFFSET_SIGMA),
        tilt=rng.normal(0, TILT_SIGMA),
        walls=(left, right),
        toe=rng.normal(*population.side_toe),
        shoulder=rng.normal(*population.side_shoulder),
        line=line,
        seed=int(rng.integers(2**31)),
    )


def normalised_trench_depth(
    trench: Trench, size: tuple[int, int], margin: int = 0, oversampling: int = OVERSAMPLING
) -> NDArray[np.float32]:
    """Normalised depth u, float32 `size` (H, W) plus `margin` [px] on each side: 0 on the top surface, 1 on the floor.

    The image is a window onto an endless array with a pitch of 48 px, or less in narrower images. Walls have the
    profile of `hole_geometry.normalised_depth`; the walls of a line lie outside its edges. So at a fraction of the
    plateau's depth a trench is as wide as `width` minus the sum of `inset(fraction, wall)` over its two walls, and a
    line `width` plus that sum. Along x, both are divided by cos(tilt).
    """
    height, width = (length + 2 * TRENCH_MARGIN for length in size)
    count = max(1, size[1] // PITCH)
    pitch, scale = size[1] / count, min(1.0, size[1] / PITCH)
    x, y = ((np.arange(length * oversampling) + 0.5) / oversampling - length / 2 for length in (width, height))
    rng = np.random.default_rng(trench.seed)
    across, along = np.cos(trench.tilt), np.tan(trench.tilt) * y
    walls = [scale * wall / across for wall in trench.walls]  # along x, as all below
    t = np.full((len(y), len(x)), np.inf if trench.line else 0.0)
    for centre in (np.arange(-N_NEIGHBOURS, count + N_NEIGHBOURS) - (count - 1) / 2) * pitch + trench.offset * scale:
        left, right = (
            centre + along + scale * (side * trench.width / 2 / across + edge_roughness(len(y), 1 / oversampling, rng))
            for side in (-1, 1)
        )
        columns = slice(*np.searchsorted(x, (left.min() - walls[0], right.max() + walls[1])))
        inner, outer = (x[columns] - left[:, None]) / walls[0], (right[:, None] - x[columns]) / walls[1]
        if trench.line:
            t[:, columns] = np.minimum(t[:, columns], np.maximum(-inner, -outer))
        else:
            t[:, columns] = np.maximum(t[:, columns], np.minimum(inner, outer))
    u = (1 - (1 - t.clip(0, 1) ** trench.toe) ** trench.shoulder).astype(np.float32)
    window = tuple(slice(TRENCH_MARGIN - margin, TRENCH_MARGIN + length + margin) for length in size)
    return downsample(u, (height, width), oversampling)[window]


def edge_roughness(count: int, step: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Deviations (count,) [px] of an edge from a straight line, one every `step` px.

    They are Gaussian, with the power spectral density of self-affine edges, ~ (1 + (k xi)^2)^-(1/2 + H) (Palasantzas,
    Phys. Rev. B 48, 14472, 1993). The method is that of Thorsos (J. Acoust. Soc. Am. 83, 78, 1988). The edge is
    computed at twice its length and one half is used, because the ends of the whole would meet.
    """
    frequency = 2 * np.pi * np.fft.rfftfreq(2 * count, step)
    amplitude = (1 + (frequency * CORRELATION_LENGTH) ** 2) ** (-0.25 - HURST_EXPONENT / 2)
    amplitude[0] = 0
    spectrum = amplitude * (rng.normal(size=amplitude.shape) + 1j * rng.normal(size=amplitude.shape))
    variance = np.sum(amplitude**2) * 4 / (2 * count) ** 2  # of the sum below, by Parseval
    return np.fft.irfft(spectrum, 2 * count)[:count] * (ROUGHNESS_SIGMA / np.sqrt(variance))
