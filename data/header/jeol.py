"""JEOL: a text beside the image, `$KEY value` a line, `$$` before keys of the system."""

import re

from .image_file import ImageFile
from .image_header import ImageHeader, PixelSize, agreed_width, bar_rows, first_width, scaled
from .values import LENGTHS_MM, VOLTAGES_KV, count, in_unit, length_nm, lengths_nm, number, word

PHOTO_NM = 128e6  # width of the photograph that the magnification refers to: 128 mm, checked on a drawn bar
MAX_KEYS = 1000


def read_jeol(image: ImageFile) -> ImageHeader | None:
    """What the text says; a width from the magnification is an estimate."""
    for name, text in image.sidecars.items():
        if re.match(r"\s*\$+\w+", text) and re.search(r"^\s*\$+(?:CM|SM)_", text, re.MULTILINE):
            return _header(_entries(text), name, image)
    return None


def _header(entries: dict[str, str], name: str, image: ImageFile) -> ImageHeader:
    areas = (re.findall(r"\d+", entries.get(key, ""))[:2] for key in ("CM_FULL_SIZE", "CM_IMAGE_SIZE"))
    area = next(([int(side[:9]) for side in sides] for sides in areas if len(sides) == 2 and int(sides[0])), [0, 0])
    # Rows below the scanned area are the bar. Without any, text may still be drawn into the image.
    rows = scaled(area[1], image.width, area[0]) if area[1] else None
    bar = bar_rows(image.height - rows, image.height) if rows and image.height else None
    position = [number(value) for value in entries.get("CM_STAGE_POS", "").split()]
    return ImageHeader(
        maker="JEOL",
        model=word(entries.get("CM_INSTRUMENT")),
        signal=word(entries.get("CM_SIGNAL") or entries.get("CM_SIGNAL_NAME")),
        **(_width(entries, area[0], name, image) or _estimate(entries, name, image)),
        voltage_kv=in_unit(entries.get("CM_ACCEL_VOLT", ""), VOLTAGES_KV, "kV"),
        working_distance_mm=in_unit(entries.get("SM_WD", ""), LENGTHS_MM, "mm"),
        tilt_deg=position[4] if len(position) > 4 else None,
        frames=count(entries.get("SM_INTEG_NO", "")),
        date=word(f"{entries.get('CM_DATE', '')} {entries.get('CM_TIME', '')}"),
        data_bar_rows=bar or None,
    )


def _width(entries: dict[str, str], raster: int, name: str, image: ImageFile) -> PixelSize:
    """Pixel size, field of view, and the bar of the full raster: three statements that must agree."""
    fields = [*lengths_nm(entries.get("CM_FIELD_OF_VIEW", ""), "um"), None, None]
    across = image.width or raster
    spans = [fields[0] / across if fields[0] and across else None, None]
    if fields[1] and image.width and image.height:
        rows = scaled(raster and _full_rows(entries), image.width, raster) or image.height
        spans[1] = fields[1] / rows
    marker, bar = length_nm(entries.get("SM_MICRON_MARKER", ""), "um"), number(entries.get("SM_MICRON_BAR", ""))
    if marker is not None and "deg" in entries["SM_MICRON_MARKER"].lower():
        marker = None  # an electron channelling pattern: angles, no lengths
    drawn = marker / bar if marker and bar and bar > 0 else None
    pixel = scaled(length_nm(entries.get("CM_PIXEL_SIZE", ""), "um"), raster, image.width)
    return agreed_width(
        first_width([(f"$CM_PIXEL_SIZE in {name}", pixel, None)]),
        first_width([(f"$CM_FIELD_OF_VIEW / width in {name}", spans[0], spans[1])]),
        first_width([(f"$$SM_MICRON_MARKER / $$SM_MICRON_BAR in {name}", scaled(drawn, raster, image.width), None)]),
        is_given=image.is_given,
    )


def _full_rows(entries: dict[str, str]) -> float | None:
    sides = re.findall(r"\d+", entries.get("CM_FULL_SIZE") or entries.get("CM_IMAGE_SIZE", ""))
    return float(sides[1]) if len(sides) > 1 else None


def _estimate(entries: dict[str, str], name: str, image: ImageFile) -> PixelSize:
    magnification = count(entries.get("CM_MAG", ""))
    pixel = PHOTO_NM / magnification / image.width if magnification and image.width else None
    return first_width([(f"$CM_MAG in {name}", pixel, None)], is_estimated=True)


def _entries(text: str) -> dict[str, str]:
    """{key without its signs: value}; the first value that is not empty counts."""
    entries: dict[str, str] = {}
    for line in text.splitlines()[:MAX_KEYS]:
        if match := re.match(r"\s*\$+(\w+)[ \t=]*(.*)", line):
            entries[match[1].upper()] = entries.get(match[1].upper()) or match[2].strip()
    return entries
