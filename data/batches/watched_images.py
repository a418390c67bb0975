"""Reads SEM images that appear one by one in a folder, so that nothing is known of those to come."""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from ..data_options import DataOptions
from ..dataset_layout import ImageFile
from ..errors import DataError
from ..header import read_header, square_pixel_nm
from ..io import SUFFIXES, images_of
from ..neighbours import is_data_set
from .image_records import ImageRecords
from .inference_images import InferenceBatch, InferenceImages

MAX_RECORDS = 1000  # images that the notes of a test speak of: the latest


class WatchedImages(InferenceImages):
    """The images of `folder` and its sub-folders. An image of a sub-folder carries its name: site_01_hole.

    `given_nm` is --pixel_nm [nm], 0 where it is not given; then the first image that can be used decides it. Raises
    DataError for the root of a data set.
    """

    suffixes = SUFFIXES

    def __init__(self, folder: Path, options: DataOptions, given_nm: float, results: Path) -> None:
        if is_data_set(folder):
            raise DataError(f"{folder}: a data set, not a folder of SEM images; watch its folder of test images")
        super().__init__([], options, folder=folder, find_bars=True)
        self.pictures = results.absolute().with_name(f"{results.name}_annotation")
        self.records = ImageRecords(given_nm, maximum=MAX_RECORDS)

    @property
    def used_nm(self) -> float:
        """The pixel size [nm] that is used, 0 while nothing tells it."""
        return self.records.given_nm or self.pixel_size or 0.0

    def files_in(self, path: str) -> list[ImageFile]:
        """The images that a file holds: one, or one a page."""
        subfolder = os.path.relpath(os.path.dirname(path), self.folder)
        prefix = "" if subfolder == os.curdir else subfolder.replace(os.sep, "_") + "_"
        return [ImageFile(name, "", "", prefix) for name in images_of(path)]

    def read(self, files: Sequence[ImageFile]) -> tuple[list[InferenceBatch], dict[str, str]]:
        """The batches of some images, one a size, and by name why others cannot be used."""
        if self.pixel_size is None and not self.records.given_nm:
            self._decide_pixel_size(files)
        batches, skipped, records = self._read_batches(list(files))
        self.records.add(records)
        return batches, skipped

    def _decide_pixel_size(self, files: Sequence[ImageFile]) -> None:
        for file in files:
            with suppress(DataError):
                self.read_image(file)
                self.pixel_size = square_pixel_nm(file.name, read_header(file.name)) or 0.0
                return
