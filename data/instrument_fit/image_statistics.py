"""Statistics of SEM images of holes, one vector an image, that tell how an instrument images them.

Greys are relative to the flat surface of the same image, so that a rescaled brightness changes nothing.
"""

from dataclasses import dataclass

import numpy as np
import scipy  # its parts are loaded where they are first used: scipy.ndimage is slow to import
from numpy.typing import NDArray

SIDES = ("left", "right", "top", "bottom")
# Signed distances [px] from the half-level contour, + outside, at which profiles are measured: denser near the edge.
DISTANCES = np.concatenate((np.arange(-14, -5, 2), np.arange(-5, 6, 1), np.arange(6, 13, 2))).astype(float)
REGIONS = {"surface": (6, 99), "rim": (1, 4), "wall": (-4, -1), "floor": (-99, -7)}  # [px] from the contour
AREA_LEVELS = (0.2, 0.35, 0.5, 0.65, 0.8)  # between floor and surface, where areas are measured
RING = 3  # [px] width of the border where the surface is
MIN_WEIGHT = 4.0  # [px] of a bin of one image
MIN_AREA = 30  # [px] of a hole
HOLE_SHARE = 0.5  # of all dark pixels
MIN_ROWS = 7  # of an image, and pixels of one
LONG_ROW = 0.6  # of the median width, of a row whose edges are steep
STEEPNESS = 12.0  # of the soft step by which pixels count, so that an area changes smoothly with the image

NAMES = (
    [f"profile {side} {distance:g}" for side in SIDES for distance in DISTANCES]
    + [f"size at {level:g}" for level in AREA_LEVELS]
    + ["width x", "width y"]
    + [f"margin {side}" for side in SIDES]
    + [f"noise {region}" for region in REGIONS]
    + ["row gain", "row shift"]
    + ["centre y", "centre x"]
)
PROFILES = slice(0, len(SIDES) * len(DISTANCES))
CENTRE = slice(len(NAMES) - 2, len(NAMES))


@dataclass(frozen=True)
class Contour:
    """The hole of one image: each pixel's signed `distance` (H, W) [px] from the half-level contour, + outside; its
    `side` (H, W), an index of SIDES; the image (H, W) `smooth`, relative to the surface; the level of the `floor`."""

    distance: NDArray[np.float64]
    side: NDArray[np.int64]
    smooth: NDArray[np.float64]
    floor: float


def surface_grey(image: NDArray) -> float:
    """Grey of the flat surface: the median of a ring along the border of an image (H, W)."""
    ring = np.ones(image.shape, dtype=bool)
    ring[RING:-RING, RING:-RING] = False
    return float(np.median(image[ring]))


def find_contour(relative: NDArray) -> Contour | None:
    """The contour of the largest hole of an image (H, W) relative to its surface; None if there is none.

    It is half way between floor (10 % percentile) and surface, in the image smoothed by 1 px, and is found between
    the pixels by linear interpolation.
    """
    from scipy.spatial import cKDTree  # here, because it is slow to import

    smooth = scipy.ndimage.gaussian_filter(relative.astype(np.float64), 1, mode="nearest")
    floor = float(np.quantile(smooth, 0.1))
    excess = smooth - (floor + 1) / 2
    openings, count = scipy.ndimage.label(excess < 0)
    if not count:
        return None
    hole = openings == 1 + np.bincount(openings.ravel())[1:].argmax()
    hole[[0, -1]] = hole[:, [0, -1]] = False  # so that the contour is closed
    if hole.sum() < max(MIN_AREA, HOLE_SHARE * np.sum(excess < 0)):  # noise is as dark in many places
        return None
    excess = np.where(hole, np.minimum(excess, -1e-6), np.maximum(excess, 1e-6))
    points = np.concatenate([_crossings(excess), _crossings(excess.T)[:, ::-1]])
    positions = np.indices(relative.shape).reshape(2, -1).T
    distance, nearest = cKDTree(points).query(positions)
    distance = np.where(hole, -distance.reshape(hole.shape), distance.reshape(hole.shape))
    outwards = (positions - points[nearest]).T.reshape(2, *hole.shape) * np.where(hole, -1, 1)
    is_horizontal = np.abs(outwards[1]) >= np.abs(outwards[0])
    side = np.where(is_horizontal, outwards[1] > 0, 2 + (outwards[0] > 0)).astype(np.int64)
    return Contour(distance, side, smooth, floor)


def measure_images(images: NDArray) -> NDArray[np.float64]:
    """Statistics (N, len(NAMES)) of images (N, H, W) [grey level]; NaN where an image does not tell one."""
    return np.stack([measure_image(image) for image in images])


def measure_image(image: NDArray) -> NDArray[np.float64]:
    """Statistics (len(NAMES),) of an image (H, W) [grey level]; all NaN without a hole or a surface."""
    surface = surface_grey(image)
    relative = image.astype(np.float64) / max(surface, 1e-9)
    contour = find_contour(relative) if surface > 0 else None
    if contour is None:
        return np.full(len(NAMES), np.nan)
    return np.concatenate(
        (
            _profiles(relative, contour).ravel(),
            _sizes(contour),
            _margins(relative),
            _noise(relative, contour),
            _rows(relative, contour),
            _find_centroid(contour),
        )
    )


