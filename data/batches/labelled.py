"""Batches of real SEM images with their background level, as far as the data set tells it."""

from collections import Counter

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from ..data_options import DataOptions
from ..dataset_layout import DatasetLayout, even_subset, stratified_subset
from ..errors import DataError
from ..grey_levels import FLOOR
from ..image_names import sites_of
from .base import N_VALIDATION, BatchedDataset, validation_split
from .image_stack import read_usable
from .real_levels import UNKNOWN, grouped_by_site, levels_of_folders

MAX_VALIDATION_FRACTION = 1 / 3  # of the images of a class


class LabelledDataset(BatchedDataset):
    """Batches {"sem", "level"}: float32 (N, 1, H, W) and int64 (N,), [grey level 0..255].

    Where the data set tells no depth, all levels are UNKNOWN if `needs_levels` is False; else it is a DataError.

    Every eighth site of a class is for validation. If that is more than a third of the class's images, its smallest
    site is used; if that is still too many, or there is only one site, every eighth image.
    """

    def __init__(
        self, layout: DatasetLayout, options: DataOptions, batch_size: int, seed: int, needs_levels: bool = True
    ) -> None:
        files = stratified_subset(grouped_by_site(layout.sem()), options.max_dataset_size)
        levels = levels_of_folders(layout, files)
        if needs_levels and UNKNOWN in levels.values():
            raise DataError(
                f"{files[0].path}: is not in a folder Depth_110, Depth_120, ... that gives its depth; sort real images "
                "into such folders, or use --label_source simulation (background_classifier only)"
            )
        files, sem = read_usable(files, options, "reading SEM images")
        self.files, self.level = files, np.array([levels[file.class_folder] for file in files])
        _describe_levels(levels)
        sites = [(file.class_folder, site) for file, site in zip(files, sites_of(files), strict=True)]
        n_sites = Counter(class_folder for class_folder, _ in set(sites))
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
            counts.append(f"{class_folder or 'train/SEM'} {np.sum(~selection)} + {np.sum(selection)}")
        if split_by_image:
            names = ", ".join(name or "train/SEM" for name in split_by_image)
            tqdm.write(
                f"warning: {names}: too few sites; validation images share sites with training images, and accuracy is "
                "too optimistic"
            )
        tqdm.write(f"real images for training + validation: {', '.join(counts)}")
        self.train_indices, self.val_indices = np.flatnonzero(~is_validation), np.flatnonzero(is_validation)
        if not len(self.val_indices):
            raise DataError(f"{layout.root}: only one image per class; a second one is needed for validation")
        super().__init__({"sem": sem}, len(self.train_indices), options, batch_size, seed)

    def eval_set(self) -> dict[str, NDArray]:
        """Validation images and their levels, evenly spaced over sites."""
        indices = even_subset(self.val_indices, N_VALIDATION)
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


def _describe_levels(levels: dict[str, int]) -> None:
    """Writes what cannot be learned from real images with these levels by class folder."""
    if UNKNOWN in levels.values():
        tqdm.write(
            "warning: nothing tells how deep the real images are (folders Depth_110, Depth_120, ... or "
            "train/average_depth.csv would): absolute depth cannot be known. Predicted depths are relative to one "
            "nominal depth; test.py --reference_depth NM, the known depth of one site, scales them"
        )
    elif len(set(levels.values())) == 1:
        (level,) = set(levels.values())
        tqdm.write(
            f"warning: all real images have one depth, {level - FLOOR} grey levels: there is only one level to learn, "
            "and every test image gets it"
        )
    if any(not name.lower().startswith("depth_") for name in levels) and UNKNOWN not in levels.values():
        parts = ", ".join(f"{name or 'train/SEM'} {level - FLOOR}" for name, level in sorted(levels.items()))
        tqdm.write(f"depths of the real images [grey level] from train/average_depth.csv: {parts}")
