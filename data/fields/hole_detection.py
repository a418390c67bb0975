"""The holes of a field of view: dark regions on a brighter surface, found without training."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, uniform_filter
from skimage.filters import gaussian, threshold_otsu
from skimage.measure import label, regionprops
from skimage.morphology import local_maxima, reconstruction
from skimage.segmentation import clear_border, find_boundaries, watershed

THRESHOLDS = ("otsu", "local")
SMOOTH = 2.0  # px, sigma of the Gaussian against noise
LOCAL = 1 / 4  # side of the square whose mean `local` subtracts, of the field's shorter side
NECK = 0.6  # two dark parts are two holes where their neck is narrower than this share of the narrower one
SPREAD = 5  # holes have between a fifth and five times the area of the typical one
SOLID = 0.7  # least share of its convex hull that a hole fills
EDGE = 1.6  # least mean gradient on contours over the field's median: noise, cut at any level, has 1.0 to 1.3
SATURATED = 4  # grey levels from black or white that a data bar's ground may have


@dataclass(frozen=True)
class DetectedHole:
    """Centroid y, x and box top, left of a dark region [px of the field]; its mask within the box, bool (h, w)."""

    y: float
    x: float
    top: int
    left: int
    mask: NDArray[np.bool_]

    @property
    def area(self) -> int:
        """Area [px]."""
        return int(self.mask.sum())


class Detections(NamedTuple):
    """The holes of a field, row by row; all its dark parts but the smallest, hole or not, bool (H, W); how many
    of them touch the border; in words how they were looked for."""

    holes: list[DetectedHole]
    dark: NDArray[np.bool_]
    at_border: int
    tried: str


def detect_holes(image: NDArray, threshold: str = "otsu", area: tuple[int, ...] = ()) -> Detections:
    """The holes of a field of view (H, W) [grey level 0..255], those that touch its border left out.

    The smoothed image, with `local` less its surroundings, is cut by the method of Otsu (IEEE Trans. SMC 9, 62, 1979).
    Dark parts that meet in a neck are separated by the watershed of the distance to the surface (Beucher and Lantuejoul
    1979), its markers being the h-maxima of the logarithm of that distance: a neck counts by its relative width.
    `area` (least, greatest) [px] of a hole; () is a fifth and five times that of the typical one, the hole in which
    the median dark pixel lies. A data bar at the bottom is no part of the field.
    """
    dark = np.zeros(image.shape, dtype=bool)
    field = image[: _bar(image)].astype(np.float32)
    if not field.size:
        return Detections([], dark, 0, "nothing but black and white")
    smooth = gaussian(field, SMOOTH, preserve_range=True)
    seen = smooth - uniform_filter(smooth, int(LOCAL * min(field.shape))) if threshold == "local" else smooth
    grey = threshold_otsu(seen)
    parts = _separated(seen < grey)
    inner = clear_border(parts)
    regions = regionprops(inner)
    if not regions:
        return Detections(
            [], dark, int(parts.max()), f"threshold {threshold} at {grey:.0f} grey levels: nothing inside is darker"
        )
    low, high = area or _usual(np.array([one.area for one in regions]))
    large = np.bincount(parts.ravel()) >= low
    large[0] = False
    at_border = int(large.sum()) - sum(one.area >= low for one in regions)
    tried = f"threshold {threshold} at {grey:.0f} grey levels, areas {low} to {high} px"
    kept = [one for one in regions if low <= one.area <= high and one.area_filled >= SOLID * one.area_convex]
    if kept and not _has_edges(seen, inner, [one.label for one in kept]):
        return Detections([], dark, at_border, f"{tried}; what is darker has no edges, as noise has none")
    dark[: len(field)] = large[parts]
    return Detections(_in_rows([_hole(one) for one in kept]), dark, at_border, tried)


def _hole(region) -> DetectedHole:
    mask = region.image_filled
    y, x = (float(where.mean()) for where in np.nonzero(mask))
    top, left, *_ = region.bbox
    return DetectedHole(top + y, left + x, top, left, mask)


def _in_rows(holes: list[DetectedHole]) -> list[DetectedHole]:
    """Holes row by row: a row holds what begins within half a hole's height below its first."""
    holes = sorted(holes, key=lambda hole: hole.y)
    reach = np.median([len(hole.mask) for hole in holes]) / 2 if holes else 0
    rows: list[list[DetectedHole]] = []
    for hole in holes:
        if not rows or hole.y > rows[-1][0].y + reach:
            rows.append([])
        rows[-1].append(hole)
    return [hole for row in rows for hole in sorted(row, key=lambda hole: hole.x)]


def _bar(image: NDArray) -> int:
    """The row at which a data bar begins: below it, most of each row is black or white."""
    ground = ((image <= SATURATED) | (image >= 255 - SATURATED)).mean(axis=1) > 0.5
    return len(ground) - int(np.argmin(ground[::-1])) if not ground.all() else 0


def _separated(dark: NDArray[np.bool_]) -> NDArray[np.int32]:
    """The parts of a mask (H, W), numbered from 1."""
    height = np.log(np.maximum(distance_transform_edt(dark), 0.5)).astype(np.float32)
    domes = local_maxima(reconstruction(height + np.float32(np.log(NECK)), height))
    return watershed(-height, label(domes & dark), mask=dark)


def _usual(areas: NDArray) -> tuple[int, int]:
    areas = np.sort(areas)
    typical = areas[np.searchsorted(np.cumsum(areas), areas.sum() / 2)]
    return int(typical / SPREAD), int(typical * SPREAD)


def _has_edges(seen: NDArray, parts: NDArray, wanted: list[int]) -> bool:
    steepness = np.hypot(*np.gradient(seen))
    contours = find_boundaries(parts, mode="inner") & np.isin(parts, wanted)
    return bool(steepness[contours].mean() >= EDGE * np.median(steepness))
