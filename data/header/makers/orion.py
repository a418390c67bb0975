"""Zeiss Orion, the helium ion microscope: XML in tag 65000, `<Name><Value/><Units/></Name>` for each entry."""

import re

from ..image_file import ImageFile
from ..image_header import ImageHeader, PixelSize, agreed_width, first_width, scaled, statement
from ..tiff_tags import ORION
from ..values import (
    ANGLES_DEG,
    LENGTHS_MM,
    NUMBER,
    TIMES_US,
    VOLTAGES_KV,
    count,
    first_quantity,
    in_unit,
    length_nm,
    number,
    word,
    xml_element,
)


def read_orion(image: ImageFile) -> ImageHeader | None:
    """What the XML says; entries of the column, `GFIS.Name`, repeat those of the image."""
    xml = image.text(ORION)
    if "<ImageTags" not in xml:
        return None
    averaging = (word(_entry(xml, "AveragingMode")) or "").lower()
    voltages = [_entry(xml, name) for name in ("AccelerationVoltage", "GFIS.AccelerationVoltage")]
    distances = [_entry(xml, name) for name in ("WorkingDistance", "GFIS.WorkingDistance")]
    rotations = [in_unit(_entry(xml, name), ANGLES_DEG, "deg") for name in ("ScanRotate", "GFIS.ScanRotation")]
    return ImageHeader(
        maker="Zeiss Orion",
        model=word(_entry(xml, "System.Model"), _entry(xml, "System.Name")),
        signal=word(_entry(xml, "DetectorName")),
        **_width(xml, image),
        voltage_kv=first_quantity(voltages, VOLTAGES_KV, "V"),
        working_distance_mm=first_quantity(distances, LENGTHS_MM, "mm"),
        tilt_deg=in_unit(_entry(xml, "StageTilt"), ANGLES_DEG, "deg"),
        dwell_us=first_quantity([_entry(xml, "DwellTime")], TIMES_US, "us"),
        frames=count(_entry(xml, "NumAverages")) if averaging == "frame" else None,
        scan_rotation_deg=next((angle for angle in rotations if angle is not None), None),
        date=word(_entry(xml, "TimeStamp")),
    )


def _width(xml: str, image: ImageFile) -> PixelSize:
    """The calibration is of `ImageWidth` pixels across; the field of view is the image's."""
    raster = number(_entry(xml, "ImageWidth"))
    sides = (scaled(length_nm(_entry(xml, name), "m"), raster, image.width) for name in ("ScalingX", "ScalingY"))
    field_nm = length_nm(_entry(xml, "Fov"), "um") or length_nm(_entry(xml, "GFIS.FieldOfView"), "um")
    across = field_nm / image.width if field_nm and image.width else None
    return agreed_width(
        first_width([statement("ScalingX", sides)]),
        first_width([("Fov / width", across, None)]),
        is_given=image.is_given,
    )


def _entry(xml: str, name: str) -> str:
    """Value and unit of an entry; the name may have dots, or be a path of elements."""
    for path in ((re.escape(name),), tuple(name.split("."))):
        content, attributes = xml_element(xml, *path)
        if not content:
            continue
        value = xml_element(content, "Value")[0] or ("" if "<" in content else content)
        unit = re.search(r"\bunits?\s*=\s*[\"']([^\"']*)[\"']", attributes, re.IGNORECASE)
        units = xml_element(content, "Units")[0] or (unit[1] if unit else "")
        return f"{value} {units}".strip() if re.fullmatch(NUMBER, value) else value
    return ""
