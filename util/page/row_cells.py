"""The numbers of one test image: the cells of its row in the table, and the facts above its detail view."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..metrology import ANGLES, FLAGS, SEPARATOR
from ..results import ImageResult
from .maps import true_hole
from .quantity_labels import QuantityLabel

SHOWN = ("depth_mean_nm", "depth_max_nm", "cd_top_nm", "cd_half_nm", "cd_bottom_nm", "ellipticity", "volume_nm3")
MEANINGS = {  # of columns that are no quantities
    "RMSE": "error of the whole map",
    "SWA mean": "mean sidewall angle of the four sides",
    "level": "predicted background level",
    "true level": "background level of the ground truth",
    "probability": "probability of the predicted level",
    "IoU": "intersection over union of the predicted and the true hole",
    "OOD score": "above 1 the image is out of distribution",
    "flags": "; ".join(f"{word}: {meaning}" for word, meaning in FLAGS.items() if word != "ood"),
}


@dataclass(frozen=True)
class Cell:
    """Heading, unit and meaning of the column, text of this row's cell, and the number by which rows are sorted."""

    heading: str
    unit: str
    meaning: str
    text: str
    value: float | None


@dataclass(frozen=True)
class Row:
    """One image in the table. `is_ood` is None if the model does not say it."""

    stem: str
    level: int | None
    is_ood: bool | None
    cells: list[Cell]


def make_row(result: ImageResult, quantities: Mapping[str, QuantityLabel], nm_per_grey: float) -> Row:
    """The row of a result, with the cells for which it has values."""
    cells = []
    if result.rmse is not None and not result.reverse:
        cells.append(_number("RMSE", "nm", result.rmse * nm_per_grey, 2))
    if result.measurements is not None:
        cells += [_measurement(quantities[name], result.measurements) for name in SHOWN]
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
    if result.warnings:
        cells.append(Cell("flags", "", MEANINGS["flags"], SEPARATOR.join(result.warnings), float(len(result.warnings))))
    level = None if result.reverse else result.level
    return Row(result.stem, level, None if result.ood_score is None else result.is_ood, cells)


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
    facts += [FLAGS[word] for word in result.warnings]
    return facts


def _measurement(quantity: QuantityLabel, measurements: dict[str, float]) -> Cell:
    value = measurements[quantity.name]
    text = quantity.text(measurements)
    return Cell(
        quantity.label, quantity.unit, quantity.meaning, text, None if np.isnan(value) else quantity.scaled(value)
    )


def _number(heading: str, unit: str, value: float | None, decimals: int) -> Cell:
    text = "" if value is None else f"{value:.{decimals}f}"
    return Cell(heading, unit, MEANINGS[heading], text, value)
