"""Results of another data set are not replaced unless the user says so: new ones stand beside them."""

import os
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import UtilError
from .results_folder import ResultsFolder
from .results_writer import JOURNAL

MAX_NAME = 100  # characters of the data's name in that of a folder
DECIDING = (  # options that decide which images are measured, and what their numbers are
    "num_test",
    "signal",
    "data_bar",
    "grey_range",
    "preprocess",
    "load_size",
    "hole_centre",
    "snap_background",
    "background_levels",
    "background_tolerance",
    "nm_per_grey",
    "reference_depth",
    "reference_site",
    "pixel_nm",
    "lines",
    "tile_size",
    "field_threshold",
    "field_area",
    "field_scale",
)


class ResultsPlace(NamedTuple):
    """Where results go. `options` are the DECIDING ones that differ from their defaults, by name; `lines` say what
    becomes of earlier results, to be printed once the new ones are there."""

    folder: Path
    options: dict[str, Any]
    lines: list[str]


def place_results(opt: Any) -> ResultsPlace:
    """The place for the results of a test with the options `opt`."""
    test = opt.test
    suffix = "_BtoA" if test.direction == "BtoA" else "_field" if test.field else ""
    folder = Path(test.results_dir, opt.run.name, f"{test.phase}_{test.epoch}{suffix}")
    options = {name: value for name, (value, _) in opt.changed().items() if name in DECIDING}
    place = choose_place(folder, opt.data.dataroot, test.overwrite, options)
    if not (test.watch or test.overwrite) and (place.folder / JOURNAL).exists():
        raise UtilError(
            f"{place.folder}: holds the results of --watch, whose images may be gone; use another --results_dir, or "
            "--overwrite"
        )
    return place


def choose_place(folder: Path, dataroot: str, overwrite: bool, options: dict[str, Any]) -> ResultsPlace:
    """The place for the results of `dataroot`: `folder`, or, if that holds those of another data set, the folder beside
    it that carries the data's name, and the names of folders around the data as far as needed.

    Results that do not say of which data they are, or that cannot be read, may be replaced; with `overwrite` all may.
    """
    data = os.path.realpath(dataroot)
    path = Path(data)
    names = [*path.parts[1:-1], path.stem if path.is_file() else path.name]
    beside = ("_".join(names[-count:])[-MAX_NAME:] for count in range(1, len(names) + 1))
    earlier = _metrics(folder)
    for candidate in (folder, *(folder.with_name(f"{folder.name}_{name}") for name in beside)):
        metrics = _metrics(candidate)
        if overwrite or _data_of(metrics) in ("", data):
            moved = f"{folder} holds results of {_data_of(earlier)}; these are in {candidate.name} beside it"
            lines = [moved] if candidate != folder else []
            return ResultsPlace(candidate, options, [*lines, *_describe_change(candidate, metrics, options)])
    raise UtilError(f"{folder}: holds results of {_data_of(earlier)}; use another --results_dir, or --overwrite")


def _metrics(folder: Path) -> dict[str, Any]:
    """What metrics.json of a folder holds; nothing where it cannot be read."""
    try:
        return ResultsFolder(folder).metrics
    except UtilError:
        return {}


def _data_of(metrics: dict[str, Any]) -> str:
    """The absolute path of the data whose results these are; '' where nothing says it."""
    data = metrics.get("dataroot") or metrics.get("data")
    return os.path.realpath(data) if isinstance(data, str) else ""


def _describe_change(folder: Path, metrics: dict[str, Any], options: dict[str, Any]) -> list[str]:
    """A line about results that are replaced by those of other options; none where nothing says theirs."""
    before = metrics.get("options")
    if not isinstance(before, dict):
        return []
    texts = [{name: _to_text(name, value) for name, value in values.items()} for values in (before, options)]
    names = [name for name in DECIDING if texts[0].get(name) != texts[1].get(name)]
    then, now = (", ".join(text.get(name, f"no --{name}") for name in names) for text in texts)
    return [f"{folder}: replaces the results of {then} (now {now})"] if names else []


def _to_text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return f"--{name}" if value else f"--no_{name}"
    parts = value if isinstance(value, list | tuple) else [value]
    return f"--{name} {','.join(f'{part:g}' if isinstance(part, float) else str(part) for part in parts)}"
