"""What a record says: its measurements, the declared baseline, a control chart for each quantity, and the verdict."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UtilError
from .chain import Row
from .check_standard import changed_makers, repeated_values
from .control_chart import ControlChart, control_chart

LEADING = ("depth_mean_nm", "cd_half_nm", "cd_half_px")  # quantities that are charted where no others are asked for
MIN_BASELINE = 2  # measurements; the handbook advises at least 20
MEASUREMENT, BASELINE = "measurement", "baseline"  # kinds of rows


@dataclass(frozen=True)
class QuantityHistory:
    """One quantity in those measurements that have it: their places in the history, and their control chart."""

    name: str
    places: list[int]
    chart: ControlChart


@dataclass(frozen=True)
class History:
    """The measurements of a golden sample in their order; `weight` is that of the newest point in the EWMA."""

    sample: str
    rows: list[Row]
    declared: str  # the baseline as it was declared: a number of measurements, or a date; empty where none was
    quantities: tuple[str, ...]
    weight: float

    @classmethod
    def from_rows(cls, sample: str, rows: Sequence[Row], quantities: Sequence[str], weight: float) -> "History":
        """The history of a record's rows with charts of the named quantities; the leading ones where none is named.

        Raises UtilError if the record holds no measurement, or not such a quantity.
        """
        measurements = [row for row in rows if row.content["kind"] == MEASUREMENT]
        if not measurements:
            raise UtilError(
                f"golden sample {sample!r}: nothing was recorded yet; name the RUN whose results measure it"
            )
        known = list(dict.fromkeys(name for row in measurements for name in row.content["quantities"]))
        if unknown := [name for name in quantities if name not in known]:
            raise UtilError(f"--quantity {unknown[0]}: must be one of {', '.join(known)}")
        leading = [name for name in LEADING if name in known] or known[:1]
        return cls(sample, measurements, declared_baseline(rows), tuple(quantities or leading), weight)

    @cached_property
    def baseline(self) -> NDArray[np.bool_]:
        """Which measurements (N,) give the limits; none of them while there are fewer than were declared."""
        if self.declared.isdecimal():
            first = int(self.declared)
            return np.arange(len(self.rows)) < (first if first <= len(self.rows) else 0)
        days = [row.content["measured"][:10] for row in self.rows]
        chosen = np.array([bool(self.declared) and day <= self.declared for day in days])
        return chosen & (chosen.sum() >= MIN_BASELINE)

    @cached_property
    def charts(self) -> list[QuantityHistory]:
        """The charted quantities."""
        charts = []
        for name in self.quantities:
            points = [repeated_values(row.content, name) for row in self.rows]
            places = [n for n, values in enumerate(points) if values]
            chart = control_chart([points[n] for n in places], self.baseline[places], self.weight)
            charts.append(QuantityHistory(name, places, chart))
        return charts

    def changes(self, place: int) -> list[str]:
        """What of program, weights, instrument and options differs at this place from the measurement before."""
        before = self.rows[place - 1].content if place else None
        return changed_makers(self.rows[place].content, before)

    def newest_signals(self) -> list[str]:
        """A phrase for each charted quantity that is out of control in the newest measurement."""
        phrases, newest = [], len(self.rows) - 1
        for quantity in self.charts:
            if not quantity.places or quantity.places[-1] != newest:
                phrases.append(f"{quantity.name} was not measured in all holes")
            elif names := quantity.chart.signals[-1]:
                phrases.append(f"{quantity.name} {quantity.chart.mean[-1]:.5g}: {', '.join(names)}")
        return phrases

    def require_spread(self) -> None:
        """Raises UtilError if the baseline of a charted quantity does not vary, because limits would have no width."""
        for quantity in self.charts:
            if quantity.chart.baseline.any() and not quantity.chart.sigma > 0:
                raise UtilError(
                    f"golden sample {self.sample!r}: {quantity.name} does not vary in the baseline ({self.declared}), "
                    "so that it has no limits; record new images of the sample, and declare a --baseline that varies"
                )


def declared_baseline(rows: Sequence[Row]) -> str:
    """The baseline that was declared last: a number of measurements or a date; empty where none was."""
    declared: list[Any] = [row.content["baseline"] for row in rows if row.content["kind"] == BASELINE]
    return str(declared[-1]) if declared else ""
