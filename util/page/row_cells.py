"""What a row of the page's table says of a test image in numbers."""

from dataclasses import dataclass

import numpy as np

from ..results import ImageResult
from .maps import truth_hole
from .quantity_labels import QuantityLabel

MEASURED = ("depth_mean_nm", "depth_max_nm", "cd_top_nm", "cd_half_nm", "cd_bottom_nm", "ellipticity", "volume_nm3")


@dataclass(frozen=True)
class Cell:
    """A column's heading and unit, this row's text, and the number that it is sorted by."""

    heading: str
    unit: str
    text: str
    value: float | None


def cells(result: ImageResult, measures: dict[str, QuantityLabel], nm_per_grey: float) -> list[Cell]:
    """The cells of a result that something is known for."""
    found = []
    if result.rmse is not None and not result.reverse:
        found.append(_number("RMSE", "nm", result.rmse * nm_per_grey, 2))
    if result.measurements is not None:
        found += [_measure(measures[name], result) for name in MEASURED]
        walls = [value for name, value in result.measurements.items() if name.startswith("swa_")]
        known = float(np.nanmean(walls)) if np.isfinite(walls).any() else None
        found.insert(-1, _number("SWA mean", "°", known, 1))
    elif result.level is not None and not result.reverse:
        found.append(_number("level", "grey", result.level, 0))
        if result.true_level is not None:
            found.append(_number("true level", "grey", result.true_level, 0))
        if result.level_probs is not None:
            found.append(_number("probability", "", float(result.level_probs.max()), 2))
    if result.final is None and result.hole_mask is not None and (truth := truth_hole(result)) is not None:
        overlap = np.sum(~result.hole_mask & truth) / max(1, np.sum(~result.hole_mask | truth))
        found.append(_number("IoU", "", float(overlap), 3))
    if result.ood_score is not None:
        found.append(_number("strangeness", "", result.ood_score, 2))
    return found


def facts(result: ImageResult, nm_per_grey: float) -> list[str]:
    """What else is known of it, in words."""
    said = []
    if result.site:
        said.append(f"site {result.site}")
    if result.rmse is not None and not result.reverse:
        said.append(f"RMSE {result.rmse * nm_per_grey:.2f} nm")
    if result.level is not None and not result.reverse:
        true = "" if result.true_level in (None, result.level) else f" (true {result.true_level})"
        said.append(f"background at grey {result.level}{true}")
    if result.level_probs is not None:
        said.append(f"probability {result.level_probs.max():.2f}")
    if result.ood_score is not None:
        outside = ": outside what the model knows" if result.ood_score > 1 else ""
        said.append(f"strangeness {result.ood_score:.2f}{outside}")
    return said


def _measure(quantity: QuantityLabel, result: ImageResult) -> Cell:
    value = (result.measurements or {})[quantity.name]
    heading = quantity.label
    return Cell(heading, quantity.unit, quantity.text(result.measurements), None if np.isnan(value) else value)


def _number(heading: str, unit: str, value: float | None, decimals: int) -> Cell:
    return Cell(heading, unit, "" if value is None else f"{value:.{decimals}f}", value)
