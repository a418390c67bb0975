"""The contours of holes at a depth, with their chords, moments and ellipse."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

BOX = 0.1  # of a hole's extent: the measurement box in its middle, over which chords are averaged

Box = tuple[NDArray[np.float64], NDArray[np.float64]]


class Contour:
    """Where holes in depth maps (N, H, W) are deeper than `threshold` (N,), up to the outermost crossings of each row
    and column, linear between pixels.

    Positions are in px from the middle of the top left pixel; NaN where the hole runs through the image's border.
    """

    def __init__(self, depth: NDArray, threshold: NDArray) -> None:
        self.rows, self.left, self.right = _crossings(depth, threshold)
        self.columns, self.top, self.bottom = _crossings(np.ascontiguousarray(depth.swapaxes(1, 2)), threshold)

    @cached_property
    def box(self) -> Box:
        """Shares (N, H) of the rows and (N, W) of the columns that the measurement box holds; each sums to one."""
        return _middle(self.rows), _middle(self.columns)

    def edges(self, box: Box) -> tuple[NDArray, NDArray, NDArray, NDArray]:
        """Mean places (N,) of left, right, top and bottom edge in the box [px]."""
        rows, columns = box
        return _mean(self.left, rows), _mean(self.right, rows), _mean(self.top, columns), _mean(self.bottom, columns)

    @cached_property
    def _moments(self) -> NDArray[np.float64]:
        """Area (N,), and the means of x, y, xx, yy, xy over it: those of the rows' chords."""
        y = np.arange(self.rows.shape[1], dtype=np.float64)
        left, right = (np.where(self.rows, one, 0) for one in (self.left, self.right))
        chord, middle = right - left, (right + left) / 2
        area = np.where(self.rows[:, [0, -1]].any(axis=1), np.nan, chord.sum(axis=1))
        sums = (
            (chord * middle).sum(axis=1),
            (chord * y).sum(axis=1),
            ((right**3 - left**3) / 3).sum(axis=1),
            (chord * y**2).sum(axis=1),
            (chord * middle * y).sum(axis=1),
        )
        return np.stack((area, *(one / np.where(area > 0, area, np.nan) for one in sums)))

    @property
    def area(self) -> NDArray[np.float64]:
        """Area (N,) [px^2]."""
        return np.where(self.rows.any(axis=1), self._moments[0], np.nan)

    @property
    def centre(self) -> tuple[NDArray, NDArray]:
        """x and y (N,) of the centroid [px]."""
        return self._moments[1], self._moments[2]

    @property
    def ellipse(self) -> tuple[NDArray, NDArray]:
        """Of the ellipse of the same second moments, major over minor axis (N,), and the angle of the major axis to the
        x axis, counter-clockwise as one sees it, from -90 to 90 [deg]."""
        _, x, y, xx, yy, xy = self._moments
        xx, yy, xy = xx - x * x, yy - y * y, xy - x * y
        mean, apart = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
        return np.sqrt((mean + apart) / np.maximum(mean - apart, 1e-12)), np.degrees(np.arctan2(-2 * xy, xx - yy) / 2)


def _crossings(depth: NDArray, threshold: NDArray) -> tuple[NDArray[np.bool_], NDArray, NDArray]:
    """Which rows (N, H) reach the threshold, and their first and last crossing [px]; NaN where there is none."""
    inside = depth > threshold[:, None, None].astype(np.float32)
    first, last = inside.argmax(axis=2), depth.shape[2] - 1 - inside[:, :, ::-1].argmax(axis=2)
    rows = np.asarray(inside.any(axis=2))
    return rows, _crossing(depth, threshold, first, -1, rows), _crossing(depth, threshold, last, 1, rows)


def _crossing(depth: NDArray, threshold: NDArray, at: NDArray, step: int, rows: NDArray[np.bool_]) -> NDArray:
    beyond = at + step
    known = rows & (beyond >= 0) & (beyond < depth.shape[2])
    inner = np.take_along_axis(depth, at[:, :, None], axis=2)[:, :, 0].astype(np.float64)
    outer = np.take_along_axis(depth, np.where(known, beyond, at)[:, :, None], axis=2)[:, :, 0]
    share = (inner - threshold[:, None]) / np.where(known, inner - outer, np.nan)
    return at + step * share


def _middle(reached: NDArray[np.bool_]) -> NDArray[np.float64]:
    count = reached.shape[1]
    first, last = reached.argmax(axis=1), count - 1 - reached[:, ::-1].argmax(axis=1)
    centre, reach = (first + last) / 2, np.maximum((last - first + 1) * BOX / 2, 0.5)
    reach[(first == 0) & (last == count - 1)] = count  # a trench is as wide as it is along its whole length
    within = np.abs(np.arange(count) - centre[:, None]) <= reach[:, None]
    return within / within.sum(axis=1, keepdims=True)


def _mean(edge: NDArray, share: NDArray) -> NDArray[np.float64]:
    return np.where(share > 0, edge * share, 0).sum(axis=1)
