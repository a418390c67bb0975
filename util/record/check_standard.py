"""One measurement of a golden sample: what a test measured, and who made it, as the record keeps it."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UtilError
from ..files import counted
from ..metrology import hole_table
from ..results import ResultsFolder
from ..run import versions

SCALES = ("pixel_nm", "nm_per_grey", "grey_range")
MAKERS = ("program", "weights_sha256", "instrument", "options")  # what explains a step of the values


def read_measurement(folder: Path) -> dict[str, Any]:
    """The content of a row from a folder of results: a value of each image and quantity, times, and who made it.

    Raises UtilError if the results have no table of holes.
    """
    path = folder / "holes.csv"
    table = hole_table.read(path)
    metrics = ResultsFolder(folder).metrics if (folder / "metrics.json").is_file() else {}
    program = metrics.get("versions") or versions()
    scales = {name: metrics[name] for name in SCALES if metrics.get(name) is not None}
    places = zip(table.images, (table.sites[n] for n in table.site), table.hole, table.repeat, strict=True)
    return {
        "kind": "measurement",
        "measured": _utc(path.stat().st_mtime),
        "recorded": _utc(datetime.now(UTC).timestamp()),
        "results_sha256": sha256(path.read_bytes()).hexdigest(),
        "program": {"semdepth": _version(), **program},
        **{name: metrics.get(name) for name in ("run", "model", "epoch", "dataroot", "weights_sha256")},
        "instrument": metrics.get("instrument") or {},
        "options": {**scales, **(metrics.get("options") or {})},
        "out_of_distribution": None if table.is_ood is None else int(table.is_ood.sum()),
        "images": [[image, site, int(hole), int(repeat)] for image, site, hole, repeat in places],
        "quantities": {name: _without_nan(values.tolist()) for name, values in table.quantities.items()},
    }


def is_same(content: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether both are of the same results: the same bytes, written at the same time."""
    return all(content.get(name) == other.get(name) for name in ("kind", "measured", "results_sha256"))


def check_holes(content: Mapping[str, Any], first: Mapping[str, Any], sample: str) -> None:
    """Raises UtilError unless as many holes were measured as in the record's first measurement; their images may have
    other names, because many instruments put the time into them."""
    count, expected = (len({place[2] for place in each["images"]}) for each in (content, first))
    if count != expected:
        raise UtilError(
            f"these results hold {counted(count, 'hole')}, and golden sample {sample!r} has {expected}; measure the "
            "same holes, or use another --golden NAME"
        )


def repeated_values(content: Mapping[str, Any], quantity: str) -> list[float]:
    """The quantity's values, one a repeat: each is the mean over the sample's holes.

    A repeat that lacks a hole is left out, because the mean over the others is of another sample.
    """
    values = content["quantities"].get(quantity)
    if values is None:
        return []
    number = np.array([math.nan if value is None else value for value in values])
    hole, repeat = np.array([place[2:] for place in content["images"]]).T
    n_holes = len(set(hole.tolist()))
    means = (number[repeat == n] for n in sorted(set(repeat.tolist())))
    return [float(each.mean()) for each in means if len(each) == n_holes and np.isfinite(each).all()]


def changed_makers(content: Mapping[str, Any], before: Mapping[str, Any] | None) -> list[str]:
    """Which of program, weights, instrument and options differ from the measurement before."""
    names = (name for name in MAKERS if before is not None and content.get(name) != before.get(name))
    return [name.removesuffix("_sha256") for name in names]


def _version() -> str:
    try:
        return metadata.version("semdepth")
    except metadata.PackageNotFoundError:  # a checkout that is not installed: its commit is among the versions
        return ""


def _utc(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")


def _without_nan(values: list[float]) -> list[float | None]:
    return [value if math.isfinite(value) else None for value in values]
