"""Thermo Fisher, FEI (tags 34682, 34680, 34683) and Phenom (XML in 34683 or in the bytes of a JPEG)."""

import re

from ..image_file import JPEG, ImageFile
from ..image_header import ImageHeader, PixelSize, Statement, bar_rows, first_width, scaled, statement
from ..tiff_tags import FEI, FEI_SFEG, FEI_XML
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
    sections,
    word,
    xml_element,
    xml_quantity,
)

TAGS = (FEI, FEI_SFEG, FEI_XML)
BEAMS = ("ebeam", "ibeam", "irbeam")
PHENOM_START, PHENOM_END = b"<FeiImage", b"</FeiImage>"
MAX_PHENOM_BYTES = 1 << 16
MAX_KV = 300

Sections = dict[str, dict[str, str]]


def read_fei(image: ImageFile) -> ImageHeader | None:
    """What the INI of FEI says, in metres, volts, seconds and radian."""
    ini = sections("\n".join(_texts(image)))
    if len(ini) < 2:
        return None
    beam = _of_beam(ini)
    scan, stage, settings = (ini.get(name, {}) for name in ("scan", "stage", "image"))
    frames = [count(part.get(key, "")) for key in ("integrate", "average") for part in (scan, settings)]
    correction = beam.get("tiltcorrectionison", "").lower()
    tilt = in_unit(stage.get("staget", ""), ANGLES_DEG, "rad")
    user, system, private = (ini.get(name, {}) for name in ("user", "system", "privatefei"))
    angles = [in_unit(part.get("scanrotation"), ANGLES_DEG, "rad") for part in (beam, ini.get("beam", {}))]
    raster, rows = count(settings.get("resolutionx", "")), count(settings.get("resolutiony", ""))
    if rows and image.height:
        # The bar lies below the scanned rows; what [PrivateFei] says may be 0 where a bar is there.
        bar = bar_rows(max(0.0, image.height - (scaled(rows, image.width, raster) or rows)), image.height)
    else:
        bar = bar_rows(count(private.get("databarheight", "")), image.height)
    return ImageHeader(
        maker="Thermo Fisher/FEI",
        model=word(system.get("systemtype"), system.get("type")),
        signal=word(ini.get("detectors", {}).get("name")),
        **_fei_width(ini, beam, raster, image.width),
        voltage_kv=first_quantity([beam.get("hv"), ini.get("beam", {}).get("hv")], VOLTAGES_KV, "V"),
        working_distance_mm=first_quantity([beam.get("wd"), stage.get("workingdistance")], LENGTHS_MM, "m"),
        tilt_deg=tilt if tilt is not None else in_unit(beam.get("stageta", ""), ANGLES_DEG, "rad"),
        is_tilt_corrected={"yes": True, "on": True, "no": False, "off": False}.get(correction),
        dwell_us=first_quantity([scan.get("dwelltime"), scan.get("dwell")], TIMES_US, "s"),
        frames=max((n for n in frames if n), default=None),
        scan_rotation_deg=next((angle for angle in angles if angle is not None), None),
        date=word(f"{user.get('date', '')} {user.get('time', '')}"),
        data_bar_rows=bar,
    )


def _fei_width(ini: Sections, beam: dict[str, str], raster: int | None, width: int | None) -> PixelSize:
    """[Scan], the scan section that [Beam] names, and the field of view of the beam, in this order."""
    scan_name = ini.get("beam", {}).get("scan", "") or "EScan"
    statements: list[Statement] = []
    for name in dict.fromkeys(("Scan", scan_name)):
        sides = [length_nm(ini.get(name.lower(), {}).get(key, ""), "m") for key in ("pixelwidth", "pixelheight")]
        statements.append(statement(f"[{name}] PixelWidth", (scaled(side, raster, width) for side in sides)))
    across = raster or width
    for name, value in (
        ("HFW", beam.get("hfw", "")),
        *(
            (f"[{name}] HorFieldsize", ini.get(name.lower(), {}).get("horfieldsize", ""))
            for name in ("Scan", scan_name)
        ),
    ):
        field_nm = length_nm(value, "m")
        pixel = scaled(field_nm / across, raster, width) if field_nm and across else None
        statements.append((f"{name} / ResolutionX", pixel, None))
    return first_width(statements)


