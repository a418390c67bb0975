"""Batches of real SEM images with the background level that their folder name gives."""

import re
from collections import Counter

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from ..data_options import DataOptions
from ..dataset_layout import DatasetLayout, ImageFile, stratified_subset
from ..errors import DataError
from ..grey_levels import FLOOR
from ..image_names import sites_of
from .base import N_VALIDATION, BatchedDataset, even_indices, validation_split
from .image_stack import read_usable

MAX_VALIDATION_FRACTION = 1 / 3  # of the images of a class


class LabelledDataset(BatchedDataset):
    """Batches {"sem", "level"}: float32 (N, 1, H, W) and int64 (N,), [grey level 0..255].

    Every eighth site of a class is for validation. If that is more than a third of the class's images, its smallest
    site is used; if that is still too many, or there is only one site, every eighth image.
    """

    def __init__(self, layout: DatasetLayout, options: DataOptions, batch_size: int, seed: int) -> None:
        files = stratified_subset(layout.sem(), options.max_dataset_size)
        for file in files:
            level_from_folder(file)  # raises before the images are read
        files, sem = read_usable(files, options, "reading SEM images")
        self.level = np.array([level_from_folder(file) for file in files])
        sites = [(file.class_folder, site) for file, site in zip(files, sites_of(files), strict=True)]
        n_sites = Counter(class_folder for class_folder, _ in set(sites))
        if len(n_sites) < 2:
            tqdm.write(f"warning: all real images are in {files[0].class_folder}; there is only one level to learn")
        split_by_image = sorted(class_folder for class_folder in n_sites if n_sites[class_folder] < 2)
        groups = [file.name for file in files] if split_by_image else [f"{site}/{name}" for name, site in sites]
        is_validation, counts = np.zeros(len(files), dtype=bool), []
        for class_folder in sorted(n_sites):  # class by class, so that both sides have all classes
            members = np.flatnonzero([file.class_folder == class_folder for file in files])
            selection = validation_split([groups[n] for n in members])
            if selection.mean() > MAX_VALIDATION_FRACTION:
                selection = _select_smallest_group([groups[n] for n in members])
            if selection.mean() > MAX_VALIDATION_FRACTION:
                split_by_image.append(class_folder)
                selection = validation_split([files[n].name for n in members])
            is_validation[members] = selection
            counts.append(f"{class_folder} {np.sum(~selection)} + {np.sum(selection)}")
        if split_by_image:
            tqdm.write(
                f"warning: {', '.join(split_by_image)}: too few sites; validation images share sites with training "
                "images, and accuracy is too optimistic"
            )
        tqdm.write(f"real images for training + validation: {', '.join(counts)}")
        self.train_indices, self.val_indices = np.flatnonzero(~is_validation), np.flatnonzero(is_validation)
        if not len(self.val_indices):
            raise DataError(f"{layout.root}: only one image per class; a second one is needed for validation")
        super().__init__({"sem": sem}, len(self.train_indices), options, batch_size, seed)

    def eval_set(self) -> dict[str, NDArray]:
        """Validation images and their levels, evenly spaced over sites."""
        indices = self.val_indices[even_indices(len(self.val_indices), N_VALIDATION)]
        return {"sem": self.images["sem"][indices], "level": self.level[indices]}

    def _batch(self, batch_slice: slice, rng: np.random.Generator) -> dict[str, NDArray]:
        indices = self.train_indices[self.order[batch_slice]]
        (sem,) = self._augment(rng, sem=indices)
        return {"sem": sem, "level": self.level[indices]}


def _select_smallest_group(groups: list[str]) -> NDArray[np.bool_]:
    """True (N,) for the images of the group with the fewest images."""
    counts = Counter(groups)
    smallest = min(counts, key=lambda group: (counts[group], group))
    return np.array([group == smallest for group in groups])


def level_from_folder(file: ImageFile) -> int:
    """Background level [grey level] of a real image, from its class folder: Depth_110 is 140."""
    match = re.fullmatch(r"depth_(\d+)", file.class_folder.lower())
    if not match:
        raise DataError(
            f"{file.path}: is not in a folder Depth_110, Depth_120, ... that gives its depth; sort real images into "
            "such folders, or use --label_source simulation (background_classifier only)"
        )
    return int(match[1]) + FLOOR
