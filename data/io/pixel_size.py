"""Reads the pixel size that the instrument wrote into an image file."""

import math
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import tifffile
from PIL import Image

from ..errors import DataError
from .tiff import TIFF

# Units of length in vendor headers, OME-XML and ImageJ descriptions [nm]; micro has two Unicode characters.
NANOMETRES = {"pm": 1e-3, "Å": 0.1, "nm": 1.0, "µm": 1e3, "μm": 1e3, "um": 1e3, "micron": 1e3, "mm": 1e6, "cm": 1e7}
NANOMETRES |= {"m": 1e9, "inch": 25.4e6, "microns": 1e3, "\\u00b5m": 1e3}
RESOLUTION_UNIT_NM = {2: 25.4e6, 3: 1e7}  # TIFF 6.0, ResolutionUnit: inch, centimetre [nm]
MIN_NM, MAX_NM = 1e-3, 1e4  # of a pixel; excludes the 72 or 96 dpi that programs write by default
SQUARE_TOLERANCE = 0.01  # maximum relative difference of width and height

Size = tuple[float, float]


def pixel_nm(path: Path) -> float | None:
    """Pixel size [nm]; None if the file does not state it, or cannot be read.

    Sources in this order: the header of FEI and Thermo Fisher or of Zeiss, OME-XML, ImageJ's unit, the resolution of a
    TIFF, PNG or JPEG. Raises DataError for pixels that are not square: no single length would be right.
    """
    try:
        size = next((size for size in _sizes(path) if all(MIN_NM <= side <= MAX_NM for side in size)), None)
    except Exception:  # a damaged file; reading its pixels reports the problem
        return None
    if size is None:
        return None
    if not math.isclose(*size, rel_tol=SQUARE_TOLERANCE):
        raise DataError(
            f"{path}: pixels of {size[0]:g} x {size[1]:g} nm; resample it to square pixels, or use --pixel_nm"
        )
    return size[0]


def _sizes(path: Path) -> Iterator[Size]:
    """Pixel widths and heights [nm] from each source in the file, the most reliable first."""
    if not path.is_file():
        return
    with path.open("rb") as file:
        magic = file.read(4)
    if magic not in TIFF:
        with Image.open(path) as image:
            if dpi := image.info.get("dpi"):
                yield _size_from_resolution(25.4e6, *dpi)
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
            yield from _sizes_from_ome(tiff.ome_metadata or "")
        tags = tiff.pages.first.tags
        x_resolution, y_resolution = (_ratio(tags.valueof(name)) for name in ("XResolution", "YResolution"))
        unit = str((tiff.imagej_metadata or {}).get("unit", "")).lower()
        if unit in NANOMETRES:
            yield _size_from_resolution(NANOMETRES[unit], x_resolution, y_resolution)
        elif (unit_code := tags.valueof("ResolutionUnit", 2)) in RESOLUTION_UNIT_NM and not unit:
            yield _size_from_resolution(RESOLUTION_UNIT_NM[unit_code], x_resolution, y_resolution)


def _sizes_from_ome(xml: str) -> Iterator[Size]:
    """PhysicalSizeX and Y [nm] of the first image; their default unit is the micrometre (OME schema, Pixels)."""
    match = re.search(r"<(?:\w+:)?Pixels\s[^>]*>", xml)
    attributes = dict(re.findall(r"(PhysicalSize[XY](?:Unit)?)\s*=\s*[\"']([^\"']*)[\"']", match[0])) if match else {}
    sides = [
        float(attributes[side]) * NANOMETRES.get(unescape(attributes.get(f"{side}Unit", "µm")), math.nan)
        for side in ("PhysicalSizeX", "PhysicalSizeY")
        if side in attributes
    ]
    if sides:
        yield sides[0], sides[-1]


def _size_from_resolution(unit_nm: float, x_resolution: float, y_resolution: float) -> Size:
    """Pixel width and height [nm] for resolutions in pixels per `unit_nm` [nm]; NaN if one is 0."""
    if x_resolution > 0 and y_resolution > 0:
        return unit_nm / x_resolution, unit_nm / y_resolution
    return math.nan, math.nan


def _ratio(value: object) -> float:
    """Value of a TIFF rational; 0 if there is none."""
    return value[0] / value[1] if isinstance(value, tuple) and len(value) == 2 and value[1] else 0.0
