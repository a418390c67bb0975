"""Large images in overlapping tiles, joined without seams."""

from collections.abc import Callable, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

TOGETHER = 16  # tiles answered at once, at least one of each image


def predict_tiled(
    way: Callable[[NDArray], Sequence[NDArray | None]], images: NDArray, tile: tuple[int, int]
) -> list[NDArray | None]:
    """What `way` answers about images (N, H, W), asked tile by tile (M, h, w); a side shorter than a tile's is whole.

    Tiles start half a tile apart. Answers with pixels (N, H, W) are blended by `weights`; those of whole images are the
    mean over the tiles (N, K), or their maximum (N,), as of strangeness: one strange tile is enough. One tile as large
    as the image is `way` itself. At most the answers and 16 tiles, or one of each image, are in memory.
    """
    height, width = sides = [min(side, length) for side, length in zip(tile, images.shape[1:], strict=True)]
    axes = [
        list(zip(_starts(length, side), weights(length, side), strict=True))
        for length, side in zip(images.shape[1:], sides, strict=True)
    ]
    places = list(product(*axes))
    if len(places) == 1:
        return list(way(images))
    joined: list[NDArray | None] | None = None
    count = max(1, TOGETHER // max(1, len(images)))
    for some in (places[n : n + count] for n in range(0, len(places), count)):
        cuts = [(..., slice(y, y + height), slice(x, x + width)) for (y, _), (x, _) in some]
        answers = way(np.concatenate([images[cut] for cut in cuts]))
        joined = joined or [None if one is None else np.zeros(_shape(one, images)) for one in answers]
        for whole, answer in zip(joined, answers, strict=True):
            if whole is None or answer is None:
                continue
            parts = np.split(answer, len(some))
            for cut, ((_, down), (_, across)), part in zip(cuts, some, parts, strict=True):
                if whole.ndim == 3:
                    whole[cut] += np.outer(down, across) * part
                elif whole.ndim == 1:
                    np.maximum(whole, part, out=whole)
                else:
                    whole += part / len(places)
    return [None if one is None else one.astype(np.float32) for one in joined or ()]


def weights(length: int, side: int) -> NDArray[np.float64]:
    """Weights (tiles, side) [0..1] of the tiles of `side` [px] along an axis of `length` [px].

    A partition of unity: at each pixel those of all tiles there sum to one. A tile's is a Hann window (Pielawski and
    Wahlby, PLoS ONE 15, e0229839, 2020) over their sum, but for an eighth of the tile at either end, where a network
    sees the tile's border: nothing. At the image's border, where it sees that in any case, nothing is cut off.
    """
    starts, margin = _starts(length, side), side // 8
    inner = np.zeros(side)
    inner[margin : side - margin] = np.sin(np.pi * (np.arange(side - 2 * margin) + 0.5) / (side - 2 * margin)) ** 2
    windows = np.tile(inner, (len(starts), 1))
    windows[0, :margin] = windows[-1, side - margin :] = 1
    total = np.zeros(length)
    for start, window in zip(starts, windows, strict=True):
        total[start : start + side] += window
    return np.stack([window / total[start : start + side] for start, window in zip(starts, windows, strict=True)])


def _starts(length: int, side: int) -> list[int]:
    """Where the tiles start: half a tile apart, the last one at the end."""
    return [*range(0, length - side, max(1, side // 2)), length - side]


def _shape(answer: NDArray, images: NDArray) -> tuple[int, ...]:
    return images.shape if answer.ndim == 3 else (len(images), *answer.shape[1:])
