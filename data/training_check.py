"""What keeps every model from training on a data set, told before torch is loaded, which takes seconds."""

import shlex
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from numpy.typing import NDArray

from .batches import UNKNOWN, grouped_by_site, levels_of_folders
from .data_options import DataOptions
from .dataset_layout import HINT, DatasetLayout
from .errors import DataError
from .exchanged_domains import are_exchanged, exchanged_message, flat_fraction
from .grey_levels import FLOOR
from .io import images_of, read_grey
from .neighbours import describe_near

Value = TypeVar("Value")
N_IMAGES = 16  # of each domain that are read; the training data sets look at more


def check_training(options: DataOptions, model: Any = None) -> dict[str, Any]:
    """Raises DataError where no model can learn from the data set: it has no SEM images, or its SEM images and depth
    maps are exchanged, as a sample of them shows. Returns what the data set tells of the options `model` of a model.

    What one model needs beyond that, its own kind of data set checks.
    """
    layout = DatasetLayout(options.dataroot, options.signal)
    if layout.plain and layout.root.is_dir():
        near = describe_near(layout.root) or f"; {HINT.format(root=shlex.quote(options.dataroot))}"
        raise DataError(f"{options.dataroot}: SEM images alone, enough for test.py; a training needs depth maps{near}")
    sem, depth = layout.training_folders
    if layout.contest and not _has_images(layout.folder(sem)) and _has_images(layout.folder("simulation_data/SEM")):
        return {}  # some models learn from simulated pairs alone
    names = [file.name for file in layout.sem()] if options.signal else layout.file_names(sem)
    if _has_images(layout.folder(depth)):
        flat = (_sample(flat_fraction, part, options) for part in (names, layout.file_names(depth)))
        if are_exchanged(*flat):
            raise DataError(exchanged_message(sem, depth))
    learns_levels = hasattr(model, "levels") and getattr(model, "label_source", "real") == "real"
    return _find_levels(layout, options) if layout.contest and learns_levels else {}


def _find_levels(layout: DatasetLayout, options: DataOptions) -> dict[str, Any]:
    """The options `levels` and `relative_depth` of a model: the levels of the real images, or if nothing tells them the
    middle one of the simulated pairs, to which depths are then relative."""
    levels = set(levels_of_folders(layout, grouped_by_site(layout.sem())).values())
    if UNKNOWN not in levels:
        return {"levels": tuple(sorted(levels))}
    folder = layout.folder("simulation_data/Depth")
    names = layout.file_names("simulation_data/Depth") if _has_images(folder) else []
    simulated = sorted({level for level in _sample(_level_of, names, options) if level > FLOOR})
    nominal = {"levels": (simulated[(len(simulated) - 1) // 2],)} if simulated else {}
    return nominal | {"relative_depth": True}


def _has_images(folder: Path) -> bool:
    return folder.is_dir() and any(True for _ in DatasetLayout.scan(folder))


def _sample(measure: Callable[[NDArray], Value], names: list[str], options: DataOptions) -> Iterator[Value]:
    """A measure of images that are evenly spaced over the files, without those that cannot be read."""
    for name in names[:: max(1, len(names) // N_IMAGES)][:N_IMAGES]:
        with suppress(DataError):
            for image in images_of(name)[:1]:
                yield measure(read_grey(image, options.grey_range))


def _level_of(depth_map: NDArray) -> int:
    return int(depth_map.max())
