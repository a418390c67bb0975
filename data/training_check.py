"""What keeps every model from training on a data set, told before torch is loaded, which takes seconds."""

import shlex
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from .data_options import DataOptions
from .dataset_layout import HINT, DatasetLayout
from .errors import DataError
from .exchanged_domains import are_exchanged, exchanged_message, flat_fraction
from .io import images_of, read_grey
from .neighbours import describe_near

N_IMAGES = 16  # of each domain that are read; the training data sets look at more


def check_training(options: DataOptions) -> None:
    """Raises DataError where no model can learn from the data set: it has no SEM images, or its SEM images and depth
    maps are exchanged, as a sample of them shows.

    What one model needs beyond that, its own kind of data set checks.
    """
    layout = DatasetLayout(options.dataroot, options.signal)
    if layout.plain and layout.root.is_dir():
        near = describe_near(layout.root) or f"; {HINT.format(root=shlex.quote(options.dataroot))}"
        raise DataError(f"{options.dataroot}: SEM images alone, enough for test.py; a training needs depth maps{near}")
    sem, depth = layout.training_folders
    if layout.contest and not _has_images(layout.folder(sem)):
        return  # some models learn from simulated pairs alone
    names = [file.name for file in layout.sem()] if options.signal else layout.file_names(sem)
    if _has_images(layout.folder(depth)):
        flat = (_flat_fractions(part, options) for part in (names, layout.file_names(depth)))
        if are_exchanged(*flat):
            raise DataError(exchanged_message(sem, depth))


def _has_images(folder: Path) -> bool:
    return folder.is_dir() and any(True for _ in DatasetLayout.scan(folder))


def _flat_fractions(names: list[str], options: DataOptions) -> Iterator[float]:
    """`flat_fraction` of images that are evenly spaced over the files, without those that cannot be read."""
    for name in names[:: max(1, len(names) // N_IMAGES)][:N_IMAGES]:
        with suppress(DataError):
            for image in images_of(name)[:1]:
                yield flat_fraction(read_grey(image, options.grey_range))
