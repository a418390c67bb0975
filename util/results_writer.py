"""The results of test.py on disk: results/<name>/<phase>_<epoch>/, moved there when they are whole."""

import csv
import json
import shutil
import zipfile
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import tifffile
from PIL import Image

from .errors import UtilError
from .result import Result

MARK = "metrics.json"
WRITTEN = (MARK, "index.html", "submission.zip", "levels.csv", "images", "depth", "depth_nm", "sem", "mask")
NO_DATE = (1980, 1, 1, 0, 0, 0)  # the same results give the same bytes


class ResultsWriter:
    """`with ResultsWriter(folder, nm_per_grey) as writer:` files go beside it and replace it at the end."""

    def __init__(self, folder: Path, nm_per_grey: float) -> None:
        self.folder, self.nm_per_grey = folder, nm_per_grey
        self.unfinished = folder.with_name(f".{folder.name}.unfinished")
        self.before = folder.with_name(f".{folder.name}.before")

    def __enter__(self) -> "ResultsWriter":
        if self.before.exists():  # killed between the two moves of `__exit__`, or after them
            if self.folder.exists():
                shutil.rmtree(self.before)
            else:
                self.before.replace(self.folder)
        if self.folder.exists() and not (self.folder / MARK).exists() and any(self.folder.iterdir()):
            raise UtilError(f"{self.folder}: holds something else than results; choose another --results_dir")
        shutil.rmtree(self.unfinished, ignore_errors=True)
        (self.unfinished / "images").mkdir(parents=True)
        self.levels: list[list[object]] = []
        self.zip = zipfile.ZipFile(self.unfinished / "submission.zip", "w", zipfile.ZIP_STORED)
        return self

    def write(self, result: Result) -> None:
        """All files of one image: a depth map as 8-bit PNG, the same in submission.zip, and as float32 TIFF [nm below
        the top surface]; a voted mask as PNG (255 is hole); a voted level as a row of levels.csv; a SEM image in sem/.
        """
        if result.reverse:
            self._png("sem", result.stem, result.depth)
            return
        if result.mask is not None:
            self._png("mask", result.stem, np.where(result.mask, 0, 255))
        if result.probability is not None:
            self.levels.append([result.stem, result.level, *(f"{share:.4f}" for share in result.probability)])
        if result.final is not None:
            png = self._png("depth", result.stem, result.final)
            self.zip.writestr(zipfile.ZipInfo(f"{result.stem}.png", NO_DATE), png)
            depth_nm = ((result.level - result.final) * self.nm_per_grey).astype(np.float32)
            (self.unfinished / "depth_nm").mkdir(exist_ok=True)
            tifffile.imwrite(self.unfinished / "depth_nm" / f"{result.stem}.tiff", depth_nm, metadata=None)

    def _png(self, folder: str, stem: str, image: Any) -> bytes:
        path = self.unfinished / folder / f"{stem}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(np.rint(image).clip(0, 255).astype(np.uint8)).save(path)
        return path.read_bytes()

    def write_levels(self, levels: tuple[int, ...]) -> None:
        """levels.csv, with the probability of each of `levels`, where any were voted for."""
        if self.levels:
            with (self.unfinished / "levels.csv").open("w", newline="") as file:
                csv.writer(file, lineterminator="\n").writerows([["image", "level", *levels], *self.levels])

    def write_metrics(self, result: dict[str, Any]) -> None:
        """metrics.json."""
        (self.unfinished / MARK).write_text(json.dumps(result, indent=1) + "\n")

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.zip.close()
        if kind is not None:
            shutil.rmtree(self.unfinished, ignore_errors=True)
            return
        if not (self.unfinished / "depth").exists():
            (self.unfinished / "submission.zip").unlink()
        if self.folder.exists():  # what somebody put beside the results stays there
            for path in self.folder.iterdir():
                if path.name not in WRITTEN:
                    path.replace(self.unfinished / path.name)
        if self.folder.exists():
            self.folder.replace(self.before)
        self.unfinished.replace(self.folder)
        shutil.rmtree(self.before, ignore_errors=True)
