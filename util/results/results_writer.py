"""The results of test.py on disk: results/<name>/<phase>_<epoch>/, moved there when they are whole."""

import csv
import io
import json
import math
import os
import shutil
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import tifffile
from numpy.typing import NDArray

from ..errors import UtilError
from ..files import LOCK, File, acquire_lock, escape_formula, grey_png, name_file, row_id, write_files
from ..metrology import INSTRUMENT, SEPARATOR, in_pixels
from .export_formats import EXPORTS
from .image_result import ImageResult

MARK = "metrics.json"
SUBMISSION = "submission.zip"
JOURNAL = "watch.jsonl"  # of a folder that was watched
WRITTEN = (
    MARK,
    JOURNAL,
    "index.html",
    SUBMISSION,
    "background_levels.csv",
    "levels.csv",  # what older versions wrote
    "holes.csv",
    "metrology.html",  # what util.metrology makes of holes.csv is stale beside new results
    "sites.csv",
    "statistics.json",
    "calibrated.csv",
    "budget.csv",
    "fields.csv",
    "fields",
    "images",
    "depth",
    "depth_nm",
    "depth_u90_nm",
    "interval_nm",
    "sem",
    "hole_mask",
    "mask",
    *EXPORTS,
)
NO_DATE = (1980, 1, 1, 0, 0, 0)  # the same results give the same bytes
CENTIMETRE = 1e7  # [nm]
MIN_PIXEL_NM, MAX_PIXEL_NM = 0.01, 1e6  # [nm] a TIFF's rational numbers hold no finer or coarser ones well
# ImageJ multiplies a pixel's width in cm by 10,000 where the description says um, and takes "vunit" for the values'.
DESCRIPTION = "ImageJ=1.53t\nimages=1\nunit=um\ncf=0\nc0=0.0\nc1=1.0\nvunit=nm\npixel_nm={pixel_nm}\n"


