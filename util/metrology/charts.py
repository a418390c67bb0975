"""What the charts of the metrology page show: runs of holes and sites, comparisons with a reference, repeats."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..page import Chart, ChartLine, column_head, column_label, column_scale
from .hole_table import HoleTable
from .reference_comparison import Comparison
from .repeatability import Repeatability
from .run_statistics import RunStatistics

MIN_LIMITS = 2  # values that limits of 3 sigma need


def run_charts(statistics: RunStatistics, names: Sequence[str]) -> list[Chart]:
    """A run chart of each quantity in `names`: over the sites if there are some, and over the holes."""
    table, charts = statistics.table, []
    sites = [site or "no site" for site in table.sites]
    holes = hole_names(table)
    for name in names:
        quantity, head, scale = statistics.quantities[name], column_head(name), column_scale(name)
        if any(table.sites):
            width, outliers = 3 * scale * quantity.sigma, quantity.site_outliers
            values, label = scale * quantity.mean, f"{head}, sites (bars: 3σ of the holes)"
            charts.append(
                Chart(label, "number of the site", head, values, sites, None, width, outliers, _limits(values))
            )
        values, outliers = scale * quantity.values, quantity.hole_outliers
        label = f"{head}, holes"
        charts.append(Chart(label, "number of the hole", head, values, holes, None, None, outliers, _limits(values)))
    return charts


def hole_names(table: HoleTable) -> list[str]:
    """The name of each hole (H,) with its site: that of its first image, without the number of the repeat."""
    first = np.unique(table.hole, return_index=True)[1]
    names = [table.images[n].removesuffix(f"_itr{table.repeat[n]}") for n in first.tolist()]
    sites = [table.sites[n] for n in table.site[first].tolist()]
    return [f"{name}, {site}" if site else name for name, site in zip(names, sites, strict=True)]


def mandel_chart(name: str, comparison: Comparison) -> Chart:
    """Measured over reference, with the Mandel line and the line of equality."""
    line = comparison.line
    lines = (
        ChartLine(f"slope {line.slope:.4f}, offset {line.offset:+.3g} nm", line.offset, "centre", line.slope),
        ChartLine("equal", 0.0, "equal", 1.0),
    )
    head = column_head(name)
    return Chart(head, "reference [nm]", head, comparison.measured, comparison.names, comparison.reference, lines=lines)


def bland_altman_chart(name: str, comparison: Comparison) -> Chart:
    """Measured minus reference over the mean of both, with bias and limits of agreement."""
    low, high = comparison.limits_of_agreement
    lines = (
        ChartLine("bias [nm]", comparison.bias, "centre"),
        ChartLine("95 % of the differences: from", low),
        ChartLine("to", high),
    )
    mean, shift = (comparison.measured + comparison.reference) / 2, comparison.measured - comparison.reference
    label = f"mean of {column_label(name).label} and reference [nm]"
    return Chart(label, label, "measured − reference [nm]", shift, comparison.names, mean, lines=lines)


def repeats_chart(name: str, repeats: Repeatability, names: Sequence[str]) -> Chart:
    """Second measurement of each hole minus the first, over their mean."""
    head, scale = column_head(name), column_scale(name)
    half_width, shift = 3 * np.sqrt(2) * scale * repeats.sigma, scale * repeats.shift
    lines = (
        ChartLine("mean", shift, "centre"),
        ChartLine("mean − 3 standard deviations", shift - half_width),
        ChartLine("mean + 3 standard deviations", shift + half_width),
    )
    first, second = scale * repeats.first, scale * repeats.second
    return Chart(head, head, "second − first", second - first, names, (first + second) / 2, lines=lines)


def _limits(values: NDArray) -> list[ChartLine]:
    """Median, and mean ± 3 standard deviations of all points."""
    valid = values[np.isfinite(values)]
    if len(valid) < MIN_LIMITS:
        return []
    mean, three_sigma = float(valid.mean()), 3 * float(valid.std(ddof=1))
    limits = (ChartLine("mean − 3σ", mean - three_sigma), ChartLine("mean + 3σ", mean + three_sigma))
    return [ChartLine("median", float(np.median(valid)), "centre"), *limits]
