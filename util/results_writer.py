"""The results of test.py on disk: results/<name>/<phase>_<epoch>/, moved there when they are whole."""

import json
import shutil
import zipfile
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

from .errors import UtilError

MARK = "metrics.json"
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
        self.zip = zipfile.ZipFile(self.unfinished / "submission.zip", "w", zipfile.ZIP_STORED)
        return self

    def write(self, stem: str, image: NDArray, level: float | None) -> None:
        """A depth map (H, W) [grey level] with its background level: 8-bit PNG, the same in submission.zip, and float32
        TIFF [nm below the top surface]. Without a level it is a SEM image: an 8-bit PNG in sem/."""
        path = self.unfinished / ("sem" if level is None else "depth") / f"{stem}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(np.rint(image).clip(0, 255).astype(np.uint8)).save(path)
        if level is None:
            return
        self.zip.writestr(zipfile.ZipInfo(f"{stem}.png", NO_DATE), path.read_bytes())
        depth_nm = ((level - image) * self.nm_per_grey).astype(np.float32)
        (self.unfinished / "depth_nm").mkdir(exist_ok=True)
        tifffile.imwrite(self.unfinished / "depth_nm" / f"{stem}.tiff", depth_nm, metadata=None)

    def write_metrics(self, result: dict[str, Any]) -> None:
        """metrics.json."""
        (self.unfinished / MARK).write_text(json.dumps(result, indent=1) + "\n")

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.zip.close()
        if kind is not None:
            shutil.rmtree(self.unfinished, ignore_errors=True)
            return
        if self.folder.exists():
            self.folder.replace(self.before)
        self.unfinished.replace(self.folder)
        shutil.rmtree(self.before, ignore_errors=True)
