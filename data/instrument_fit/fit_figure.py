"""The picture of a fit: measured beside fitted profiles, sizes, noise and line power, and the parameters."""

import io
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from .fitting import MAX_PROFILE_RMS, InstrumentFit
from .image_statistics import DISTANCES, NAMES, REGIONS, SIDES
from .reshaping import Reshaping

if TYPE_CHECKING:
    from matplotlib.axes import Axes

UNITS = ("nm", "px")  # that names of parameters end in
REGION_DISTANCES = {"surface": 12, "rim": 2, "wall": -2, "floor": -10}  # [px] where a region's grey is read


def draw_fit(fit: InstrumentFit, level_names: list[str]) -> bytes:
    """PNG of a fit; dots are measured, lines are fitted."""
    from matplotlib.figure import Figure  # here, because it is slow to import

    figure = Figure(figsize=(16, 9), layout="constrained")
    axes = figure.subplots(2, 4)
    for axis, side in zip(axes[0], SIDES, strict=True):
        _draw_profiles(axis, fit, side, level_names)
    axes[0][0].legend(fontsize=8)
    _draw_sizes(axes[1][0], fit)
    _draw_noise(axes[1][1], fit)
    _draw_line_power(axes[1][2], fit)
    axes[1][3].axis("off")
    axes[1][3].text(0, 1, "\n".join(describe(fit)), va="top", family="monospace", fontsize=8)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100)
    return buffer.getvalue()


def describe(fit: InstrumentFit) -> list[str]:
    """The table of the parameters, and what the images tell only in part; one line each."""
    lines = [f"{'parameter':<23}{'value':>9}  standard error"]
    for p in fit.parameters:
        error = plain_number(p.error, 2) if p.is_determined else "not determined"
        lines.append(f"{_with_unit(p.name):<23}{plain_number(p.value, 4):>9}  {error}")
    for name in ("jitter_x_px", "jitter_y_px"):
        value = plain_number(getattr(fit.instrument, name), 4)
        lines.append(f"{_with_unit(name):<23}{value:>9}  from the holes' centres")
    if fit.reshaping != Reshaping():
        lines += ["the real holes are not those of the library:", fit.reshaping.describe()]
    lines += [f"only together: {first}, {second}" for first, second in fit.alike]
    lines.append(f"profiles differ by {100 * fit.rms('profile'):.1f} % of the surface's signal (RMS),")
    lines.append(f"radii by {fit.bias('size'):+.2f} px (mean)")
    if not fit.is_good:
        lines.append(f"not a good fit: the profiles of a good one differ by {100 * MAX_PROFILE_RMS:g} % at most")
    return lines


def plain_number(value: float, digits: int) -> str:
    """A number of so many digits without an exponent: 440, not 4.4e+02."""
    return f"{Decimal(f'{value:.{digits}g}'):f}"


def _with_unit(name: str) -> str:
    unit = name.rpartition("_")[2]
    return f"{name} [{unit if unit in UNITS else '1'}]"


def _draw_profiles(axis: "Axes", fit: InstrumentFit, side: str, level_names: list[str]) -> None:
    columns = [NAMES.index(f"profile {side} {distance:g}") for distance in DISTANCES]
    for n, name in enumerate(level_names):
        axis.plot(DISTANCES, fit.measured[n, columns], ".", color=f"C{n}", label=name)
        axis.plot(DISTANCES, fit.fitted[n, columns], color=f"C{n}")
    axis.set(title=f"profile, {side}", xlabel="distance from the contour [px]", ylabel="signal [surface = 1]")


def _draw_sizes(axis: "Axes", fit: InstrumentFit) -> None:
    columns = [n for n, name in enumerate(NAMES) if name.startswith("size")]
    levels = [float(NAMES[n].removeprefix("size at ")) for n in columns]
    for n, (measured, fitted) in enumerate(zip(fit.measured, fit.fitted, strict=True)):
        axis.plot(levels, measured[columns], ".", color=f"C{n}")
        axis.plot(levels, fitted[columns], color=f"C{n}")
    axis.set(title="size", xlabel="level between floor and surface", ylabel="radius of the same area [px]")


def _draw_noise(axis: "Axes", fit: InstrumentFit) -> None:
    noise = [NAMES.index(f"noise {region}") for region in REGIONS]
    grey = [[NAMES.index(f"profile {side} {REGION_DISTANCES[region]:g}") for side in SIDES] for region in REGIONS]
    for n in range(len(fit.measured)):
        for values, style in ((fit.measured[n], "."), (fit.fitted[n], "x")):
            axis.plot([np.mean(values[columns]) for columns in grey], values[noise], style, color=f"C{n}")
    axis.set(title="noise (x fitted)", xlabel="signal [surface = 1]", ylabel="standard deviation [surface = 1]")


def _draw_line_power(axis: "Axes", fit: InstrumentFit) -> None:
    frequency = np.arange(1, fit.line_power.shape[1] + 1)
    for power, style in zip(fit.line_power, (".", "-"), strict=True):
        axis.loglog(frequency, power, style, color="C0")
    axis.set(title="line noise", xlabel="periods an image, along y", ylabel="power [surface = 1]")
