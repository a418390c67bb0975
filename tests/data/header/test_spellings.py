"""Every maker x every way in which a width is written: units, commas, encodings, and entries that are not set.

All files state 2.5 nm twice: in the entry that is changed here, and in the next place that is asked.
"""

import json

import numpy as np
import pytest
from PIL import Image

from data import read_header
from tests.data.header import micrographs as m

ACROSS = {"resolution": (4e6, 4e6), "resolutionunit": "CENTIMETER"}  # 2.5 nm, in the place that is asked last
SPELLINGS = {
    "nanometres": ("2.5", "nm"),
    "decimal comma": ("2,5", "nm"),
    "µ": ("0.0025", "µm"),
    "μ": ("0.0025", "μm"),
    "u": ("0.0025", "um"),
    "micron": ("0,0025", "micron"),
    "micrometers": ("0.0025", "Micrometers"),
    "picometres": ("2500", "pm"),
    "Å": ("25", "Å"),
    "Å, the sign": ("25", "\u212b"),
    "angstroms": ("25", "Angstroms"),
    "millimetres": ("2.5e-6", "mm"),
    "metres": ("2.5E-09", "m"),
    "a pixel": ("2.5", "nm/px"),
    "a pixel, in words": ("0.0025", "µm/pixel"),
}
NOT_SET = ("", "0", "0.000", "0,0", "---", "n/a", "1/nm")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "cp932")


def tag(code, text, kind=m.ASCII, width=m.WIDTH):
    return lambda path, encoding: m.write_tiff(path, [(code, kind, text.encode(encoding) + b"\0")], width, **ACROSS)


def sidecar(name, text):
    def write(path, encoding):
        (path.parent / name).write_bytes(text.encode(encoding))
        return m.write_tiff(path, **ACROSS)

    return write


def zeiss(key):
    return lambda value, unit: tag(34118, m.zeiss_text({key: f"Size = {value} {unit}"}, "0"), width=1024)


def atlas(value, unit):
    steps = f"<Scan><FOV_X units='um'>0.64</FOV_X><Ux>{value} {unit}</Ux><Vy>{value} {unit}</Vy></Scan>"
    return tag(51023, f"<Fibics><Image><Width>{m.WIDTH}</Width></Image>{steps}</Fibics>")


def fei(code):
    return lambda value, unit: tag(
        code, m.ini_text(m.fei_sections(Scan__PixelWidth=f"{value} {unit}", Scan__PixelHeight="", EBeam__HFW="6.4e-7"))
    )


def thermo_xml(value, unit):
    size = f"<PixelSize><X unit='{unit}'>{value}</X></PixelSize>"
    return tag(34683, f"<Metadata><BinaryResult>{size}</BinaryResult></Metadata>")


def phenom(value, unit):
    display = '<displayWidth unit="um">0.64</displayWidth>'
    return tag(34683, m.phenom_xml(f'<pixelWidth unit="{unit}">{value}</pixelWidth>{display}'))


def jeol(key, **others):
    others = {"CM_MAG": "", "CM_FIELD_OF_VIEW": "0.64um 0.24um", "CM_FULL_SIZE": "256 96"} | others
    return lambda value, unit: sidecar("x.txt", m.jeol_text(**others | {key: f"{value} {unit}"}))


def hitachi(value, unit):
    return sidecar("x.txt", m.hitachi_text(PixelSize=f"{value} {unit}", Magnification="198437"))


def tescan_tag(value, unit):
    def write(path, encoding):
        raw = m.tescan_tag(encoding=encoding, PixelSizeX=f"{value} {unit}", PixelSizeY="")
        return m.write_tiff(path, [(50431, m.BYTE, raw)], **ACROSS)

    return write


def ome(value, unit):
    return tag(270, f'<OME><Pixels PhysicalSizeX="{value}" PhysicalSizeXUnit="{unit}"/></OME>')


def fibsemos(value, unit):
    return tag(270, json.dumps(m.fibsemos_record(f"{value} {unit}"), ensure_ascii=False))


