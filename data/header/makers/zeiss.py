"""Zeiss: SmartSEM and LEO (tags 34118, 34119), and Atlas (Fibics, 51023).

The label of SmartSEM's AP_PIXEL_SIZE hides that it is a pixel of 1024 across (seen in real files); AP_FIB_PIXEL_SIZE
and AP_AR_PIXEL_SIZE are of other rasters.
"""

import math
import re
from itertools import pairwise

from ..image_file import ImageFile
from ..image_header import ImageHeader, PixelSize, Statement, agreed_width, first_width, scaled, statement
from ..tiff_tags import FIBICS, ZEISS, ZEISS_UTF16
from ..values import (
    ANGLES_DEG,
    LENGTHS_MM,
    LENGTHS_NM,
    TIMES_US,
    VOLTAGES_KV,
    count,
    first_quantity,
    in_unit,
    length_nm,
    number,
    word,
    xml_element,
    xml_quantity,
)

RASTER = 1024  # pixels across that AP_PIXEL_SIZE and the bare numbers refer to
N_BARE_NUMBERS, BARE_PIXEL_SIZE = 34, 3  # how many come first, and the index of the pixel size [m] among them


def read_smartsem(image: ImageFile) -> ImageHeader | None:
    """What SmartSEM says: bare numbers, then AP_KEY and `Label = value unit` by turns."""
    for code in (ZEISS, ZEISS_UTF16):
        if entries := _entries(image.text(code)):
            break
    else:
        return None
    averaging = entries.get("DP_NOISE_REDUCTION", "").lower()
    frames = count(entries.get("AP_FRAME_AVERAGE_COUNT", ""))
    is_rotated = entries.get("DP_SCAN_ROT", "on").lower() not in ("off", "no")
    rotation = in_unit(entries.get("AP_SCANROTATION", ""), ANGLES_DEG, "deg")
    correction = entries.get("DP_TILT_CORRECTION", "").lower()
    tilts = (in_unit(entries.get(key, ""), ANGLES_DEG, "deg") for key in ("AP_STAGE_AT_T", "AP_TILT_ANGLE"))
    return ImageHeader(
        maker="Zeiss",
        model=word(entries.get("SV_INSTRUMENT"), entries.get("DP_COLUMN_TYPE")),
        signal=word(entries.get("DP_DETECTOR_CHANNEL"), entries.get("DP_DETECTOR_TYPE")),
        **_smartsem_width(entries, image),
        voltage_kv=first_quantity([entries.get("AP_ACTUALKV"), entries.get("AP_MANUALKV")], VOLTAGES_KV, "kV"),
        working_distance_mm=in_unit(entries.get("AP_WD", ""), LENGTHS_MM, "mm"),
        tilt_deg=next((tilt for tilt in tilts if tilt is not None), None),
        is_tilt_corrected={"on": True, "yes": True, "off": False, "no": False}.get(correction),
        dwell_us=in_unit(entries.get("DP_DWELL_TIME", ""), TIMES_US, "ns"),
        frames=None if "line" in averaging or "pixel" in averaging else frames,
        scan_rotation_deg=rotation if is_rotated else 0.0,
        date=word(f"{entries.get('AP_DATE', '')} {entries.get('AP_TIME', '')}"),
    )


def _smartsem_width(entries: dict[str, str], image: ImageFile) -> PixelSize:
    """AP_IMAGE_PIXEL_SIZE, which is the stored image's, must agree with what is said for 1024 pixels across."""
    width = image.width
    store = re.match(r"\s*(\d+)\s*[*x]", entries.get("DP_IMAGE_STORE", ""))
    own = scaled(length_nm(entries.get("AP_IMAGE_PIXEL_SIZE", ""), "nm"), int(store[1]) if store else None, width)
    field_nm = length_nm(entries.get("AP_WIDTH", ""), "um")
    bare = number(entries.get("", ""))
    statements = [
        (
            "AP_PIXEL_SIZE x 1024 / width",
            scaled(length_nm(entries.get("AP_PIXEL_SIZE", ""), "nm"), RASTER, width),
            None,
        ),
        ("number 4 x 1024 / width", scaled(abs(bare) * 1e9 if bare else None, RASTER, width), None),
        ("AP_WIDTH / width", field_nm / width if field_nm and width else None, None),
    ]
    own_size = first_width([("AP_IMAGE_PIXEL_SIZE", own, None)])
    return agreed_width(own_size, first_width(statements), is_given=image.is_given)


def _entries(text: str) -> dict[str, str]:
    """{AP_KEY: value with its unit}, the bare pixel size [m] as ''; the first value that is not empty counts."""
    lines = [line.strip() for line in re.split(r"[\r\n]+", text)]
    entries: dict[str, str] = {}
    for key, line in pairwise(lines):
        if not re.fullmatch(r"(?:AP|DP|SV)_[A-Z0-9_]+", key):
            continue
        if label := re.match(r"[^=:]*[=:](.*)", line):
            entries[key] = entries.get(key) or label[1].strip()
    if entries and len(lines) > BARE_PIXEL_SIZE:
        entries[""] = lines[BARE_PIXEL_SIZE] if number(lines[BARE_PIXEL_SIZE]) is not None else ""
    return entries


def read_atlas(image: ImageFile) -> ImageHeader | None:
    """What Atlas says: U and V are the steps [um] of one pixel along a row and along a column."""
    xml = image.text(FIBICS)
    if "<Fibics" not in xml:
        return None
    raster = number(xml_element(xml, "Image", "Width")[0]) or image.width
    across, down = (_vector_nm(xml, axis) for axis in "UV")
    fields = [xml_quantity(xml, LENGTHS_NM, "um", "Scan", key) for key in ("FOV_X", "FOV_Y")]
    rows = number(xml_element(xml, "Image", "Height")[0]) or image.height
    spans = [abs(span) / n if span and n else None for span, n in zip(fields, (raster, rows), strict=True)]
    sizes: list[Statement] = [("Scan/Ux,Uy", across, down), statement("Scan/FOV_X", spans)]
    voltage = re.search(r"<item name=[\"']AccV[\"']>([^<]{0,40})<", xml_element(xml, "BeamInfo")[0])
    return ImageHeader(
        maker="Zeiss Atlas",
        model=word(xml_element(xml, "Image", "Machine")[0], xml_element(xml, "Application", "Version")[0]),
        signal=word(xml_element(xml, "DetectorName")[0], xml_element(xml, "Image", "Detector")[0]),
        **first_width((key, scaled(x, raster, image.width), scaled(y, raster, image.width)) for key, x, y in sizes),
        voltage_kv=first_quantity([voltage[1]] if voltage else [], VOLTAGES_KV, "V"),
        dwell_us=xml_quantity(xml, TIMES_US, "ns", "Scan", "Dwell"),
        scan_rotation_deg=xml_quantity(xml, ANGLES_DEG, "deg", "Scan", "ScanRot"),
        tilt_deg=xml_quantity(xml, ANGLES_DEG, "deg", "Stage", "Tilt"),
        working_distance_mm=xml_quantity(xml, LENGTHS_MM, "mm", "WD"),
        date=word(xml_element(xml, "Application", "Date")[0]),
    )


def _vector_nm(xml: str, axis: str) -> float | None:
    """Length [nm] of one of the two steps."""
    x, y = (xml_quantity(xml, LENGTHS_NM, "um", "Scan", axis + part) for part in "xy")
    return math.hypot(x or 0, y or 0) or None
