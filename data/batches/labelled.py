"""Batches of real SEM images with the background level that their folder stands for."""

import re
from collections import Counter

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from ..data_options import DataOptions
from ..dataset_layout import DatasetLayout, ImageFile, stratified_subset
from ..errors import DataError
from ..grey_levels import FLOOR
from .base import BatchedDataset, even_indices, validation_split
from .image_stack import read_usable

N_VALIDATION = 512  # images
MOST_APART = 1 / 3  # of a class's images may be held out


class LabelledDataset(BatchedDataset):
    """Batches {"sem", "level"}: float32 (N, 1, H, W) and int64 (N,), [grey level 0..255].

    Every eighth site of a class is held out; where that is more than a third of its images the smallest site, and where
    that is, too, or there is one site only, images one by one.
    """

    def __init__(self, layout: DatasetLayout, options: DataOptions, batch_size: int, seed: int) -> None:
        files = stratified_subset(layout.sem(), options.max_dataset_size)
        for file in files:
            level_from_folder(file)  # before they are read
        files, sem = read_usable(files, options, "reading SEM images")
        self.level = np.array([level_from_folder(file) for file in files])
        sites = Counter(label for label, _ in {(file.class_folder, file.group) for file in files})
        if len(sites) < 2:
            tqdm.write(f"warning: all real images lie in {files[0].class_folder}: there is but one level to learn")
        lonely = sorted(label for label in sites if sites[label] < 2)
        groups = [file.name if lonely else f"{file.group}/{file.class_folder}" for file in files]
        val_indices, said = np.zeros(len(files), dtype=bool), []
        for label in sorted(sites):  # in each class, so that none is missing on either side
            members = np.flatnonzero([file.class_folder == label for file in files])
            chosen = validation_split([groups[n] for n in members])
            if chosen.mean() > MOST_APART:
                chosen = _smallest([groups[n] for n in members])
            if chosen.mean() > MOST_APART:
                lonely.append(label)
                chosen = validation_split([files[n].name for n in members])
            val_indices[members] = chosen
            said.append(f"{label} {np.sum(~chosen)} + {np.sum(chosen)}")
        if lonely:
            tqdm.write(
                f"warning: {', '.join(lonely)}: too few sites; images are held out one by one, which flatters accuracy"
            )
        tqdm.write(f"real images to learn from + held out: {', '.join(said)}")
        self.train_indices, self.apart = np.flatnonzero(~val_indices), np.flatnonzero(val_indices)
        if not len(self.apart):
            raise DataError(f"{layout.root}: one image a class; a second one is needed to judge the training by")
        super().__init__({"sem": sem}, len(self.train_indices), options, batch_size, seed)

    def eval_set(self) -> dict[str, NDArray]:
        """Held-out images and their levels, evenly over sites."""
        places = self.apart[even_indices(len(self.apart), N_VALIDATION)]
        return {"sem": self.images["sem"][places], "level": self.level[places]}

    def _batch(self, part: slice, rng: np.random.Generator) -> dict[str, NDArray]:
        places = self.train_indices[self.order[part]]
        (sem,) = self._augmented(rng, sem=places)
        return {"sem": sem, "level": self.level[places]}


def _smallest(groups: list[str]) -> NDArray[np.bool_]:
    """Which images (N,) belong to the group of the fewest."""
    counts = Counter(groups)
    least = min(counts, key=lambda group: (counts[group], group))
    return np.array([group == least for group in groups])


def level_from_folder(file: ImageFile) -> int:
    """Background level [grey level] that a class folder such as Depth_110 stands for."""
    match = re.fullmatch(r"depth_(\d+)", file.class_folder.lower())
    if not match:
        raise DataError(
            f"{file.path}: lies in no folder Depth_110, Depth_120, ... that would say its depth; "
            "sort real images into such folders (a background_classifier can do without: --labels simulation)"
        )
    return int(match[1]) + FLOOR