def measure_line_power(images: NDArray) -> NDArray[np.float64]:
    """Mean power spectrum (H // 2,) of the surface's mean line by line, in the margins left and right of the hole.

    1 is the square of the surface's signal. The frequencies are 1, 2, ... periods an image.
    """
    lines = np.concatenate((images[:, :, :RING], images[:, :, -RING:]), axis=2).astype(np.float64).mean(axis=2)
    relative = lines / np.maximum(lines.mean(axis=1, keepdims=True), 1e-9)
    return np.mean(np.abs(np.fft.rfft(relative, axis=1)[:, 1:]) ** 2, axis=0) / lines.shape[1]


def _crossings(excess: NDArray) -> NDArray[np.float64]:
    """Points (P, 2), (row, column), where neighbours of a row change their sign."""
    left, right = excess[:, :-1], excess[:, 1:]
    row, column = np.nonzero((left < 0) != (right < 0))
    fraction = left[row, column] / (left[row, column] - right[row, column])
    return np.stack((row, column + fraction), axis=1)


def _profiles(relative: NDArray, contour: Contour) -> NDArray[np.float64]:
    """Mean signal (len(SIDES), len(DISTANCES)); a pixel counts in the two bins beside its distance."""
    count = len(DISTANCES)
    position = np.interp(contour.distance.ravel(), DISTANCES, np.arange(count)).clip(0, count - 1.001)
    low = position.astype(np.int64)
    fraction, index = position - low, contour.side.ravel() * count + low
    beyond = (contour.distance.ravel() < DISTANCES[0] - 1) | (contour.distance.ravel() > DISTANCES[-1] + 1)
    weights, sums = np.zeros(len(SIDES) * count), np.zeros(len(SIDES) * count)
    for bins, weight in ((index, 1 - fraction), (index + 1, fraction)):
        weight = np.where(beyond, 0, weight)
        weights += np.bincount(bins, weight, len(weights))
        sums += np.bincount(bins, weight * relative.ravel(), len(weights))
    return np.where(weights > MIN_WEIGHT, sums / np.maximum(weights, 1e-9), np.nan).reshape(len(SIDES), count)


def _sizes(contour: Contour) -> NDArray[np.float64]:
    """Radii of circles of the hole's area at each of AREA_LEVELS, and its standard deviations along x and y [px]."""
    near, depth = contour.distance < 6, 1 - contour.floor  # noise on the surface is no hole
    radii = []
    for level in AREA_LEVELS:
        excess = STEEPNESS * ((contour.smooth - contour.floor) / depth - level)
        radii.append(np.sqrt(np.sum(near / (1 + np.exp(excess.clip(-50, 50)))) / np.pi))
    weight, (y, x) = _hole_weight(contour), _find_centroid(contour)
    rows, columns = np.indices(weight.shape)
    share = weight / weight.sum()
    spread = [np.sqrt(np.sum(share * (axis - middle) ** 2)) for axis, middle in ((columns, x), (rows, y))]
    return np.array([*radii, *spread])


def _hole_weight(contour: Contour) -> NDArray[np.float64]:
    """How much of each pixel (H, W) lies inside the contour [0..1]."""
    return (0.5 - contour.distance).clip(0, 1)


def _find_centroid(contour: Contour) -> NDArray[np.float64]:
    """(y, x) [px] of the hole's centroid."""
    weight = _hole_weight(contour)
    return np.array([np.sum(weight * axis) for axis in np.indices(weight.shape)]) / weight.sum()


def _margins(relative: NDArray) -> NDArray[np.float64]:
    """Mean signal along each side of the image."""
    return np.array(
        [relative[:, :RING].mean(), relative[:, -RING:].mean(), relative[:RING].mean(), relative[-RING:].mean()]
    )


def _noise(relative: NDArray, contour: Contour) -> NDArray[np.float64]:
    """Standard deviation of the noise in each of REGIONS, from differences along the lines, which have one gain."""
    squared = (2 * relative[:, 1:-1] - relative[:, :-2] - relative[:, 2:]) ** 2 / 6
    distance = contour.distance[:, 1:-1]
    values = []
    for low, high in REGIONS.values():
        subset = squared[(distance > low) & (distance < high)]
        values.append(np.sqrt(subset.mean()) if subset.size > MIN_AREA else np.nan)
    return np.array(values)


def _rows(relative: NDArray, contour: Contour) -> NDArray[np.float64]:
    """How much lines differ: standard deviation of their gains, and covariance of the shifts of both edges [px^2]."""
    surface = np.where(contour.distance > 5, 1.0, 0.0)
    count = surface.sum(axis=1)
    gain = np.where(count > MIN_ROWS, (surface * relative).sum(axis=1) / np.maximum(count, 1), np.nan)
    bend = 2 * gain[1:-1] - gain[:-2] - gain[2:]
    usable = bend[np.isfinite(bend)]
    row_gain = np.sqrt(np.mean(usable**2) / 6) if usable.size > MIN_ROWS else np.nan
    widths, (_, middle) = _hole_weight(contour), _find_centroid(contour)
    left, right = (half.sum(axis=1) for half in np.split(widths, [round(middle)], axis=1))
    narrow = np.minimum(left, right)
    is_long = narrow > LONG_ROW * np.median(narrow[narrow > 1]) if (narrow > 1).any() else narrow > 1
    whole = is_long[1:-1] & is_long[:-2] & is_long[2:]
    if whole.sum() < MIN_ROWS:
        return np.array([row_gain, np.nan])
    left_bend, right_bend = (2 * edge[1:-1] - edge[:-2] - edge[2:] for edge in (left, right))
    return np.array([row_gain, -np.mean((left_bend * right_bend)[whole]) / 6])
