"""The statistics of a run in numbers, which its page shows, as JSON and as tables."""

import csv
import io
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import UtilError
from ..files import escape_formula
from .hole_table import HoleTable
from .reference_comparison import ENOUGH, Comparison, compare
from .site_statistics import QuantityStatistics, quantity

SITE_COLUMNS = ("site", "quantity", "holes", "mean", "3sigma", "3sigma_noise_corrected", "holes_outside", "outlier")


@dataclass(frozen=True)
class RunStatistics:
    """Of all quantities of a table, and of one of them against a reference where there is one."""

    table: HoleTable
    quantities: dict[str, QuantityStatistics]
    tolerance_nm: float | None = None
    compared: str = ""  # the quantity that the reference knows
    comparison: Comparison | None = None

    @classmethod
    def of(cls, table: HoleTable, tolerance_nm: float | None = None) -> "RunStatistics":
        """The statistics of a table; `tolerance_nm` [nm] is the full width of what is tolerated."""
        return cls(table, {name: quantity(table, name) for name in table.quantities}, tolerance_nm)

    def against(self, reference: dict[str, float], name: str, reference_sigma: float | None) -> "RunStatistics":
        """The same with a comparison of the quantity `name` [nm]: each site's mean, or each hole's value where the
        reference names images. Raises UtilError where there are too few of them, or no such quantity."""
        if name not in self.quantities:
            raise UtilError(f"--quantity {name}: not among {', '.join(self.quantities)}")
        by_site = dict(zip(self.table.sites, self.quantities[name].mean.tolist(), strict=True))
        by_image = dict(zip(self.table.images, self.table.quantities[name].tolist(), strict=True))
        measured = by_site if any(site.lower() in reference for site in by_site) else by_image
        common = [one for one, value in measured.items() if one.lower() in reference and math.isfinite(value)]
        values = [(reference[one.lower()], measured[one]) for one in common]
        x, y = np.array(values, dtype=np.float64).reshape(-1, 2).T
        found = compare(common, x, y, reference_sigma)
        return RunStatistics(self.table, self.quantities, self.tolerance_nm, name, found)

    @property
    def n_ood(self) -> int | None:
        """Holes outside what the model knows; None where it does not say."""
        return None if self.table.is_ood is None else int(self.table.is_ood.sum())

    def warnings(self) -> list[str]:
        """What must be said before any number."""
        said, holes, left_out = [], len(self.table.hole_site), self.table.n_dropped
        if count := self.n_ood:
            verb, whose = ("is", "its") if count == 1 else ("are", "their")
            said.append(
                f"{count:,} of {holes:,} holes {verb} outside what the model knows: do not trust {whose} numbers"
            )
        if left_out:
            said.append(f"{left_out:,} of {holes + left_out:,} holes left out: outside what the model knows")
        if self.comparison and len(self.comparison.names) < ENOUGH:
            said.append(
                f"{len(self.comparison.names)} reference points are too few for a slope, {ENOUGH} the least: trust the "
                "bias at most"
            )
        return said

    def precision_to_tolerance(self, name: str) -> float:
        """P/T of the quantity `name`; NaN without a tolerance, and for what is no length."""
        if self.tolerance_nm is None or not name.endswith("_nm"):
            return math.nan
        return self.quantities[name].precision_to_tolerance(self.tolerance_nm)

    def as_json(self) -> dict[str, Any]:
        """What statistics.json holds: numbers that are not known are null; standard deviations are times 3."""
        told: dict[str, Any] = {
            "images": len(self.table.images),
            "holes": len(self.table.hole_site),
            "sites": len([site for site in self.table.sites if site]),
            "outside_known": self.n_ood,
            "left_out": self.table.n_dropped,
            "tolerance_nm": self.tolerance_nm,
            "quantities": {name: self._quantity(one) for name, one in self.quantities.items()},
        }
        if self.comparison:
            told["reference"], told["calibration"] = self._comparison(self.comparison)
        return _finite(told)

    def _quantity(self, one: QuantityStatistics) -> dict[str, Any]:
        told: dict[str, Any] = {
            "holes": int(one.count.sum()),
            "mean": float(np.nanmean(one.values)),
            "3sigma": 3 * one.run_sigma,
            "3sigma_within_sites": 3 * one.sigma_within_sites,
            "3sigma_within_sites_noise_corrected": 3 * one.sigma_within_sites_corrected,
            "3sigma_of_a_measurement": 3 * one.measurement_sigma,
            "noise_from": one.noise_source or None,
            "precision_to_tolerance": self.precision_to_tolerance(one.name),
            "holes_outside": int(one.hole_outliers.sum()),
            "sites_outside": int(one.site_outliers.sum()),
        }
        if one.repeats:
            told["repeatability"] = {
                "holes": one.repeats.holes,
                "3sigma": 3 * one.repeats.sigma,
                "second_minus_first": one.repeats.shift,
            }
        return told

    def _comparison(self, found: Comparison) -> tuple[dict[str, Any], dict[str, Any]]:
        line = found.line
        told = {
            "quantity": self.compared,
            "compared": len(found.names),
            "bias_nm": found.bias,
            "bias_standard_error_nm": found.bias_error,
            "limits_of_agreement_nm": list(found.limits_of_agreement),
            "slope": line.slope,
            "slope_standard_error": line.slope_error,
            "offset_nm": line.offset,
            "offset_standard_error_nm": line.offset_error,
            "lambda": found.variance_ratio,
            "residual_sigma_nm": found.residual,
            "tmu_3sigma_nm": found.tmu,
            "tmu_3sigma_95_interval_nm": list(found.tmu_limits),
        }
        rule = {"slope": line.slope, "offset_nm": line.offset, "apply": "calibrated = (value - offset_nm) / slope"}
        return told, {"quantity": self.compared, **rule}

    def sites_csv(self) -> str:
        """A row for each site and quantity, its unit the quantity's; what is not known is empty."""
        rows = []
        for name, one in self.quantities.items():
            outside = np.bincount(self.table.hole_site, one.hole_outliers, len(self.table.sites)).astype(int)
            columns = (one.count, one.mean, 3 * one.sigma, 3 * one.corrected, outside, one.site_outliers.astype(int))
            numbers = zip(*(column.tolist() for column in columns), strict=True)
            rows += [
                (site, (escape_formula(site), name, *row)) for site, row in zip(self.table.sites, numbers, strict=True)
            ]
        place = {site: n for n, site in enumerate(self.table.sites)}
        return _csv(SITE_COLUMNS, (row for _, row in sorted(rows, key=lambda row: place[row[0]])))

    def calibrated_csv(self) -> str | None:
        """The compared quantity of each image beside its calibrated value; None without a comparison."""
        if self.comparison is None:
            return None
        values = self.table.quantities[self.compared]
        calibrated = self.comparison.calibrated(values).tolist()
        sites = [escape_formula(self.table.sites[n]) for n in self.table.site]
        images = map(escape_formula, self.table.images)
        header = ("image", "site", self.compared, f"{self.compared}_calibrated")
        return _csv(header, zip(images, sites, values.tolist(), calibrated, strict=True))


def _csv(header: Iterable[str], rows: Iterable[tuple[Any, ...]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, float):
        return f"{value:.6g}" if math.isfinite(value) else ""
    return value


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
