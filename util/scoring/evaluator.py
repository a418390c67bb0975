"""How good predicted depth maps are, beside what the mean map and chance would give, summed up batch by batch."""

from collections import defaultdict
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..results import ImageResult
from . import metrics
from .interval_coverage import IntervalCoverage
from .map_errors import MapErrors


class Evaluator:
    """Takes results batch by batch, so that a million images need no more memory than one batch.

    `training_maps()` gives the maps (M, H, W) that the mean map is the mean of, None where there are none, and is
    called once there is depth to score; `levels` are those that a background can have.
    """

    def __init__(
        self,
        levels: tuple[int, ...],
        training_maps: Callable[[], NDArray | None],
        has_absolute_scale: bool = True,
        nm_per_grey: float = 1.0,
    ) -> None:
        self.levels, self.has_absolute_scale, self.nm_per_grey = levels, has_absolute_scale, nm_per_grey
        self.known = np.asarray(levels, dtype=np.float64)
        self._training_maps = training_maps
        self.sizes: set[tuple[int, ...]] = set()
        self.images = 0
        self.errors: dict[str, MapErrors] = defaultdict(MapErrors)
        self.confusion: NDArray[np.int64] | None = None
        self.right = 0
        self.overlap, self.union, self.boundary = 0, 0, metrics.Mean()
        self.coverage = IntervalCoverage()

    def add(self, results: list[ImageResult]) -> None:
        """A batch of images of one size, all with their truth."""
        truth = np.stack([result.truth for result in results if result.truth is not None])
        level, raw, snapped, recentred, mask = (
            None if getattr(results[0], name) is None else np.stack([getattr(result, name) for result in results])
            for name in ("level", "depth", "quantised", "centred", "mask")
        )
        self.images += len(truth)
        self.sizes.add(truth.shape[1:])
        true_level = metrics.levels_of(truth)
        background = truth == true_level[:, None, None]
        if raw is not None and level is not None:
            for name, maps in self._sets(truth, true_level, level, raw, snapped, recentred).items():
                found = _nearest(self.known, _border_median(maps))
                self.errors[name].add(maps, truth, background, found == true_level)
        if results[0].level_probs is not None and level is not None:
            table = metrics.confusion(level, true_level, self.levels)
            self.confusion = table if self.confusion is None else self.confusion + table
            self.right += int(np.sum(level == true_level))
        if results[0].depth_u90 is not None and snapped is not None and level is not None:
            doubts = ([getattr(result, name) for result in results] for name in ("interval", "floor", "strange"))
            self.coverage.add(snapped, truth, level, *map(np.stack, doubts))
        if mask is not None:
            self.overlap += int(np.sum(~mask & ~background))
            self.union += int(np.sum(~mask | ~background))
            self.boundary.add(metrics.boundary_distances(~mask, ~background))

    def summary(self) -> dict[str, Any] | None:
        """All figures as metrics.json holds them; None where images differ in size.

        `raw` and `quantised` are the predictions before and after the background was set to the predicted level,
        `centred` those whose holes were moved too.
        `level_given` is what remains of the finished maps when the true level is given: each hole is rescaled from its
        own level to the true one, depth' = L - (L - floor) u. The mean map gets the same help: the mean of the
        training maps' unit shapes at the true level. Where sizes differ there is no mean map. Of a depth without scale,
        `aligned` is what remains after the best scale and shift of each raw map.
        """
        if len(self.sizes) != 1:
            return None
        found: dict[str, Any] = {"images": self.images}
        if self.errors:
            found |= {"unit": "grey level", "chance_level_accuracy": 1 / len(self.levels)}
            found |= {name: errors.summary(self.nm_per_grey) for name, errors in self.errors.items()}
        if self.confusion is not None:
            found["levels"] = {
                "accuracy": self.right / self.images,
                "levels": list(self.levels),
                "confusion": self.confusion.tolist(),
            }
        if self.coverage.images:
            found["intervals"] = self.coverage.summary()
        if self.union:
            found["mask"] = {"iou": self.overlap / self.union, "boundary_px": self.boundary.value}
        return found

    @cached_property
    def _means(self) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        maps = self._training_maps()
        return None if maps is None else (maps.mean(axis=0), mean_shape(maps))

    def _sets(
        self,
        truth: NDArray,
        true_level: NDArray,
        level: NDArray,
        raw: NDArray,
        snapped: NDArray | None,
        recentred: NDArray | None,
    ) -> dict[str, NDArray]:
        steps = {"raw": raw, "quantised": snapped, "centred": recentred}
        sets = {name: maps for name, maps in steps.items() if maps is not None}
        finished = list(sets.values())[-1]
        if not self.has_absolute_scale:
            sets["aligned"] = metrics.align_scale_shift(raw, truth)
        sets["level_given"] = metrics.denormalise(metrics.normalised_depth(finished, level), true_level)
        mean_map, shape = self._means or (np.empty(0), np.empty(0))
        if mean_map.shape == truth.shape[1:]:
            sets["mean_map"] = np.broadcast_to(mean_map, truth.shape)
            sets["mean_map_level_given"] = metrics.denormalise(np.broadcast_to(shape, truth.shape), true_level)
        return sets


def mean_shape(maps: NDArray, chunk: int = 1024) -> NDArray[np.float64]:
    """Mean unit shape u (H, W) [1] of depth maps (M, H, W) [grey level], `chunk` maps at a time to spare memory."""
    total = np.zeros(maps.shape[1:])
    for start in range(0, len(maps), chunk):
        part = maps[start : start + chunk]
        total += metrics.normalised_depth(part, metrics.levels_of(part)).sum(axis=0)
    return total / len(maps)


def _border_median(maps: NDArray) -> NDArray[np.float64]:
    edge = np.ones(maps.shape[1:], dtype=bool)
    edge[1:-1, 1:-1] = False
    return np.median(maps[:, edge], axis=1)


def _nearest(known: NDArray, values: NDArray) -> NDArray[np.float64]:
    return known[np.abs(values[:, None] - known).argmin(axis=1)]
