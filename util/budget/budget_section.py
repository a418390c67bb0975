"""The budgets on the metrology page: a bar chart of the shares of each measure, and a table."""

import math
from collections.abc import Sequence

from dominate import tags
from dominate.util import raw

from ..drawing import new_figure, svg, wide
from ..page import column_head, column_label, column_scale
from .budget_table import significant
from .measure_budget import MeasureBudget
from .measurement_model import LINES

COLOURS = ("#4477aa", "#66ccee", "#228833", "#ccbb44", "#ee6677", "#aa3377", "#bbbbbb", "#222255")  # Paul Tol, bright
SHORT = {"Welch-Satterthwaite": "W-S", "Monte Carlo": "Monte Carlo"}
HEADS = ("measure", "mean", "correction", "u", "k", "U, 95 %", "by", "left out: not stated")


def add_budget(budgets: Sequence[MeasureBudget]) -> None:
    """Adds the section to the page that is open."""
    tags.h2("Uncertainty budget")
    with tags.p():
        tags.span(
            "Of one measurement of a typical hole: (mean + correction) ± U holds 95 %. u is the combined standard "
            "uncertainty, k = U / u, by Welch-Satterthwaite (W-S), or by Monte Carlo where that differs by more than "
            "5 %. All lines are in "
        )
        tags.a("budget.csv", href="budget.csv")
    known = [budget for budget in budgets if budget.combined > 0]
    if known:
        with tags.figure(cls="curve"):
            raw(draw_shares(known))
            tags.figcaption("Share of each line in the combined variance.")
    with wide("uncertainty of each measure"), tags.table():
        with tags.thead(), tags.tr():
            for head in HEADS:
                tags.th(head)
        with tags.tbody():
            for budget in budgets:
                with tags.tr():
                    for cell in _cells(budget):
                        tags.td(cell)


def draw_shares(budgets: Sequence[MeasureBudget]) -> str:
    """SVG: one bar a measure, of the shares of its lines [%]; no bar is drawn for a line without share."""
    figure = new_figure((5.4, 1.5 + 0.2 * len(budgets)), dpi=150)
    axes = figure.subplots()
    names, end = [column_label(budget.name).label for budget in budgets], [0.0] * len(budgets)
    for n, (line, colour) in enumerate(zip(LINES, COLOURS, strict=True)):
        shares = [100 * budget.share(budget.lines[n]) for budget in budgets]
        if any(shares):
            axes.barh(names, shares, 0.7, end, color=colour, label=line)
            end = [start + share for start, share in zip(end, shares, strict=True)]
    axes.invert_yaxis()
    axes.set(xlim=(0, 100), xlabel="share of the combined variance [%]")
    axes.tick_params(axis="y", length=0, labelsize="small")
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.legend(frameon=False, fontsize="small", ncols=3, loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.1)
    return svg(figure)


def _cells(budget: MeasureBudget) -> list[str]:
    scale = column_scale(budget.name)
    return [
        column_head(budget.name),
        f"{scale * budget.value:.5g}",
        significant(scale * budget.correction, sign="+") if budget.correction else "–",
        significant(scale * budget.combined),
        significant(budget.coverage_factor, digits=3),
        significant(scale * budget.expanded),
        SHORT[budget.method] if math.isfinite(budget.combined) else "–",
        ", ".join(budget.left_out) or "–",
    ]
