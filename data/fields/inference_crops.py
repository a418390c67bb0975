"""Fields of view as images for inference: a crop around each detected hole is one image."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..batches import ImageRecord, ImageRecords, InferenceBatch, InferenceImages, median_hole
from ..data_options import DataOptions
from ..dataset_layout import DatasetLayout, ImageFile, stratified_subset
from ..errors import BadImageError, DataError
from ..io import MAX_PIXELS, TOO_MANY_PIXELS, GreyImage, resized
from .hole_detection import THRESHOLDS, Detections, detect_holes
from .stitching import TOO_LARGE, FieldOfView, cut_crops

N_TRAINING_IMAGES = 64  # images from which the hole size of the training data is measured


class InferenceCrops(InferenceImages):
    """Crops (N, H, W) [grey level 0..255] around the holes of fields of view, with the interface of `InferenceImages`.

    `fields` holds the positions of the crops. `scale` is px of the network per px of the field. 0 chooses it so that
    the median hole is as large as `training_hole` (height, width) [px]; without it, as that of the training images in
    the folder `training_root`. Fields that cannot be read and fields without a hole are in `skipped`; BadImageError if
    all are.
    """

    def __init__(
        self,
        files: list[ImageFile],
        options: DataOptions,
        threshold: str,
        area: tuple[int, ...],
        scale: float,
        training_root: str,
        pixel_size: float | None = None,
        pictures: Path | None = None,
        training_hole: Sequence[float] = (),
    ) -> None:
        super().__init__(files, options, pixel_size=pixel_size, find_bars=True)
        self.records, self.pictures = ImageRecords(are_fields=True), pictures
        size = options.load_size if "resize" in options.preprocess else options.crop_size
        self.size = size[0], size[-1]
        self.scale, self.scale_reason = scale, ""
        self.fields: list[FieldOfView] = []
        self.annotated: dict[str, GreyImage] = {}  # fields that have annotation in colour
        boxes: list[tuple[int, ...]] = []
        unscaled: list[tuple[ImageFile, Detections]] = []
        other_threshold = THRESHOLDS[1 - THRESHOLDS.index(threshold)]
        self.hint = f"try --field_threshold {other_threshold}, --field_area MIN,MAX or --field_scale"
        for file in files:
            try:
                sem = self.read_sem(file)
                detections = detect_holes(sem.image.levels, threshold, area)
                self.check_pixel_size(file, sem.header)
                self.records.add([ImageRecord.of(file.name, sem)])
                if sem.image.annotation is not None:
                    self.annotated[file.name] = sem.image
            except DataError as error:
                self.skipped[file.name] = str(error)
                continue
            boxes += [hole.mask.shape for hole in detections.holes]
            if scale:
                self._add_field(file, detections)
            else:  # the scale comes from the holes of all fields
                unscaled.append((file, detections))
        self.median_box = np.median(boxes, axis=0) if boxes else np.ones(2)
        if boxes and not scale:
            self._choose_scale(training_hole or self._measure_training_hole(training_root))
        for file, detections in unscaled:
            self._add_field(file, detections)
        if not self.fields:
            raise BadImageError(self.skipped, len(files))

    def __len__(self) -> int:
        return sum(len(field.crops) for field in self.fields)

    def batches(self, batch_size: int, ahead: bool = True) -> Iterator[InferenceBatch]:
        """The crops in batches; their site is the field. A field that can no longer be read is added to `skipped`."""
        for field in self.fields:
            try:
                image = self.read(field).astype(np.float32)
            except DataError as error:
                self.skipped[field.file.name] = str(error)
                continue
            if field.scaled != field.shape:
                image = resized(image, field.scaled)
            stems = list(field.crops)
            for start in range(0, len(stems), batch_size):
                batch = stems[start : start + batch_size]
                crops = np.stack([field.cut(image, stem) for stem in batch])
                instruments = [self.records.instrument(self.records.records[field.file.name].header)] * len(batch)
                yield InferenceBatch(batch, crops, None, [field.name] * len(batch), instruments)

    def read(self, field: FieldOfView) -> NDArray:
        """The image of a field (H, W) [grey level]."""
        return self.read_sem(field.file).image.levels

    @property
    def summary(self) -> str:
        """Two lines: the detected and the skipped holes, and the scale of the crops."""
        crops = [crop for field in self.fields for crop in field.crops.values()]
        height, width = self.median_box
        scale = f"--field_scale {self.scale:.3g}"
        if self.scale_reason:
            scale = f"--field_scale auto: {self.scale:.3g}, {self.scale_reason}"
        return (
            f"fields of view: {len(self.fields)}, holes: {len(crops)}, their median box {height:g}x{width:g} px; "
            f"skipped: {_describe_skipped(self.fields)}{self._larger_advice(self.fields)}\n"
            f"crops of {self.size[0]}x{self.size[1]} px of the network ({scale}); "
            f"{sum(crop.neighbours for crop in crops)} show a part of a neighbour, which is not removed"
        )

    def _add_field(self, file: ImageFile, detections: Detections) -> None:
        field = cut_crops(file, detections, self.size, self.scale or 1)
        if file.name in self.annotated:
            self._drop_annotated_crops(field, self.annotated.pop(file.name))
        if np.prod(field.scaled, dtype=np.float64) > MAX_PIXELS:
            self.skipped[file.name] = f"{file.name}: at {self.scale:g} times its size {TOO_MANY_PIXELS}"
        elif field.crops:
            self.fields.append(field)
        else:
            details = f"{len(detections.holes)} holes with {detections.settings}, skipped: {_describe_skipped([field])}"
            hint = self._larger_advice([field]) or f"; {self.hint}"
            self.skipped[file.name] = f"{file.name}: no hole to predict ({details}){hint}"

    def _larger_advice(self, fields: Sequence[FieldOfView]) -> str:
        """The end of a message: which scale makes holes fit that are larger than a crop; '' where there are none."""
        shapes = [hole.mask.shape for field in fields if field.n_skipped[TOO_LARGE] for hole in field.uncropped]
        if not shapes or self.scale_reason:
            return ""
        largest = float(np.min(np.divide(self.size, np.max(shapes, axis=0))))
        return f"; to fit larger holes use --field_scale auto, or a number below {largest:.2g}"

    def _drop_annotated_crops(self, field: FieldOfView, image: GreyImage) -> None:
        """Takes the crops that show too much annotation in colour out of a field, and adds them to `skipped`."""
        for name, crop in list(field.crops.items()):
            starts, sides = (crop.top, crop.left), self.size
            rows, columns = (
                slice(int(start / self.scale), math.ceil((start + side) / self.scale))
                for start, side in zip(starts, sides, strict=True)
            )
            try:
                image.check((rows, columns), self.pictures)
            except DataError as error:
                self.skipped[f"{field.file.name}: {name}"] = f"{error} (hole {name})"
                del field.crops[name]

    def _measure_training_hole(self, training_root: str) -> Sequence[float]:
        """Height and width of the median hole in the training images [px]."""
        try:
            files = stratified_subset(DatasetLayout(training_root).sem(), N_TRAINING_IMAGES)
            hole = median_hole(files, self.options)
        except DataError as error:
            height, width = self.median_box
            raise DataError(
                f"--field_scale auto measures the training images of the run: {error}; or use a number "
                f"(the median hole here is {height:g}x{width:g} px)"
            ) from None
        if hole is None:
            raise DataError(
                f"--field_scale auto: no hole found in training images such as {files[0].name}; use a number"
            )
        return hole

    def _choose_scale(self, training_hole: Sequence[float]) -> None:
        """Sets the scale so that the median hole is as large as in the training images."""
        height, width = training_hole
        self.scale = float(min((height, width) / self.median_box))
        self.scale_reason = (
            f"so that the median hole is as large as in the training images, {height:g}x{width:g} px; "
            "depths in nm are not scaled"
        )


def _describe_skipped(fields: list[FieldOfView]) -> str:
    return ", ".join(f"{sum(field.n_skipped[reason] for field in fields)} {reason}" for reason in fields[0].n_skipped)
