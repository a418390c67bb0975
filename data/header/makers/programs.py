"""Programs: ImageJ (and Fiji) and OME write into the description of a TIFF, Gwyddion writes files of its own."""

import re
from html import unescape

from ...io import SIMPLE_FIELD, list_gwyddion_fields, read_field_header
from ..image_file import ImageFile
from ..image_header import ImageHeader, PixelSize, agreed_width, first_width, statement
from ..tiff_tags import DESCRIPTION, X_RESOLUTION, Y_RESOLUTION
from ..values import length_nm

TIFF_DATA = re.compile(r"<(?:\w+:)?TiffData\b([^<>]*?)(?:/>|>(.{0,400}?)</(?:\w+:)?TiffData\s*>)", re.DOTALL)
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
    own = [attributes for attributes, rest in pixels if any(_is_here(data, image) for data in TIFF_DATA.finditer(rest))]
    candidates = own or [attributes for attributes, _ in pixels]
    bits = re.search(r"SignificantBits\s*=\s*[\"'](\d{1,3})[\"']", "".join(candidates[:1]))
    return ImageHeader(
        **agreed_width(*map(_ome_size, candidates), is_given=image.is_given),
        bits=int(bits[1]) if bits and int(bits[1]) else None,
    )


def _is_here(data: re.Match, image: ImageFile) -> bool:
    """Whether a TiffData element says that this page is one of its planes; another FileName is another file."""
    start, count = (re.search(rf"\b{key}\s*=\s*[\"'](\d{{1,9}})", data[1]) for key in ("IFD", "PlaneCount"))
    file = re.search(r"FileName\s*=\s*[\"']([^\"']*)", data[2] or "")
    if file and unescape(file[1]) != image.path.name:
        return False
    first = int(start[1]) if start else 0
    return first <= image.directory < first + int(count[1] if count else 1)


def _ome_size(attributes: str) -> PixelSize:
    values = dict(re.findall(r"(PhysicalSize[XY](?:Unit)?)\s*=\s*[\"']([^\"']*)[\"']", attributes))
    sides = []
    for side in ("PhysicalSizeX", "PhysicalSizeY"):
        unit = unescape(values.get(f"{side}Unit") or "um")
        sides.append(length_nm(f"{values.get(side, '')} {unit}", "um"))
    return first_width([statement("OME PhysicalSizeX", sides)])


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
