"""metrology.html: the statistics of a run as a page of one file."""

from collections.abc import Sequence

import numpy as np
from dominate import tags
from dominate.util import raw

from ..drawing import empty_page
from . import plots
from .run_statistics import RunStatistics

LEADING = ("depth_mean_nm", "cd_half_nm")
MOST_SITES = 60  # rows of the table of sites
MEANINGS = {
    "mean": "Of all holes; a hole's value is the mean of its repeats.",
    "3σ, run": "Three times the standard deviation of all holes.",
    "3σ, sites": "The same inside the sites, pooled: of a CD the local CD uniformity (LCDU).",
    "without noise": "The same after the variance of the measurement was taken off.",
    "3σ, measurement": "From repeats, or else from the model's 90 % intervals, which hold its whole error.",
    "P/T": "Precision to tolerance: 6σ of a measurement over the full tolerance.",
    "outliers": "Modified z-score above 3.5: holes against their site's median, sites' means against those of sites "
    "whose names differ in the last number only.",
}


def page(title: str, found: RunStatistics) -> str:
    """HTML of the statistics."""
    made = empty_page(f"{title}: metrology")
    sites = [site for site in found.table.sites if site]
    leading = [name for name in LEADING if name in found.quantities] or list(found.quantities)[:2]
    with made:
        tags.h1(f"{title}: metrology")
        for line in found.warnings():
            tags.p(line, cls="alarm")
        with tags.p(cls="quiet facts"):
            tags.span(f"holes {len(found.table.hole_site):,}")
            tags.span(f"images {len(found.table.images):,}")
            tags.span(f"sites {len(sites):,}" if sites else "no sites are known: the run is taken as one")
            for name in ("holes.csv", "sites.csv", "statistics.json", *["calibrated.csv"] * bool(found.comparison)):
                tags.a(name, href=name)
        with tags.p(cls="headline"):
            for name in leading:
                one = found.quantities[name]
                _figure(f"{np.nanmean(one.values):.4g}", name)
                _figure(f"{3 * one.sigma_within_sites:.3g}", f"3σ {'inside the sites' if sites else 'of the holes'}")
            if found.comparison:
                _figure(f"{found.comparison.bias:+.3g}".replace("-", "−"), "bias to the reference [nm]")
                _figure(f"{found.comparison.tmu:.3g}", "TMU, 3σ [nm]")
        _trends(found, leading, bool(sites))
        if found.comparison:
            _reference(found)
        _repeats(found, leading)
        tags.h2("Quantities")
        _quantities(found)
        if sites:
            _sites(found, leading)
    return made.render()


def _trends(found: RunStatistics, names: Sequence[str], sites: bool) -> None:
    tags.h2("Over the sites" if sites else "Over the holes")
    for name in names:
        one = found.quantities[name]
        if sites:
            shown = plots.trend(name, one.mean, 3 * one.sigma, one.site_outliers, "site")
        else:
            shown = plots.trend(name, one.values, None, one.hole_outliers, "hole")
        _plot(shown, kind="curve trend")


def _reference(found: RunStatistics) -> None:
    one, name = found.comparison, found.compared
    assert one is not None
    tags.h2("Against the reference")
    tags.p(f"{name} of {len(one.names):,} names that both know.", cls="quiet")
    with tags.div(cls="epoch"):
        _plot(plots.mandel(name, one), "Mandel regression")
        _plot(plots.bland_altman(name, one), "Bland–Altman plot")
    with tags.div(cls="wide"), tags.table():
        for title, value, meaning in (
            ("bias", f"{one.bias:+.3g} ± {one.bias_error:.2g} nm", "mean difference ± its standard error"),
            (
                "limits of agreement",
                f"{one.limits_of_agreement[0]:+.3g} to {one.limits_of_agreement[1]:+.3g} nm",
                "hold 95 % of the differences",
            ),
            ("slope", f"{one.line.slope:.4f} ± {one.line.slope_error:.2g}", "Mandel regression, both with errors"),
            ("offset", f"{one.line.offset:+.4g} ± {one.line.offset_error:.2g} nm", "at a reference of 0"),
            ("λ", f"{one.variance_ratio:.3g}", "variance of the measurement's error over that of the reference's"),
            ("residual σ", f"{one.residual:.3g} nm", "around the line"),
            (
                "TMU, 3σ",
                f"{one.tmu:.3g} nm ({one.tmu_limits[0]:.3g} to {one.tmu_limits[1]:.3g})",
                "total measurement uncertainty, around the line (its 95 % interval)",
            ),
        ):
            with tags.tr():
                with tags.td(title):
                    tags.small(meaning)
                tags.td(value.replace("-", "−"))
    shift = f"{'−' if one.line.offset > 0 else '+'} {abs(one.line.offset):.5g} nm"
    tags.p(f"Calibrated: ({name} {shift}) / {one.line.slope:.5g}, as in calibrated.csv.")


