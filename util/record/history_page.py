"""record.html: the control charts of a golden sample as a page of one file."""

import json
from collections.abc import Iterable, Sequence

import numpy as np
from dominate import tags
from dominate.util import raw

from ..drawing import empty_page
from ..files import counted
from ..page import Chart, ChartLine, add_chart_scripts, add_charts, column_head, column_label, column_scale
from .history import History, QuantityHistory
from .history_plots import MAX_POINTS, draw_charts
from .western_electric import RULES

MAX_ROWS = 100  # of each table
MEANINGS = {
    "centre line": "Mean of the baseline.",
    "control limits": "3 sigma of a mean. Sigma comes from the moving ranges of the baseline, or from the spread of "
    "the repeats where all its measurements have some.",
    "EWMA": "Exponentially weighted moving average: it finds small shifts sooner. Its limits are the exact ones.",
    "rules": "Western Electric: " + "; ".join(RULES) + ".",
}


def render_page(history: History, record: str) -> str:
    """HTML of the charts; `record` is the name of the record's file."""
    title = f"{history.sample}: record of a golden sample"
    page = empty_page(title)
    page["lang"] = "en"
    signals, newest = history.newest_signals(), history.rows[-1]
    with page, tags.main():
        tags.h1(title)
        if signals:
            tags.p(f"Row {newest.number} is out of control: {'; '.join(signals)}", cls="alarm")
        elif not history.baseline.any():
            tags.p(_describe_missing_baseline(history), cls="alarm")
        with tags.p(cls="quiet facts"):
            tags.span(f"measurements {len(history.rows):,}")
            tags.span(f"newest: row {newest.number}, {_short_time(newest.content['measured'])}")
            tags.span(f"baseline: {history.declared or 'none'} ({counted(int(history.baseline.sum()), 'measurement')})")
            tags.a("record.csv", href=f"{record.rpartition('.')[0] or record}.csv")
        with tags.p(cls="headline"):
            for quantity in history.charts:
                _add_headline(quantity)
        for quantity in history.charts:
            _add_charts(history, quantity)
        if charts := [_run_chart(history, quantity) for quantity in history.charts if quantity.places]:
            tags.h2("Measurement by measurement")
            add_charts("run chart", charts, has_histogram=True)
            add_chart_scripts()
        with tags.dl():
            for name, meaning in MEANINGS.items():
                tags.dt(name)
                tags.dd(meaning)
        _add_signals(history)
        _add_changes(history)
        _add_maker(history)
    return page.render()


def _describe_missing_baseline(history: History) -> str:
    if not history.declared:
        return "No limits: no baseline was declared (--baseline)."
    return f"No limits: the baseline ({history.declared}) is not complete, or gave none."


def _add_headline(quantity: QuantityHistory) -> None:
    if not quantity.places:
        return
    chart = quantity.chart
    low, high = (limits[-1] for limits in chart.mean_limits)
    with tags.span():
        tags.b(_number(quantity, chart.mean[-1]))
        limits = f", limits {_number(quantity, low)} to {_number(quantity, high)}" if np.isfinite(low) else ""
        tags.small(f"{column_head(quantity.name)}{limits}")


def _number(quantity: QuantityHistory, value: float) -> str:
    return f"{column_scale(quantity.name) * value:.5g}".replace("-", "−")


def _run_chart(history: History, quantity: QuantityHistory) -> Chart:
    """Each measurement with its row, time and broken rules under the cursor; the limits are those of the newest."""
    chart, scale, head = quantity.chart, column_scale(quantity.name), column_head(quantity.name)
    low, high = (float(limits[-1]) * scale for limits in chart.mean_limits)
    lines = (ChartLine("centre line", chart.centre * scale, "centre"), ChartLine("from", low), ChartLine("to", high))
    names = [
        ", ".join([f"row {history.rows[place].number}", _place(history, place)[1], *signals])
        for place, signals in zip(quantity.places, chart.signals, strict=True)
    ]
    is_out = np.array([bool(signals) for signals in chart.signals])
    return Chart(head, "measurement", head, scale * chart.mean, names, is_outlier=is_out, lines=lines)


