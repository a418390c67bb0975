"""What a study says of a gauge: repeatability, reproducibility, and precision to tolerance."""

import math
from typing import NamedTuple

from .design import RESIDUAL
from .variance_table import VarianceTable


class GaugeRow(NamedTuple):
    """A part of the variation; NaN is what is not defined."""

    name: str
    variance: float
    deviation: float  # standard deviation [unit of the value]
    contribution: float  # of the total variance [0..1]
    study_variation: float  # of the total standard deviation [0..1]
    precision_to_tolerance: float  # P/T: 6 standard deviations over the full width of the tolerance


def gauge_rows(table: VarianceTable, is_crossed: bool, tolerance: float | None) -> list[GaugeRow]:
    """The parts of the variation, the total last; `tolerance` is its full width in the unit of the value.

    Of a crossed study, reproducibility is that of the operator and of the interaction, and the gauge is both together
    with repeatability (AIAG, Measurement Systems Analysis, 4th ed. 2010); the residual of any study is repeatability.
    """
    components = table.components()
    repeatability = components[RESIDUAL]
    if is_crossed:
        part, operator, interaction, _ = components
        reproducibility = components[operator] + components[interaction]
        parts = {
            "repeatability": repeatability,
            "reproducibility": reproducibility,
            "gauge": repeatability + reproducibility,
            part: components[part],
        }
    else:
        parts = {"repeatability": repeatability, **{key: components[key] for key in components if key != RESIDUAL}}
    total = sum(components.values())
    return [_row(name, variance, total, tolerance) for name, variance in {**parts, "total": total}.items()]


def distinct_categories(rows: list[GaugeRow]) -> int | None:
    """How many groups of parts a crossed study tells apart: 1.41 times parts over gauge, whole; None without noise."""
    gauge, parts = rows[2].deviation, rows[3].deviation
    return max(1, math.floor(math.sqrt(2) * parts / gauge)) if gauge else None


def _row(name: str, variance: float, total: float, tolerance: float | None) -> GaugeRow:
    deviation = math.sqrt(variance)
    share = variance / total if total else math.nan
    precision = 6 * deviation / tolerance if tolerance else math.nan
    return GaugeRow(name, variance, deviation, share, math.sqrt(share), precision)
