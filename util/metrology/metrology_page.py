"""metrology.html: the statistics of a run as a page of one file."""

from collections.abc import Callable, Sequence

import numpy as np
from dominate import tags
from dominate.util import raw

from ..drawing import empty_page
from ..files import counted
from . import plots
from .run_statistics import RunStatistics

LEADING = ("depth_mean_nm", "cd_half_nm")  # quantities in the headline, the plots and the table of sites
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
    with page:
        tags.h1(f"{title}: metrology")
        for line in statistics.warnings():
            tags.p(line, cls="alarm")
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
                _add_headline(f"{np.nanmean(quantity.values):.4g}", name)
                _add_headline(f"{3 * quantity.sigma_within_sites:.3g}", label)
            if statistics.comparison:
                _add_headline(f"{statistics.comparison.bias:+.3g}".replace("-", "−"), "bias to the reference [nm]")
                _add_headline(f"{statistics.comparison.tmu:.3g}", "TMU, 3σ [nm]")
        _add_trends(statistics, leading, bool(sites))
        if statistics.comparison:
            _add_reference(statistics)
        _add_repeats(statistics, leading)
        for add_section in sections:
            add_section()
        tags.h2("Quantities")
        _add_quantities(statistics)
        if sites:
            _add_sites(statistics, leading)
    return page.render()


def _add_trends(statistics: RunStatistics, names: Sequence[str], by_site: bool) -> None:
    tags.h2("Over the sites" if by_site else "Over the holes")
    for name in names:
        quantity = statistics.quantities[name]
        if by_site:
            svg = plots.draw_trend(name, quantity.mean, 3 * quantity.sigma, quantity.site_outliers, "site")
        else:
            svg = plots.draw_trend(name, quantity.values, None, quantity.hole_outliers, "hole")
        _add_plot(svg, css_class="curve trend")


def _add_reference(statistics: RunStatistics) -> None:
    comparison, name = statistics.comparison, statistics.compared
    assert comparison is not None
    low, high = comparison.limits_of_agreement
    line = comparison.line
    tags.h2("Against the reference")
    tags.p(f"{name} of {len(comparison.names):,} names that are in both.", cls="quiet")
    with tags.div(cls="epoch"):
        _add_plot(plots.draw_mandel(name, comparison), "Mandel regression")
        _add_plot(plots.draw_bland_altman(name, comparison), "Bland–Altman plot")
    with tags.div(cls="wide"), tags.table():
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
    tags.p(f"Calibrated: ({name} {shift}) / {line.slope:.5g}, as in calibrated.csv.")


def _add_repeats(statistics: RunStatistics, names: Sequence[str]) -> None:
    by_name = {name: repeats for name in names if (repeats := statistics.quantities[name].repeats)}
    if by_name:
        tags.h2("Repeatability")
        tags.p("Repeats of the same holes with independent noise: itr0, itr1, ...", cls="quiet")
        with tags.div(cls="epoch"):
            for name, repeats in by_name.items():
                caption = f"3σ of one measurement: {_format(3 * repeats.sigma)}, from {counted(repeats.holes, 'hole')}"
                _add_plot(plots.draw_repeats(name, repeats), caption)


def _add_quantities(statistics: RunStatistics) -> None:
    heads = ["holes", "mean", "3σ, run", "3σ, sites", "without noise", "3σ, measurement", "P/T", "outliers"]
    heads = [head for head in heads if head != "P/T" or statistics.tolerance_nm is not None]
    rows = []
    for name, quantity in statistics.quantities.items():
        ratio = statistics.precision_to_tolerance(name)
        cells = {
            "holes": f"{quantity.count.sum():,}",
            "mean": _format(float(np.nanmean(quantity.values)), 5),
            "3σ, run": _format(3 * quantity.run_sigma),
            "3σ, sites": _format(3 * quantity.sigma_within_sites),
            "without noise": _format(3 * quantity.sigma_within_sites_corrected),
            "3σ, measurement": _format(3 * quantity.measurement_sigma),
            "P/T": f"{ratio:.1%}" if np.isfinite(ratio) else "–",
            "outliers": _format_outliers(int(quantity.hole_outliers.sum()), int(quantity.site_outliers.sum())),
        }
        rows.append([name, *(cells[head] for head in heads)])
    _add_table(["quantity", *heads], rows)
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
        heads += [name, "3σ", "without noise"]
    for n in selected.tolist():
        n_holes = max(statistics.quantities[name].count[n] for name in names)
        row = [table.sites[n] or "no site", str(n + 1), str(n_holes)]
        for name in names:
            quantity = statistics.quantities[name]
            mark = " !" if quantity.site_outliers[n] else ""
            row += [
                _format(quantity.mean[n], 5) + mark,
                _format(3 * quantity.sigma[n]),
                _format(3 * quantity.corrected[n]),
            ]
        rows.append(row)
    _add_table(heads, rows)
    if outliers.any():
        tags.p("! outlier", cls="quiet")


def _add_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    with tags.div(cls="wide"), tags.table():
        with tags.thead(), tags.tr():
            for head in heads:
                tags.th(head)
        with tags.tbody():
            for row in rows:
                with tags.tr():
                    for cell in row:
                        tags.td(cell)


def _add_headline(value: str, label: str) -> None:
    with tags.span():
        tags.b(value)
        tags.small(label)


def _add_plot(svg: str, caption: str = "", css_class: str = "curve") -> None:
    with tags.figure(cls=css_class):
        raw(svg)
        if caption:
            tags.figcaption(caption)


def _format(value: float, digits: int = 3) -> str:
    if not np.isfinite(value):
        return "–"
    return f"{value:,.0f}" if abs(value) >= 10**digits else f"{value:#.{digits}g}".rstrip(".").replace("-", "−")


def _format_outliers(holes: int, sites: int) -> str:
    parts = [f"{count:,} {noun}{'s' * (count > 1)}" for count, noun in ((holes, "hole"), (sites, "site")) if count]
    return ", ".join(parts) or "–"
