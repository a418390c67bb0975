"""The results of whole fields of view: fields/ and fields.csv, beside the results of their crops."""

import csv
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from ..drawing import draw_numbered, png
from ..errors import UtilError
from ..files import escape_formula, grey_png, row_id
from .field_view import FieldView
from .image_result import ImageResult
from .results_writer import ResultsWriter, pixel_size

HEADER = ("field", "image", "y_px", "x_px", "y_nm", "x_nm", "area_px", "height_px", "width_px", "neighbours", "id")
MAX_VIEWS, MAX_VIEW_PIXELS = 20, 64 * 2**20  # fields that are kept in memory for the page


class FieldWriter:
    """Collects the depth maps of crops. Writes a field's files to `folder` when the first crop of the next field comes.

    A field has a `name`, `crops` by name, `uncropped` (holes without a crop), and `stitch`, which makes one depth map
    of its crops' maps. `read(field)` returns its SEM image (H, W) [grey level]. `pixel_nm` is the field's pixel size
    [nm], 0 if it is not known. `in_place`: the hole is at the same position in a depth map as in its SEM image.
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
        self.fields_by_crop = {name: field for field in fields for name in field.crops}
        self.field: Any = None
        self.depths: dict[str, NDArray] = {}
        self.views: list[FieldView] = []  # the first fields, for the page
        (folder / "fields").mkdir()
        with (folder / "fields.csv").open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(HEADER)

    @classmethod
    def of(cls, images: Any, writer: ResultsWriter, model: Any) -> "FieldWriter | None":
        """That for the crops of fields `images`, beside the files of `writer`; None where the images are no crops."""
        if not images.fields:
            return None
        scale = writer.nm_per_grey, writer.pixel_nm * images.scale
        return cls(writer.unfinished, images.fields, images.read, *scale, model.preserves_position)

    def add(self, results: Iterable[ImageResult]) -> None:
        """The results of the next crops, field by field. Uses the snapped maps: their holes are not recentred."""
        for result in results:
            if result.snapped is None or result.level is None:
                raise UtilError("--field stitches depth maps, and this model predicts none; use a depth model")
            if self.field is not (field := self.fields_by_crop[result.stem]):
                self.finish()
                self.field = field
            self.depths[result.stem] = (result.level - result.snapped) * np.float32(self.nm_per_grey)

    def finish(self) -> None:
        """Writes the field whose crops came last.

        Files: `_depth_nm.tiff`, float32 [nm below the top surface]; `_depth.png`, 255 minus the depth [grey level];
        `.png`, the SEM image with the detected holes; and its rows of fields.csv.
        """
        if self.field is None:
            return
        field, start = self.field, self.folder / "fields" / self.field.name
        depth = field.stitch(self.depths, self.in_place)
        tifffile.imwrite(f"{start}_depth_nm.tiff", depth, metadata=None, **pixel_size(self.pixel_nm))
        Path(f"{start}_depth.png").write_bytes(grey_png(255 - depth / self.nm_per_grey))
        cropped, uncropped = (
            [(hole.top, hole.left, hole.mask) for hole in holes]
            for holes in ([crop.hole for crop in field.crops.values()], field.uncropped)
        )
        sem = self.read(field)
        picture = draw_numbered(sem, cropped, uncropped)
        self._keep(sem, depth)
        Path(f"{start}.png").write_bytes(png(picture))
        with (self.folder / "fields.csv").open("a", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(self._row(name, field) for name in self.depths)
        self.field, self.depths = None, {}

    def _keep(self, sem: NDArray, depth: NDArray) -> None:
        pixels = sum(view.depth_nm.size for view in self.views)
        if len(self.views) < MAX_VIEWS and (not self.views or pixels + depth.size <= MAX_VIEW_PIXELS):
            holes = {name: crop.hole for name, crop in self.field.crops.items() if name in self.depths}
            boxes = {name: (hole.top, hole.left, *hole.mask.shape) for name, hole in holes.items()}
            grey = np.rint(sem).clip(0, 255).astype(np.uint8)
            self.views.append(FieldView(self.field.name, grey, depth, self.pixel_nm, boxes))

    def _row(self, name: str, field: Any) -> list[object]:
        crop = field.crops[name]
        centre = [crop.hole.y, crop.hole.x]
        in_nm = [f"{(position + 0.5) * self.pixel_nm:.2f}" if self.pixel_nm else "" for position in centre]
        in_px = [f"{position:.2f}" for position in centre]
        return [
            escape_formula(field.name),
            escape_formula(name),
            *in_px,
            *in_nm,
            crop.hole.area,
            *crop.hole.mask.shape,
            int(crop.neighbours),
            row_id(field.name, name),
        ]
