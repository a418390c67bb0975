"""Predicts large images in overlapping tiles and blends the tiles without seams."""

from collections.abc import Callable, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

TILES_PER_BATCH = 16  # with more images than that, one tile of each


def predict_tiled(
    fn: Callable[[NDArray], Sequence[NDArray | None]], images: NDArray, tile: tuple[int, int]
) -> list[NDArray | None]:
    """Outputs of `fn` for images (N, H, W), computed on tiles (M, h, w) of size `tile` (h, w) [px].

    Tiles start half a tile apart; a side that is shorter than the tile is taken whole. Outputs with pixels (N, H, W)
    are blended with `tile_weights`. Outputs per image are averaged over its tiles if they are (N, K). If they are (N,),
    such as OOD scores, the maximum is taken: one tile out of distribution is enough. If one tile covers the image, the
    outputs are those of `fn`. In memory are the outputs and 16 tiles, or one tile of each image.
    """
    height, width = sides = [min(side, length) for side, length in zip(tile, images.shape[1:], strict=True)]
    axes = [
        list(zip(_tile_starts(length, side), tile_weights(length, side), strict=True))
        for length, side in zip(images.shape[1:], sides, strict=True)
    ]
    tiles = list(product(*axes))  # of each: (top, weights of its rows), (left, weights of its columns)
    if len(tiles) == 1:
        return list(fn(images))
    results: list[NDArray | None] | None = None
    count = max(1, TILES_PER_BATCH // max(1, len(images)))
    for batch in (tiles[n : n + count] for n in range(0, len(tiles), count)):
        boxes = [(..., slice(y, y + height), slice(x, x + width)) for (y, _), (x, _) in batch]
        outputs = fn(np.concatenate([images[box] for box in boxes]))
        results = results or [None if output is None else np.zeros(_full_shape(output, images)) for output in outputs]
        for result, output in zip(results, outputs, strict=True):
            if result is None or output is None:
                continue
            parts = np.split(output, len(batch))
            for box, ((_, row_weights), (_, column_weights)), part in zip(boxes, batch, parts, strict=True):
                if result.ndim == 3:
                    result[box] += np.outer(row_weights, column_weights) * part
                elif result.ndim == 1:
                    np.maximum(result, part, out=result)
                else:
                    result += part / len(tiles)
    return [None if result is None else result.astype(np.float32) for result in results or ()]


def tile_weights(length: int, side: int) -> NDArray[np.float64]:
    """Weights (tiles, side) [0..1] of the tiles of `side` [px] along an axis of `length` [px].

    A partition of unity: at each pixel the weights of all tiles sum to one. The weights of a tile are a Hann window
    (Pielawski and Wahlby, PLoS ONE 15, e0229839, 2020) divided by the sum of all windows. An eighth of the tile at each
    end has weight zero, because the network sees the border of the tile there. At the border of the image nothing is
    cut off, because the network sees that border with and without tiles.
    """
    starts, margin = _tile_starts(length, side), side // 8
    inner = np.zeros(side)
    inner[margin : side - margin] = np.sin(np.pi * (np.arange(side - 2 * margin) + 0.5) / (side - 2 * margin)) ** 2
    windows = np.tile(inner, (len(starts), 1))
    windows[0, :margin] = windows[-1, side - margin :] = 1
    total = np.zeros(length)
    for start, window in zip(starts, windows, strict=True):
        total[start : start + side] += window
    return np.stack([window / total[start : start + side] for start, window in zip(starts, windows, strict=True)])


def _tile_starts(length: int, side: int) -> list[int]:
    """First pixels of the tiles: half a tile apart, the last tile at the end."""
    return [*range(0, length - side, max(1, side // 2)), length - side]


def _full_shape(output: NDArray, images: NDArray) -> tuple[int, ...]:
    """Shape of the output for whole images, given the output for tiles."""
    return images.shape if output.ndim == 3 else (len(images), *output.shape[1:])
