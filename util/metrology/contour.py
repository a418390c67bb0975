"""Contours of holes at a given depth: chords, moments and ellipse."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

BOX_FRACTION = 0.1  # of a hole's extent: size of the measurement box at its centre, in which chords are averaged

Box = tuple[NDArray[np.float64], NDArray[np.float64]]


class Contour:
    """Contours of the regions deeper than `threshold` (N,) in depth maps (N, H, W).

    A contour holds the outermost crossings of each row and column, linear between pixels. Coordinates are in px from
    the centre of the top left pixel. They are NaN where the hole crosses the image border.
    """

    def __init__(self, depth: NDArray, threshold: NDArray) -> None:
        self.rows, self.left, self.right = _find_crossings(depth, threshold)
        self.columns, self.top, self.bottom = _find_crossings(np.ascontiguousarray(depth.swapaxes(1, 2)), threshold)

    @cached_property
    def box(self) -> Box:
        """Weights (N, H) of the rows and (N, W) of the columns in the measurement box; each sums to 1."""
        return _box_weights(self.rows), _box_weights(self.columns)

    def edges(self, box: Box) -> tuple[NDArray, NDArray, NDArray, NDArray]:
        """Mean positions (N,) of the left, right, top and bottom edge in the box [px]."""
        rows, columns = box
        return (
            _weighted_mean(self.left, rows),
            _weighted_mean(self.right, rows),
            _weighted_mean(self.top, columns),
            _weighted_mean(self.bottom, columns),
        )

    @cached_property
    def _moments(self) -> NDArray[np.float64]:
        """Area, and means of x, y, xx, yy and xy over the area (6, N), from the chords of the rows."""
        y = np.arange(self.rows.shape[1], dtype=np.float64)
        left, right = (np.where(self.rows, edge, 0) for edge in (self.left, self.right))
        chord, middle = right - left, (right + left) / 2
        area = np.where(self.rows[:, [0, -1]].any(axis=1), np.nan, chord.sum(axis=1))
        integrals = (
            (chord * middle).sum(axis=1),
            (chord * y).sum(axis=1),
            ((right**3 - left**3) / 3).sum(axis=1),
            (chord * y**2).sum(axis=1),
            (chord * middle * y).sum(axis=1),
        )
        return np.stack((area, *(integral / np.where(area > 0, area, np.nan) for integral in integrals)))

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
        """Ratio major/minor axis (N,), and angle (N,) of the major axis to the x axis [deg], -90 to 90.

        The ellipse has the same second moments as the contour. The angle is counter-clockwise in the displayed image.
        """
        _, x, y, xx, yy, xy = self._moments
        xx, yy, xy = xx - x * x, yy - y * y, xy - x * y
        mean, radius = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)  # principal variances: mean +- radius
        return np.sqrt((mean + radius) / np.maximum(mean - radius, 1e-12)), np.degrees(np.arctan2(-2 * xy, xx - yy) / 2)


def _find_crossings(depth: NDArray, threshold: NDArray) -> tuple[NDArray[np.bool_], NDArray, NDArray]:
    """Mask (N, H) of the rows that reach the threshold, and their first and last crossing [px]; NaN where none."""
    inside = depth > threshold[:, None, None].astype(np.float32)
    first, last = inside.argmax(axis=2), depth.shape[2] - 1 - inside[:, :, ::-1].argmax(axis=2)
    rows = np.asarray(inside.any(axis=2))
    return rows, _interpolate(depth, threshold, first, -1, rows), _interpolate(depth, threshold, last, 1, rows)


def _interpolate(depth: NDArray, threshold: NDArray, index: NDArray, step: int, rows: NDArray[np.bool_]) -> NDArray:
    """Position (N, H) [px] where the depth crosses the threshold between pixel `index` and its neighbour `step` on."""
    neighbour = index + step
    valid = rows & (neighbour >= 0) & (neighbour < depth.shape[2])
    inner = np.take_along_axis(depth, index[:, :, None], axis=2)[:, :, 0].astype(np.float64)
    outer = np.take_along_axis(depth, np.where(valid, neighbour, index)[:, :, None], axis=2)[:, :, 0]
    fraction = (inner - threshold[:, None]) / np.where(valid, inner - outer, np.nan)
    return index + step * fraction


def _box_weights(rows: NDArray[np.bool_]) -> NDArray[np.float64]:
    count = rows.shape[1]
    first, last = rows.argmax(axis=1), count - 1 - rows[:, ::-1].argmax(axis=1)
    centre, half_size = (first + last) / 2, np.maximum((last - first + 1) * BOX_FRACTION / 2, 0.5)
    half_size[(first == 0) & (last == count - 1)] = count  # a trench is averaged along its whole length
    in_box = np.abs(np.arange(count) - centre[:, None]) <= half_size[:, None]
    return in_box / in_box.sum(axis=1, keepdims=True)


def _weighted_mean(edge: NDArray, weights: NDArray) -> NDArray[np.float64]:
    return np.where(weights > 0, edge * weights, 0).sum(axis=1)
