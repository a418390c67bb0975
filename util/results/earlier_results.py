"""Results of another data set are not replaced unless the user says so: new ones stand beside them."""

import os
from pathlib import Path

from ..errors import UtilError
from .results_folder import ResultsFolder

MAX_NAME = 100  # characters of the data's name in that of a folder


def choose_folder(folder: Path, dataroot: str, overwrite: bool) -> Path:
    """Where the results of `dataroot` go: `folder`, or, if that holds those of another data set, the folder beside it
    that carries the data's name, and the names of folders around the data as far as needed.

    Results that do not say of which data they are, or that cannot be read, may be replaced; with `overwrite` all may.
    """
    data = os.path.realpath(dataroot)
    path = Path(data)
    names = [*path.parts[1:-1], path.stem if path.is_file() else path.name]
    beside = ("_".join(names[-count:])[-MAX_NAME:] for count in range(1, len(names) + 1))
    for candidate in (folder, *(folder.with_name(f"{folder.name}_{name}") for name in beside)):
        if overwrite or _data_of(candidate) in ("", data):
            if candidate != folder:
                print(f"{folder} holds results of {_data_of(folder)}; these go to {candidate.name} beside it")
            return candidate
    raise UtilError(f"{folder}: holds results of {_data_of(folder)}; use another --results_dir, or --overwrite")


def _data_of(folder: Path) -> str:
    """The absolute path of the data whose results a folder holds; '' where nothing says it."""
    try:
        metrics = ResultsFolder(folder).metrics
    except UtilError:
        return ""
    data = metrics.get("dataroot") or metrics.get("data")
    return os.path.realpath(data) if isinstance(data, str) else ""
