"""What a row of the page's table says of a test image in numbers."""

from dataclasses import dataclass

import numpy as np

from ..results.image_result import Result
from .maps import truth_hole
from .quantity_labels import Quantity

MEASURED = ("depth_mean_nm", "depth_max_nm", "cd_top_nm", "cd_half_nm", "cd_bottom_nm", "ellipticity", "volume_nm3")


@dataclass(frozen=True)
class Cell:
    """A column's heading and unit, this row's text, and the number that it is sorted by."""

    heading: str
    unit: str
    text: str
    value: float | None


def cells(result: Result, measures: dict[str, Quantity], nm_per_grey: float) -> list[Cell]:
    """The cells of a result that something is known for."""
    found = []
    if result.rmse is not None and not result.reverse:
        found.append(_number("RMSE", "nm", result.rmse * nm_per_grey, 2))
    if result.measures is not None:
        found += [_measure(measures[name], result) for name in MEASURED]
        walls = [value for name, value in result.measures.items() if name.startswith("swa_")]
        known = float(np.nanmean(walls)) if np.isfinite(walls).any() else None
        found.insert(-1, _number("SWA mean", "°", known, 1))
    elif result.level is not None and not result.reverse:
        found.append(_number("level", "grey", result.level, 0))
        if result.true_level is not None:
            found.append(_number("true level", "grey", result.true_level, 0))
        if result.probability is not None:
            found.append(_number("probability", "", float(result.probability.max()), 2))
    if result.final is None and result.mask is not None and (truth := truth_hole(result)) is not None:
        overlap = np.sum(~result.mask & truth) / max(1, np.sum(~result.mask | truth))
        found.append(_number("IoU", "", float(overlap), 3))
    if result.strange is not None:
        found.append(_number("strangeness", "", result.strange, 2))
    return found


def facts(result: Result, nm_per_grey: float) -> list[str]:
    """What else is known of it, in words."""
    said = []
    if result.site:
        said.append(f"site {result.site}")
    if result.rmse is not None and not result.reverse:
        said.append(f"RMSE {result.rmse * nm_per_grey:.2f} nm")
    if result.level is not None and not result.reverse:
        true = "" if result.true_level in (None, result.level) else f" (true {result.true_level})"
        said.append(f"background at grey {result.level}{true}")
    if result.probability is not None:
        said.append(f"probability {result.probability.max():.2f}")
    if result.strange is not None:
        outside = ": outside what the model knows" if result.strange > 1 else ""
        said.append(f"strangeness {result.strange:.2f}{outside}")
    return said


def _measure(quantity: Quantity, result: Result) -> Cell:
    value = (result.measures or {})[quantity.name]
    heading = quantity.label
    return Cell(heading, quantity.unit, quantity.text(result.measures), None if np.isnan(value) else value)


def _number(heading: str, unit: str, value: float | None, decimals: int) -> Cell:
    return Cell(heading, unit, "" if value is None else f"{value:.{decimals}f}", value)
