"""Finds and fills lines of an image that are no image: dead lines, and those of a broken border."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MAX_WIDTH = 2  # lines side by side; more of them are a data bar, or the image's own
N_BESIDE = 4  # lines that tell how much neighbours differ
N_BORDER = MAX_WIDTH + N_BESIDE + 1  # lines that are looked at for a broken border
BORDERS = np.array([range(N_BORDER), range(-1, -1 - N_BORDER, -1)])  # these lines, from either end inwards
MIN_SIDE = 16  # lines of an image
MIN_DIFFERENCE = 20.0  # [grey level]
MIN_RATIO = 8.0  # of a border line's difference to those of the lines beside it: a blurred contour has at most 5


class BadLines(NamedTuple):
    """Indices of the `rows` and `columns` of an image that were filled."""

    rows: tuple[int, ...] = ()
    columns: tuple[int, ...] = ()

    def __str__(self) -> str:
        """One line: which they are, and what was done."""
        parts = [f"row {n}" for n in self.rows] + [f"column {n}" for n in self.columns]
        return f"bad lines, which are unlike those beside them: {', '.join(parts)}; they are filled from them"


NO_BAD_LINES = BadLines()


def repair_lines(levels: NDArray) -> tuple[NDArray, BadLines]:
    """The image (H, W) [grey level] with its bad lines filled, and which they were; the same array if there are none.

    A dead line has one grey level, and the lines beside it have not. The median of a broken border line differs from
    that of the next line far more than the lines behind differ among each other: a beam has a width, so that no contour
    is so sharp. Of neither kind there are more than MAX_WIDTH side by side.
    """
    bad = BadLines(*(_find(lines) if min(levels.shape) >= MIN_SIDE else () for lines in (levels, levels.T)))
    if not any(bad):
        return levels, bad
    filled = levels.astype(np.float32)
    for indices, lines in ((bad.rows, filled), (bad.columns, filled.T)):
        _fill(lines, indices)
    return (np.rint(filled) if levels.dtype.kind in "bui" else filled).astype(levels.dtype), bad


def _find(lines: NDArray) -> tuple[int, ...]:
    """Indices of the bad lines along the first axis."""
    is_dead = _find_dead(lines)
    good = np.flatnonzero(~is_dead)
    borders = good[BORDERS[:, : len(good)]]
    levels = lines[borders].astype(np.float32)
    differences = np.abs(_row_medians(levels[:, 1:] - levels[:, :-1]))  # of a line and the next one
    if len(good) == len(lines) and differences[:, :MAX_WIDTH].max() < MIN_DIFFERENCE:  # as in most images
        return ()
    broken = [indices[: _count_broken(sizes)] for indices, sizes in zip(borders, differences, strict=True)]
    return tuple(sorted({int(n) for indices in (np.flatnonzero(is_dead), *broken) for n in indices}))


def _find_dead(lines: NDArray) -> NDArray[np.bool_]:
    """Lines (N,) of one grey level, at most MAX_WIDTH side by side, that differ from those before and behind them."""
    is_dead = lines.min(axis=1) == lines.max(axis=1)
    if not is_dead.any():  # as in most images
        return is_dead
    edges = np.flatnonzero(np.diff(np.pad(is_dead, 1)))
    for start, end in edges.reshape(-1, 2):
        beside = [n for n in (start - 1, end) if 0 <= n < len(lines)]
        differences = [np.median(np.abs(lines[n].astype(np.float32) - lines[start, 0])) for n in beside]
        if end - start > MAX_WIDTH or min(differences, default=0) < MIN_DIFFERENCE:
            is_dead[start:end] = False
    return is_dead


def _row_medians(values: NDArray) -> NDArray:
    """Medians along the last axis: numpy's own takes ten times as long on short rows."""
    ordered, count = np.sort(values, axis=-1), values.shape[-1]
    return (ordered[..., (count - 1) // 2] + ordered[..., count // 2]) / 2


def _count_broken(differences: NDArray[np.float32]) -> int:
    """How many of the first lines are a broken border, 0 to MAX_WIDTH, by the differences of each and the next one."""
    for width in range(1, MAX_WIDTH + 1):
        step, beside = differences[width - 1], differences[width : width + N_BESIDE]
        if step >= MIN_DIFFERENCE and step >= MIN_RATIO * beside.max():
            return width
    return 0


def _fill(lines: NDArray[np.float32], indices: tuple[int, ...]) -> None:
    """Fills lines along the first axis between the nearest good ones, or with the nearest where there is one."""
    good = np.setdiff1d(np.arange(len(lines)), indices)
    for n in indices:
        before, behind = good[good < n][-1:], good[good > n][:1]
        beside = np.concatenate((before, behind))
        weights = 1 / np.abs(beside - n)
        lines[n] = np.average(lines[beside], axis=0, weights=weights)
