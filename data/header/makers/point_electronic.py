"""point electronic DISS: XMP (tag 700). The program drives columns of other makers, such as Philips' XL40."""

import re
from itertools import islice

from ..image_file import ImageFile
from ..image_header import ImageHeader, first_width, statement
from ..tiff_tags import XMP
from ..values import ANGLES_DEG, LENGTHS_MM, MAX_REPEATS, VOLTAGES_KV, first_quantity, in_unit, length_nm, number, word


def read_point_electronic(image: ImageFile) -> ImageHeader | None:
    """What DISS says: PixelSizeX [m]; voltage, working distance and tilt as value and Unit."""
    xmp = image.text(XMP)
    size = first_width([statement("XMP PixelSizeX", (_length(xmp, f"PixelSize{axis}") for axis in "XY"))])
    creator = re.search(r"point electronic (DISS[\w .]{0,40})", xmp)
    if not size and creator is None:
        return None
    return ImageHeader(
        maker="point electronic",
        model=word(creator[1]) if creator else None,
        signal=word(*_values(xmp, "SignalName")),
        **size,
        voltage_kv=first_quantity([_quantity(xmp, name) for name in ("HV", "GunHV")], VOLTAGES_KV, "V"),
        working_distance_mm=first_quantity([_quantity(xmp, "WD")], LENGTHS_MM, "mm"),
        # The unit beside the tilt is wrong in real files; it is in degrees.
        tilt_deg=in_unit(number(_quantity(xmp, "Tilt")), ANGLES_DEG, "deg"),
        date=word(*_values(xmp, "CreateDate")),
    )


def _length(xmp: str, name: str) -> float | None:
    """The first length [nm] of this name that is set."""
    return next((length for text in _values(xmp, name) if (length := length_nm(text, "m"))), None)


def _values(xmp: str, name: str) -> list[str]:
    """Texts of the attributes and of the elements of this name, whatever its namespace."""
    pattern = rf"[\s:<]{name}(?:\s*=\s*[\"']([^\"']{{0,200}})|(?:\s[^<>]{{0,200}})?>([^<]{{0,200}}))"
    return [match[1] or match[2] or "" for match in islice(re.finditer(pattern, xmp), MAX_REPEATS)]


def _quantity(xmp: str, name: str) -> str:
    """Value and unit of a structure: attributes or elements `value` and `Unit`, or a bare text."""
    pattern = rf"<(?:\w{{1,40}}:)?{name}((?:\s[^<>]{{0,400}})?)>((?:(?!</(?:\w{{1,40}}:)?{name}\s*>).){{0,2000}})"
    for match in islice(re.finditer(pattern, xmp, re.DOTALL), MAX_REPEATS):
        part = match[1] if match[1].endswith("/") else match[0]
        values, units = ([*_values(part, key), ""] for key in ("value", "Unit"))
        if text := values[0] or ("" if "<" in match[2] else match[2]):
            return f"{text} {units[0]}".strip()
    return ""
