"""What a run keeps of the images that it was trained on, so that a test can tell whether its images are alike."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np

from ..data_options import DataOptions
from ..dataset_layout import DatasetLayout, ImageFile, stratified_subset
from ..errors import DataError
from .pixel_width import common_width
from .sem_image import read_sem_image

N_IMAGES = 16  # that are looked at, spread evenly


def describe_images(options: DataOptions) -> dict[str, Any]:
    """`pixel_nm` [nm] that the SEM images state, None if none does; `size` (H, W) [px] at which they are learned; and
    `hole_px`, height and width of the median hole [px], None where none is found."""
    files = stratified_subset(DatasetLayout(options.dataroot, options.signal).sem(), N_IMAGES)
    facts: dict[str, Any] = {"pixel_nm": None, "size": None, "hole_px": None}
    with suppress(DataError):
        facts["pixel_nm"] = common_width(files, lambda _: True).nm or None
        facts["size"] = _learned_size(files, options)
        facts["hole_px"] = median_hole(files, options)
    return facts


def median_hole(files: list[ImageFile], options: DataOptions) -> list[float] | None:
    """Height and width [px] of the median hole that images show; None where none is found. Raises DataError."""
    from ..fields import detect_holes  # here, because importing scikit-image is slow

    options = replace(options, data_bar=-1)  # --data_bar is about the images of a test
    images = [read_sem_image(file.name, options, find_bar=True).image.levels for file in files]
    boxes = [hole.mask.shape for image in images for hole in detect_holes(image).holes]
    return np.median(boxes, axis=0).tolist() if boxes else None


def _learned_size(files: list[ImageFile], options: DataOptions) -> list[int]:
    if "crop" in options.preprocess:
        return [options.crop_size[0], options.crop_size[-1]]
    if "resize" in options.preprocess:
        return [options.load_size[0], options.load_size[-1]]
    return list(read_sem_image(files[0].name, options, find_bar=True).image.levels.shape)
