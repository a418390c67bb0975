"""metrology.html: the statistics of a run as a page of one file."""

from collections.abc import Callable, Sequence

import numpy as np
from dominate import tags

from ..drawing import empty_page, wide
from ..files import counted
from ..page import add_chart_scripts, add_charts, column_head, column_label, column_scale
from . import charts
from .run_statistics import RunStatistics

LEADING = ("depth_mean_nm", "cd_half_nm")  # quantities in the headline, the first charts and the table of sites
MAX_SITES = 60  # rows of the table of sites
MEANINGS = {
    "mean": "Of all holes; a hole's value is the mean of its repeats.",
    "3σ, run": "Three times the standard deviation of all holes.",
    "3σ, sites": "Three times the standard deviation inside the sites, pooled: of a CD the local CD uniformity (LCDU).",
    "without noise": "The same after subtraction of the variance of the measurement.",
    "3σ, measurement": "From repeats. Without repeats from the model's 90 % intervals, which include its systematic "
    "error.",
    "P/T": "Precision to tolerance: 6σ of a measurement over the full tolerance.",
    "outliers": "Modified z-score above 3.5. Holes are compared with the median of their site, means of sites with the "
    "median of the sites whose names differ in the last number only.",
}


def render_page(title: str, statistics: RunStatistics, sections: Sequence[Callable[[], None]] = ()) -> str:
    """HTML of the statistics; `sections` add what other packages show of the run."""
    page = empty_page(f"{title}: metrology")
    sites = [site for site in statistics.table.sites if site]
    leading = [name for name in LEADING if name in statistics.quantities] or list(statistics.quantities)[:2]
    with page, tags.main():
        tags.h1(f"{title}: metrology")
        for line in statistics.warnings():
            tags.p(line, cls="alarm")
        _add_head(statistics, leading, sites)
        tags.h2("Run and distribution")
        names = leading + [name for name in statistics.quantities if name not in leading]
        add_charts("run chart", charts.run_charts(statistics, names), has_histogram=True)
        if statistics.comparison:
            _add_reference(statistics)
        _add_repeats(statistics, leading)
        for add_section in sections:
            add_section()
        tags.h2("Quantities")
        _add_quantities(statistics)
        if sites:
            _add_sites(statistics, leading)
        add_chart_scripts()
    return page.render()


def _add_head(statistics: RunStatistics, leading: Sequence[str], sites: Sequence[str]) -> None:
    """What was measured, and the numbers that most readers look for."""
    with tags.p(cls="quiet facts"):
        tags.span(f"holes {len(statistics.table.hole_site):,}")
        tags.span(f"images {len(statistics.table.images):,}")
        tags.span(f"sites {len(sites):,}" if sites else "no site is known: all holes form one group")
        for name in (
            "holes.csv",
            "sites.csv",
            "statistics.json",
            *["calibrated.csv"] * bool(statistics.comparison),
        ):
            tags.a(name, href=name)
    with tags.p(cls="headline"):
        for name in leading:
            quantity = statistics.quantities[name]
            label = f"3σ {'inside the sites' if sites else 'of the holes'}"
            scale = column_scale(name)
            _add_headline(f"{scale * np.nanmean(quantity.values):.4g}", column_head(name))
            _add_headline(f"{3 * scale * quantity.sigma_within_sites:.3g}", label)
        if statistics.comparison:
            _add_headline(f"{statistics.comparison.bias:+.3g}".replace("-", "−"), "bias to the reference [nm]")
            _add_headline(f"{statistics.comparison.tmu:.3g}", "TMU, 3σ [nm]")


def _add_reference(statistics: RunStatistics) -> None:
    comparison, name = statistics.comparison, statistics.compared
    assert comparison is not None
    low, high = comparison.limits_of_agreement
    line = comparison.line
    tags.h2("Against the reference")
    tags.p(f"{column_label(name).label} of {len(comparison.names):,} names that are in both.", cls="quiet")
    with tags.div(cls="plots"):
        with tags.div():
            tags.h3("Mandel regression")
            add_charts("Mandel regression", [charts.mandel_chart(name, comparison)])
        with tags.div():
            tags.h3("Bland–Altman plot")
            add_charts("Bland–Altman plot", [charts.bland_altman_chart(name, comparison)])
    with wide("comparison with the reference"), tags.table():
        for title, value, meaning in (
            (
                "bias",
                f"{comparison.bias:+.3g} ± {comparison.bias_error:.2g} nm",
                "mean difference ± its standard error",
            ),
            ("limits of agreement", f"{low:+.3g} to {high:+.3g} nm", "hold 95 % of the differences"),
            ("slope", f"{line.slope:.4f} ± {line.slope_error:.2g}", "Mandel regression, both with errors"),
            ("offset", f"{line.offset:+.4g} ± {line.offset_error:.2g} nm", "at a reference of 0"),
            ("λ", f"{comparison.variance_ratio:.3g}", "variance of the measurement's error over that of the reference"),
            ("residual σ", f"{comparison.residual:.3g} nm", "around the line"),
            (
                "TMU, 3σ",
                f"{comparison.tmu:.3g} nm ({comparison.tmu_limits[0]:.3g} to {comparison.tmu_limits[1]:.3g})",
                "total measurement uncertainty, around the line (its 95 % interval)",
            ),
        ):
            with tags.tr():
                with tags.td(title):
                    tags.small(meaning)
                tags.td(value.replace("-", "−"))
    shift = f"{'−' if line.offset > 0 else '+'} {abs(line.offset):.5g} nm"
    tags.p(f"Calibrated: ({column_label(name).label} {shift}) / {line.slope:.5g}, as in calibrated.csv.")


