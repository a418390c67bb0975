"""How good predicted depth maps are, compared with the mean map and with chance, summed up batch by batch."""

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

    `training_maps()` gives the maps (M, H, W) whose mean is the mean map, None where there are none; it is called once
    there is depth to score. `levels` are those that a background can have.
    """

    def __init__(
        self,
        levels: tuple[int, ...],
        training_maps: Callable[[], NDArray | None],
        has_absolute_scale: bool = True,
        nm_per_grey: float = 1.0,
    ) -> None:
        self.levels, self.has_absolute_scale, self.nm_per_grey = levels, has_absolute_scale, nm_per_grey
        self._training_maps = training_maps
        self.sizes: set[tuple[int, ...]] = set()
        self.images = 0
        self.errors: dict[str, MapErrors] = defaultdict(MapErrors)
        self.confusion: NDArray[np.int64] | None = None
        self.correct_levels = 0
        self.intersection, self.union, self.boundary = 0, 0, metrics.Mean()
        self.coverage = IntervalCoverage()

    def add(self, results: list[ImageResult]) -> None:
        """A batch of images of one size, all with their ground truth or all without, which do not count."""
        if results[0].truth is None:
            return
        truth = np.stack([result.truth for result in results if result.truth is not None])
        level, raw, snapped, recentred, hole_mask = (
            _stack(results, name) for name in ("level", "raw_depth", "snapped", "recentred", "hole_mask")
        )
        self.images += len(truth)
        self.sizes.add(truth.shape[1:])
        true_level = metrics.levels_of(truth)
        background = truth == true_level[:, None, None]
        if raw is not None and level is not None:
            steps = {"raw": raw, "snapped": snapped, "recentred": recentred}
            for name, maps in self._compared(truth, true_level, level, steps).items():
                nearest = _nearest(np.asarray(self.levels, dtype=np.float64), _border_median(maps))
                self.errors[name].add(maps, truth, background, nearest == true_level)
        if results[0].level_probs is not None and level is not None:
            table = metrics.confusion(level, true_level, self.levels)
            self.confusion = table if self.confusion is None else self.confusion + table
            self.correct_levels += int(np.sum(level == true_level))
        if results[0].depth_u90 is not None and snapped is not None and level is not None:
            uncertainty = (_stack(results, name) for name in ("depth_u90", "floor_depth", "ood_score"))
            self.coverage.add(snapped, truth, level, *uncertainty)
        if hole_mask is not None:
            self.intersection += int(np.sum(hole_mask & ~background))
            self.union += int(np.sum(hole_mask | ~background))
            self.boundary.add(metrics.boundary_distances(hole_mask, ~background))

    def summary(self) -> dict[str, Any] | None:
        """The score as metrics.json holds it; None where images differ in size.

        Nothing is said of levels where the depth has no absolute scale, or only one level can be predicted. `raw`,
        `snapped` and `recentred` are the predictions as the network gives them, with the background set to the
        predicted level, and with the hole moved too. `oracle_level` is what remains of the post-processed maps when the
        true level is given: each hole is rescaled from its own level to the true one, depth' = L - (L - floor) u.
        `mean_map_baseline` is the mean of the training maps; `mean_map_oracle_level` gets the same help: the mean of
        their normalised depths at the true level. Where sizes differ there is no mean map. `scale_shift_aligned`, of a
        depth without absolute scale: what remains after the best scale and shift of each raw map.
        """
        if len(self.sizes) != 1:
            return None
        score: dict[str, Any] = {"images": self.images}
        has_levels = self.has_absolute_scale and len(self.levels) > 1
        if self.errors:
            score |= {"unit": "grey level"} | ({"chance_level_accuracy": 1 / len(self.levels)} if has_levels else {})
            without: dict[str, float | None] = {} if has_levels else {"level_accuracy": None}
            score |= {name: errors.summary(self.nm_per_grey) | without for name, errors in self.errors.items()}
        if self.confusion is not None and has_levels:
            score["levels"] = {
                "accuracy": self.correct_levels / self.images,
                "levels": list(self.levels),
                "confusion": self.confusion.tolist(),
            }
        if self.coverage.images:
            score["intervals"] = self.coverage.summary()
        if self.union:
            score["mask"] = {"iou": self.intersection / self.union, "boundary_px": self.boundary.value}
        return score

    @cached_property
    def _means(self) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        maps = self._training_maps()
        return None if maps is None else (maps.mean(axis=0), mean_normalised_depth(maps))

    def _compared(
        self, truth: NDArray, true_level: NDArray, level: NDArray, steps: dict[str, NDArray | None]
    ) -> dict[str, NDArray]:
        """The maps that are compared with the ground truth, by name."""
        maps = {name: values for name, values in steps.items() if values is not None}
        final = list(maps.values())[-1]
        if not self.has_absolute_scale:
            maps["scale_shift_aligned"] = metrics.align_scale_shift(maps["raw"], truth)
        maps["oracle_level"] = metrics.denormalise(metrics.normalised_depth(final, level), true_level)
        mean_map, mean_u = self._means or (np.empty(0), np.empty(0))
        if mean_map.shape == truth.shape[1:]:
            maps["mean_map_baseline"] = np.broadcast_to(mean_map, truth.shape)
            maps["mean_map_oracle_level"] = metrics.denormalise(np.broadcast_to(mean_u, truth.shape), true_level)
        return maps


def mean_normalised_depth(maps: NDArray, chunk: int = 1024) -> NDArray[np.float64]:
    """Mean normalised depth u (H, W) [1] of maps (M, H, W) [grey level], `chunk` maps at a time to spare memory."""
    total = np.zeros(maps.shape[1:])
    for start in range(0, len(maps), chunk):
        part = maps[start : start + chunk]
        total += metrics.normalised_depth(part, metrics.levels_of(part)).sum(axis=0)
    return total / len(maps)


def _stack(results: list[ImageResult], name: str) -> Any:
    """A field of all results as one array; None where it is not known."""
    values = [getattr(result, name) for result in results]
    return None if values[0] is None else np.stack(values)


def _border_median(maps: NDArray) -> NDArray[np.float64]:
    border = np.ones(maps.shape[1:], dtype=bool)
    border[1:-1, 1:-1] = False
    return np.median(maps[:, border], axis=1)


def _nearest(levels: NDArray, values: NDArray) -> NDArray[np.float64]:
    return levels[np.abs(values[:, None] - levels).argmin(axis=1)]