class ResultsWriter:
    """`with ResultsWriter(folder, nm_per_grey) as writer:` files go beside the folder and replace it at the end.

    `levels` are those whose probabilities background_levels.csv holds; `pixel_nm` is the pixel size [nm], 0 where it is
    unknown; `export` names the EXPORTS that are written, too.
    """

    def __init__(
        self,
        folder: Path,
        nm_per_grey: float,
        levels: tuple[int, ...] = (),
        pixel_nm: float = 0,
        export: tuple[str, ...] = (),
    ) -> None:
        check_pixel_nm(pixel_nm)
        folder = Path(os.path.realpath(folder))  # results may lie elsewhere, behind a link
        self.folder, self.nm_per_grey, self.levels = folder, nm_per_grey, levels
        self.pixel_nm, self.export = pixel_nm, export
        self.unfinished = folder.with_name(f".{folder.name}.unfinished")
        self.before = folder.with_name(f".{folder.name}.before")

    def __enter__(self) -> Self:
        self._claim()
        self.files: dict[str, list[File]] = defaultdict(list)
        self.rows: dict[str, list[list[Any]]] = defaultdict(list)  # of the batch, by table
        self.tables: set[str] = set()  # that have their header
        self.pending: list[Future[None]] = []
        self.zip = zipfile.ZipFile(self.unfinished / SUBMISSION, "w", zipfile.ZIP_STORED)
        return self

    def _claim(self) -> None:
        """Locks the folder, tidies up after a kill, and makes the folder of unfinished files."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        lock = acquire_lock(self.folder.parent, f".{self.folder.name}{LOCK}")
        if lock is None:
            raise UtilError(f"{self.folder}: another test.py writes there; wait for it, or use --results_dir")
        self.lock = lock
        if self.before.exists():  # killed between the two moves of `__exit__`, or after them
            if self.folder.exists():
                shutil.rmtree(self.before)
            else:
                self.before.replace(self.folder)
        if self.folder.exists() and not (self.folder / MARK).exists() and any(self.folder.iterdir()):
            raise UtilError(f"{self.folder}: holds something else than results; choose another --results_dir")
        if self.unfinished.exists():  # killed after it had taken what somebody put beside the results
            self._keep_others(self.unfinished, self.folder)
        shutil.rmtree(self.unfinished, ignore_errors=True)
        self.unfinished.mkdir(parents=True)
        self.disk = ThreadPoolExecutor(2)
        self.tiff_heads: dict[tuple[int, ...], bytes] = {}

    def add(self, results: Iterable[ImageResult]) -> None:
        """The files of some images, as `_write` makes them.

        Threads write each folder's files until the next call, because making a file can take as long as all else.
        """
        for result in results:
            self._write(result)
        self._write_rows()
        for written in self.pending:
            written.result()
        self.pending = [
            self.disk.submit(write_files, self.unfinished / folder, files) for folder, files in self.files.items()
        ]
        self.files = defaultdict(list)

    def _write(self, result: ImageResult) -> None:
        """All files of one image: the depth map as 8-bit PNG, the same in submission.zip, and as float32 TIFF [nm below
        the top surface]; its expanded uncertainty in depth_u90_nm/; the exports; a predicted hole mask as PNG (255 is
        hole); a predicted level as a row of background_levels.csv, the measurements of a hole as a row of holes.csv; a
        SEM image in sem/.
        """
        if result.reverse:
            self._png("sem", result.stem, result.rendering)
            return
        if result.hole_mask is not None:
            self._png("hole_mask", result.stem, np.where(result.hole_mask, 255, 0))
        if result.level_probs is not None:
            self._level(result.stem, result.level, result.level_probs)
        if result.final is not None:
            self._submit(result.stem, self._png("depth", result.stem, result.final))
            self._nm("depth_nm", result.stem, result.level - result.final)
            for kind in self.export:  # made by the thread that writes it: a mesh can be large
                content = partial(EXPORTS[kind], result, self.nm_per_grey, self.pixel_nm)
                self._file(kind, f"{result.stem}.{kind}", content)
        if result.depth_u90 is not None:
            self._nm("depth_u90_nm", result.stem, result.depth_u90)
        if result.measurements is not None:
            self._hole(result, result.measurements)

    def _submit(self, stem: str, png: bytes) -> None:
        with name_file(self.unfinished / SUBMISSION):
            self.zip.writestr(zipfile.ZipInfo(f"{stem}.png", NO_DATE), png)

    def _png(self, folder: str, stem: str, image: Any) -> bytes:
        content = grey_png(image)
        self._file(folder, f"{stem}.png", content)
        return content

    def _nm(self, folder: str, stem: str, grey: NDArray) -> None:
        values = (grey * self.nm_per_grey).astype("<f4")
        self._file(folder, f"{stem}.tiff", self._tiff_head(values.shape) + values.tobytes())

    def _tiff_head(self, shape: tuple[int, ...]) -> bytes:
        """What comes before the values in a float32 TIFF, with the pixel size where it is known: the same for all
        images of a shape."""
        if shape not in self.tiff_heads:
            file = io.BytesIO()
            tifffile.imwrite(file, np.zeros(shape, "<f4"), byteorder="<", metadata=None, **pixel_size(self.pixel_nm))
            file.seek(0)
            with tifffile.TiffFile(file) as tiff:
                self.tiff_heads[shape] = file.getvalue()[: tiff.pages[0].dataoffsets[0]]
        return self.tiff_heads[shape]

    def _file(self, folder: str, name: str, content: bytes | Callable[[], bytes]) -> None:
        self.files[folder].append((name, content))

    def _level(self, stem: str, level: int | None, level_probs: NDArray) -> None:
        header = ["image", "background_level", *(f"p_{value}" for value in self.levels), "id"]
        cells = escape_formula(stem), level, *(f"{p:.4f}" for p in level_probs), row_id(stem)
        self._row("background_levels.csv", header, list(cells))

    def _hole(self, result: ImageResult, measurements: dict[str, float]) -> None:
        ood = ["", ""] if result.ood_score is None else [int(result.is_ood), f"{result.ood_score:.3f}"]
        if not self.pixel_nm:
            measurements = in_pixels(measurements)
        cells = ("" if math.isnan(value) else f"{value:.6g}" for value in measurements.values())
        header = ["image", "site", "is_ood", "ood_score", "flags", "pixel_nm", *INSTRUMENT, *measurements, "id"]
        names = [escape_formula(result.stem), escape_formula(result.site)]
        instrument = (_cell(result.instrument.get(name)) for name in INSTRUMENT)
        flags, key = SEPARATOR.join(result.flags), row_id(result.site, result.stem)
        self._row("holes.csv", header, [*names, *ood, flags, self.pixel_nm or "", *instrument, *cells, key])

    def _row(self, name: str, header: list[Any], values: list[Any]) -> None:
        self.rows[name] += [values] if name in self.tables else [header, values]
        self.tables.add(name)

    def _write_rows(self) -> None:
        for name, rows in self.rows.items():
            path = self.unfinished / name
            with name_file(path), path.open("a", newline="", encoding="utf-8") as file:
                csv.writer(file, lineterminator="\n").writerows(rows)
        self.rows.clear()

    def write_metrics(self, metrics: dict[str, Any]) -> None:
        """metrics.json."""
        with name_file(self.unfinished / MARK):
            (self.unfinished / MARK).write_text(json.dumps(metrics, indent=1) + "\n")

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            self._name_result(error)
            self._finish(kind)
        except OSError as error_at_end:
            self._name_result(error_at_end)
            raise
        finally:
            os.close(self.lock)

    def _name_result(self, error: BaseException | None) -> None:
        """Lets an error of the system name what was to be written, not the temporary file of it."""
        if isinstance(error, OSError) and error.filename:
            error.filename = str(error.filename).replace(str(self.unfinished), str(self.folder))

    @staticmethod
    def _keep_others(old: Path, new: Path) -> None:
        """Moves what somebody put beside the results from one folder to another."""
        for path in old.iterdir() if old.exists() else ():
            if path.name not in WRITTEN:
                new.mkdir(exist_ok=True)
                path.replace(new / path.name)

    def _finish(self, kind: type | None) -> None:
        self.disk.shutdown(cancel_futures=kind is not None)
        try:
            with name_file(self.unfinished / SUBMISSION):
                self.zip.close()
            for written in self.pending if kind is None else ():
                written.result()
        except Exception as error_on_close:
            kind = type(error_on_close)
            raise
        finally:
            if kind is not None:
                shutil.rmtree(self.unfinished, ignore_errors=True)
        if kind is not None:
            return
        if not (self.unfinished / "depth").exists():
            (self.unfinished / SUBMISSION).unlink()
        self._replace_folder()

    def _replace_folder(self) -> None:
        """The folder of unfinished files takes the place of the results, with what somebody put beside these."""
        try:
            self._keep_others(self.folder, self.unfinished)
            if self.folder.exists():
                self.folder.replace(self.before)
            self.unfinished.replace(self.folder)
        except OSError:
            if self.before.exists():
                self.before.replace(self.folder)
            self._keep_others(self.unfinished, self.folder)
            shutil.rmtree(self.unfinished, ignore_errors=True)
            raise
        shutil.rmtree(self.before, ignore_errors=True)


def check_pixel_nm(pixel_nm: float) -> None:
    """Raises UtilError for a pixel size [nm] that a TIFF does not hold well; 0, unknown, is well."""
    if pixel_nm and not MIN_PIXEL_NM <= pixel_nm <= MAX_PIXEL_NM:
        limits = f"{MIN_PIXEL_NM:g} to {MAX_PIXEL_NM:g} nm"
        raise UtilError(f"pixels of {pixel_nm:g} nm: must be {limits}; use --pixel_nm")


def pixel_size(pixel_nm: float) -> dict[str, Any]:
    """The pixel size [nm] in a TIFF, as `tifffile.imwrite` takes it; nothing where it is 0, unknown."""
    if not pixel_nm:
        return {}
    size = {"resolution": (CENTIMETRE / pixel_nm,) * 2, "resolutionunit": "CENTIMETER"}
    return size | {"description": DESCRIPTION.format(pixel_nm=pixel_nm)}


def _cell(value: str | float | None) -> str:
    """What a file says, as a cell: empty where it says nothing."""
    return "" if value is None else escape_formula(value) if isinstance(value, str) else f"{value:g}"