def _add_charts(history: History, quantity: QuantityHistory) -> None:
    label = column_label(quantity.name).label
    tags.h2(label)
    numbers = np.array([history.rows[place].number for place in quantity.places])
    if not len(numbers):
        tags.p("Not measured in all holes of any measurement.")
        return
    chart = quantity.chart
    if out := sum(bool(names) for names, inside in zip(chart.signals, chart.baseline, strict=True) if inside):
        verb = "breaks a rule" if out == 1 else "break a rule"
        tags.p(f"{counted(out, 'measurement')} of the baseline {verb}: was the instrument in control there?")
    if len(numbers) > MAX_POINTS:
        tags.p(f"The newest {MAX_POINTS} of {len(numbers):,} measurements; all are in record.csv.", cls="quiet")
    text = f"Control charts of {label}: mean, {chart.spread_name} and EWMA over the rows of the record"
    with tags.figure(cls="curve trend", role="img", aria_label=text, tabindex="0"):
        raw(draw_charts(quantity, numbers))


def _add_signals(history: History) -> None:
    tags.h2("Out of control")
    rows = [
        (place, column_head(quantity.name), _number(quantity, quantity.chart.mean[n]), ", ".join(names))
        for quantity in history.charts
        for n, (place, names) in enumerate(zip(quantity.places, quantity.chart.signals, strict=True))
        if names
    ]
    newest_first = sorted(rows, key=lambda row: -row[0])[:MAX_ROWS]
    if not rows:
        tags.p("No measurement.")
        return
    if len(rows) > MAX_ROWS:
        tags.p(f"The newest {MAX_ROWS} of {len(rows):,}; all are in record.csv.", cls="quiet")
    _add_table(
        ("row", "measured", "quantity", "value", "rules"), ((*_place(history, n), *cells) for n, *cells in newest_first)
    )


def _add_changes(history: History) -> None:
    """Measurements before which program, weights, instrument or options changed, which explains many a step."""
    changed = [(n, ", ".join(names)) for n in range(len(history.rows)) if (names := history.changes(n))]
    if changed:
        tags.h2("Changed since the measurement before")
        rows = ((*_place(history, n), names) for n, names in changed[: -MAX_ROWS - 1 : -1])
        _add_table(("row", "measured", "what"), rows)


def _add_maker(history: History) -> None:
    content = history.rows[-1].content
    with tags.details():
        tags.summary("Who made the newest measurement")
        facts = {name: content[name] for name in ("run", "model", "epoch", "dataroot", "weights_sha256", "recorded")}
        groups = {name: content[name] for name in ("program", "instrument", "options")}
        rows = [(name, "not stated" if value is None else str(value)) for name, value in facts.items()]
        rows += [(f"{group}: {name}", _text(value)) for group, facts in groups.items() for name, value in facts.items()]
        rows.append(("SHA-256 of the row", history.rows[-1].digest))
        _add_table(("fact", "value"), rows, "options")


def _place(history: History, n: int) -> tuple[str, str]:
    return str(history.rows[n].number), _short_time(history.rows[n].content["measured"])


def _add_table(heads: Sequence[str], rows: Iterable[Sequence[str]], css_class: str = "") -> None:
    with tags.div(cls="wide", tabindex="0"), tags.table(cls=css_class):
        with tags.thead(), tags.tr():
            for head in heads:
                tags.th(head, scope="col")
        with tags.tbody():
            for row in rows:
                with tags.tr():
                    for cell in row:
                        tags.td(cell)


def _short_time(text: str) -> str:
    """2026-11-28 14:05 UTC of an ISO time."""
    return f"{text[:16].replace('T', ' ')} UTC"


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
