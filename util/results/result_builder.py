"""From a batch of images and their prediction to one result an image, with the measurements of its hole."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..metrology import ANGLES, DEPTH_U90, UNCERTAIN, KnownMaps, calibrate_intervals, find_flags, measure_holes
from .image_result import ImageResult
from .training_scale import TrainingScale

ARRAYS = {each.name for each in fields(ImageResult)}


@dataclass(frozen=True)
class ResultBuilder:
    """`nm_per_grey` [nm] and `pixel_nm` [nm, 0 is unknown] are the scale; with `lines` the images show lines.

    `snap_background`: whether the snapped depth map is the result; else the raw one is. `factors` are those of the
    intervals of measures; None without a calibration. Without `has_absolute_scale` depths are relative to an unknown
    one, and no interval of a depth is stated. `trained` is the scale of the training images.
    """

    nm_per_grey: float
    pixel_nm: float
    lines: bool = False
    snap_background: bool = True
    factors: Mapping[str, float] | None = None
    has_absolute_scale: bool = True
    trained: TrainingScale = field(default_factory=TrainingScale)

    def depth_results(self, batch: Any, prediction: Any) -> list[ImageResult]:
        """One result an image.

        `batch` has `stems`, `images` and `truth` (N, H, W) [grey level], `sites` and `instruments`; `prediction` is a
        record of arrays of the N images, whose fields are named as those of ImageResult.
        """
        columns = {name: values for name, values in prediction._asdict().items() if name in ARRAYS}
        columns |= {"truth": batch.truth, "site": batch.sites or None, "instrument": batch.instruments or None}
        if not self.snap_background:
            columns |= {"snapped": None, "recentred": None}
        if prediction.background_prob is None:  # a mask that was derived from the depth map tells nothing new
            columns["hole_mask"] = None
        final = self._final(prediction)
        if final is not None and prediction.level is not None:
            columns["measurements"] = self.measure(
                prediction.level, final, prediction.depth_u90, prediction.floor_depth
            )
            columns["warnings"] = self._warnings(batch.images, prediction)
            if batch.truth is not None:
                columns["true_measurements"] = self.measure(batch.truth.max((1, 2)), batch.truth)
        if not self.has_absolute_scale:
            columns |= {"depth_u90": None, "floor_depth": None}
        return _rows(batch, columns)

    def after(self, predictor: Any) -> Callable[[Any, Any], list[ImageResult]]:
        """`depth_results` of what a network gives, once the `predictor` has postprocessed it; intervals of measures are
        calibrated on what it knows."""
        builder = replace(
            self.calibrated(predictor.recall_known()), has_absolute_scale=predictor.model.has_absolute_scale
        )
        return lambda batch, output: builder.depth_results(batch, predictor.postprocess(output))

    def calibrated(self, known: Any) -> "ResultBuilder":
        """The same with `factors` from a known `prediction`, its `truth` and `is_real`; itself for None."""
        if known is None:
            return self
        prediction, truth = known.prediction, known.truth
        final_nm = (prediction.level[:, None, None] - self._final(prediction)) * self.nm_per_grey
        true_nm = (truth.max((1, 2), keepdims=True) - truth) * self.nm_per_grey
        maps = KnownMaps(final_nm, true_nm, prediction.depth_u90 * self.nm_per_grey, known.is_real)
        return replace(self, factors=calibrate_intervals(maps, self.pixel_nm or 1.0, self.lines))

    def _warnings(self, images: NDArray, prediction: Any) -> list[tuple[str, ...]]:
        """What is doubtful of each image (N, H, W): the scale of all, and the holes; lines are no holes."""
        in_place = prediction.raw_depth if prediction.snapped is None else prediction.snapped  # not recentred
        depth = prediction.level[:, None, None] - in_place
        holes: list[tuple[str, ...]] = [()] * len(images) if self.lines else find_flags(images, depth)
        scale = self.trained.flags(images.shape[1:], self.pixel_nm)
        return [(*hole, *scale) for hole in holes]

    def _final(self, prediction: Any) -> NDArray | None:
        return prediction.final if self.snap_background else prediction.raw_depth

    def sem_results(self, batch: Any, rendering: NDArray) -> list[ImageResult]:
        """One result a depth map of the batch: the SEM image (H, W) [grey level] that was rendered of it."""
        return _rows(batch, {"rendering": rendering})

    def measure(
        self, level: NDArray, depth: NDArray, depth_u90: NDArray | None = None, floor_depth: NDArray | None = None
    ) -> list[dict[str, float]]:
        """The measurements of each hole in maps (N, H, W) [grey level] whose background is at `level` (N,).

        Sidewall angles and their intervals are NaN where the pixel size is unknown, intervals of depths, angles and the
        volume where the scale of depths is.
        """
        depth_nm = (level[:, None, None] - depth) * self.nm_per_grey
        u90_nm = None if depth_u90 is None else depth_u90 * self.nm_per_grey
        measurements = measure_holes(depth_nm, self.pixel_nm or 1.0, u90_nm, self.lines, self.factors)
        if floor_depth is not None:
            measurements["depth_mean_u90_nm"] = floor_depth[:, 1] * self.nm_per_grey
        unknown = [] if self.pixel_nm else [*ANGLES, *(UNCERTAIN[name] for name in ANGLES)]
        unknown += [] if self.has_absolute_scale else DEPTH_U90
        measurements |= dict.fromkeys(unknown, np.full(len(depth_nm), np.nan))
        rows = zip(*(values.tolist() for values in measurements.values()), strict=True)
        return [dict(zip(measurements, row, strict=True)) for row in rows]


def _rows(batch: Any, columns: dict[str, Any]) -> list[ImageResult]:
    given = {"stem": batch.stems, "input": batch.images}
    given |= {
        name: values.tolist() if name in ("level", "ood_score") and isinstance(values, np.ndarray) else values
        for name, values in columns.items()
        if values is not None
    }
    return [ImageResult(**dict(zip(given, row, strict=True))) for row in zip(*given.values(), strict=True)]