# How each maker writes a width, and the key that the record names.
MAKERS = {
    "SmartSEM": (zeiss("AP_IMAGE_PIXEL_SIZE"), "AP_IMAGE_PIXEL_SIZE"),
    "SmartSEM, of 1024 pixels": (zeiss("AP_PIXEL_SIZE"), "AP_PIXEL_SIZE"),
    "Atlas": (atlas, "Scan/Ux"),
    "Orion": (lambda value, unit: tag(65000, m.orion_xml(ScalingX=f"{value} {unit}", Fov="0.64 um")), "ScalingX"),
    "FEI": (fei(34682), "[Scan] PixelWidth"),
    "FEI, the older tag": (fei(34680), "[Scan] PixelWidth"),
    "Thermo Fisher XML": (thermo_xml, "BinaryResult"),
    "Phenom": (phenom, "pixelWidth"),
    "TESCAN": (tescan_tag, "PixelSizeX"),
    "TESCAN, text": (
        lambda value, unit: sidecar("x-tif.hdr", m.ini_text(m.tescan_sections(PixelSizeX=f"{value} {unit}"))),
        "PixelSizeX",
    ),
    "JEOL": (jeol("CM_PIXEL_SIZE"), "$CM_PIXEL_SIZE"),
    "JEOL, marker": (jeol("SM_MICRON_MARKER", SM_MICRON_BAR="1", CM_FIELD_OF_VIEW=""), "$$SM_MICRON_MARKER"),
    "Hitachi": (hitachi, "PixelSize"),
    "Nikon": (lambda value, unit: tag(65332, f"<dCalibration>{value} {unit}</dCalibration>", m.BYTE), "dCalibration"),
    "point electronic": (lambda value, unit: tag(700, m.diss_xmp(f"{value} {unit}"), m.BYTE), "XMP PixelSizeX"),
    "fibsemOS": (fibsemos, "pixel_size.x"),
    "OME": (ome, "OME PhysicalSizeX"),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("maker", MAKERS)
def test_a_width_is_read_however_it_is_written(tmp_path, maker, spelling):
    writer, key = MAKERS[maker]
    header = read_header(writer(*SPELLINGS[spelling])(tmp_path / "x.tif", "utf-8"))
    assert header.pixel_nm == pytest.approx(2.5) and header.pixel_source.startswith(key) and not header.is_estimated


@pytest.mark.parametrize("value", NOT_SET)
@pytest.mark.parametrize("maker", MAKERS)
def test_an_entry_that_is_not_set_does_not_hide_the_next_place(tmp_path, maker, value):
    writer, key = MAKERS[maker]
    header = read_header(writer(value, "")(tmp_path / "x.tif", "utf-8"))
    assert header.maker is not None or maker == "OME"
    assert header.pixel_nm == pytest.approx(2.5, rel=1e-3) and not header.pixel_source.startswith(key)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("maker", MAKERS)
def test_a_header_is_read_in_every_encoding(tmp_path, maker, encoding):
    writer, key = MAKERS[maker]
    for unit in ("µm", "μm"):  # Shift-JIS has the Greek letter, cp1252 the micro sign
        try:
            path = writer("0,0025", unit)(tmp_path / "x.tif", encoding)
        except UnicodeEncodeError:
            continue
        header = read_header(path)
        assert header.pixel_nm == pytest.approx(2.5) and header.pixel_source.startswith(key)


@pytest.mark.parametrize("unit", ["nm", "µm", "μm", "\\u00B5m", "um", "Å", "pm", "mm", "m", "nm/px", "micrometer"])
def test_units_of_imagej_and_gatan(tmp_path, unit):
    factors = {"nm": 1, "nm/px": 1, "Å": 0.1, "pm": 1e-3, "mm": 1e6, "m": 1e9}
    value, text = 2.5 / factors.get(unit, 1e3), unit.encode()
    path = m.write_tiff(
        tmp_path / "x.tif",
        [(270, m.ASCII, b"ImageJ=1.53t\nunit=" + text)],
        resolution=(1 / value, 1 / value, "NONE"),
    )
    assert read_header(path).pixel_nm == pytest.approx(2.5, rel=1e-4)
    assert read_header(m.write_tiff(path, m.gatan_tags(unit, value, "utf-8"))).pixel_nm == pytest.approx(2.5)


@pytest.mark.parametrize("write", [m.tvips, lambda path, size, **how: m.sis(path, -9, size, size, **how)])
def test_a_zero_in_a_binary_header_does_not_hide_the_next_place(tmp_path, write):
    assert read_header(write(tmp_path / "x.tif", 2.5)).pixel_nm == pytest.approx(2.5)
    header = read_header(write(tmp_path / "x.tif", 0.0, **ACROSS))
    assert (header.pixel_nm, header.pixel_source) == (pytest.approx(2.5), "XResolution")


@pytest.mark.parametrize(
    ("key", "text", "field", "expected"),
    [
        ("AP_ACTUALKV", "EHT = 5.00 keV", "voltage_kv", 5),
        ("AP_ACTUALKV", "EHT = 5,00 KV", "voltage_kv", 5),
        ("AP_ACTUALKV", "EHT = 5000 Volts", "voltage_kv", 5),
        ("AP_ACTUALKV", "EHT = 5000 eV", "voltage_kv", 5),
        ("AP_WD", "WD = 4100 µm", "working_distance_mm", 4.1),
        ("AP_WD", "WD = 4,1 millimeters", "working_distance_mm", 4.1),
        ("DP_DWELL_TIME", "Dwell = 0,1 µs", "dwell_us", 0.1),
        ("DP_DWELL_TIME", "Dwell = 100 nsec", "dwell_us", 0.1),
        ("AP_STAGE_AT_T", "Stage at T = 30,0 Degrees", "tilt_deg", 30),
        ("AP_STAGE_AT_T", "Stage at T = \u221230 °", "tilt_deg", -30),
        ("AP_STAGE_AT_T", "Stage at T = 523.5988 mrad", "tilt_deg", 30),
    ],
)
def test_settings_are_read_however_they_are_written(tmp_path, key, text, field, expected):
    header = read_header(m.zeiss(tmp_path / "x.tif", {key: text}, encoding="utf-8"))
    assert getattr(header, field) == pytest.approx(expected)


@pytest.mark.parametrize("value", ["", "0", "0.0", "---"])
def test_a_setting_that_is_not_set_does_not_hide_the_next_place(tmp_path, value):
    header = read_header(m.fei(tmp_path / "x.tif", EBeam__HV=value, EBeam__WD=value, Stage__WorkingDistance="0.005"))
    assert (header.voltage_kv, header.working_distance_mm) == pytest.approx((2, 5))
    tescan = {"Detector": value or "---", "Detector0": "BSE"}
    (tmp_path / "y.hdr").write_text(m.ini_text({"MAIN": {"PixelSizeX": "2e-9"}, "SEM": tescan}))
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(tmp_path / "y.png")
    assert value in ("0", "0.0") or read_header(tmp_path / "y.png").signal == "BSE"
    texts = {"AP_ACTUALKV": f"EHT = {value}", "AP_MANUALKV": "EHT Target = 5.00 kV"}
    assert read_header(m.zeiss(tmp_path / "z.tif", texts)).voltage_kv == 5
