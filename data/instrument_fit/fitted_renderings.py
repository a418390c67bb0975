"""Renderings by a fitted instrument, of the library's shapes and of a wider population."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..simulator import BRIGHTEST, Instrument, clean_signal, sem_image
from .image_statistics import surface_grey
from .wide_shapes import draw_wide_shape

WIDE_SHARE = 0.5  # of the renderings show shapes of the wider population
SATURATED = 255  # [grey level]


def render_shapes(
    instrument: Instrument,
    library: NDArray,
    depth_nm: NDArray,
    count: int,
    seed: int,
    progress: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> tuple[NDArray[np.uint8], NDArray[np.float16], NDArray[np.int64]]:
    """SEM images uint8 (count, H, W) [grey level, maximum 212], their normalised depths float16 (count, H, W), and the
    index of their depth (count,) in `depth_nm` (L,).

    Shapes of the `library` (M, H, W) [u] and of the wider population alternate. The stage does not jitter. An image
    depends on its number and the seed alone.
    """
    still = replace(instrument, jitter_x_px=0.0, jitter_y_px=0.0)
    images = np.empty((count, *library.shape[1:]), np.uint8)
    shapes = np.empty((count, *library.shape[1:]), np.float16)
    level_index = np.arange(count) % len(depth_nm)
    for n in progress(range(count)):
        rng = np.random.default_rng([seed, n])
        u, depth = library[rng.integers(len(library))], depth_nm[level_index[n]]
        if rng.random() < WIDE_SHARE:
            u = draw_wide_shape(u, depth / still.pixel_nm, rng)
        shapes[n] = u
        images[n] = sem_image(clean_signal(depth * u, still), still, rng)
    return images, shapes, level_index


def match_brightness(
    rendered: NDArray, rendered_index: NDArray, real: NDArray, real_index: NDArray
) -> NDArray[np.uint8]:
    """The renderings (N, H, W) [grey level, maximum 212], as bright as real images (M, H, W) [grey level].

    If real images all have one maximum, the renderings get it. Otherwise their surfaces get the real ones' median grey
    by level, `rendered_index` (N,) and `real_index` (M,).
    """
    maximum = real.max(axis=(1, 2)).astype(np.float64)
    if np.ptp(np.quantile(maximum, (0.05, 0.95))) <= 1 and np.median(maximum) < SATURATED:
        factor = np.full(len(rendered), np.median(maximum) / BRIGHTEST)
    else:
        factor = np.ones(len(rendered))
        for n in np.intersect1d(rendered_index, real_index):
            subsets = real[real_index == n], rendered[rendered_index == n]
            wanted, present = (np.median([surface_grey(image) for image in images]) for images in subsets)
            factor[rendered_index == n] = wanted / max(present, 1)
    return np.rint(rendered * factor[:, None, None]).clip(0, SATURATED).astype(np.uint8)
