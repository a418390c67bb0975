"""Batches of real SEM images with the background level that their folder stands for."""

import re
from collections import Counter

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from ..data_options import DataOptions
from ..dataset_layout import ImageFile, Layout, drawn_evenly
from ..errors import DataError
from .base import Batches, evenly, held_out
from .image_stack import read_usable

FLOOR = 30  # grey level of every hole's floor: a hole of depth D lies in a background of level D + 30 (docs/data.md)
JUDGED_BY = 512  # images
MOST_APART = 1 / 3  # of a class's images may be held out


class LabelledBatches(Batches):
    """Batches {"sem", "level"}: float32 (N, 1, H, W) and int64 (N,), [grey level 0..255].

    Every eighth site of a class is held out; where that is more than a third of its images the smallest site, and where
    that is, too, or there is one site only, images one by one.
    """

    def __init__(self, layout: Layout, options: DataOptions, batch_size: int, seed: int) -> None:
        files = drawn_evenly(layout.sem(), options.max_dataset_size)
        for file in files:
            level_of(file)  # before they are read
        files, sem = read_usable(files, options, "reading SEM images")
        self.level = np.array([level_of(file) for file in files])
        sites = Counter(label for label, _ in {(file.label, file.group) for file in files})
        if len(sites) < 2:
            tqdm.write(f"warning: all real images lie in {files[0].label}: there is but one level to learn")
        lonely = sorted(label for label in sites if sites[label] < 2)
        groups = [file.name if lonely else f"{file.group}/{file.label}" for file in files]
        apart, said = np.zeros(len(files), dtype=bool), []
        for label in sorted(sites):  # in each class, so that none is missing on either side
            members = np.flatnonzero([file.label == label for file in files])
            chosen = held_out([groups[n] for n in members])
            if chosen.mean() > MOST_APART:
                chosen = _smallest([groups[n] for n in members])
            if chosen.mean() > MOST_APART:
                lonely.append(label)
                chosen = held_out([files[n].name for n in members])
            apart[members] = chosen
            said.append(f"{label} {np.sum(~chosen)} + {np.sum(chosen)}")
        if lonely:
            tqdm.write(
                f"warning: {', '.join(lonely)}: too few sites; images are held out one by one, which flatters accuracy"
            )
        tqdm.write(f"real images to learn from + held out: {', '.join(said)}")
        self.training, self.apart = np.flatnonzero(~apart), np.flatnonzero(apart)
        if not len(self.apart):
            raise DataError(f"{layout.root}: one image a class; a second one is needed to judge the training by")
        super().__init__({"sem": sem}, len(self.training), options, batch_size, seed)

    def reference(self) -> dict[str, NDArray]:
        """Held-out images and their levels, evenly over sites."""
        places = self.apart[evenly(len(self.apart), JUDGED_BY)]
        return {"sem": self.images["sem"][places], "level": self.level[places]}

    def _batch(self, part: slice, rng: np.random.Generator) -> dict[str, NDArray]:
        places = self.training[self.order[part]]
        (sem,) = self._augmented(rng, sem=places)
        return {"sem": sem, "level": self.level[places]}


def _smallest(groups: list[str]) -> NDArray[np.bool_]:
    """Which images (N,) belong to the group of the fewest."""
    counts = Counter(groups)
    least = min(counts, key=lambda group: (counts[group], group))
    return np.array([group == least for group in groups])


def level_of(file: ImageFile) -> int:
    """Background level [grey level] that a class folder such as Depth_110 stands for."""
    match = re.fullmatch(r"depth_(\d+)", file.label.lower())
    if not match:
        raise DataError(
            f"{file.path}: lies in no folder Depth_110, Depth_120, ... that would say its depth; "
            "sort real images into such folders (a background_classifier can do without: --labels simulation)"
        )
    return int(match[1]) + FLOOR
