"""Programs: ImageJ (and Fiji) and OME write into the description of a TIFF, Gwyddion writes files of its own."""

import re
from html import unescape

from ...io import SIMPLE_FIELD, list_gwyddion_fields, read_field_header
from ..image_file import ImageFile
from ..image_header import ImageHeader, first_width
from ..tiff_tags import DESCRIPTION, X_RESOLUTION, Y_RESOLUTION
from ..values import length_nm

PRINT_UNITS = ("inch", "in", "cm")  # pixels an inch are a printer's or scanner's


def read_imagej(image: ImageFile) -> ImageHeader | None:
    """What ImageJ says: `unit=um`, with the resolution in pixels a unit."""
    text = image.text(DESCRIPTION)
    if image.tiff is None or not text.startswith("ImageJ="):
        return None
    match = re.search(r"^unit=(.*)$", text, re.MULTILINE)
    unit = match[1].strip().strip("\"'") if match else ""
    unit_nm = length_nm(f"1 {unit}", "nm") if unit and unit.lower() not in PRINT_UNITS else None
    sides = [
        unit_nm / per_unit if unit_nm and per_unit > 0 else None
        for code in (X_RESOLUTION, Y_RESOLUTION)
        for per_unit in [*image.tiff.numbers(code), 0.0][:1]
    ]
    return ImageHeader(**first_width([("ImageJ unit and XResolution", sides[0], sides[1])]))


def read_ome(image: ImageFile) -> ImageHeader | None:
    """What OME-XML says of the image that this page belongs to; the default unit is the micrometre (OME schema)."""
    text = image.text(DESCRIPTION)
    if "<OME" not in text and ":OME" not in text:
        return None
    pixels = re.findall(r"<(?:\w+:)?Pixels\s([^<>]*)>(.*?)(?=<(?:\w+:)?Pixels\s|\Z)", text, re.DOTALL)
    own = [attributes for attributes, rest in pixels if re.search(rf'\bIFD\s*=\s*["\']{image.directory}["\']', rest)]
    attributes = (own or [attributes for attributes, _ in pixels] or [""])[0]
    values = dict(re.findall(r"(PhysicalSize[XY](?:Unit)?)\s*=\s*[\"']([^\"']*)[\"']", attributes))
    sides = []
    for side in ("PhysicalSizeX", "PhysicalSizeY"):
        unit = unescape(values.get(f"{side}Unit") or "um")
        sides.append(length_nm(f"{values.get(side, '')} {unit}", "um"))
    bits = re.search(r"SignificantBits\s*=\s*[\"'](\d{1,3})[\"']", attributes)
    return ImageHeader(
        **first_width([("OME PhysicalSizeX", sides[0], sides[1])]),
        bits=int(bits[1]) if bits and int(bits[1]) else None,
    )


def read_gwyddion(image: ImageFile) -> ImageHeader | None:
    """What a channel of a .gwy says: its lengths, divided by its pixels."""
    if image.magic != b"GWYP":
        return None
    channel = list_gwyddion_fields(image.path)[image.page]
    height, width = channel.shape
    sides = [
        length_nm(f"{length / n!r} {channel.unit}", "m") if channel.unit else None
        for length, n in ((channel.width, width), (channel.height, height))
    ]
    return ImageHeader(**first_width([("xreal / xres", sides[0], sides[1])]), bits=64)


def read_simple_field(image: ImageFile) -> ImageHeader | None:
    """What a .gsf says: its lengths, divided by its pixels."""
    if image.magic != SIMPLE_FIELD[:4]:
        return None
    field = read_field_header(image.path)
    height, width = field.shape
    sides = [
        length_nm(f"{length / n!r} {field.unit}", "m") if field.unit and length else None
        for length, n in ((field.width, width), (field.height, height))
    ]
    return ImageHeader(**first_width([("XReal / XRes", sides[0], sides[1])]), bits=32)
