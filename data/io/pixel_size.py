"""The size of a pixel as the instrument wrote it into the file."""

import math
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import tifffile
from PIL import Image

from ..errors import DataError
from .tiff import TIFF

# Names of lengths in vendors' headers, in OME-XML and in ImageJ's descriptions [nm]; both signs for micro.
NANOMETRES = {"pm": 1e-3, "Å": 0.1, "nm": 1.0, "µm": 1e3, "μm": 1e3, "um": 1e3, "micron": 1e3, "mm": 1e6, "cm": 1e7}
NANOMETRES |= {"m": 1e9, "inch": 25.4e6, "microns": 1e3, "\\u00b5m": 1e3}
PER = {2: 25.4e6, 3: 1e7}  # TIFF 6.0, ResolutionUnit: inch, centimetre [nm]
LEAST, MOST = 1e-3, 1e4  # [nm]; the resolution of 72 or 96 dpi that programs write by default is none
SAME = 0.01  # how far width and height may be apart

Size = tuple[float, float]


def pixel_nm(path: Path) -> float | None:
    """Width of a pixel [nm]; None where the file does not say, or cannot be read.

    The first of these that says so: FEI and Thermo Fisher's or Zeiss's header, OME-XML, ImageJ's unit, the resolution
    of a TIFF, PNG or JPEG. Raises DataError where pixels are not square: no single length would be right.
    """
    try:
        size = next((size for size in _sizes(path) if all(LEAST <= side <= MOST for side in size)), None)
    except Exception:  # a damaged file; what is wrong is said when it is read
        return None
    if size is None:
        return None
    if not math.isclose(*size, rel_tol=SAME):
        raise DataError(
            f"{path}: pixels of {size[0]:g} x {size[1]:g} nm; resample it to square ones, or say --pixel_nm"
        )
    return size[0]


def _sizes(path: Path) -> Iterator[Size]:
    """Widths and heights [nm] as the file has them, the most trustworthy first."""
    if not path.is_file():
        return
    with path.open("rb") as file:
        begins = file.read(4)
    if begins not in TIFF:
        with Image.open(path) as image:
            if dpi := image.info.get("dpi"):
                yield _inverse(25.4e6, *dpi)
        return
    with tifffile.TiffFile(path) as tiff:
        scan = (tiff.fei_metadata or {}).get("Scan", {})
        if "PixelWidth" in scan:
            yield scan["PixelWidth"] * 1e9, scan.get("PixelHeight", scan["PixelWidth"]) * 1e9
        zeiss = tiff.sem_metadata or {}
        for key in ("ap_image_pixel_size", "ap_pixel_size"):
            if len(entry := zeiss.get(key, ())) == 3 and entry[2] in NANOMETRES:
                yield (entry[1] * NANOMETRES[entry[2]],) * 2
        if tiff.is_ome:
            yield from _ome(tiff.ome_metadata or "")
        tags = tiff.pages.first.tags
        across, down = (_quotient(tags.valueof(name)) for name in ("XResolution", "YResolution"))
        unit = str((tiff.imagej_metadata or {}).get("unit", "")).lower()
        if unit in NANOMETRES:
            yield _inverse(NANOMETRES[unit], across, down)
        elif (inch := tags.valueof("ResolutionUnit", 2)) in PER and not unit:
            yield _inverse(PER[inch], across, down)


def _ome(xml: str) -> Iterator[Size]:
    """PhysicalSizeX and Y of the first image; their unit is the micrometre by default (OME schema, Pixels)."""
    said = re.search(r"<(?:\w+:)?Pixels\s[^>]*>", xml)
    known = dict(re.findall(r"(PhysicalSize[XY](?:Unit)?)\s*=\s*[\"']([^\"']*)[\"']", said[0])) if said else {}
    sides = [
        float(known[side]) * NANOMETRES.get(unescape(known.get(f"{side}Unit", "µm")), math.nan)
        for side in ("PhysicalSizeX", "PhysicalSizeY")
        if side in known
    ]
    if sides:
        yield sides[0], sides[-1]


def _inverse(length: float, across: float, down: float) -> Size:
    """Width and height [nm] of pixels of which so many make a length [nm]."""
    return (length / across, length / down) if across > 0 and down > 0 else (math.nan, math.nan)


def _quotient(value: object) -> float:
    """A TIFF rational; 0 where there is none."""
    return value[0] / value[1] if isinstance(value, tuple) and len(value) == 2 and value[1] else 0.0
