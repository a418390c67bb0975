"""From a height map to a SEM image: a clean secondary-electron signal, then dose noise, then grey levels.

docs/sem_images.md describes the model and its terms, with their sources.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import scipy  # its parts are loaded where they are first used: scipy.ndimage is slow to import
from numpy.typing import NDArray

from .instrument import Instrument

BRIGHTEST = 212  # [grey level] maximum of every image of the contest, simulated or real
MAX_CACHED_KERNEL = 2**16  # [px] larger kernels are not cached: they would fill the memory
# Depths at which the visible fraction is computed, relative; it is interpolated between them.
RELATIVE_DEPTHS = np.array([0.04, 0.12, 0.25, 0.45, 0.7, 1.0, 1.3])


class HoleOptics(NamedTuple):
    """What the signal of a height map (H, W) depends on besides the emission. It depends on pixel_nm and edge_depth_nm.

    `hole` bool; `edge_nm` float32, distance to the edge [nm] of the top surface; `secant` float32 of the slope;
    `visible` float32 [0..1], what a point sees of the sky.
    """

    hole: NDArray[np.bool_]
    edge_nm: NDArray[np.float32]
    secant: NDArray[np.float32]
    visible: NDArray[np.float32]


def clean_signal(depth_nm: NDArray, instrument: Instrument) -> NDArray[np.float32]:
    """Clean signal, float32 (H, W), [1 = flat top surface], of a height map (H, W), [nm below the top surface]."""
    return emitted_signal(hole_optics(depth_nm, instrument.pixel_nm, instrument.edge_depth_nm), instrument)


def hole_optics(depth_nm: NDArray, pixel_nm: float, edge_depth_nm: float) -> HoleOptics:
    """The optics of a height map (H, W), [nm below the top surface]; a hole is what is deeper than `edge_depth_nm`."""
    hole = depth_nm > edge_depth_nm
    distance = scipy.ndimage.distance_transform_edt(~hole) if hole.any() else np.full(hole.shape, np.inf)
    edge_nm = (distance.astype(np.float32) - 0.5) * pixel_nm
    slope_y, slope_x = np.gradient(depth_nm.astype(np.float32), pixel_nm)
    secant = np.sqrt(1 + slope_x**2 + slope_y**2)
    # A wall hides half of the sky.
    return HoleOptics(hole, edge_nm, secant, visible_fraction(depth_nm, hole, pixel_nm) * (1 + 1 / secant) / 2)


def emitted_signal(optics: HoleOptics, instrument: Instrument) -> NDArray[np.float32]:
    """Clean signal, float32 (H, W), [1 = flat top surface].

    Top surface: 1 + A exp(-d/s) (1 - exp(-d/r)), the bloom at distance d from the edge.
    In the hole: min(gain V^g, 1) min(sec(theta)^n, cap) + backscatter, with V the visible fraction of the opening.
    The beam blurs both.
    """
    i = instrument
    bloom = (
        i.edge_bloom * np.exp(-optics.edge_nm / i.edge_decay_nm) * (1 - np.exp(-optics.edge_nm / i.edge_rounding_nm))
    )
    tilt = np.minimum(optics.secant**i.tilt_exponent, i.tilt_cap)
    emitted = np.minimum(i.escape_gain * optics.visible**i.escape_exponent, 1) * tilt
    signal = np.where(optics.hole, emitted + i.backscatter, 1 + bloom)
    sigma = (np.hypot(i.beam_sigma_px, i.blur_y_px), i.beam_sigma_px)
    return scipy.ndimage.gaussian_filter(signal.astype(np.float32), sigma, mode="nearest") + np.float32(i.black_level)


def visible_fraction(depth_nm: NDArray, hole: NDArray[np.bool_], pixel_nm: float) -> NDArray[np.float32]:
    """Visible fraction V [0..1], float32 (H, W), of the hemisphere above a point of the hole; 1 outside holes.

    It is the form factor of a horizontal patch at depth h towards the opening, dF = h^2 / (pi (h^2 + r^2)^2) dA. In
    the middle of a round hole it is r^2 / (r^2 + h^2). It is computed at a few depths and interpolated between them.
    """
    visible = np.ones(hole.shape, dtype=np.float32)
    # Kernel spectra depend only on sizes and depths; a data set has few of them when both are rounded up.
    depths = RELATIVE_DEPTHS * (10 * np.ceil(float(depth_nm.max()) / 10) / RELATIVE_DEPTHS[-1])
    openings, _ = scipy.ndimage.label(hole, np.ones((3, 3)))  # light enters each hole through its own opening only
    for number, box in enumerate(scipy.ndimage.find_objects(openings), 1):
        mask = openings[box] == number
        height, width = mask.shape
        size = tuple(scipy.fft.next_fast_len(2 * (-(-length // 8) * 8) - 1, real=True) for length in (height, width))
        spectrum = scipy.fft.rfft2(mask.astype(np.float32), size)
        kernels = _kernels if size[0] * size[1] <= MAX_CACHED_KERNEL else _kernels.__wrapped__
        stack = scipy.fft.irfft2(spectrum * kernels(tuple(depths / pixel_nm), size), size)[:, :height, :width]
        position = np.interp(depth_nm[box], depths, np.arange(len(depths)))
        low = np.minimum(position.astype(np.int64), len(depths) - 2)
        weight = (position - low).astype(np.float32)
        lower, upper = (np.take_along_axis(stack, (low + n)[None], 0)[0] for n in (0, 1))
        fraction = (lower + weight * (upper - lower)).clip(1e-4, 1)
        visible[box] = np.where(mask, fraction, visible[box])
    return visible


def add_shot_noise(signal: NDArray, instrument: Instrument, rng: np.random.Generator) -> NDArray[np.float32]:
    """Detected signal, float32 like `signal`, with shot noise: variance = bunching * electron signal / electrons."""
    dark, gain = instrument.black_level, instrument.bunching / instrument.electrons
    return (rng.poisson(np.maximum(signal - dark, 0) / gain) * gain + dark).astype(np.float32)


def to_grey(signal: NDArray, gamma: float = 1.0) -> NDArray[np.uint8]:
    """Grey levels, uint8, maximum exactly 212: the signal relative to its maximum, to the power of gamma."""
    relative = signal * (BRIGHTEST / signal.max())
    if gamma != 1:
        relative = BRIGHTEST * (relative / BRIGHTEST).clip(0, 1) ** gamma
    return np.rint(relative).astype(np.uint8)


def add_stage_offset(signal: NDArray, instrument: Instrument, rng: np.random.Generator) -> NDArray[np.float32]:
    """The signal (H, W) moved by a random stage offset, uniform within the jitter [px]; the depth map does not move."""
    if not (instrument.jitter_x_px or instrument.jitter_y_px):
        return signal
    offset = rng.uniform(-1, 1, 2) * (instrument.jitter_y_px, instrument.jitter_x_px)
    return scipy.ndimage.shift(signal, offset, order=1, mode="nearest")


def add_charging(signal: NDArray, instrument: Instrument) -> NDArray[np.float32]:
    """The signal (H, W) with dark tails along the scan, +x, behind pixels brighter than the flat top surface.

    The tail is exponential, the usual closed form: the sum of the excess signal of earlier pixels, each weighted
    exp(-distance / charging_px). The weights sum to one.
    """
    if not instrument.charging:
        return signal
    from scipy.signal import lfilter  # here, because it imports scipy.stats, which is slow

    decay = np.exp(-1 / instrument.charging_px)
    excess = np.maximum(signal - instrument.black_level - 1, 0)
    tail = lfilter([0, 1 - decay], [1, -decay], excess, axis=-1)
    return np.maximum(signal - instrument.charging * tail, 0).astype(np.float32)


def add_line_noise(signal: NDArray, instrument: Instrument, rng: np.random.Generator) -> NDArray[np.float32]:
    """The signal (H, W); every scan line has its own gain and its own offset along x, both normally distributed."""
    if not (instrument.line_gain or instrument.line_jitter_px):
        return signal
    height, width = signal.shape
    gain = 1 + rng.normal(0, instrument.line_gain, (height, 1))
    column = np.arange(width) + rng.normal(0, instrument.line_jitter_px, (height, 1))
    row = np.broadcast_to(np.arange(height)[:, None], column.shape)
    shifted = scipy.ndimage.map_coordinates(signal, [row, column], order=1, mode="nearest")
    return (np.maximum(gain, 0) * shifted).astype(np.float32)


def sem_image(clean: NDArray, instrument: Instrument, rng: np.random.Generator) -> NDArray[np.uint8]:
    """One SEM image, uint8 (H, W) [grey level, maximum 212], of a clean signal (H, W)."""
    signal = add_charging(add_stage_offset(clean, instrument, rng), instrument)
    return to_grey(add_shot_noise(add_line_noise(signal, instrument, rng), instrument, rng), instrument.gamma)


@lru_cache(maxsize=128)
def _kernels(depths_px: tuple[float, ...], size: tuple[int, int]) -> NDArray[np.complex64]:
    y = np.minimum(np.arange(size[0]), size[0] - np.arange(size[0]))[:, None]
    x = np.minimum(np.arange(size[1]), size[1] - np.arange(size[1]))[None]
    h2 = np.square(depths_px)[:, None, None]
    kernels = h2 / (np.pi * (h2 + x**2 + y**2) ** 2)
    total = kernels.sum(axis=(1, 2), keepdims=True)  # a shallow kernel is narrower than a pixel: limit its sum to one
    return scipy.fft.rfft2((kernels / np.maximum(total, 1)).astype(np.float32), size)
