"""The images of one file by name: one of several (TIFF, .npy, .npz) holds FILE::p000, FILE::p001, ..."""

import os
import re
import stat
from pathlib import Path

from .numpy_file import images_in_npy, images_in_npz
from .tiff import directories

MANY = (".tif", ".tiff", ".npy", ".npz")  # endings of files that may hold several images
PAGE = re.compile(r"::p(\d+)$")  # no image file ends so: it would not be one by its ending


def images_of(name: str) -> list[str]:
    """Names of the images of a file; its own where it holds one, or none that can be read: why, reading says."""
    if not name.lower().endswith(MANY):
        return [name]
    try:
        count = _count(name)
    except Exception:  # of damaged files there are many kinds
        count = 1
    digits = max(3, len(str(count - 1)))
    return [f"{name}::p{page:0{digits}}" for page in range(count)] if count > 1 else [name]


def file_of(name: str) -> str:
    """The file that an image lies in."""
    return PAGE.sub("", name)


def page_of(name: str) -> int | None:
    """Which of its file's images it is, from 0 on; None where it is the only one."""
    found = PAGE.search(name)
    return int(found[1]) if found else None


def stem_of(name: str) -> str:
    """What is named after the image: `hole` for hole.tif, `hole_p003` for hole.tif::p003."""
    file, _, page = name.rpartition("::") if PAGE.search(name) else (name, "", "")
    return f"{Path(file).stem}_{page}" if page else Path(file).stem


def _count(name: str) -> int:
    about = os.stat(name)
    if not stat.S_ISREG(about.st_mode):
        return 1
    if name.lower().endswith((".tif", ".tiff")):
        return len(directories(name, about))
    if name.lower().endswith(".npy"):
        return images_in_npy(name)
    return sum(images for _, images in images_in_npz(name))
