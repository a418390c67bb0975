"""A folder of results that test.py wrote: read for comparisons and statistics."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import tifffile
from numpy.typing import NDArray

from ..errors import UtilError
from ..metrology import hole_table

FINAL = ("centred", "quantised", "raw")  # the last of these is the map that was written


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
        found = sorted((results_dir / name).glob("*/metrics.json"), key=lambda path: path.stat().st_mtime)
        if not found:
            raise UtilError(f"{name}: neither a folder of results nor a run below {results_dir}; run test.py first")
        return cls(found[-1].parent)

    @cached_property
    def metrics(self) -> dict[str, Any]:
        """What metrics.json holds."""
        path = self.folder / "metrics.json"
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UtilError(f"{path}: cannot be read ({error}); run test.py again") from None
        if not isinstance(found, dict):
            raise UtilError(f"{path}: not the metrics of a test; run test.py again")
        return found

    @cached_property
    def holes(self) -> dict[str, dict[str, float]]:
        """The measures of each hole by the image's name; empty where there are none."""
        path = self.folder / "holes.csv"
        if not path.is_file():
            return {}
        table = hole_table.read(path)
        columns = table.quantities
        return {image: {name: float(one[n]) for name, one in columns.items()} for n, image in enumerate(table.images)}

    def depth_nm(self, image: str) -> NDArray | None:
        """The depth map (H, W) of an image [nm below the top surface]; None where there is none."""
        path = self.folder / "depth_nm" / f"{image}.tiff"
        try:
            return tifffile.imread(path)
        except (OSError, ValueError, tifffile.TiffFileError):
            return None

    @property
    def summary(self) -> dict[str, str]:
        """What is compared, as text by its name."""
        score, said = self.metrics.get("score") or {}, {}
        final = next((name for name in FINAL if name in score), None)
        if final:
            said["RMSE [grey level]"] = f"{score[final]['rmse']:.2f}"
            said["RMSE in the hole"] = f"{score[final]['rmse_hole']:.2f}"
            said["bias"] = f"{score[final]['bias']:+.2f}"
            said["level right"] = f"{score[final]['level_accuracy']:.1%}"
        for name, key in (("pixels in their 90 % interval", "pixels"), ("floors in theirs", "floors")):
            held = score.get("intervals", {}).get(key)
            if held is not None:
                said[name] = f"{held:.1%}"
        for name, key, form in (
            ("images", "images", "{:,}"),
            ("weights", "parameters", "{:,}"),
            ("images/s", "images_per_second", "{:,.0f}"),
        ):
            if key in self.metrics:
                said[name] = form.format(self.metrics[key])
        return said
