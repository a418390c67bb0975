"""Measures the images of a data set's folders, and finds those that differ from the rest of their folder."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from ..batches import ImageRecords, height_width
from ..data_options import DataOptions
from ..dataset_layout import ImageFile
from .image_info import ImageInfo, check_readable, measure_image, read_pixel_size
from .inventory import TRUTH, ImageSet

CHUNK = 1024  # images that are measured at a time
MAX_ROBUST_Z = 6.0  # images whose mean is further from the median are suspicious
MIN_CLASS_SIZE = 8  # images of a class for which outliers are searched
MIN_SIGMA = 0.5  # [grey level] lower limit of the robust standard deviation


@dataclass
class FolderStatistics:
    """The measurements of one folder: `infos` by image name, and the sum of the histograms (256,)."""

    image_set: ImageSet
    infos: dict[str, ImageInfo] = field(default_factory=dict)
    pixel_size_of: dict[str, str] = field(default_factory=dict)  # by image; see `read_pixel_size`
    histogram: NDArray[np.int64] = field(default_factory=lambda: np.zeros(256, np.int64))

    def bad(self) -> dict[str, str]:
        """Images that cannot be used, each with its reason."""
        return {name: info.reason for name, info in self.infos.items() if info.reason}

    def usable(self) -> dict[str, ImageInfo]:
        """The measurements of the images that can be used."""
        return {name: info for name, info in self.infos.items() if not info.reason}

    def common_size(self, options: DataOptions) -> tuple[int, ...]:
        """The commonest size (H, W), or that of --load_size; before cropping."""
        if "resize" in options.preprocess:
            return height_width(options.load_size)
        return max(self.sizes().items(), key=lambda item: item[1], default=((), 0))[0]

    def unusable(self, options: DataOptions) -> dict[str, str]:
        """Images that a training with these options cannot use, each with its reason; test images may have any size."""
        reasons, common_size = self.bad(), self.common_size(options)
        if "resize" not in options.preprocess and not self.image_set.role.startswith("test"):
            for name, info in self.usable().items():
                if info.shape != common_size:
                    reasons[name] = f"{name}: {size_text(info.shape)} where others are {size_text(common_size)}"
        return reasons

    def sizes(self) -> Counter[tuple[int, ...]]:
        """Number of images of each size (H, W)."""
        return Counter(info.shape for info in self.infos.values() if info.shape)

    def pixel_formats(self) -> Counter[str]:
        """Number of images of each bit depth and channels."""
        return Counter(info.pixel_format for info in self.infos.values() if info.pixel_format)

    def value_ranges(self, out_of_range: bool = False) -> dict[str, tuple[float, float]]:
        """(minimum, maximum) of the values in the files by bit depth; of all images, or only of those out of range."""
        ranges: dict[str, tuple[float, float]] = {}
        for info in self.infos.values():
            if info.low <= info.high and info.out_of_range >= out_of_range:
                low, high = ranges.get(info.bit_depth, (np.inf, -np.inf))
                ranges[info.bit_depth] = min(low, info.low), max(high, info.high)
        return ranges

    def pixel_sizes(self) -> Counter[str]:
        """Number of readable images of each pixel size, in the words of `read_pixel_size`."""
        return Counter(self.pixel_size_of[name] for name, info in self.infos.items() if info.pixel_format)

    def other_pixel_sizes(self) -> dict[str, str]:
        """Readable images whose pixel size is not the commonest one, in the words of `read_pixel_size`."""
        (common, _), *_ = self.pixel_sizes().most_common(1) or [("", 0)]
        readable = (name for name, info in self.infos.items() if info.pixel_format)
        return {name: size for name in readable if (size := self.pixel_size_of[name]) != common}

    def records(self) -> ImageRecords:
        """What the files of usable images say, and what was cut of them."""
        records = ImageRecords()
        records.add(info.record for info in self.infos.values() if info.record)
        return records

    def mean(self) -> float:
        """Mean grey level [0..255] of all pixels of usable images."""
        return float(self.histogram @ np.arange(256) / self.histogram.sum())

    def levels(self) -> Counter[int]:
        """Number of images of each grey level at the border; in depth maps it is the background level."""
        return Counter(info.border for info in self.usable().values())

    def suspicious(self) -> dict[str, list[str]]:
        """Usable images with warnings: about the image alone, or compared with its class."""
        warnings = {name: list(info.warnings) for name, info in self.usable().items() if info.warnings}
        classes: dict[str, list[str]] = {}
        for file in self.image_set.files:
            if file.name in self.infos and not self.infos[file.name].reason:
                classes.setdefault(file.class_folder, []).append(file.name)
        for class_folder, names in classes.items():
            means = np.array([self.infos[name].mean for name in names])
            if len(means) < MIN_CLASS_SIZE:
                continue
            for index in np.flatnonzero(np.abs(robust_z(means)) > MAX_ROBUST_Z):
                rest = f"others of {class_folder}" if class_folder else "others"
                message = f"mean {means[index]:.0f} where {rest} have {np.median(means):.0f}"
                warnings.setdefault(names[index], []).append(message)
        return warnings


def size_text(shape: tuple[int, ...]) -> str:
    """A size in words, such as `72x48`."""
    return "x".join(str(n) for n in shape)


def robust_z(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distances (n,) from the median [robust standard deviations].

    The robust standard deviation is 1.4826 times the median absolute deviation (Rousseeuw and Croux 1993), and at least
    half a grey level.
    """
    deviation = values - np.median(values)
    return deviation / max(1.4826 * np.median(np.abs(deviation)), MIN_SIGMA)


def measure_folders(
    image_sets: list[ImageSet],
    subsets: list[list[ImageFile]],
    options: DataOptions,
    find_bars: bool,
    pictures: Path,
) -> dict[str, FolderStatistics]:
    """The statistics of each folder by role, from a subset of its images; shows a progress bar.

    With `find_bars`, data bars are looked for in pictures of which no header tells them. The folder `pictures` gets one
    of each image whose annotation is refused.

    Of the ground truth of the test images it is only checked that it can be read.
    """
    folders = [FolderStatistics(image_set) for image_set in image_sets]
    with (
        ThreadPoolExecutor() as pool,
        tqdm(total=sum(map(len, subsets)), desc="reading", unit="image", leave=False, disable=None) as bar,
    ):
        for folder, files in zip(folders, subsets, strict=True):
            sem = folder.image_set.role != "depth"
            for start in range(0, len(files), CHUNK):
                names = [file.name for file in files[start : start + CHUNK]]
                if folder.image_set.role == TRUTH:
                    check = partial(check_readable, grey_range=options.grey_range, pictures=pictures)
                    infos = pool.map(check, map(Path, names))
                    folder.infos |= zip(names, infos, strict=True)
                else:
                    measure = partial(
                        measure_image, options=options, sem=sem, find_bar=sem and find_bars, pictures=pictures
                    )
                    measured = pool.map(measure, map(Path, names))
                    folder.pixel_size_of |= zip(names, pool.map(read_pixel_size, names), strict=True)
                    for name, (info, histogram) in zip(names, measured, strict=True):
                        folder.infos[name] = info
                        folder.histogram += histogram
                bar.update(len(names))
    return {folder.image_set.role: folder for folder in folders}
