"""A folder of results that test.py wrote: read for comparisons and statistics."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from ..errors import UtilError
from ..metrology import FORMER_NAMES, hole_table

FINAL = ("recentred", "snapped", "raw")  # the last step of post-processing comes first: it is the map that was written
ALIGNED_RMSE, MEAN_MAP_RMSE = "RMSE, scale and shift aligned", "RMSE of the mean map"
UNKNOWN = "not known"  # what depends on the scale of depths that have none
FORMER_KEYS = {  # of metrics.json in older results
    "quantised": "snapped",
    "centred": "recentred",
    "aligned": "scale_shift_aligned",
    "level_given": "oracle_level",
    "mean_map": "mean_map_baseline",
    "mean_map_level_given": "mean_map_oracle_level",
    "pixels": "coverage_pixels",
    "floors": "coverage_floors",
    "half_width": "mean_u90",
    "strange": "ood_rate",
    "measures": "measurement_errors",
    "left_out": "skipped",
    "parameters": "n_parameters",
    **FORMER_NAMES,
}


@dataclass(frozen=True)
class ResultsFolder:
    """One folder that test.py wrote."""

    folder: Path

    @classmethod
    def of(cls, name: str, results_dir: Path) -> "ResultsFolder":
        """The folder `name`, or the newest results of the run of that name. Raises UtilError if there are none."""
        for folder in (Path(name), results_dir / name):
            if (folder / "metrics.json").is_file():
                return cls(folder)
        paths = sorted((results_dir / name).glob("*/metrics.json"), key=lambda path: path.stat().st_mtime)
        if not paths:
            raise UtilError(f"{name}: neither a folder of results nor a run below {results_dir}; run test.py first")
        return cls(paths[-1].parent)

    @cached_property
    def metrics(self) -> dict[str, Any]:
        """What metrics.json holds, former names of its keys replaced."""
        path = self.folder / "metrics.json"
        try:
            metrics = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UtilError(f"{path}: cannot be read ({error}); run test.py again") from None
        if not isinstance(metrics, dict):
            raise UtilError(f"{path}: not the metrics of a test; run test.py again")
        return _rename(metrics)

    @cached_property
    def _table(self) -> hole_table.HoleTable | None:
        path = self.folder / "holes.csv"
        return hole_table.read(path) if path.is_file() else None

    @property
    def flagged(self) -> dict[str, list[str]]:
        """The images of holes that statistics leave out, by flag."""
        table = self._table
        if table is None:
            return {}
        holes = {word: flagged[table.hole] for word, flagged in table.flags.items() if flagged.any()}
        return {word: [table.images[n] for n in np.flatnonzero(own)] for word, own in holes.items()}

    @cached_property
    def holes(self) -> dict[str, dict[str, float]]:
        """The measurements of each hole by the image's name; empty where there are none."""
        table = self._table
        if table is None:
            return {}
        columns = table.quantities.items()
        return {image: {name: float(values[n]) for name, values in columns} for n, image in enumerate(table.images)}

    def depth_nm(self, image: str) -> NDArray | None:
        """The depth map (H, W) of an image [nm below the top surface]; None where there is none."""
        path = self.folder / "depth_nm" / f"{image}.tiff"
        try:
            return tifffile.imread(path)
        except (OSError, ValueError, tifffile.TiffFileError):
            return None

    @property
    def is_relative(self) -> bool:
        """Whether the depths come from a model without an absolute scale; a reference may have scaled them since."""
        is_aligned = "scale_shift_aligned" in (self.metrics.get("score") or {})  # all that older results say
        return not self.metrics.get("has_absolute_scale", not is_aligned)

    @property
    def knows_depth(self) -> bool:
        """Whether depths in nm have a meaning: they are absolute, or a reference of known depth scaled them."""
        return not self.is_relative or "reference_images" in self.metrics

    @property
    def summary(self) -> dict[str, str]:
        """What is compared, as text by its name; absolute errors of relative depths are UNKNOWN."""
        score, texts = self.metrics.get("score") or {}, {}
        final = next((name for name in FINAL if name in score), None)
        if self.is_relative and final:
            texts["RMSE [grey level]"] = UNKNOWN
            if "scale_shift_aligned" in score:
                texts[ALIGNED_RMSE] = f"{score['scale_shift_aligned']['rmse']:.2f}"
            if "mean_map_baseline" in score:
                texts[MEAN_MAP_RMSE] = f"{score['mean_map_baseline']['rmse']:.2f}"
        elif final:
            texts["RMSE [grey level]"] = f"{score[final]['rmse']:.2f}"
            for key, name in (
                ("oracle_level", "RMSE, true level given"),
                ("mean_map_baseline", MEAN_MAP_RMSE),
            ):
                if key in score:
                    texts[name] = f"{score[key]['rmse']:.2f}"
            texts["RMSE in the hole"] = f"{score[final]['rmse_hole']:.2f}"
            texts["bias"] = f"{score[final]['bias']:+.2f}"
            if score[final]["level_accuracy"] is not None:
                texts["correct levels"] = f"{score[final]['level_accuracy']:.1%}"
        for kind in ("pixels", "floors"):
            coverage = score.get("intervals", {}).get(f"coverage_{kind}")
            if coverage is not None:
                texts[f"{kind} in their 90 % interval"] = f"{coverage:.1%}"
        for name, key, form in (
            ("images", "images", "{:,}"),
            ("weights", "n_parameters", "{:,}"),
            ("images/s", "images_per_second", "{:,.0f}"),
        ):
            if key in self.metrics:
                texts[name] = form.format(self.metrics[key])
        return texts


def _rename(value: Any) -> Any:
    """A JSON value with former names of keys replaced."""
    if isinstance(value, dict):
        return {FORMER_KEYS.get(key, key): _rename(inner) for key, inner in value.items()}
    return [_rename(inner) for inner in value] if isinstance(value, list) else value
