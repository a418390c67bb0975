"""The numbers of one test image: the cells of its row in the table, and the facts above its detail view."""

from dataclasses import dataclass

import numpy as np

from ..metrology import ANGLES
from ..results import ImageResult
from .maps import true_hole
from .quantity_labels import QuantityLabel

SHOWN = ("depth_mean_nm", "depth_max_nm", "cd_top_nm", "cd_half_nm", "cd_bottom_nm", "ellipticity", "volume_nm3")


@dataclass(frozen=True)
class Cell:
    """Heading and unit of the column, text of this row's cell, and the number by which rows are sorted."""

    heading: str
    unit: str
    text: str
    value: float | None


def make_cells(result: ImageResult, quantities: dict[str, QuantityLabel], nm_per_grey: float) -> list[Cell]:
    """The cells for which the result has values."""
    cells = []
    if result.rmse is not None and not result.reverse:
        cells.append(_number("RMSE", "nm", result.rmse * nm_per_grey, 2))
    if result.measurements is not None:
        cells += [_measurement(quantities[name], result) for name in SHOWN]
        if angles := [result.measurements[name] for name in ANGLES if name in quantities]:
            mean_angle = float(np.nanmean(angles)) if np.isfinite(angles).any() else None
            cells.insert(-1, _number("SWA mean", "°", mean_angle, 1))
    elif result.level is not None and not result.reverse:
        cells.append(_number("level", "grey", result.level, 0))
        if result.true_level is not None:
            cells.append(_number("true level", "grey", result.true_level, 0))
        if result.level_probs is not None:
            cells.append(_number("probability", "", float(result.level_probs.max()), 2))
    if result.final is None and result.hole_mask is not None and (truth := true_hole(result)) is not None:
        overlap = np.sum(result.hole_mask & truth) / max(1, np.sum(result.hole_mask | truth))
        cells.append(_number("IoU", "", float(overlap), 3))
    if result.ood_score is not None:
        cells.append(_number("OOD score", "", result.ood_score, 2))
    return cells


def make_facts(result: ImageResult, nm_per_grey: float) -> list[str]:
    """What else is known of the image, as short phrases."""
    facts = []
    if result.site:
        facts.append(f"site {result.site}")
    if result.rmse is not None and not result.reverse:
        facts.append(f"RMSE {result.rmse * nm_per_grey:.2f} nm")
    if result.level is not None and not result.reverse:
        true = "" if result.true_level in (None, result.level) else f" (true {result.true_level})"
        facts.append(f"background at grey {result.level}{true}")
    if result.level_probs is not None:
        facts.append(f"probability {result.level_probs.max():.2f}")
    if result.ood_score is not None:
        flag = ": out of distribution, do not trust its numbers" if result.is_ood else ""
        facts.append(f"OOD score {result.ood_score:.2f}{flag}")
    return facts


def _measurement(quantity: QuantityLabel, result: ImageResult) -> Cell:
    value = (result.measurements or {})[quantity.name]
    text = quantity.text(result.measurements)
    return Cell(quantity.label, quantity.unit, text, None if np.isnan(value) else value)


def _number(heading: str, unit: str, value: float | None, decimals: int) -> Cell:
    return Cell(heading, unit, "" if value is None else f"{value:.{decimals}f}", value)
