"""Charts of a page that show what is under the cursor: run charts with histograms, and scatter plots."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from dominate import tags
from dominate.util import raw
from numpy.typing import NDArray

from ..drawing import UPLOT_CSS, UPLOT_JS

FOLDER = Path(__file__).parent
HINT = (
    "Point at the chart, or press Tab and then the arrow keys, to read values; drag, or press + and −, to zoom; "
    "double-click or Esc shows all."
)


class ChartLine(NamedTuple):
    """The line y = `start` + `slope` x in a chart; `kind`: `centre` is solid, `limit` dashed, `equal` dotted."""

    label: str
    start: float
    kind: str = "limit"
    slope: float = 0.0


@dataclass(frozen=True)
class Chart:
    """N points with names; x (N,) is 1, 2, ... if it is not given. Points whose x or y is NaN are not drawn."""

    label: str
    x_label: str
    y_label: str
    y: NDArray[np.float64]  # (N,)
    names: Sequence[str]
    x: NDArray[np.float64] | None = None  # (N,)
    half_width: NDArray[np.float64] | None = None  # (N,) of the bar at each point
    is_outlier: NDArray[np.bool_] | None = None  # (N,)
    lines: Sequence[ChartLine] = ()

    def as_json(self) -> dict[str, Any]:
        """What the script needs; points in the order of x."""
        order = np.arange(len(self.y)) if self.x is None else np.argsort(self.x, kind="stable")
        if self.x is not None:
            order = order[np.isfinite(self.x[order])]
        return {
            "x_label": self.x_label,
            "y_label": self.y_label,
            "x": None if self.x is None else _numbers(self.x[order]),
            "y": _numbers(self.y[order]),
            "order": None if self.x is None else order.tolist(),
            "half_width": None if self.half_width is None else _numbers(self.half_width[order]),
            "outliers": [] if self.is_outlier is None else np.flatnonzero(self.is_outlier[order]).tolist(),
            "lines": [line._asdict() for line in self.lines if np.isfinite(line.start)],
        }


def add_chart_scripts() -> None:
    """Adds to the open page, once, what its charts need; after the charts."""
    tags.style(raw(f"{UPLOT_CSS}\n{(FOLDER / 'chart.css').read_text(encoding='utf-8')}"))
    scripts = [(FOLDER / f"{name}.js").read_text(encoding="utf-8") for name in ("exports", "chart")]
    for script in (UPLOT_JS, *scripts):
        tags.script(raw(script))


def add_charts(title: str, charts: Sequence[Chart], has_histogram: bool = False) -> None:
    """Adds a figure with one of the charts, which the user chooses, and its histogram with limits that he types."""
    with tags.figure(cls="charts", data_name=title):
        with tags.div(cls="controls"):
            if len(charts) > 1:
                with tags.label("show"), tags.select():
                    for n, chart in enumerate(charts):
                        tags.option(chart.label, value=str(n))
            if has_histogram:
                for end in ("lower limit", "upper limit"):
                    with tags.label(end):
                        tags.input_(type="number", step="any", size="8", data_label=end)
            tags.button("copy as CSV", type="button", cls="csv")
            tags.button("save as PNG", type="button", cls="png")
        with tags.div(cls="row"):
            for kind in ("run", "histogram")[: 1 + has_histogram]:
                tags.div(cls=f"plot {kind}", tabindex="0", role="group", aria_label=f"{title}, {kind}")
        tags.figcaption(cls="keys")
        tags.output(HINT if has_histogram else "", cls="reading quiet")
        tags.script(raw(_to_script(charts)), type="application/json")


def _to_script(charts: Sequence[Chart]) -> str:
    """The charts as JSON that cannot end a script element; names that charts share are there once."""
    names = list({id(chart.names): list(chart.names) for chart in charts}.values())
    index = {key: n for n, key in enumerate({id(chart.names): 0 for chart in charts})}
    content = {"names": names, "charts": [chart.as_json() | {"names": index[id(chart.names)]} for chart in charts]}
    return json.dumps(content, separators=(",", ":")).replace("<", "\\u003c")


def _numbers(values: NDArray) -> list[float | None]:
    """Six digits are more than a screen shows; None for what is not finite, which JSON cannot hold."""
    return [float(f"{value:.6g}") if np.isfinite(value) else None for value in values.tolist()]
