"""The plots of the metrology page as SVG. They show no names of sites or images, which may hold any character."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..drawing import new_figure, svg
from .reference_comparison import Comparison
from .repeatability import Repeatability

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, RED, GREY = "#3b6ea5", "#b5483a", "#888888"
MAX_VECTOR_POINTS = 2000  # more points are embedded as a raster image, which keeps the SVG small


def draw_trend(name: str, mean: NDArray, three_sigma: NDArray | None, outliers: NDArray, item: str) -> str:
    """SVG of a quantity (n,) over sites or holes (`item`), in the file's order, with the 3 sigma of each if given."""
    from matplotlib.ticker import MaxNLocator  # here, because importing matplotlib is slow

    figure, axes = _new_axes((12, 2.7))
    number, rasterized = np.arange(1, len(mean) + 1), len(mean) > MAX_VECTOR_POINTS
    if three_sigma is not None:
        low, high = mean - np.nan_to_num(three_sigma), mean + np.nan_to_num(three_sigma)
        width, label = 0.5 if rasterized else 0.9, "±3 sigma of its holes"
        axes.vlines(number, low, high, BLUE, linewidth=width, alpha=0.35, label=label, rasterized=rasterized)
    _draw_points(axes, number[~outliers], mean[~outliers], BLUE, item)
    if outliers.any():
        axes.plot(number[outliers], mean[outliers], "D", color=RED, markersize=4, label="outlier")
    median = float(np.nanmedian(mean))
    axes.axhline(median, color=GREY, linewidth=0.9, linestyle="--", label=f"median {median:.4g}")
    axes.set(xlabel=f"number of the {item}", ylabel=name, xlim=(0.5, len(mean) + 0.5))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    return _render(figure, axes)


def draw_mandel(name: str, comparison: Comparison) -> str:
    """SVG: measured over reference, with the Mandel line and the line of equality."""
    figure, axes = _new_axes((5.4, 4.4))
    _draw_points(axes, comparison.reference, comparison.measured, BLUE)
    ends = np.array([comparison.reference.min(), comparison.reference.max()])
    line = comparison.line
    axes.plot(
        ends,
        line.offset + line.slope * ends,
        color=RED,
        linewidth=1.3,
        label=f"slope {line.slope:.4f}, offset {line.offset:+.3g} nm",
    )
    axes.plot(ends, ends, color=GREY, linewidth=0.9, linestyle="--", label="equal")
    axes.set(xlabel="reference [nm]", ylabel=name)
    return _render(figure, axes)


def draw_bland_altman(name: str, comparison: Comparison) -> str:
    """SVG: measured minus reference over the mean of both, with bias and limits of agreement."""
    figure, axes = _new_axes((5.4, 4.4))
    mean = (comparison.measured + comparison.reference) / 2
    _draw_points(axes, mean, comparison.measured - comparison.reference, BLUE)
    label = f"bias {comparison.bias:+.3g}"
    _draw_limits(axes, comparison.bias, comparison.limits_of_agreement, label, "95 % limits of agreement")
    axes.set(xlabel=f"mean of {name} and the reference", ylabel="measured − reference [nm]")
    return _render(figure, axes)


def draw_repeats(name: str, repeats: Repeatability) -> str:
    """SVG: second measurement of each hole minus the first, over their mean."""
    figure, axes = _new_axes((5.4, 3.4))
    _draw_points(axes, (repeats.first + repeats.second) / 2, repeats.second - repeats.first, BLUE)
    half_width = 3 * np.sqrt(2) * repeats.sigma
    limits = (repeats.shift - half_width, repeats.shift + half_width)
    _draw_limits(axes, repeats.shift, limits, f"mean {repeats.shift:+.2g}", "±3 sd")
    axes.set(xlabel=name, ylabel="second − first")
    return _render(figure, axes)


def _new_axes(size: tuple[float, float]) -> tuple[Figure, Axes]:
    figure = new_figure(size, dpi=150)
    return figure, figure.subplots()


def _draw_points(axes: Axes, x: NDArray, y: NDArray, colour: str, label: str | None = None) -> None:
    rasterized = len(x) > MAX_VECTOR_POINTS
    size, alpha = (2.0, 0.35) if rasterized else (3.5, 0.75)
    axes.plot(x, y, ".", color=colour, markersize=size, alpha=alpha, label=label, rasterized=rasterized)


def _draw_limits(axes: Axes, mean: float, limits: tuple[float, float], mean_label: str, limits_label: str) -> None:
    axes.axhline(mean, color=RED, linewidth=1.3, label=mean_label)
    for n, limit in enumerate(limits):
        axes.axhline(limit, color=GREY, linewidth=0.9, linestyle="--", label=None if n else limits_label)


def _render(figure: Figure, axes: Axes) -> str:
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize="small", ncols=4, loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.1)
    return svg(figure)
