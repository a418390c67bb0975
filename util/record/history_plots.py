"""The control charts of a quantity as SVG: its mean, its spread and its EWMA, over the rows of the record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..drawing import new_figure, svg
from ..page import column_head, column_scale
from .control_chart import EWMA_RULE, LIMIT
from .history import QuantityHistory

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLUE, RED, GREY = "#3b6ea5", "#b5483a", "#707070"
MAX_POINTS = 400  # the newest ones; more cannot be told apart


def draw_charts(quantity: QuantityHistory, numbers: NDArray) -> str:
    """SVG of three charts; `numbers` (N,) are the rows of the points. A point out of control has its row's number."""
    from matplotlib.ticker import MaxNLocator  # here, because importing matplotlib is slow

    chart, newest = quantity.chart, slice(-MAX_POINTS, None)
    figure = new_figure((12, 7.2), dpi=150)
    axes = figure.subplots(3, 1, sharex=True, height_ratios=(3, 2, 2))
    spread = f"{chart.spread_name} beyond its limits"
    others = (spread, EWMA_RULE)
    signals = {
        "mean": [any(name not in others for name in names) for names in chart.signals],
        "spread": [spread in names for names in chart.signals],
        "EWMA": [EWMA_RULE in names for names in chart.signals],
    }
    centre, (middle, lowest, highest) = np.full(len(chart.mean), chart.centre), chart.spread_limits
    panels = (
        ("mean", column_head(quantity.name), chart.mean, (chart.mean_limits[0], centre, chart.mean_limits[1])),
        ("spread", chart.spread_name, chart.spread, (lowest, middle, highest)),
        ("EWMA", f"EWMA, weight {chart.weight:g}", chart.ewma, (chart.ewma_limits[0], centre, chart.ewma_limits[1])),
    )  # fmt: skip
    scale = column_scale(quantity.name)
    for each, (name, label, values, limits) in zip(axes, panels, strict=True):
        parts = (numbers, *(scale * part for part in (values, *limits)), np.array(signals[name]))
        _draw_panel(each, label, *(part[newest] for part in parts))
        if chart.baseline[newest].any():
            marked = numbers[newest][chart.baseline[newest]]
            each.axvspan(marked[0] - 0.5, marked[-1] + 0.5, color=GREY, alpha=0.12, linewidth=0, label="baseline")
    _add_sigma_lines(axes[0], numbers[newest], scale * chart.centre, scale * chart.mean_sigma[newest])
    axes[-1].set_xlabel("row of the record")
    axes[-1].xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes[0].legend(frameon=False, fontsize="small", ncols=5, loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.1)
    return svg(figure)


def _draw_panel(
    axes: Axes, label: str, rows: NDArray, values: NDArray, low: NDArray, centre: NDArray, high: NDArray, out: NDArray
) -> None:
    axes.plot(rows, values, ".-", color=BLUE, markersize=6, linewidth=0.8, label="measurement")
    axes.plot(rows, centre, color=GREY, linewidth=0.9, label="centre line")
    for n, limit in enumerate((low, high)):
        axes.step(
            rows, limit, where="mid", color=RED, linewidth=1.1, linestyle="--",
            label=None if n else f"control limits, {LIMIT:g} sigma",
        )  # fmt: skip
    if out.any():
        axes.plot(rows[out], values[out], "D", color=RED, markersize=5, label="out of control, with its row")
    for row, value in zip(rows[out].tolist(), values[out].tolist(), strict=True):
        axes.annotate(str(row), (row, value), (0, 6), textcoords="offset points", ha="center", fontsize="small")
    axes.set_ylabel(label)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)


def _add_sigma_lines(axes: Axes, rows: NDArray, centre: float, sigma: NDArray) -> None:
    """Lines at 1 and 2 sigma, which the rules of Western Electric refer to."""
    for times in (-2, -1, 1, 2):
        axes.step(rows, centre + times * sigma, where="mid", color=GREY, linewidth=0.6, linestyle=":")
