"""What the measures are called on a page, and in which units they stand there."""

from dataclasses import dataclass

import numpy as np

from ..metrology import QUANTITIES, UNCERTAIN, difference, name_in_pixels

LABELS = {
    "depth_mean_nm": "depth mean",
    "depth_max_nm": "depth max",
    "depth_plateau_nm": "depth plateau",
    "floor_roughness_nm": "floor roughness Sq",
    "orientation_deg": "orientation",
    "centre_x_nm": "centre, x",
    "centre_y_nm": "centre, y",
    "volume_nm3": "volume",
}
DECIMALS = {"floor_roughness_nm": 2, "ellipticity": 3}
UNITS = {"nm": "nm", "px": "px", "deg": "°", "nm3": "10³ nm³", "px2": "10³ nm·px²"}  # by the end of a name
THOUSAND = 1000.0


@dataclass(frozen=True)
class QuantityLabel:
    """A measure: its name in holes.csv, what it is called here, its unit, what it means."""

    name: str
    label: str
    unit: str
    meaning: str

    def text(self, measures: dict[str, float] | None) -> str:
        """Its value in this unit, with half the width of its 90 % interval where that is known; empty where it is not
        known."""
        value = (measures or {}).get(self.name, np.nan)
        half = (measures or {}).get(UNCERTAIN.get(self.name, ""), np.nan)
        return self.number(value) + ("" if np.isnan(half) else f" ± {self.number(half)}")

    def number(self, value: float | None, sign: str = "-", finer: int = 0) -> str:
        """A value of the measure's own unit in this one, with some more decimals than usual."""
        if value is None or np.isnan(value):
            return ""
        scaled = value / THOUSAND if self.name == "volume_nm3" else value
        return f"{scaled:{sign}z.{DECIMALS.get(self.name, 1) + finer}f}".replace("-", "\u2212")

    def difference(self, found: dict[str, float] | None, truth: dict[str, float] | None) -> str:
        """Found less true."""
        values = ((one or {}).get(self.name, np.nan) for one in (found, truth))
        return self.number(difference(self.name, *values), "+")


def quantities(pixel_nm: float) -> dict[str, QuantityLabel]:
    """All measures by name, without the intervals, which stand beside their measures; 0 is an unknown `pixel_nm`."""
    found = {}
    for name, meaning in QUANTITIES.items():
        if name in UNCERTAIN.values():
            continue
        unit = UNITS.get((name if pixel_nm else name_in_pixels(name)).rpartition("_")[2], "")
        found[name] = QuantityLabel(name, LABELS.get(name, _label(name)), unit, meaning)
    return found


def _label(name: str) -> str:
    kind, *rest = name.removesuffix("_nm").removesuffix("_deg").split("_")
    return " ".join([kind.upper(), *rest[:1]]) + "".join(f", {axis}" for axis in rest[1:]) if rest else name
