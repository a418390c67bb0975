"""Finds the holes of a field of view, dark regions on a brighter surface, by a threshold and a watershed."""

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
SMOOTHING_SIGMA = 2.0  # [px] of the Gaussian against noise
LOCAL_WINDOW = 1 / 4  # side of the square whose mean `local` subtracts, relative to the field's shorter side
NECK_RATIO = 0.6  # a dark region is split where its neck is narrower than this fraction of the narrower part
AREA_RATIO = 5  # holes have between a fifth and five times the typical area
MIN_SOLIDITY = 0.7  # fraction of its convex hull that a hole fills
MIN_EDGE_RATIO = 1.6  # mean gradient on contours over the field's median gradient; it is 1.0 to 1.3 for noise


@dataclass(frozen=True)
class DetectedHole:
    """A hole: centroid y, x and box top, left [px of the field]; its mask within the box, bool (h, w)."""

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
    """The holes of a field, row by row, and what else the detection tells.

    `dark` is the mask of all dark regions but the smallest, hole or not, bool (H, W). `n_at_border` of them touch the
    border. `settings` describes the threshold and the areas in words.
    """

    holes: list[DetectedHole]
    dark: NDArray[np.bool_]
    n_at_border: int
    settings: str


def detect_holes(image: NDArray, threshold: str = "otsu", area: tuple[int, ...] = ()) -> Detections:
    """The holes of a field of view (H, W) [grey level 0..255]; those that touch its border are skipped.

    The image is smoothed, `local` subtracts the mean of the surroundings, and Otsu's threshold cuts it (IEEE Trans. SMC
    9, 62, 1979). A watershed of the distance to the surface separates holes that touch (Beucher and Lantuejoul 1979).
    Its markers are the h-maxima of the logarithm of the distance, so that the relative width of a neck decides.

    `area` is (minimum, maximum) [px] of a hole. () means a fifth and five times the typical area: that of the hole with
    the median dark pixel.
    """
    dark = np.zeros(image.shape, dtype=bool)
    field = image.astype(np.float32)
    smooth = gaussian(field, SMOOTHING_SIGMA, preserve_range=True)
    if threshold == "local":
        smooth = smooth - uniform_filter(smooth, int(LOCAL_WINDOW * min(field.shape)))
    grey = threshold_otsu(smooth)
    settings = f"threshold {threshold} at {grey:.0f} grey levels"
    labels = _separate(smooth < grey)
    inner_labels = clear_border(labels)
    regions = regionprops(inner_labels)
    if not regions:
        return Detections([], dark, int(labels.max()), f"{settings}: nothing inside is darker")
    low, high = area or _default_area(np.array([region.area for region in regions]))
    large = np.bincount(labels.ravel()) >= low
    large[0] = False
    n_at_border = int(large.sum()) - sum(region.area >= low for region in regions)
    settings += f", areas {low} to {high} px"
    kept = [
        region
        for region in regions
        if low <= region.area <= high and region.area_filled >= MIN_SOLIDITY * region.area_convex
    ]
    if kept and not _has_edges(smooth, inner_labels, [region.label for region in kept]):
        return Detections([], dark, n_at_border, f"{settings}; dark regions have no edges: they are noise")
    dark = large[labels]
    return Detections(_sort_by_rows([_to_hole(region) for region in kept]), dark, n_at_border, settings)


def _to_hole(region) -> DetectedHole:
    mask = region.image_filled
    y, x = (float(indices.mean()) for indices in np.nonzero(mask))
    top, left, *_ = region.bbox
    return DetectedHole(top + y, left + x, top, left, mask)


def _sort_by_rows(holes: list[DetectedHole]) -> list[DetectedHole]:
    """Holes row by row. A row holds all holes at most half a hole's height below its first."""
    holes = sorted(holes, key=lambda hole: hole.y)
    reach = np.median([len(hole.mask) for hole in holes]) / 2 if holes else 0
    rows: list[list[DetectedHole]] = []
    for hole in holes:
        if not rows or hole.y > rows[-1][0].y + reach:
            rows.append([])
        rows[-1].append(hole)
    return [hole for row in rows for hole in sorted(row, key=lambda hole: hole.x)]


def _separate(dark: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Labels (H, W) of the regions of a mask, from 1; regions that touch at a neck have labels of their own."""
    height = np.log(np.maximum(distance_transform_edt(dark), 0.5)).astype(np.float32)
    maxima = local_maxima(reconstruction(height + np.float32(np.log(NECK_RATIO)), height))
    return watershed(-height, label(maxima & dark), mask=dark)


def _default_area(areas: NDArray) -> tuple[int, int]:
    areas = np.sort(areas)
    typical = areas[np.searchsorted(np.cumsum(areas), areas.sum() / 2)]
    return int(typical / AREA_RATIO), int(typical * AREA_RATIO)


def _has_edges(image: NDArray, labels: NDArray, selected: list[int]) -> bool:
    steepness = np.hypot(*np.gradient(image))
    contours = find_boundaries(labels, mode="inner") & np.isin(labels, selected)
    return bool(steepness[contours].mean() >= MIN_EDGE_RATIO * np.median(steepness))
