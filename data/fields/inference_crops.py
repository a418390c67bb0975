"""Fields of view as test images: each hole that is found in them is one."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..batches import InferenceBatch, InferenceImages
from ..data_options import DataOptions
from ..dataset_layout import DatasetLayout, ImageFile, stratified_subset
from ..errors import BadImageError, DataError
from ..io import MAX_PIXELS, TOO_MANY_PIXELS, read_grey, resized
from .hole_detection import THRESHOLDS, Detections, detect_holes
from .stitching import FieldOfView, crops_of

ENOUGH = 64  # training images, to know how large their holes are


class InferenceCrops(InferenceImages):
    """Crops around the holes of some fields of view, with the interface of `TestImages`; `fields` holds their places.

    `scale` is px of the network per px of the field; 0 makes the median hole as large as those of the SEM images that
    the network was `trained_on`, a dataroot. Fields that cannot be read and those without a hole are in `bad`;
    BadImageError if all are.
    """

    def __init__(
        self,
        files: list[ImageFile],
        options: DataOptions,
        threshold: str,
        area: tuple[int, ...],
        scale: float,
        trained_on: str,
        width: float | None = None,
    ) -> None:
        super().__init__(files, options, width=width)
        size = options.load_size if "resize" in options.preprocess else options.crop_size
        self.size = size[0], size[-1]
        self.scale, self.like = scale, ""
        self.fields: list[FieldOfView] = []
        boxes: list[tuple[int, ...]] = []
        waiting: list[tuple[ImageFile, Detections]] = []
        other = THRESHOLDS[1 - THRESHOLDS.index(threshold)]
        self.hint = f"try --field_threshold {other}, --field_area LEAST,GREATEST or --field_scale"
        for file in files:
            try:
                found = detect_holes(self._one(file)[1], threshold, area)
            except DataError as error:
                self.bad[file.name] = str(error)
                continue
            boxes += [hole.mask.shape for hole in found.holes]
            if scale:
                self._take(file, found)
            else:  # the scale comes from the holes of all fields
                waiting.append((file, found))
        self.box = np.median(boxes, axis=0) if boxes else np.ones(2)
        if boxes and not scale:
            self._fit(trained_on)
        for file, found in waiting:
            self._take(file, found)
        if not self.fields:
            raise BadImageError(self.bad, len(files))

    def __len__(self) -> int:
        return sum(len(field.crops) for field in self.fields)

    def batches(self, batch_size: int, ahead: bool = True) -> Iterator[InferenceBatch]:
        """The crops; their site is the field. One that can no longer be read is left out and named in `bad`."""
        for field in self.fields:
            try:
                image = self.read(field).astype(np.float32)
            except DataError as error:
                self.bad[field.file.name] = str(error)
                continue
            if field.scaled != field.shape:
                image = resized(image, field.scaled)
            stems = list(field.crops)
            for start in range(0, len(stems), batch_size):
                some = stems[start : start + batch_size]
                crops = np.stack([field.cut(image, stem) for stem in some])
                yield InferenceBatch(some, crops, None, [field.name] * len(some))

    def read(self, field: FieldOfView) -> NDArray:
        """The micrograph of a field (H, W) [grey level]."""
        return read_grey(field.file.name, self.options.grey_range)

    @property
    def summary(self) -> str:
        """What was found, what was left out and at which scale, in lines."""
        crops = [crop for field in self.fields for crop in field.crops.values()]
        height, width = self.box
        said = (
            f"--field_scale {self.scale:.3g}" if not self.like else f"--field_scale auto: {self.scale:.3g}, {self.like}"
        )
        return (
            f"fields of view: {len(self.fields)}, holes: {len(crops)}, their median box {height:g}x{width:g} px; "
            f"left out: {_counts(self.fields)}\n"
            f"crops of {self.size[0]}x{self.size[1]} px of the network ({said}); "
            f"{sum(crop.neighbours for crop in crops)} show a part of a neighbour, which is left in"
        )

    def _take(self, file: ImageFile, found: Detections) -> None:
        field = crops_of(file, found, self.size, self.scale or 1)
        if np.prod(field.scaled, dtype=np.float64) > MAX_PIXELS:
            self.bad[file.name] = f"{file.name}: at {self.scale:g} times its size {TOO_MANY_PIXELS}"
        elif field.crops:
            self.fields.append(field)
        else:
            tried = f"{len(found.holes)} holes with {found.tried}, left out: {_counts([field])}"
            self.bad[file.name] = f"{file.name}: no hole to predict ({tried}); {self.hint}"

    def _fit(self, trained_on: str) -> None:
        """Chooses the scale: like is measured with like, the holes of both kinds of image as `find_holes` sees them."""
        try:
            files = stratified_subset(DatasetLayout(trained_on).sem(), ENOUGH)
            images = [read_grey(file.name, self.options.grey_range) for file in files]
        except DataError as error:
            height, width = self.box
            raise DataError(
                f"--field_scale auto measures the images that the run was trained on: {error}; or say a number "
                f"(the median hole here is {height:g}x{width:g} px)"
            ) from None
        boxes = [hole.mask.shape for image in images for hole in detect_holes(image).holes]
        if not boxes:
            raise DataError(f"--field_scale auto: no hole is to be seen in {files[0].name} and its like; say a number")
        height, width = np.median(boxes, axis=0)
        self.scale = float(min((height, width) / self.box))
        self.like = (
            f"so that the median hole is as large as in the training images, {height:g}x{width:g} px; "
            "depths in nm are not scaled with it"
        )


def _counts(fields: list[FieldOfView]) -> str:
    return ", ".join(f"{sum(field.left_out[why] for field in fields)} {why}" for why in fields[0].left_out)
