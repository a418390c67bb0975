"""Cuts crops around the holes of a field of view, and stitches their depth maps to that of the field."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label, map_coordinates

from ..dataset_layout import ImageFile
from .hole_detection import DetectedHole, Detections

ROUNDING = 1e-6  # [px]
AT_BORDER, NEAR_BORDER, TOO_LARGE = "touch the border", "too near it for a crop", "larger than a crop"
EDGE_DEPTH = 0.3  # fraction of a hole's depth at which its SEM image passes the grey level between surface and floor


@dataclass(frozen=True)
class Crop:
    """The crop of a hole: its first row `top` and column `left` in the field at the network's scale [px].

    `neighbours` tells whether it shows a part of another dark region.
    """

    hole: DetectedHole
    top: int
    left: int
    neighbours: bool


@dataclass(frozen=True)
class FieldOfView:
    """One field of view: its file and its size `shape` (H, W) [px].

    `scaled` is its size at the network's scale and `size` that of its crops, both [px of the network]. `crops` are by
    name; `uncropped` are the holes without a crop. `n_skipped` counts the skipped holes by reason, those at the border
    included.
    """

    file: ImageFile
    shape: tuple[int, int]
    scaled: tuple[int, int]
    size: tuple[int, int]
    crops: dict[str, Crop]
    uncropped: list[DetectedHole]
    n_skipped: dict[str, int]

    @property
    def name(self) -> str:
        """Name of the field's results: the stem of its file."""
        return self.file.stem

    def cut(self, image: NDArray, name: str) -> NDArray:
        """The crop (h, w) `name` of the field's image (H', W') at the network's scale."""
        crop = self.crops[name]
        return image[crop.top : crop.top + self.size[0], crop.left : crop.left + self.size[1]]

    def stitch(self, depths: Mapping[str, NDArray], in_place: bool = True) -> NDArray[np.float32]:
        """Depth map of the field, float32 (H, W), from the depth maps of crops by name, in their unit; 0 is the top
        surface.

        Only the hole in the middle of each crop is used. Where two holes overlap, the one with the nearer centre wins.
        If holes are not `in_place` within their crops they are moved: the centroid of all that is deeper than
        EDGE_DEPTH of the depth is moved to the centroid of the dark region.
        """
        depth = np.zeros(self.shape, dtype=np.float32)
        nearest = np.full(self.shape, np.inf, dtype=np.float32)
        scale = np.divide(self.scaled, self.shape)
        for name, crop_depth in depths.items():
            crop = self.crops[name]
            hole_depth = np.where(_hole_mask(crop, crop_depth, scale), crop_depth, 0)
            box = _window((crop.top, crop.left), self.size, scale)
            rows, columns = np.mgrid[box]
            y, x = (0.0, 0.0) if in_place else _offset(crop, hole_depth, scale)
            positions = _to_network_px(rows, scale[0]) - crop.top + y, _to_network_px(columns, scale[1]) - crop.left + x
            values = map_coordinates(hole_depth, positions, order=1)
            distance = np.hypot(rows - crop.hole.y, columns - crop.hole.x)
            is_nearest = (values > 0) & (distance < nearest[box])
            depth[box][is_nearest], nearest[box][is_nearest] = values[is_nearest], distance[is_nearest]
        return depth


def cut_crops(file: ImageFile, detections: Detections, size: tuple[int, int], scale: float) -> FieldOfView:
    """Crops of `size` (H, W) [px of the network] around the holes; `scale` is px of the network per px of the field."""
    shape = detections.dark.shape
    scaled = tuple(max(1, round(length * scale)) for length in shape)
    zoom = np.divide(scaled, shape)
    crops: dict[str, Crop] = {}
    uncropped: list[DetectedHole] = []
    n_skipped = {AT_BORDER: detections.n_at_border, NEAR_BORDER: 0, TOO_LARGE: 0}
    for hole in detections.holes:
        centre = _to_network_px(np.array([hole.y, hole.x]), zoom)
        top, left = np.rint(centre - (np.array(size) - 1) / 2).astype(int).tolist()
        starts, ends = np.array([hole.top, hole.left]) * zoom, np.add([hole.top, hole.left], hole.mask.shape) * zoom
        if (starts < (top, left)).any() or (ends > np.add((top, left), size)).any():
            n_skipped[TOO_LARGE] += 1
            uncropped.append(hole)
        elif min(top, left) < 0 or top + size[0] > scaled[0] or left + size[1] > scaled[1]:
            n_skipped[NEAR_BORDER] += 1
            uncropped.append(hole)
        else:
            window = _window((top, left), size, zoom)
            other_dark = detections.dark[window].copy()
            y, x = hole.top - window[0].start, hole.left - window[1].start
            other_dark[y : y + hole.mask.shape[0], x : x + hole.mask.shape[1]] &= ~hole.mask
            crops[f"{file.stem}_h{len(crops):04d}"] = Crop(hole, top, left, bool(other_dark.any()))
    return FieldOfView(file, shape, scaled, size, crops, uncropped, n_skipped)


def _window(corner: tuple[int, int], size: tuple[int, int], scale: NDArray) -> tuple[slice, slice]:
    """Rows and columns of the field that a crop shows, including pixels that it shows in part."""
    start, stop = np.floor(corner / scale), np.ceil(np.add(corner, size) / scale - ROUNDING)
    start, stop = start.astype(int), stop.astype(int)
    return slice(start[0], stop[0]), slice(start[1], stop[1])


def _to_network_px(position: NDArray, scale: float | NDArray) -> NDArray:
    """Pixels of the field in pixels of the network. The corners of the two images coincide, not the pixel centres."""
    return (position + 0.5) * scale - 0.5


def _offset(crop: Crop, hole_depth: NDArray, scale: NDArray) -> NDArray:
    """Offset (y, x) [px of the network] of the hole in its depth map from the hole in the SEM image."""
    deep = np.nonzero(hole_depth > EDGE_DEPTH * hole_depth.max())
    if not deep[0].size:
        return np.zeros(2)
    sem_centre = _to_network_px(np.array([crop.hole.y, crop.hole.x]), scale) - (crop.top, crop.left)
    return np.mean(deep, axis=1) - sem_centre


def _hole_mask(crop: Crop, depth: NDArray, scale: NDArray) -> NDArray[np.bool_]:
    """Mask (h, w) of the crop's hole in its depth map: the etched region with the largest overlap with the hole."""
    regions, count = label(depth > 0)
    rows, columns = np.nonzero(crop.hole.mask)
    rows = np.rint(_to_network_px(rows + crop.hole.top, scale[0])).astype(int) - crop.top
    columns = np.rint(_to_network_px(columns + crop.hole.left, scale[1])).astype(int) - crop.left
    inside = (rows >= 0) & (rows < len(regions)) & (columns >= 0) & (columns < regions.shape[1])
    overlap = np.bincount(regions[rows[inside], columns[inside]], minlength=count + 1)
    overlap[0] = 0
    return regions == overlap.argmax() if overlap.any() else np.zeros(regions.shape, dtype=bool)
