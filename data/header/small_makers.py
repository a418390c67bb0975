"""Makers of which little is known: Nikon NIS, point electronic, fibsemOS."""

import json
import re
from typing import Any

from .image_file import ImageFile
from .image_header import ImageHeader, first_width
from .tiff_tags import DESCRIPTION, NIKON, NIKON_MORE, XMP
from .values import length_nm

MAX_DEPTH = 6


def read_nikon(image: ImageFile) -> ImageHeader | None:
    """What NIS-Elements says: `dCalibration` [um] in the XML of one of two tags."""
    for code in (NIKON, NIKON_MORE):
        text = image.text(code)
        if match := re.search(r"<dCalibration[^<>]{0,200}?(?:value\s*=\s*\"([^\"]*)\"|>([^<]*)<)", text):
            pixel = length_nm(match[1] or match[2] or "", "um")
            return ImageHeader(maker="Nikon", **first_width([("dCalibration", pixel, None)]))
    return None


def read_point_electronic(image: ImageFile) -> ImageHeader | None:
    """What DISS says in its XMP: PixelSizeX [m]."""
    text = image.text(XMP)
    sides = []
    for key in ("PixelSizeX", "PixelSizeY"):
        match = re.search(rf"\b{key}" + r"(?:\s*=\s*[\"']([^\"']{0,200})|[^<>]{0,200}>([^<]{0,200}))", text)
        sides.append(length_nm(match[1] or match[2] or "", "m") if match else None)
    if sides[0] is None:
        return None
    return ImageHeader(maker="point electronic", **first_width([("XMP PixelSizeX", sides[0], sides[1])]))


def read_fibsemos(image: ImageFile) -> ImageHeader | None:
    """What fibsemOS says in JSON: pixel_size.x [m]."""
    text = image.text(DESCRIPTION).strip()
    if not text.startswith("{") or "pixel_size" not in text:
        return None
    size = _find(json.loads(text), MAX_DEPTH)
    if size is None:
        return None
    sides = [length_nm(size.get(axis, ""), "m") for axis in "xy"]
    return ImageHeader(maker="fibsemOS", **first_width([("pixel_size.x", sides[0], sides[1])]))


def _find(value: Any, depth: int) -> dict[str, Any] | None:
    """The first dict `pixel_size` in nested dicts."""
    if not isinstance(value, dict) or not depth:
        return None
    if isinstance(value.get("pixel_size"), dict):
        return value["pixel_size"]
    return next((size for child in value.values() if (size := _find(child, depth - 1))), None)
