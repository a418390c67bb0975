"""How each measure depends on what is uncertain: the model that a budget differentiates and draws from."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Errors = Mapping[str, float | NDArray[np.float64]]
# Lines of a budget in their order, with what they act on and the unit of their error; "" is the measure's own unit.
LINES = {
    "network": "",
    "place": "nm",
    "level": "nm",
    "pixel width": "1",
    "nm per grey": "1",
    "edge": "nm",
    "repeatability": "",
    "bias": "",
}
OWN = tuple(line for line, unit in LINES.items() if not unit)  # errors of the measure itself
NEED_PIXELS = ("place", "edge")  # errors in nm, which say nothing of lengths in px


def name_in_nm(name: str) -> str:
    """The name of a measure where the pixel width is known: `_px` becomes `_nm`."""
    return name.replace("_nm_px2", "_nm3").replace("_px", "_nm")


def influences(name: str) -> frozenset[str]:
    """The lines that change a measure; the other ones have a sensitivity of 0."""
    base = name_in_nm(name)
    lines = set(OWN)
    if base.startswith(("depth_", "floor_", "swa_", "volume_")):
        lines |= {"level", "nm per grey"}
    if base.startswith(("cd_", "centre_", "swa_", "volume_")) and base == name:
        lines.add("pixel width")
    if base.startswith(("cd_", "volume_", "ellipticity")):
        lines.add("edge")
    if base.startswith("centre_"):
        lines.add("place")
    return frozenset(lines)


def evaluate(name: str, hole: Mapping[str, float], errors: Errors) -> NDArray[np.float64]:
    """The measure `name` of a hole () or (N,) if its inputs have `errors` () or (N,); without errors, `hole[name]`.

    `hole` holds the measures of one hole. Errors by LINES: of nm per grey and of the pixel width relative, of level,
    place and edge [nm], the rest in the measure's unit. An error of the level makes the hole deeper in proportion,
    because maps are scaled between floor and level. An error of the edge moves all edges outwards, at all heights: it
    widens a CD twice, and changes no sidewall angle. A volume follows the CDs along x and y that could be measured.
    """
    used = {line: np.asarray(errors.get(line, 0.0)) if line in influences(name) else np.zeros(()) for line in LINES}
    value, base = hole[name], name_in_nm(name)
    height = (1 + used["nm per grey"]) * _widen(used["level"], [_known(hole, "depth_median_nm")])
    width = 1 + used["pixel width"]
    if base.startswith(("depth_", "floor_")):
        result = value * height
    elif base.startswith("cd_"):
        result = value * width + 2 * used["edge"]
    elif base.startswith("centre_"):
        result = value * width + used["place"]
    elif base.startswith("swa_"):
        angle = np.radians(value)
        result = np.degrees(np.arctan2(np.sin(angle) * height, np.cos(angle) * width))
    elif base.startswith("volume_"):
        result = value * height * width**2 * _widen(2 * used["edge"], _widths(hole))
    elif base == "ellipticity":
        major, minor = (_known(hole, "cd_half_nm") * value**power for power in (0.5, -0.5))
        result = value * _widen(2 * used["edge"], [major]) / _widen(2 * used["edge"], [minor])
    else:
        result = np.asarray(value)
    return result + sum(used[line] for line in OWN)


def _widen(error: NDArray, lengths: list[float]) -> NDArray[np.float64]:
    """The factor by which the product of `lengths` grows with an `error` of each; 1 without an error, even if a length
    is not known."""
    return np.prod([1 + error / length for length in lengths], axis=0) if error.any() else np.ones_like(error)


def _widths(hole: Mapping[str, float]) -> list[float]:
    """The widths along x and y; a trench has one only."""
    widths = [_known(hole, f"cd_half_{axis}_nm") for axis in "xy"]
    return [width for width in widths if np.isfinite(width)] or [_known(hole, "cd_half_nm")] * 2


def _known(hole: Mapping[str, float], name: str) -> float:
    """A measure of the hole, in nm or else in px; NaN where it has none."""
    return hole.get(name, hole.get(name.replace("_nm", "_px"), np.nan))
