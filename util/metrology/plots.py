"""The plots of a metrology report as SVG. They show no names, which may hold anything."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from ..drawing import svg
from .reference_comparison import Comparison
from .repeatability import Repeatability

BLUE, RED, GREY = "#3b6ea5", "#b5483a", "#888888"
MOST = 2000  # points that are drawn one by one; more become a picture in the SVG


def trend(name: str, mean: NDArray, three_sigma: NDArray | None, outside: NDArray, what: str) -> str:
    """A quantity (n,) over sites, or holes, in the file's order, with 3 sigma of each where there is one."""
    figure, axes = _axes((12, 2.7))
    number, many = np.arange(1, len(mean) + 1), len(mean) > MOST
    if three_sigma is not None:
        low, high = mean - np.nan_to_num(three_sigma), mean + np.nan_to_num(three_sigma)
        width, meaning = 0.5 if many else 0.9, "±3 sigma of its holes"
        axes.vlines(number, low, high, BLUE, linewidth=width, alpha=0.35, label=meaning, rasterized=many)
    _points(axes, number[~outside], mean[~outside], BLUE, what)
    if outside.any():
        axes.plot(number[outside], mean[outside], "D", color=RED, markersize=4, label="outlier")
    middle = float(np.nanmedian(mean))
    axes.axhline(middle, color=GREY, linewidth=0.9, linestyle="--", label=f"median {middle:.4g}")
    axes.set(xlabel=f"number of the {what}", ylabel=name, xlim=(0.5, len(mean) + 0.5))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    return _finished(figure, axes)


def mandel(name: str, found: Comparison) -> str:
    """Measured over reference, with the Mandel line and the line of equality."""
    figure, axes = _axes((5.4, 4.4))
    _points(axes, found.reference, found.measured, BLUE)
    ends = np.array([found.reference.min(), found.reference.max()])
    line = found.line
    axes.plot(
        ends,
        line.offset + line.slope * ends,
        color=RED,
        linewidth=1.3,
        label=f"slope {line.slope:.4f}, offset {line.offset:+.3g} nm",
    )
    axes.plot(ends, ends, color=GREY, linewidth=0.9, linestyle="--", label="equal")
    axes.set(xlabel="reference [nm]", ylabel=name)
    return _finished(figure, axes)


def bland_altman(name: str, found: Comparison) -> str:
    """Measured minus reference over the mean of both, with bias and limits of agreement."""
    figure, axes = _axes((5.4, 4.4))
    _points(axes, (found.measured + found.reference) / 2, found.measured - found.reference, BLUE)
    _levels(axes, found.bias, found.limits_of_agreement, f"bias {found.bias:+.3g}", "95 % limits of agreement")
    axes.set(xlabel=f"mean of {name} and the reference", ylabel="measured − reference [nm]")
    return _finished(figure, axes)


def repeats(name: str, found: Repeatability) -> str:
    """Second measurement of each hole minus the first, over their mean."""
    figure, axes = _axes((5.4, 3.4))
    _points(axes, (found.first + found.second) / 2, found.second - found.first, BLUE)
    apart = 3 * np.sqrt(2) * found.sigma
    _levels(axes, found.shift, (found.shift - apart, found.shift + apart), f"mean {found.shift:+.2g}", "±3 sd")
    axes.set(xlabel=name, ylabel="second − first")
    return _finished(figure, axes)


def _axes(size: tuple[float, float]) -> tuple[Figure, Axes]:
    figure = Figure(figsize=size, layout="constrained", dpi=150)
    return figure, figure.subplots()


def _points(axes: Axes, x: NDArray, y: NDArray, colour: str, label: str | None = None) -> None:
    many = len(x) > MOST
    size, clear = (2.0, 0.35) if many else (3.5, 0.75)
    axes.plot(x, y, ".", color=colour, markersize=size, alpha=clear, label=label, rasterized=many)


def _levels(axes: Axes, middle: float, limits: tuple[float, float], said: str, meaning: str) -> None:
    axes.axhline(middle, color=RED, linewidth=1.3, label=said)
    for n, limit in enumerate(limits):
        axes.axhline(limit, color=GREY, linewidth=0.9, linestyle="--", label=None if n else meaning)


def _finished(figure: Figure, axes: Axes) -> str:
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize="small", ncols=4, loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.1)
    return svg(figure)
