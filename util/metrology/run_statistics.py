"""The statistics of a run as numbers: what its page shows, as JSON and as CSV tables."""

import csv
import io
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import UtilError
from ..files import counted, escape_formula, row_id
from .hole_flags import FLAGS, describe_flagged
from .hole_table import HoleTable
from .reference_comparison import MIN_POINTS, MIN_POINTS_FOR_SLOPE, Comparison, compare
from .site_statistics import QuantityStatistics, summarise_quantity

MAX_NAMES = 3  # of each kind in an error
SITE_COLUMNS = (
    "site", "quantity", "holes", "mean", "3sigma", "3sigma_noise_corrected", "hole_outliers", "site_outlier", "id",
)  # fmt: skip


@dataclass(frozen=True)
class RunStatistics:
    """Statistics of all quantities of a table, and the comparison of one of them with a reference if there is one."""

    table: HoleTable
    quantities: dict[str, QuantityStatistics]
    tolerance_nm: float | None = None
    compared: str = ""  # the quantity that the reference gives
    comparison: Comparison | None = None

    @classmethod
    def from_table(cls, table: HoleTable, tolerance_nm: float | None = None) -> "RunStatistics":
        """The statistics of a table; `tolerance_nm` [nm] is the full width of the tolerance."""
        quantities = {name: summarise_quantity(table, name) for name in table.quantities}
        return cls(table, quantities, tolerance_nm)

    def compare_with(self, reference: dict[str, float], name: str, reference_sigma: float | None) -> "RunStatistics":
        """The same statistics with a comparison of the quantity `name` [nm].

        Compares each site's mean, or each hole's value if the reference names images. Raises UtilError if there are
        too few of them, or no such quantity.
        """
        if name not in self.quantities:
            raise UtilError(f"--quantity {name}: must be one of {', '.join(self.quantities)}")
        by_site = dict(zip(self.table.sites, self.quantities[name].mean.tolist(), strict=True))
        by_image = dict(zip(self.table.images, self.table.quantities[name].tolist(), strict=True))
        measured = by_site if any(site.lower() in reference for site in by_site) else by_image
        common = [key for key, value in measured.items() if key.lower() in reference and math.isfinite(value)]
        if len(common) < MIN_POINTS:
            raise UtilError(
                f"--reference: {len(common)} of its names are those of measured sites or images; at least {MIN_POINTS} "
                f"are needed. Measured are {self._describe_names()}"
            )
        values = [(reference[key.lower()], measured[key]) for key in common]
        x, y = np.array(values, dtype=np.float64).reshape(-1, 2).T
        comparison = compare(common, x, y, reference_sigma)
        return RunStatistics(self.table, self.quantities, self.tolerance_nm, name, comparison)

    def _describe_names(self) -> str:
        """Some names of sites and images, with their kinds."""
        names = {"sites": [site for site in self.table.sites if site], "images": self.table.images}
        return " and ".join(f"{kind} such as {', '.join(each[:MAX_NAMES])}" for kind, each in names.items() if each)

    @property
    def n_ood(self) -> int | None:
        """Number of holes that are out of distribution (OOD); None if the model gives no OOD score."""
        return None if self.table.is_ood is None else int(self.table.is_ood.sum())

    def warnings(self) -> list[str]:
        """One line each, to be shown before all numbers."""
        lines, n_holes, n_dropped = [], len(self.table.hole_site), self.table.n_dropped
        for word, holes in self.table.flags.items():
            if count := int(holes.sum()):
                verb, pronoun = ("is", "its") if count == 1 else ("are", "their")
                all_holes = counted(n_holes, "hole")
                lines.append(f"{count:,} of {all_holes} {verb} {FLAGS[word]}: do not trust {pronoun} numbers")
        if n_dropped:
            lines.append(
                f"statistics leave out {n_dropped:,} of {counted(n_holes + n_dropped, 'hole')}: "
                f"{describe_flagged(self.table.dropped)}; --all takes all"
            )
        if self.comparison and len(self.comparison.names) < MIN_POINTS_FOR_SLOPE:
            lines.append(
                f"{len(self.comparison.names)} reference points are too few for a slope (at least "
                f"{MIN_POINTS_FOR_SLOPE} are needed): use only the bias"
            )
        return lines

    def precision_to_tolerance(self, name: str) -> float:
        """P/T of the quantity `name`; NaN without a tolerance, and for a quantity that is not a length."""
        if self.tolerance_nm is None or not name.endswith("_nm"):
            return math.nan
        return self.quantities[name].precision_to_tolerance(self.tolerance_nm)

    def as_json(self) -> dict[str, Any]:
        """The content of statistics.json: undefined numbers are null, standard deviations are times 3."""
        content: dict[str, Any] = {
            "images": len(self.table.images),
            "holes": len(self.table.hole_site),
            "sites": len([site for site in self.table.sites if site]),
            "n_ood": self.n_ood,
            "n_dropped": self.table.n_dropped,
            "dropped": self.table.dropped,
            "tolerance_nm": self.tolerance_nm,
            "quantities": {name: self._quantity_json(statistics) for name, statistics in self.quantities.items()},
        }
        if self.comparison:
            content["reference"], content["calibration"] = self._comparison_json(self.comparison)
        return _nan_to_none(content)

    def _quantity_json(self, statistics: QuantityStatistics) -> dict[str, Any]:
        content: dict[str, Any] = {
            "holes": int(statistics.count.sum()),
            "mean": float(np.nanmean(statistics.values)),
            "3sigma": 3 * statistics.run_sigma,
            "3sigma_within_sites": 3 * statistics.sigma_within_sites,
            "3sigma_within_sites_noise_corrected": 3 * statistics.sigma_within_sites_corrected,
            "3sigma_of_a_measurement": 3 * statistics.measurement_sigma,
            "noise_source": statistics.noise_source or None,
            "precision_to_tolerance": self.precision_to_tolerance(statistics.name),
            "hole_outliers": int(statistics.hole_outliers.sum()),
            "site_outliers": int(statistics.site_outliers.sum()),
        }
        if statistics.repeats:
            content["repeatability"] = {
                "holes": statistics.repeats.holes,
                "3sigma": 3 * statistics.repeats.sigma,
                "second_minus_first": statistics.repeats.shift,
            }
        return content

    def _comparison_json(self, comparison: Comparison) -> tuple[dict[str, Any], dict[str, Any]]:
        line = comparison.line
        content = {
            "quantity": self.compared,
            "compared": len(comparison.names),
            "bias_nm": comparison.bias,
            "bias_standard_error_nm": comparison.bias_error,
            "limits_of_agreement_nm": list(comparison.limits_of_agreement),
            "slope": line.slope,
            "slope_standard_error": line.slope_error,
            "offset_nm": line.offset,
            "offset_standard_error_nm": line.offset_error,
            "lambda": comparison.variance_ratio,
            "residual_sigma_nm": comparison.residual,
            "tmu_3sigma_nm": comparison.tmu,
            "tmu_3sigma_95_interval_nm": list(comparison.tmu_limits),
        }
        rule = {"slope": line.slope, "offset_nm": line.offset, "apply": "calibrated = (value - offset_nm) / slope"}
        return content, {"quantity": self.compared, **rule}

    def sites_csv(self) -> str:
        """The content of sites.csv: a row for each site and quantity, in the quantity's unit; undefined is empty."""
        rows, n_sites = [], len(self.table.sites)
        for name, statistics in self.quantities.items():
            hole_outliers = np.bincount(self.table.hole_site, statistics.hole_outliers, n_sites).astype(int)
            columns = (
                statistics.count,
                statistics.mean,
                3 * statistics.sigma,
                3 * statistics.corrected,
                hole_outliers,
                statistics.site_outliers.astype(int),
            )
            numbers = zip(*(column.tolist() for column in columns), strict=True)
            rows += [
                (site, (escape_formula(site), name, *row, row_id(site, name)))
                for site, row in zip(self.table.sites, numbers, strict=True)
            ]
        position = {site: n for n, site in enumerate(self.table.sites)}
        return _csv_text(SITE_COLUMNS, (row for _, row in sorted(rows, key=lambda row: position[row[0]])))

    def calibrated_csv(self) -> str | None:
        """The content of calibrated.csv: the compared quantity of each image and its calibrated value; None without a
        comparison."""
        if self.comparison is None:
            return None
        values = self.table.quantities[self.compared]
        calibrated = self.comparison.calibrate(values).tolist()
        sites = [escape_formula(self.table.sites[n]) for n in self.table.site]
        images = map(escape_formula, self.table.images)
        header = ("image", "site", self.compared, f"{self.compared}_calibrated", "id")
        keys = map(row_id, (self.table.sites[n] for n in self.table.site), self.table.images)
        return _csv_text(header, zip(images, sites, values.tolist(), calibrated, keys, strict=True))


def _csv_text(header: Iterable[str], rows: Iterable[tuple[Any, ...]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_format_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _format_cell(value: Any) -> Any:
    if isinstance(value, float):
        return f"{value:.6g}" if math.isfinite(value) else ""
    return value


def _nan_to_none(value: Any) -> Any:
    """The same with None for floats that are not finite, which JSON cannot hold."""
    if isinstance(value, dict):
        return {name: _nan_to_none(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_nan_to_none(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
