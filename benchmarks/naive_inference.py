"""Predicts one image after another, as a plain script does it: the reference for the speed of test.py.

It writes the same files as test.py: depth as 8-bit PNG and as float32 TIFF, and the archive to submit.
"""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image
from skimage.measure import label

LEVELS = np.array([140, 150, 160, 170])


def predict_folder(files: list[Path], network: Callable[[NDArray], NDArray], out: Path) -> None:
    """Reads each file, applies `network` to it (1, H, W), snaps its background, and writes it."""
    for name in ("depth", "depth_nm"):
        (out / name).mkdir(parents=True)
    with zipfile.ZipFile(out / "submission.zip", "w") as archive:
        for file in files:
            sem = np.asarray(Image.open(file).convert("L"), dtype=np.float32)
            depth, level = snap_background(network(sem[None])[0])
            buffer = io.BytesIO()
            Image.fromarray(np.rint(depth).clip(0, 255).astype(np.uint8)).save(buffer, "PNG")
            (out / "depth" / f"{file.stem}.png").write_bytes(buffer.getvalue())
            archive.writestr(f"{file.stem}.png", buffer.getvalue())
            tifffile.imwrite(out / "depth_nm" / f"{file.stem}.tiff", (level - depth).astype(np.float32), metadata=None)


def snap_background(depth: NDArray) -> tuple[NDArray, int]:
    """A map (H, W) [grey level] with its background set to the nearest level, and that level [grey level]."""
    border = np.ones(depth.shape, dtype=bool)
    border[1:-1, 1:-1] = False
    near = np.abs(depth - np.median(depth[border])) <= 8
    regions = label(near, connectivity=1)
    background = near & np.isin(regions, np.unique(regions[border & near]))
    level = int(LEVELS[np.abs(LEVELS - np.median(depth[background])).argmin()])
    return np.where(background, level, depth), level
