"""Batches of real SEM images with the background level that their folder stands for."""

import re
from collections import Counter

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from .batches import Batches, evenly, held_out
from .errors import DataError
from .layout import ImageFile, Layout, drawn_evenly
from .options import DataOptions
from .stack import read_usable

FLOOR = 30  # grey level of every hole's floor: a hole of depth D lies in a background of level D + 30 (docs/data.md)
JUDGED_BY = 512  # images


class LabelledBatches(Batches):
    """Batches {"sem", "level"}: float32 (N, 1, H, W) and int64 (N,), [grey level 0..255].

    Every eighth site is held out; images one by one where a class has fewer than two sites.
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
        if lonely:
            tqdm.write(
                f"warning: {', '.join(lonely)}: one site only; images are held out one by one, which flatters accuracy"
            )
            groups = [file.name for file in files]
        else:
            groups = [f"{file.group}/{file.label}" for file in files]
        apart = np.zeros(len(files), dtype=bool)
        for label in sites:  # in each class, so that none is missing on either side
            members = np.array([file.label == label for file in files])
            apart[members] = held_out([group for group, inside in zip(groups, members, strict=True) if inside])
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


def level_of(file: ImageFile) -> int:
    """Background level [grey level] that a class folder such as Depth_110 stands for."""
    match = re.fullmatch(r"depth_(\d+)", file.label.lower())
    if not match:
        raise DataError(
            f"{file.path}: lies in no folder Depth_110, Depth_120, ... that would say its depth; "
            "sort real images into such folders (a background_classifier can do without: --labels simulation)"
        )
    return int(match[1]) + FLOOR
