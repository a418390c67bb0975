"""Names of the images in one file: FILE::p000, FILE::p001, ... where it holds several, as a TIFF or an .npz may."""

import os
import re
import stat
from functools import lru_cache
from pathlib import Path

from .gatan_file import list_gatan_images
from .gwyddion_file import list_gwyddion_fields
from .header_checks import MULTI_IMAGE_SUFFIXES
from .numpy_file import count_npy_images, list_npz_images
from .tiff_pages import list_pages

PAGE_PATTERN = re.compile(r"::p(\d+)$")  # no image file has this ending: its suffix would not be known


def images_of(name: str) -> list[str]:
    """Names of the images in a file: the file's own name if it holds one image, or cannot be read (reading it reports
    why)."""
    if not name.lower().endswith(MULTI_IMAGE_SUFFIXES):
        return [name]
    try:
        count = _count_images(name)
    except Exception:  # damaged files raise many types of errors
        count = 1
    digits = max(3, len(str(count - 1)))
    return [f"{name}::p{page:0{digits}}" for page in range(count)] if count > 1 else [name]


def file_of(name: str) -> str:
    """The file that holds the image."""
    return PAGE_PATTERN.sub("", name)


def page_of(name: str) -> int | None:
    """Index of the image in its file, from 0; None if it is the only one."""
    match = PAGE_PATTERN.search(name)
    return int(match[1]) if match else None


@lru_cache(maxsize=16)  # an image's is asked several times in a row
def stem_of(name: str) -> str:
    """Stem for the names of the image's results: `hole` for hole.tif, `hole_p003` for hole.tif::p003."""
    file, _, page = name.rpartition("::") if PAGE_PATTERN.search(name) else (name, "", "")
    return f"{Path(file).stem}_{page}" if page else Path(file).stem


def _count_images(name: str) -> int:
    info = os.stat(name)
    if not stat.S_ISREG(info.st_mode):
        return 1
    suffix = Path(name).suffix.lower()
    if suffix in (".tif", ".tiff"):
        return len(list_pages(name, info))
    if suffix in (".dm3", ".dm4"):
        return sum(image.shape[0] for image in list_gatan_images(name))
    if suffix == ".gwy":
        return len(list_gwyddion_fields(name))
    if suffix == ".npy":
        return count_npy_images(name)
    return sum(count for _, count in list_npz_images(name))