def _repeats(found: RunStatistics, names: Sequence[str]) -> None:
    known = [(name, one) for name in names if (one := found.quantities[name].repeats)]
    if known:
        tags.h2("Repeatability")
        tags.p("Repeats of the same holes with independent noise: itr0, itr1, ...", cls="quiet")
        with tags.div(cls="epoch"):
            for name, one in known:
                _plot(
                    plots.repeats(name, one),
                    f"3σ of one measurement: {_number(3 * one.sigma)}, from {one.holes:,} holes",
                )


def _quantities(found: RunStatistics) -> None:
    heads = ["holes", "mean", "3σ, run", "3σ, sites", "without noise", "3σ, measurement", "P/T", "outliers"]
    shown = [name for name in heads if name != "P/T" or found.tolerance_nm is not None]
    rows = []
    for name, one in found.quantities.items():
        known = {
            "holes": f"{one.count.sum():,}",
            "mean": _number(float(np.nanmean(one.values)), 5),
            "3σ, run": _number(3 * one.run_sigma),
            "3σ, sites": _number(3 * one.sigma_within_sites),
            "without noise": _number(3 * one.sigma_within_sites_corrected),
            "3σ, measurement": _number(3 * one.measurement_sigma),
            "P/T": f"{ratio:.1%}" if np.isfinite(ratio := found.precision_to_tolerance(name)) else "–",
            "outliers": _outliers(int(one.hole_outliers.sum()), int(one.site_outliers.sum())),
        }
        rows.append([name, *(known[head] for head in shown)])
    _table(["quantity", *shown], rows)
    with tags.dl():
        for name in shown:
            if name in MEANINGS:
                tags.dt(name)
                tags.dd(MEANINGS[name])


def _sites(found: RunStatistics, names: Sequence[str]) -> None:
    tags.h2("Sites")
    table, count = found.table, len(found.table.sites)
    outside = np.zeros(count, dtype=bool)
    for name in names:
        outside |= found.quantities[name].site_outliers
    even = np.unique(np.linspace(0, count - 1, min(count, MOST_SITES)).round().astype(int))
    chosen = np.union1d(np.flatnonzero(outside)[:MOST_SITES], even)
    if len(chosen) < count:
        tags.p(f"{len(chosen)} of {count:,}: outliers and an even share. All are in sites.csv.", cls="quiet")
    heads, rows = ["site", "number", "holes"], []
    for name in names:
        heads += [name, "3σ", "without noise"]
    for n in chosen.tolist():
        row = [table.sites[n] or "no site", str(n + 1), str(max(found.quantities[name].count[n] for name in names))]
        for name in names:
            one = found.quantities[name]
            mark = " !" if one.site_outliers[n] else ""
            row += [_number(one.mean[n], 5) + mark, _number(3 * one.sigma[n]), _number(3 * one.corrected[n])]
        rows.append(row)
    _table(heads, rows)
    if outside.any():
        tags.p("! outlier", cls="quiet")


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    with tags.div(cls="wide"), tags.table():
        with tags.thead(), tags.tr():
            for head in heads:
                tags.th(head)
        with tags.tbody():
            for row in rows:
                with tags.tr():
                    for cell in row:
                        tags.td(cell)


def _figure(value: str, meaning: str) -> None:
    with tags.span():
        tags.b(value)
        tags.small(meaning)


def _plot(svg: str, caption: str = "", kind: str = "curve") -> None:
    with tags.figure(cls=kind):
        raw(svg)
        if caption:
            tags.figcaption(caption)


def _number(value: float, digits: int = 3) -> str:
    if not np.isfinite(value):
        return "–"
    return f"{value:,.0f}" if abs(value) >= 10**digits else f"{value:#.{digits}g}".rstrip(".").replace("-", "−")


def _outliers(holes: int, sites: int) -> str:
    said = [f"{count:,} {what}{'s' * (count > 1)}" for count, what in ((holes, "hole"), (sites, "site")) if count]
    return ", ".join(said) or "–"
