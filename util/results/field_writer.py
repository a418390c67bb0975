"""The results of whole fields of view: fields/ and fields.csv, beside those of their crops."""

import csv
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from ..drawing import draw_numbered, png
from ..errors import UtilError
from ..files import escape_formula, grey_png
from .image_result import ImageResult
from .results_writer import pixel_size

HEADER = ("field", "image", "y_px", "x_px", "y_nm", "x_nm", "area_px", "height_px", "width_px", "neighbours")


class FieldWriter:
    """Collects the depth maps of crops and writes each field's files to `folder` once those of the next one come.

    A field has a `name`, `crops` by their names, `uncropped`, holes without a crop, and `stitch`, which makes one depth
    map from those of its crops; `read` gives its micrograph (H, W) [grey level]. `pixel_nm` is a field's pixel size
    [nm], 0 if it is not known; holes are `in_place` if depth maps have them where their SEM images do.
    """

    def __init__(
        self,
        folder: Path,
        fields: Sequence[Any],
        read: Callable[[Any], NDArray],
        nm_per_grey: float,
        pixel_nm: float,
        in_place: bool,
    ) -> None:
        self.folder, self.read, self.in_place = folder, read, in_place
        self.nm_per_grey, self.pixel_nm = nm_per_grey, pixel_nm
        self.field_of = {name: field for field in fields for name in field.crops}
        self.field: Any = None
        self.depths: dict[str, NDArray] = {}
        (folder / "fields").mkdir()
        with (folder / "fields.csv").open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(HEADER)

    def add(self, results: Iterable[ImageResult]) -> None:
        """The next crops' results, field by field. Where holes were moved to a common centre, the map before counts."""
        for result in results:
            if result.snapped is None or result.level is None:
                raise UtilError("--field puts depth maps together, and this model predicts none")
            if self.field is not (field := self.field_of[result.stem]):
                self.finish()
                self.field = field
            self.depths[result.stem] = (result.level - result.snapped) * np.float32(self.nm_per_grey)

    def finish(self) -> None:
        """Writes the field whose crops came last: `_depth_nm.tiff`, float32 [nm below the top surface]; `_depth.png`,
        white less one grey level for every --nm_per_grey of depth; `.png`, the micrograph with what was found; and its
        rows of fields.csv."""
        if self.field is None:
            return
        field, start = self.field, self.folder / "fields" / self.field.name
        depth = field.stitch(self.depths, self.in_place)
        tifffile.imwrite(f"{start}_depth_nm.tiff", depth, metadata=None, **pixel_size(self.pixel_nm))
        Path(f"{start}_depth.png").write_bytes(grey_png(255 - depth / self.nm_per_grey))
        holes, others = (
            [(one.top, one.left, one.mask) for one in some]
            for some in ([crop.hole for crop in field.crops.values()], field.uncropped)
        )
        picture = draw_numbered(self.read(field), holes, others)
        Path(f"{start}.png").write_bytes(png(picture))
        with (self.folder / "fields.csv").open("a", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(self._row(name, field) for name in self.depths)
        self.field, self.depths = None, {}

    def _row(self, name: str, field: Any) -> list[object]:
        crop = field.crops[name]
        places = [crop.hole.y, crop.hole.x]
        nm = [f"{(place + 0.5) * self.pixel_nm:.2f}" if self.pixel_nm else "" for place in places]
        in_px = [f"{place:.2f}" for place in places]
        return [
            escape_formula(field.name),
            escape_formula(name),
            *in_px,
            *nm,
            crop.hole.area,
            *crop.hole.mask.shape,
            int(crop.neighbours),
        ]
