"""JEOL: a text beside the image, `$KEY value` a line, `$$` before keys of the system; XML in a TIFF of SightX."""

import re

from ..image_file import ImageFile
from ..image_header import (
    ImageHeader,
    PixelSize,
    agreed_width,
    bar_rows,
    first_width,
    of_several_texts,
    scaled,
    statement,
)
from ..resolution import UNIT_NM
from ..tiff_tags import DESCRIPTION, RESOLUTION_UNIT, X_RESOLUTION, Y_RESOLUTION, TiffTags
from ..values import (
    ANGLES_DEG,
    LENGTHS_MM,
    VOLTAGES_KV,
    count,
    first_quantity,
    in_unit,
    length_nm,
    lengths_nm,
    number,
    word,
    xml_element,
)

PHOTO_NM = 128e6  # width of the photograph that the magnification refers to: 128 mm, checked on a drawn bar
MAX_KEYS = 1000
FIRST_KEY, KEYS = re.compile(r"\s*\$+\w+"), re.compile(r"^\s*\$+(?:CM|SM)_", re.MULTILINE)


def read_jeol(image: ImageFile) -> ImageHeader | None:
    """What the text says; a width from the magnification is an estimate."""
    texts = {name: text for name, text in image.sidecars.items() if FIRST_KEY.match(text) and KEYS.search(text)}
    headers = (_header(_entries(text), name, image) for name, text in texts.items())
    return of_several_texts(headers, image.is_given)


def read_sightx(image: ImageFile) -> ImageHeader | None:
    """What SightX says of an image of a TEM: the resolution is the camera's, divided by the magnification."""
    xml = image.text(DESCRIPTION)
    if image.tiff is None or "<TemReporter" not in xml:
        return None
    stage = xml_element(xml, "GonioStage", "StagePosition", "TX")[0]
    return ImageHeader(
        maker="JEOL",
        model=word(xml_element(xml, "Instruments")[0]),
        **_sightx_width(xml, image.tiff),
        voltage_kv=first_quantity([xml_element(xml, "ElectronGun", "AccelerationVoltage")[0]], VOLTAGES_KV, "V"),
        tilt_deg=in_unit(stage, ANGLES_DEG, "deg"),
        date=word(xml_element(xml, "DateTime")[0]),
    )


def _sightx_width(xml: str, tiff: TiffTags) -> PixelSize:
    """Set for images, not for diffraction patterns or scanned images, whose scale is not written."""
    modes = [xml_element(xml, *path)[0] for path in (("Eos", "EosMode"), ("ImageFormingSystem", "ModeString"))]
    magnification = number(xml_element(xml, "ImageFormingSystem", "SelectorValue")[0])
    unit_nm = UNIT_NM.get(int([*tiff.numbers(RESOLUTION_UNIT), 2][0]))
    sides = [
        unit_nm / per_unit / magnification if unit_nm and per_unit > 0 and magnification else None
        for code in (X_RESOLUTION, Y_RESOLUTION)
        for per_unit in [*tiff.numbers(code), 0.0][:1]
    ]
    is_image = modes == ["eosTEM", "MAG"]
    return first_width([statement("XResolution / SelectorValue", sides)] if is_image else [], is_estimated=True)


def _header(entries: dict[str, str], name: str, image: ImageFile) -> ImageHeader:
    texts = (re.findall(r"\d+", entries.get(key, ""))[:2] for key in ("CM_FULL_SIZE", "CM_IMAGE_SIZE"))
    areas = ([int(side[:9]) for side in sides] for sides in texts)
    area = next((sides for sides in areas if len(sides) == 2 and all(sides)), [0, 0])
    # Rows below the scanned area are the bar. Without any, text may still be drawn into the image.
    rows = scaled(area[1], image.width, area[0]) if area[1] else None
    bar = bar_rows(image.height - rows, image.height) if rows and image.height else None
    position = [number(value) for value in entries.get("CM_STAGE_POS", "").split()]
    return ImageHeader(
        maker="JEOL",
        model=word(entries.get("CM_INSTRUMENT")),
        signal=word(entries.get("CM_SIGNAL"), entries.get("CM_SIGNAL_NAME")),
        **(_width(entries, area, name, image) or _estimate(entries, name, image)),
        voltage_kv=first_quantity([entries.get("CM_ACCEL_VOLT"), entries.get("CM_ACCEL_VOLTAGE")], VOLTAGES_KV, "kV"),
        working_distance_mm=in_unit(entries.get("SM_WD", ""), LENGTHS_MM, "mm"),
        tilt_deg=position[4] if len(position) > 4 else None,
        frames=count(entries.get("SM_INTEG_NO", "")),
        date=word(f"{entries.get('CM_DATE', '')} {entries.get('CM_TIME', '')}"),
        data_bar_rows=bar or None,
    )


def _width(entries: dict[str, str], area: list[int], name: str, image: ImageFile) -> PixelSize:
    """Pixel size, field of view, and the bar of the full raster, `area`: three statements that must agree."""
    raster = area[0]
    fields = [*lengths_nm(entries.get("CM_FIELD_OF_VIEW", ""), "um"), None, None]
    across = image.width or raster
    spans = [fields[0] / across if fields[0] and across else None, None]
    if fields[1] and image.width and image.height:
        rows = scaled(area[1], image.width, raster) or image.height
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
