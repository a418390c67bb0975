"""What the results themselves tell of each line of a budget."""

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UtilError
from ..files import read_rows
from ..metrology import U90_PER_SIGMA, RunStatistics
from .measurement_model import name_in_nm
from .uncertainty import Uncertainty

MAX_SCALE_DIFFERENCE = 0.1  # between a validation and the results
LEVEL_PREFIX = "p_"  # of the columns of background_levels.csv


@dataclass(frozen=True)
class Evidence:
    """Uncertainties of a measure by line; `correction` to be added to the measure; `included`: lines whose effect the
    network's spread already contains."""

    lines: Mapping[str, Uncertainty] = field(default_factory=dict)
    correction: float = 0.0
    included: frozenset[str] = frozenset()


def collect_evidence(
    statistics: RunStatistics, metrics: Mapping[str, Any], level: Uncertainty | None, validation: Mapping[str, Any]
) -> dict[str, Evidence]:
    """The evidence of each measure of a run, from its statistics and its metrics.json.

    `validation` is the metrics.json of a test with ground truth, which the run itself may be: its errors are the
    network's spread, and their mean is the bias that a correction removes. Otherwise the spread is U90 / 1.645. The
    spread contains the noise that repeats show and the error of the level.
    """
    scale = _nm_per_grey(metrics)
    evidence = {}
    for name, quantity in statistics.quantities.items():
        lines = {} if scale is None else {"nm per grey": scale}
        if level is not None:
            lines["level"] = level
        if quantity.repeats:
            repeats = quantity.repeats
            lines["repeatability"] = Uncertainty(repeats.sigma, dof=repeats.freedom, kind="A", source="repeats")
        measured, correction = _validated(name, metrics, validation)
        stated = statistics.table.u90.get(name)
        if not measured and stated is not None and np.isfinite(stated).any():
            sigma = float(np.sqrt(np.nanmean(np.square(stated)))) / U90_PER_SIGMA
            measured = {"network": Uncertainty(sigma, source="U90 of holes.csv")}
        included = frozenset(lines) & {"level", "repeatability"}
        lines |= measured
        if statistics.comparison and statistics.compared == name:
            comparison = statistics.comparison
            dof = len(comparison.names) - 1
            lines["bias"] = Uncertainty(comparison.bias_error, dof=dof, kind="A", source="--reference")
            correction = -comparison.bias
        evidence[name] = Evidence(lines, correction, included)
    return evidence


def read_level(path: Path, nm_per_grey: Any) -> Uncertainty | None:
    """The error of the background level [nm], from the probabilities of background_levels.csv; None without them, or
    where the scale is not known. Raises UtilError for another table."""
    if not path.is_file() or not isinstance(nm_per_grey, int | float):
        return None
    try:
        (header, *rows), to_number = read_rows(path)
        columns = [n for n, name in enumerate(header) if name.startswith(LEVEL_PREFIX)]
        levels = np.array([float(header[n].removeprefix(LEVEL_PREFIX)) for n in columns])
        probs = np.array([[to_number(row[n] or "nan") for n in columns] for row in rows]).reshape(-1, len(levels))
    except (OSError, ValueError, IndexError, csv.Error) as error:
        raise UtilError(f"{path}: no table of background levels ({error}); run test.py again") from None
    if not len(levels) or not np.isfinite(probs).any():
        return None
    variance = (probs * (levels - (probs @ levels)[:, None]) ** 2).sum(axis=1)
    return Uncertainty(float(np.sqrt(np.nanmean(variance))) * nm_per_grey, source=path.name)


def check_validation(validation: Mapping[str, Any], metrics: Mapping[str, Any], file: str) -> None:
    """Raises UtilError if a validation has another scale than the results; then errors in nm do not carry over."""
    for key in ("pixel_nm", "nm_per_grey"):
        theirs, ours = validation.get(key), metrics.get(key)
        if theirs and ours and abs(theirs / ours - 1) > MAX_SCALE_DIFFERENCE:
            raise UtilError(
                f"--budget {file}: the validation has {key} {theirs:g}, these results have {ours:g}; name a validation "
                "of the same scale"
            )


def _nm_per_grey(metrics: Mapping[str, Any]) -> Uncertainty | None:
    """The relative error of a scale that images of a reference gave; None where nothing tells it."""
    keys = ("nm_per_grey", "nm_per_grey_standard_error", "reference_images")
    scale, error, images = (metrics.get(key) or 0 for key in keys)
    if not scale or images < 2:
        return None
    return Uncertainty(error / scale, dof=images - 1, kind="A", source="--reference_depth of the test")


def _validated(
    name: str, metrics: Mapping[str, Any], validation: Mapping[str, Any]
) -> tuple[dict[str, Uncertainty], float]:
    """The lines network and bias of a measure from errors against ground truth, and the correction; nothing where the
    errors are in another unit or of fewer than two holes."""
    errors: Any = (validation.get("measurement_errors") or {}).get(name_in_nm(name)) or {}
    same_unit = name_in_nm(name) == name or not validation.get("pixel_nm")
    if errors.get("three_sigma") is None or not same_unit:
        return {}, 0.0
    count, bias, sigma, dof = errors["n"], errors["bias"], errors["three_sigma"] / 3, errors["n"] - 1
    source = "errors against ground truth" + ("" if validation is metrics else " of the validation")
    spread = Uncertainty(sigma, dof=dof, kind="A", source=source)
    return {"network": spread, "bias": Uncertainty(sigma / math.sqrt(count), dof=dof, kind="A", source=source)}, -bias