def _add_repeats(statistics: RunStatistics, names: Sequence[str]) -> None:
    by_name = {name: repeats for name in names if (repeats := statistics.quantities[name].repeats)}
    if by_name:
        tags.h2("Repeatability")
        tags.p("Repeats of the same holes with independent noise: itr0, itr1, ...", cls="quiet")
        holes = charts.hole_names(statistics.table)
        with tags.div(cls="plots"):
            for name, repeats in by_name.items():
                sigma, head = 3 * column_scale(name) * repeats.sigma, column_head(name)
                with tags.div():
                    tags.h3(f"3σ of one measurement: {_format(sigma)}, from {counted(repeats.holes, 'hole')}")
                    names_of_holes = [holes[n] for n in repeats.index.tolist()]
                    add_charts(f"repeats, {head}", [charts.repeats_chart(name, repeats, names_of_holes)])


def _add_quantities(statistics: RunStatistics) -> None:
    heads = ["holes", "mean", "3σ, run", "3σ, sites", "without noise", "3σ, measurement", "P/T", "outliers"]
    heads = [head for head in heads if head != "P/T" or statistics.tolerance_nm is not None]
    rows = []
    for name, quantity in statistics.quantities.items():
        ratio, scale = statistics.precision_to_tolerance(name), column_scale(name)
        cells = {
            "holes": f"{quantity.count.sum():,}",
            "mean": _format(scale * float(np.nanmean(quantity.values)), 5),
            "3σ, run": _format(3 * scale * quantity.run_sigma),
            "3σ, sites": _format(3 * scale * quantity.sigma_within_sites),
            "without noise": _format(3 * scale * quantity.sigma_within_sites_corrected),
            "3σ, measurement": _format(3 * scale * quantity.measurement_sigma),
            "P/T": f"{ratio:.1%}" if np.isfinite(ratio) else "–",
            "outliers": _format_outliers(int(quantity.hole_outliers.sum()), int(quantity.site_outliers.sum())),
        }
        rows.append([column_head(name), *(cells[head] for head in heads)])
    _add_table("quantities", ["quantity", *heads], rows)
    with tags.dl():
        for head in heads:
            if head in MEANINGS:
                tags.dt(head)
                tags.dd(MEANINGS[head])


def _add_sites(statistics: RunStatistics, names: Sequence[str]) -> None:
    tags.h2("Sites")
    table, n_sites = statistics.table, len(statistics.table.sites)
    outliers = np.zeros(n_sites, dtype=bool)
    for name in names:
        outliers |= statistics.quantities[name].site_outliers
    even = np.unique(np.linspace(0, n_sites - 1, min(n_sites, MAX_SITES)).round().astype(int))
    selected = np.union1d(np.flatnonzero(outliers)[:MAX_SITES], even)
    if len(selected) < n_sites:
        tags.p(
            f"{len(selected)} of {n_sites:,} sites: outliers, and an even selection. All are in sites.csv.",
            cls="quiet",
        )
    heads, rows = ["site", "number", "holes"], []
    for name in names:
        heads += [column_head(name), "3σ", "without noise"]
    for n in selected.tolist():
        n_holes = max(statistics.quantities[name].count[n] for name in names)
        row = [table.sites[n] or "no site", str(n + 1), str(n_holes)]
        for name in names:
            quantity, scale = statistics.quantities[name], column_scale(name)
            mark = " !" if quantity.site_outliers[n] else ""
            row += [
                _format(scale * quantity.mean[n], 5) + mark,
                _format(3 * scale * quantity.sigma[n]),
                _format(3 * scale * quantity.corrected[n]),
            ]
        rows.append(row)
    _add_table("sites", heads, rows)
    if outliers.any():
        tags.p("! outlier", cls="quiet")


def _add_table(label: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    with wide(label), tags.table(cls="cards"):
        with tags.thead(), tags.tr():
            for head in heads:
                tags.th(head, scope="col")
        with tags.tbody():
            for row in rows:
                with tags.tr():
                    for head, cell in zip(heads, row, strict=True):
                        tags.td(cell, data_label=head)


def _add_headline(value: str, label: str) -> None:
    with tags.span():
        tags.b(value)
        tags.small(label)


def _format(value: float, digits: int = 3) -> str:
    if not np.isfinite(value):
        return "–"
    return f"{value:,.0f}" if abs(value) >= 10**digits else f"{value:#.{digits}g}".rstrip(".").replace("-", "−")


def _format_outliers(holes: int, sites: int) -> str:
    parts = [f"{count:,} {noun}{'s' * (count > 1)}" for count, noun in ((holes, "hole"), (sites, "site")) if count]
    return ", ".join(parts) or "–"
