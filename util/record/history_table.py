"""record.csv: a row for each measurement and charted quantity, with limits, signals and who made it."""

import csv
import io
import math
from typing import Any

import numpy as np

from ..files import escape_formula
from .history import History

COLUMNS = (
    "row", "measured", "quantity", "baseline", "values", "mean", "lower_limit", "centre", "upper_limit",
    "spread", "spread_kind", "spread_lower_limit", "spread_centre", "spread_upper_limit",
    "ewma", "ewma_lower_limit", "ewma_upper_limit", "signals", "changed",
    "recorded", "run", "model", "epoch", "commit", "weights_sha256", "row_sha256",
)  # fmt: skip


def history_csv(history: History) -> str:
    """The content of record.csv, in the quantity's unit; what is not defined is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    rows: list[tuple[int, list[Any]]] = []
    for quantity in history.charts:
        chart = quantity.chart
        centre = np.full(len(chart.mean), chart.centre)
        numbers = (
            (chart.mean, chart.mean_limits[0], centre, chart.mean_limits[1], chart.spread),
            (chart.spread_limits[1], chart.spread_limits[0], chart.spread_limits[2], chart.ewma, *chart.ewma_limits),
        )
        first, second = (np.stack(columns, axis=1).tolist() for columns in numbers)
        for n, place in enumerate(quantity.places):
            content, row = history.rows[place].content, history.rows[place]
            start = [row.number, content["measured"], quantity.name, int(chart.baseline[n]), int(chart.count[n])]
            changed = "; ".join(history.changes(place))
            maker = [content[name] for name in ("recorded", "run", "model", "epoch")]
            end = ["; ".join(chart.signals[n]), changed, *maker, content["program"].get("commit")]
            texts = map(_text, [*end, content["weights_sha256"], row.digest])
            cells = [*start, *map(_number, first[n]), chart.spread_name, *map(_number, second[n]), *texts]
            rows.append((place, cells))
    writer.writerows(cells for _, cells in sorted(rows, key=lambda each: each[0]))
    return text.getvalue()


def _number(value: float) -> str:
    return f"{value:.9g}" if math.isfinite(value) else ""


def _text(value: object) -> str:
    return "" if value is None else escape_formula(str(value))
