"""The images of a data set, measured: all of them, or as many of each domain as are read in reasonable time."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from ..batches import height_width
from ..data_options import DataOptions
from ..dataset_layout import ImageFile
from ..io import file_of
from .image_info import ImageInfo, examined, pixel_width, readable
from .inventory import TRUTH, ImageSet

CHUNK = 1024  # images that are measured at a time
OUTLYING = 6.0  # robust standard deviations
ENOUGH = 8  # images of a class, for its spread to mean something
FINEST_SPREAD = 0.5  # [grey level] below which a difference is none


@dataclass
class FolderStatistics:
    """`facts` by file name of the images of one domain that were read, and the sum of their histograms (256,)."""

    domain: ImageSet
    infos: dict[str, ImageInfo] = field(default_factory=dict)
    pixels: dict[str, str] = field(default_factory=dict)  # `facts.pixel_width` of each file
    histogram: NDArray[np.int64] = field(default_factory=lambda: np.zeros(256, np.int64))

    def bad(self) -> dict[str, str]:
        """Files that cannot be used, each with its reason."""
        return {name: facts.reason for name, facts in self.infos.items() if facts.reason}

    def usable(self) -> dict[str, ImageInfo]:
        """The facts of the others."""
        return {name: facts for name, facts in self.infos.items() if not facts.reason}

    def common_size(self, options: DataOptions) -> tuple[int, ...]:
        """The size (H, W) that the images have, prepared as the options say, before they are cropped."""
        if "resize" in options.preprocess:
            return height_width(options.load_size)
        return max(self.sizes().items(), key=lambda one: one[1], default=((), 0))[0]

    def unusable(self, options: DataOptions) -> dict[str, str]:
        """Files that a training with these options cannot use, each with its reason; a test takes all sizes."""
        bad, usual = self.bad(), self.common_size(options)
        if "resize" not in options.preprocess and not self.domain.role.startswith("test"):
            for name, facts in self.usable().items():
                if facts.shape != usual:
                    bad[name] = f"{name}: {size_text(facts.shape)} where others are {size_text(usual)}"
        return bad

    def sizes(self) -> Counter[tuple[int, ...]]:
        """Images of each size (H, W)."""
        return Counter(facts.shape for facts in self.infos.values() if facts.shape)

    def kinds(self) -> Counter[str]:
        """Images of each bit depth and mode."""
        return Counter(facts.kind for facts in self.infos.values() if facts.kind)

    def values(self, out_of_range: bool = False) -> dict[str, tuple[float, float]]:
        """Least and greatest value in the files, as they are, by bits and type; of all images or those that
        --grey_range is missing for."""
        found: dict[str, tuple[float, float]] = {}
        for facts in self.infos.values():
            if facts.low <= facts.high and facts.out_of_range >= out_of_range:
                low, high = found.get(facts.bit_depth, (np.inf, -np.inf))
                found[facts.bit_depth] = min(low, facts.low), max(high, facts.high)
        return found

    def widths(self) -> Counter[str]:
        """Images of each width of a pixel, as far as they can be read."""
        return Counter(self.pixels[file_of(name)] for name, facts in self.infos.items() if facts.kind)

    def mean(self) -> float:
        """Mean grey level of all pixels of usable images."""
        return float(self.histogram @ np.arange(256) / self.histogram.sum())

    def levels(self) -> Counter[int]:
        """Images of each grey level at the border: of depth maps, the background's."""
        return Counter(facts.border for facts in self.usable().values())

    def suspicious(self) -> dict[str, list[str]]:
        """Files that can be used but look wrong, each with what is odd: alone, or beside the others of its class."""
        odd = {name: list(facts.warnings) for name, facts in self.usable().items() if facts.warnings}
        classes: dict[str, list[str]] = {}
        for file in self.domain.files:
            if file.name in self.infos and not self.infos[file.name].reason:
                classes.setdefault(file.class_folder, []).append(file.name)
        for label, names in classes.items():
            means = np.array([self.infos[name].mean for name in names])
            if len(means) < ENOUGH:
                continue
            for place in np.flatnonzero(np.abs(robust_z(means)) > OUTLYING):
                others = f"others of {label}" if label else "others"
                said = f"mean {means[place]:.0f} where {others} have {np.median(means):.0f}"
                odd.setdefault(names[place], []).append(said)
        return odd


def size_text(shape: tuple[int, ...]) -> str:
    """`72x48`."""
    return "x".join(str(n) for n in shape)


def robust_z(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distances (n,) from the median in robust standard deviations, 1.4826 times the median absolute deviation
    (Rousseeuw and Croux 1993), which is taken to be half a grey level at least."""
    apart = values - np.median(values)
    return apart / max(1.4826 * np.median(np.abs(apart)), FINEST_SPREAD)


def measure_folders(
    domains: list[ImageSet], chosen: list[list[ImageFile]], grey_range: tuple[int, ...]
) -> dict[str, FolderStatistics]:
    """By role: the `chosen` images of each domain, measured, with a progress bar.

    The truth of the test images is only tried, whether it can be read.
    """
    surveys = [FolderStatistics(domain) for domain in domains]
    with (
        ThreadPoolExecutor() as pool,
        tqdm(total=sum(map(len, chosen)), desc="reading", unit="image", leave=False, disable=None) as bar,
    ):
        for survey, files in zip(surveys, chosen, strict=True):
            sem = survey.domain.role != "depth"
            for start in range(0, len(files), CHUNK):
                names = [file.name for file in files[start : start + CHUNK]]
                if survey.domain.role == TRUTH:
                    found = pool.map(lambda name: readable(Path(name), grey_range), names)
                    survey.infos |= zip(names, found, strict=True)
                else:
                    measured = pool.map(lambda name, sem=sem: examined(Path(name), grey_range, sem), names)
                    paths = sorted({file_of(name) for name in names} - survey.pixels.keys())
                    survey.pixels |= zip(paths, pool.map(pixel_width, map(Path, paths)), strict=True)
                    for name, (facts, histogram) in zip(names, measured, strict=True):
                        survey.infos[name] = facts
                        survey.histogram += histogram
                bar.update(len(names))
    return {survey.domain.role: survey for survey in surveys}
