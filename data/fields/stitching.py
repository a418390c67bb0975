"""Crops around the holes of a field of view, and the field's depth map put together from theirs."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label, map_coordinates

from ..dataset_layout import ImageFile
from .hole_detection import DetectedHole, Detections

ROUNDING = 1e-6  # px
AT_BORDER, NEAR_BORDER, TOO_LARGE = "touch the border", "too near it for a crop", "larger than a crop"
DARK = 0.3  # of a hole's depth: there its SEM image passes the grey level between surface and floor


@dataclass(frozen=True)
class Crop:
    """What a network sees of a hole: the rows from `top`, the columns from `left` on of the field at its scale, and
    whether a part of another dark region is among them."""

    hole: DetectedHole
    top: int
    left: int
    neighbours: bool


@dataclass(frozen=True)
class FieldOfView:
    """One field of view: its file, its size (H, W) [px], its size at the network's scale and that of its crops, both
    [px of the network]; the crops by their names; the other holes, which have none; and how many holes were left out
    for which reason, those at the border, too.
    """

    file: ImageFile
    shape: tuple[int, int]
    scaled: tuple[int, int]
    size: tuple[int, int]
    crops: dict[str, Crop]
    others: list[DetectedHole]
    left_out: dict[str, int]

    @property
    def name(self) -> str:
        """What is named after it."""
        return self.file.stem

    def cut(self, image: NDArray, name: str) -> NDArray:
        """A crop (h, w) of the field's image (H', W') at the network's scale."""
        crop = self.crops[name]
        return image[crop.top : crop.top + self.size[0], crop.left : crop.left + self.size[1]]

    def stitch(self, depths: Mapping[str, NDArray], in_place: bool = True) -> NDArray[np.float32]:
        """Depth map of the field, float32 (H, W), of those of its crops by name, all in one unit below the top surface.

        Of each crop the hole in its middle is taken and nothing else; where two claim a pixel, the one whose centre is
        nearer. All else is 0, the top surface. Holes that are not `in_place` within their crops are moved there: the
        centroid of what is deeper than DARK of the depth goes to that of the dark region.
        """
        depth = np.zeros(self.shape, dtype=np.float32)
        nearest = np.full(self.shape, np.inf, dtype=np.float32)
        scale = np.divide(self.scaled, self.shape)
        for name, inside in depths.items():
            crop = self.crops[name]
            own = np.where(_own(crop, inside, scale), inside, 0)
            box = _window((crop.top, crop.left), self.size, scale)
            rows, columns = np.mgrid[box]
            y, x = (0.0, 0.0) if in_place else _offset(crop, own, scale)
            places = _scaled(rows, scale[0]) - crop.top + y, _scaled(columns, scale[1]) - crop.left + x
            values = map_coordinates(own, places, order=1)
            distance = np.hypot(rows - crop.hole.y, columns - crop.hole.x)
            wins = (values > 0) & (distance < nearest[box])
            depth[box][wins], nearest[box][wins] = values[wins], distance[wins]
        return depth


def crops_of(file: ImageFile, found: Detections, size: tuple[int, int], scale: float) -> FieldOfView:
    """The crops (H, W) `size` [px of the network] around holes, `scale` px of the network per px of the field."""
    shape = found.dark.shape
    scaled = tuple(max(1, round(length * scale)) for length in shape)
    zoom = np.divide(scaled, shape)
    crops: dict[str, Crop] = {}
    others: list[DetectedHole] = []
    left_out = {AT_BORDER: found.at_border, NEAR_BORDER: 0, TOO_LARGE: 0}
    for hole in found.holes:
        middle = _scaled(np.array([hole.y, hole.x]), zoom)
        top, left = np.rint(middle - (np.array(size) - 1) / 2).astype(int).tolist()
        starts, ends = np.array([hole.top, hole.left]) * zoom, np.add([hole.top, hole.left], hole.mask.shape) * zoom
        if (starts < (top, left)).any() or (ends > np.add((top, left), size)).any():
            left_out[TOO_LARGE] += 1
            others.append(hole)
        elif min(top, left) < 0 or top + size[0] > scaled[0] or left + size[1] > scaled[1]:
            left_out[NEAR_BORDER] += 1
            others.append(hole)
        else:
            window = _window((top, left), size, zoom)
            seen, (y, x) = found.dark[window].copy(), (hole.top - window[0].start, hole.left - window[1].start)
            seen[y : y + hole.mask.shape[0], x : x + hole.mask.shape[1]] &= ~hole.mask
            crops[f"{file.stem}_h{len(crops):04d}"] = Crop(hole, top, left, bool(seen.any()))
    return FieldOfView(file, shape, scaled, size, crops, others, left_out)


def _window(corner: tuple[int, int], size: tuple[int, int], scale: NDArray) -> tuple[slice, slice]:
    """The pixels of the field that a crop shows, those at its edge in part."""
    start, stop = np.floor(corner / scale), np.ceil(np.add(corner, size) / scale - ROUNDING)
    start, stop = start.astype(int), stop.astype(int)
    return slice(start[0], stop[0]), slice(start[1], stop[1])


def _scaled(place: NDArray, scale: float | NDArray) -> NDArray:
    """Pixels of the field in pixels of the network: the corners of the two images are the same, not their centres."""
    return (place + 0.5) * scale - 0.5


def _offset(crop: Crop, own: NDArray, scale: NDArray) -> NDArray:
    """How far (y, x) [px of the network] the hole of a depth map is from where the SEM image has it."""
    deep = np.nonzero(own > DARK * own.max())
    if not deep[0].size:
        return np.zeros(2)
    seen = _scaled(np.array([crop.hole.y, crop.hole.x]), scale) - (crop.top, crop.left)
    return np.mean(deep, axis=1) - seen


def _own(crop: Crop, depth: NDArray, scale: NDArray) -> NDArray[np.bool_]:
    """The part of a crop's depth map that lies below the top surface and shares most pixels with the crop's hole."""
    parts, count = label(depth > 0)
    rows, columns = np.nonzero(crop.hole.mask)
    rows = np.rint(_scaled(rows + crop.hole.top, scale[0])).astype(int) - crop.top
    columns = np.rint(_scaled(columns + crop.hole.left, scale[1])).astype(int) - crop.left
    seen = (rows >= 0) & (rows < len(parts)) & (columns >= 0) & (columns < parts.shape[1])
    shared = np.bincount(parts[rows[seen], columns[seen]], minlength=count + 1)
    shared[0] = 0
    return parts == shared.argmax() if shared.any() else np.zeros(parts.shape, dtype=bool)
