"""Results of another data set are not replaced unless the user says so."""

import os
from pathlib import Path

from ..errors import UtilError
from .results_folder import ResultsFolder


def refuse_other_data(folder: Path, dataroot: str, overwrite: bool) -> None:
    """Raises UtilError where `folder` holds results of another data set than `dataroot`, unless `overwrite`.

    Results that do not say of which data they are, or that cannot be read, may be replaced.
    """
    try:
        metrics = ResultsFolder(folder).metrics
    except UtilError:
        return
    earlier = metrics.get("dataroot") or metrics.get("data")
    if overwrite or not isinstance(earlier, str) or os.path.realpath(earlier) == os.path.realpath(dataroot):
        return
    raise UtilError(
        f"{folder}: holds the results of {earlier}, and these would be of {dataroot}; use another --results_dir, "
        "or --overwrite to replace them"
    )