def _of_beam(ini: Sections) -> dict[str, str]:
    """The section of the beam that made the image; of the only one that states a field where none is named."""
    named = ini.get(ini.get("beam", {}).get("beam", "").lower(), {})
    stated = [ini[name] for name in BEAMS if length_nm(ini.get(name, {}).get("hfw", ""), "m")]
    return named or (stated[0] if len(stated) == 1 else ini.get("ebeam", {}))


def read_thermo_xml(image: ImageFile) -> ImageHeader | None:
    """What the XML of newer instruments says; it may follow the INI in the same tag."""
    xml = next((text for text in _texts(image) if "<Metadata" in text and "BinaryResult" in text), None)
    if xml is None:
        return None
    sides = (xml_quantity(xml, LENGTHS_NM, "m", "BinaryResult", "PixelSize", axis) for axis in "XY")
    width, height = (abs(side) if side else None for side in sides)
    return ImageHeader(
        maker="Thermo Fisher/FEI",
        model=word(xml_element(xml, "Instrument", "InstrumentClass")[0]),
        signal=word(xml_element(xml, "BinaryResult", "Detector")[0]),
        **first_width([("BinaryResult/PixelSize/X", width, height)]),
        voltage_kv=xml_quantity(xml, VOLTAGES_KV, "V", "Optics", "AccelerationVoltage"),
        tilt_deg=xml_quantity(xml, ANGLES_DEG, "rad", "StagePosition", "Tilt", "Alpha"),
        working_distance_mm=xml_quantity(xml, LENGTHS_MM, "m", "Optics", "WorkingDistance"),
        dwell_us=xml_quantity(xml, TIMES_US, "s", "ScanSettings", "DwellTime"),
        date=word(xml_element(xml, "Acquisition", "AcquisitionDatetime")[0]),
    )


def read_phenom(image: ImageFile) -> ImageHeader | None:
    """What Phenom says, in a tag of a TIFF or between the bytes of a JPEG."""
    xml = next((text for text in _texts(image) if "<FeiImage" in text), "")
    if image.magic[:3] == JPEG:
        start = image.content.find(PHENOM_START)
        end = image.content.find(PHENOM_END, start, start + MAX_PHENOM_BYTES) if start >= 0 else -1
        xml = image.content[start : end + len(PHENOM_END)].decode("utf-8", "replace") if end > 0 else ""
    if not xml:
        return None
    detector = re.match(r"<(\w{1,40})", xml_element(xml, "acquisition", "scan", "detectors")[0])
    sides = [xml_quantity(xml, LENGTHS_NM, "um", key) for key in ("pixelWidth", "pixelHeight")]
    display = xml_quantity(xml, LENGTHS_NM, "um", "displayWidth")
    statements = [
        statement("pixelWidth", (abs(side) if side else None for side in sides)),
        ("displayWidth / width", display / image.width if display and image.width else None, None),
    ]
    return ImageHeader(
        maker="Phenom",
        model=word(xml_element(xml, "instrument", "type")[0]),
        signal=detector[1] if detector else None,
        **first_width(statements),
        voltage_kv=_phenom_kv(xml),
        working_distance_mm=xml_quantity(xml, LENGTHS_MM, "mm", "workingDistance"),
        dwell_us=xml_quantity(xml, TIMES_US, "ns", "dwellTime"),
        frames=count(xml_element(xml, "integrations")[0]),
        date=word(xml_element(xml, "time")[0]),
        data_bar_rows=bar_rows(number(xml_element(xml, "databarHeight")[0]), image.height),
    )


def _phenom_kv(xml: str) -> float | None:
    """The voltage [kV]; it is negative in some files, and in volts where it exceeds what a column can have."""
    value = xml_quantity(xml, VOLTAGES_KV, "kV", "acquisition", "scan", "highVoltage")
    return None if value is None else abs(value) * (1e-3 if abs(value) > MAX_KV else 1)


def _texts(image: ImageFile) -> list[str]:
    """Text of every tag of FEI that is there; XML and INI of one tag are both in its text."""
    return [re.sub(r"\r(?!\n)", "\n", text) for code in TAGS if (text := image.text(code))]
