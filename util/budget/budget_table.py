"""The budgets of a run as budget.csv, and in short for the terminal."""

import csv
import io
import math
from collections.abc import Iterator, Sequence

from ..files import escape_formula
from .measure_budget import BudgetLine, MeasureBudget
from .measurement_model import LINES

COLUMNS = (
    "measure", "line", "type", "distribution", "standard_uncertainty", "unit", "sensitivity", "degrees_of_freedom",
    "contribution", "share", "source", "value", "correction", "coverage_factor", "expanded", "method",
    "expanded_welch_satterthwaite", "expanded_monte_carlo", "left_out",
)  # fmt: skip
COMBINED = "combined"  # the row below the lines of a measure
NOT_STATED, NO_INFLUENCE = "not stated", "no influence"
UNITS = (("_nm_px2", "nm px^2"), ("_nm3", "nm^3"), ("_nm", "nm"), ("_px", "px"), ("_deg", "deg"))
Cell = str | float


def budget_csv(budgets: Sequence[MeasureBudget]) -> str:
    """The content of budget.csv: a row for each line of each measure, then a row `combined`; not stated is empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for budget in budgets:
        for row in (*_line_rows(budget), _combined_row(budget)):
            writer.writerow({name: _format_cell(cell) for name, cell in row.items()})
    return text.getvalue()


def budget_lines(budgets: Sequence[MeasureBudget]) -> list[str]:
    """One line a measure: value, expanded uncertainty, coverage factor, how it was found, and what it leaves out."""
    width = max((len(budget.name) for budget in budgets), default=0)
    lines = ["uncertainty of one measurement, 95 %:"]
    for budget in budgets:
        left_out = f"; left out, because not stated: {', '.join(budget.left_out)}" if budget.left_out else ""
        if math.isnan(budget.combined):
            lines.append(f"{budget.name:{width}}  nothing is stated{left_out}")
            continue
        correction = f", correction {significant(budget.correction, sign='+')}" if budget.correction else ""
        value = f"{budget.value:.5g} ± {significant(budget.expanded)}"
        how = f"k = {significant(budget.coverage_factor, digits=3)}, {budget.method}{correction}"
        lines.append(f"{budget.name:{width}}  {value} ({how}){left_out}")
    return lines


def significant(value: float, digits: int = 2, sign: str = "") -> str:
    """A number of so many significant digits; a dash where it is not known."""
    return f"{value:{sign}#.{digits}g}".rstrip(".") if math.isfinite(value) else "–"


def unit(measure: str) -> str:
    """The unit of a measure, as its name says it; "1" for a ratio."""
    return next((unit for ending, unit in UNITS if measure.endswith(ending)), "1")


def _line_rows(budget: MeasureBudget) -> Iterator[dict[str, Cell]]:
    for line in budget.lines:
        row: dict[str, Cell] = {
            "measure": budget.name,
            "line": line.name,
            "unit": LINES[line.name] or unit(budget.name),
            "sensitivity": line.sensitivity,
        }
        yield row | (_known_cells(budget, line) if line.uncertainty else {"source": _absence(line)})


def _known_cells(budget: MeasureBudget, line: BudgetLine) -> dict[str, Cell]:
    assert line.uncertainty is not None
    entry = line.uncertainty
    return {
        "type": entry.kind,
        "distribution": entry.distribution,
        "standard_uncertainty": entry.standard,
        "degrees_of_freedom": entry.dof,
        "contribution": line.contribution,
        "share": budget.share(line),
        "source": escape_formula(entry.source),
    }


def _absence(line: BudgetLine) -> str:
    return NOT_STATED if line.sensitivity else NO_INFLUENCE


def _combined_row(budget: MeasureBudget) -> dict[str, Cell]:
    is_known = not math.isnan(budget.combined)
    return {
        "measure": budget.name,
        "line": COMBINED,
        "standard_uncertainty": budget.combined,
        "unit": unit(budget.name),
        "degrees_of_freedom": budget.dof,
        "contribution": budget.combined,
        "share": 1.0 if is_known else math.nan,
        "source": f"{', '.join(budget.left_out)}: not stated, left out" if budget.left_out else "",
        "value": budget.value,
        "correction": budget.correction,
        "coverage_factor": budget.coverage_factor,
        "expanded": budget.expanded,
        "method": budget.method if is_known else "",
        "expanded_welch_satterthwaite": budget.expanded_gum,
        "expanded_monte_carlo": budget.expanded_mc,
        "left_out": ", ".join(budget.left_out),
    }


def _format_cell(cell: Cell) -> Cell:
    return cell if isinstance(cell, str) else "" if math.isnan(cell) else f"{cell:.6g}"
