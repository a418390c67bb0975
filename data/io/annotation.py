"""What is drawn in colour on a grey image: scale bars, cursors, text. It is found, counted and filled, or shown."""

import os
import re
import tempfile
from functools import cache
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ..errors import DataError
from .multi_image import stem_of

LIMIT = 0.01  # of the pixels that may be annotation, so that their neighbours tell the grey levels
COLOUR_PICTURE = 0.2  # of the pixels from which on the colours are the picture's own
BAR_HEIGHT, BAR_WIDTH = 0.25, 0.5  # of the image: what spans so much of the width so near to an edge is a data bar
MAX_REACH = 8  # [px]
MARK, FRAME = (255, 0, 0), (255, 220, 0)  # colours of the annotation and of the crop in a picture
MAX_PICTURES = 50  # in a folder
Area = tuple[slice, slice]  # rows and columns
NEIGHBOURS = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dy or dx]


def find_colours(channels: list[NDArray]) -> NDArray[np.bool_] | None:
    """Mask (H, W), True where three channels differ; None if they are equal everywhere."""
    mask = (channels[0] != channels[1]) | (channels[0] != channels[2])
    return mask if mask.any() else None


def fill(levels: NDArray, mask: NDArray[np.bool_]) -> NDArray:
    """The image (H, W) with each pixel of the mask set to the mean of its known neighbours, from the edges inwards.

    What is MAX_REACH from the edges gets the image's mean: it is a drawn area, of which no neighbour tells anything.
    """
    filled = np.pad(levels.astype(np.float64), 1)
    known = np.pad(~mask, 1)
    rows, columns = (index + 1 for index in np.nonzero(mask))
    for _ in range(MAX_REACH):
        if not len(rows):
            break
        around = [(rows + dy, columns + dx) for dy, dx in NEIGHBOURS]
        count = np.sum([known[place] for place in around], axis=0)
        total = np.sum([np.where(known[place], filled[place], 0.0) for place in around], axis=0)
        has_some = count > 0
        ready = rows[has_some], columns[has_some]
        filled[ready] = total[has_some] / count[has_some]
        known[ready] = True
        rows, columns = rows[~has_some], columns[~has_some]
    if len(rows):
        filled[rows, columns] = levels[~mask].mean()
    inner = filled[1:-1, 1:-1]
    return np.where(mask, np.rint(inner) if levels.dtype.kind in "bui" else inner, levels).astype(levels.dtype)


def check_colours(name: object, mask: NDArray[np.bool_]) -> None:
    """Raises DataError if so much of an image is coloured that it is a colour image."""
    if mask.mean() >= COLOUR_PICTURE:
        raise DataError(
            f"{name}: a colour image; convert it to grey first ({mask.mean():.0%} of its pixels are coloured)"
        )


def check_annotation(
    name: str, levels: NDArray, mask: NDArray[np.bool_], area: Area | None, pictures: Path | None
) -> None:
    """Raises DataError if annotation covers 1 % of an area of an image (H, W) or more, and names the picture of it.

    Without an area it is the image; there, rows that look like a data bar's do not count. The picture is a PNG in the
    folder `pictures`, None is a temporary one.
    """
    inner = mask[_rows_without_bars(mask)] if area is None else mask[area]
    if not inner.size or inner.mean() < LIMIT:
        return
    shown = np.zeros_like(mask)
    shown[area or ...] = mask[area or ...]
    raise DataError(
        f"{name}: annotation in colour covers {inner.mean():.1%} of it ({_describe_box(shown)}), more than "
        f"{LIMIT:.0%}; {_save_picture(name, levels, mask, area, pictures)}; save it without annotation, or cut the "
        "image beside it"
    )


def describe_annotation(mask: NDArray[np.bool_]) -> str:
    """One line: how many pixels are annotation, where, and what was done."""
    return (
        f"{mask.sum():,} pixels ({mask.mean():.2%}) are annotation in colour ({_describe_box(mask)}); "
        "they are filled from their neighbours"
    )


def _save_picture(name: str, levels: NDArray, mask: NDArray[np.bool_], area: Area | None, pictures: Path | None) -> str:
    """Writes the image (H, W) [grey level] with the mask in red and a frame around the area; says where it is."""
    rows, columns = area or (slice(0), slice(0))
    picture = np.dstack([np.rint(levels).astype(np.uint8)] * 3)
    picture[mask] = MARK
    image = Image.fromarray(picture)
    if area:
        ImageDraw.Draw(image).rectangle((columns.start, rows.start, columns.stop - 1, rows.stop - 1), outline=FRAME)
    place = f"_row{rows.start}_column{columns.start}" if area else ""
    stem = re.sub(r"[^\w.-]", "_", stem_of(name))[:50]  # two folders may hold files of one name, so a number follows
    try:
        folder = pictures or _temporary_folder()
        path = folder / f"{stem}-{crc32(os.fsencode(name))}{place}.png"
        folder.mkdir(parents=True, exist_ok=True)
        if len(os.listdir(folder)) >= MAX_PICTURES and not path.exists():
            return f"{folder} shows where others have it"
        image.save(path, compress_level=1)
    except OSError as error:
        return f"its picture cannot be written ({error})"
    return f"{path} shows it in red"


@cache
def _temporary_folder() -> Path:
    """One for each process, made where a picture is written."""
    return Path(tempfile.mkdtemp(prefix="semdepth_annotation_"))


def _describe_box(mask: NDArray[np.bool_]) -> str:
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return f"rows {rows[0]} to {rows[-1]}, columns {columns[0]} to {columns[-1]}"


def _rows_without_bars(mask: NDArray[np.bool_]) -> slice:
    """The rows between the data bars, if the annotation near an edge spans as much of the width as a bar's text."""
    height, width = mask.shape
    edge = int(height * BAR_HEIGHT)
    first, last = 0, height
    for top, rows in ((True, slice(0, edge)), (False, slice(height - edge, height))):
        columns = np.flatnonzero(mask[rows].any(axis=0))
        if len(columns) and columns[-1] - columns[0] > BAR_WIDTH * width:
            drawn = np.flatnonzero(mask[rows].any(axis=1))
            first, last = (int(drawn[-1]) + 1, last) if top else (first, height - edge + int(drawn[0]))
    return slice(first, last)
