"""Names and units of the measured quantities on a page."""

from dataclasses import dataclass

import numpy as np

from ..metrology import ANGLES, QUANTITIES, UNCERTAIN, difference, name_in_pixels

LABELS = {
    "depth_mean_nm": "depth mean",
    "depth_max_nm": "depth max",
    "depth_median_nm": "depth median",
    "floor_sq_nm": "floor roughness Sq",
    "orientation_deg": "orientation",
    "centre_x_nm": "centre, x",
    "centre_y_nm": "centre, y",
    "volume_nm3": "volume",
}
DECIMALS = {"floor_sq_nm": 2, "ellipticity": 3}
UNITS = {"nm": "nm", "px": "px", "deg": "°", "nm3": "10³ nm³", "px2": "10³ nm·px²"}  # by the end of a name
THOUSAND = 1000.0


@dataclass(frozen=True)
class QuantityLabel:
    """A measured quantity: its name in holes.csv, its label and unit on the page, its meaning."""

    name: str
    label: str
    unit: str
    meaning: str

    def text(self, measurements: dict[str, float] | None) -> str:
        """Its value in `unit`, with its expanded uncertainty U90 where that is known; empty if the value is unknown."""
        value = (measurements or {}).get(self.name, np.nan)
        u90 = (measurements or {}).get(UNCERTAIN.get(self.name, ""), np.nan)
        if np.isnan(value) or np.isnan(u90) or u90 <= 0:
            return self.number(value)
        return " ± ".join(with_two_digits(self.scaled(value), self.scaled(u90)))

    def number(self, value: float | None, sign: str = "-", finer: int = 0) -> str:
        """A value as in holes.csv, converted to `unit`, with `finer` more decimals than usual; "" if it is unknown."""
        if value is None or np.isnan(value):
            return ""
        return f"{self.scaled(value):{sign}z.{DECIMALS.get(self.name, 1) + finer}f}".replace("-", "\u2212")

    def scaled(self, value: float) -> float:
        """A value as in holes.csv, converted to `unit`."""
        return value / THOUSAND if self.name == "volume_nm3" else value

    def difference(self, predicted: dict[str, float] | None, truth: dict[str, float] | None) -> str:
        """Predicted minus true value."""
        values = ((measurements or {}).get(self.name, np.nan) for measurements in (predicted, truth))
        return self.number(difference(self.name, *values), "+")


def with_two_digits(value: float, uncertainty: float) -> tuple[str, str]:
    """The uncertainty (above 0) with two significant digits, and the value to the same place (GUM, 7.2.6)."""
    decimals = 1 - int(np.floor(np.log10(float(f"{uncertainty:.1e}"))))
    texts = (f"{round(number, decimals):z.{max(0, decimals)}f}" for number in (value, uncertainty))
    return next(texts).replace("-", "\u2212"), next(texts)


def quantity_labels(pixel_nm: float) -> dict[str, QuantityLabel]:
    """Labels of all quantities by name, without uncertainties, which stand beside their quantities.

    `pixel_nm` is the pixel size [nm]; 0 is unknown, and there are no sidewall angles then.
    """
    labels, left_out = {}, {*UNCERTAIN.values(), *(() if pixel_nm else ANGLES)}
    for name, meaning in QUANTITIES.items():
        if name in left_out:
            continue
        unit = UNITS.get((name if pixel_nm else name_in_pixels(name)).rpartition("_")[2], "")
        labels[name] = QuantityLabel(name, LABELS.get(name, _label(name)), unit, meaning)
    return labels


def _label(name: str) -> str:
    kind, *rest = name.removesuffix("_nm").removesuffix("_deg").split("_")
    return " ".join([kind.upper(), *rest[:1]]) + "".join(f", {axis}" for axis in rest[1:]) if rest else name
