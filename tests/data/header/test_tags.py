"""What the tags of a TIFF say, by maker, and the same said otherwise: every twin must be read as its original."""

import json

import numpy as np
import pytest
import tifffile
from PIL import Image

from data import DataError, images_of, read_header
from tests.data.header import micrographs as m

IMAGE, OF_1024 = "AP_IMAGE_PIXEL_SIZE", "AP_PIXEL_SIZE"
FIBICS = (
    '<?xml version="1.0"?><Fibics version="1.0"><Image><Width>{raster}</Width><Height>96</Height></Image><Scan>'
    '<Dwell units="ns">800</Dwell><FOV_X units="um">1.28</FOV_X>{step}<Vx>0</Vx><Vy>-0.005</Vy></Scan></Fibics>'
)
STEP = "<Ux>0.003</Ux><Uy>0.004</Uy>"
THERMO_XML = (
    '<Metadata><BinaryResult><PixelSize><X unit="m">{x}</X><Y unit="m">2e-9</Y></PixelSize></BinaryResult></Metadata>'
)

ZEISS = {
    "the file's own": ({IMAGE: "Image Pixel Size = 2.2 nm"}, 1024, 2.2),
    "both": ({OF_1024: "Pixel Size = 24.65 nm", IMAGE: "Image Pixel Size = 12.33 nm"}, 2048, 12.33),
    "of 1024 across alone": ({OF_1024: "Pixel Size = 5.825 nm"}, 512, 11.65),
    "decimal comma": ({IMAGE: "Image Pixel Size = 2,2 nm"}, 1024, 2.2),
    "picometres": ({IMAGE: "Image Pixel Size = 558.2 pm"}, 1024, 0.5582),
    "micrometres": ({IMAGE: "Image Pixel Size = 1.5 µm"}, 1024, 1500),
    "millimetres": ({IMAGE: "Image Pixel Size = 0.002 mm"}, 1024, 2000),
    "own empty": ({IMAGE: "Image Pixel Size = ", OF_1024: "Pixel Size = 5.825 nm"}, 512, 11.65),
    "own zero": ({IMAGE: "Image Pixel Size = 0.000 nm", OF_1024: "Pixel Size = 5.825 nm"}, 512, 11.65),
    "own a word": ({IMAGE: "Image Pixel Size = ---", OF_1024: "Pixel Size = 5.825 nm"}, 512, 11.65),
    "the field alone": ({OF_1024: "Pixel Size = ", "AP_WIDTH": "Width = 5.965 µm"}, 512, 11.65),
    "of other rasters": (
        {"AP_FIB_PIXEL_SIZE": "FIB Pixel Size = 624.9 nm", "AP_AR_PIXEL_SIZE": "x = 9 nm"},
        1024,
        None,
    ),
    "resaved": ({IMAGE: "Image Pixel Size = 2.2 nm", "DP_IMAGE_STORE": "Store resolution = 1024 * 768"}, 512, 4.4),
    "a note": ({"SV_USER_TEXT": "Note = AP_IMAGE_PIXEL_SIZE", IMAGE: "Image Pixel Size = 2.2 nm"}, 1024, 2.2),
}


@pytest.mark.parametrize("kind", ZEISS)
def test_smartsem(tmp_path, kind):
    entries, width, expected = ZEISS[kind]
    header = read_header(m.zeiss(tmp_path / "x.tif", entries, width))
    assert header.maker == "Zeiss" and header.data_bar_rows is None
    assert header.pixel_nm is None if expected is None else header.pixel_nm == pytest.approx(expected, rel=1e-3)


def test_smartsem_in_its_other_places(tmp_path):
    entries = {IMAGE: "Image Pixel Size = 1.5 µm", "AP_WD": "WD = 4.1 mm"}
    utf16 = read_header(m.zeiss(tmp_path / "x.tif", entries, encoding="utf-16", code=34119))
    utf8 = read_header(m.zeiss(tmp_path / "y.tif", entries, encoding="utf-8"))
    bare = read_header(m.zeiss(tmp_path / "z.tif", {"AP_WD": "WD = 4.1 mm"}, 512, bare="5.825e-09"))
    assert (utf16.pixel_nm, utf8.pixel_nm, bare.pixel_nm) == pytest.approx((1500, 1500, 11.65))
    assert utf16.working_distance_mm == utf8.working_distance_mm == 4.1


def test_smartsem_settings(tmp_path):
    entries = {
        "AP_ACTUALKV": "EHT = 5.00 kV",
        "AP_STAGE_AT_T": "Stage at T = 30.0 °",
        "DP_TILT_CORRECTION": "Tilt Corrn. = On",
        "DP_DWELL_TIME": "Dwell Time = 100 ns",
        "AP_FRAME_AVERAGE_COUNT": "Frame Avg. Count = 16",
        "DP_DETECTOR_CHANNEL": "Signal A = InLens",
        "AP_DATE": "Date :14 Mar 2024",
    }
    header = read_header(m.zeiss(tmp_path / "x.tif", entries))
    assert (header.voltage_kv, header.tilt_deg, header.is_tilt_corrected) == (5, 30, True)
    assert (header.dwell_us, header.frames, header.signal, header.bits) == (pytest.approx(0.1), 16, "InLens", 8)
    assert header.date == "14 Mar 2024"


def test_each_page_of_a_zeiss_file_has_its_own_signal_and_one_without_a_width_takes_the_others(tmp_path):
    path = tmp_path / "x.tif"
    with tifffile.TiffWriter(path) as tiff:
        for text in ({IMAGE: "Image Pixel Size = 2.2 nm", "DP_DETECTOR_CHANNEL": "A = InLens"}, None):
            tags = [(34118, 2, None, m.zeiss_text(text).encode(), True)] if text else []
            tiff.write(np.zeros((96, 1024), np.uint8), extratags=tags, metadata=None)
    first, second = map(read_header, images_of(str(path)))
    assert (first.signal, second.signal) == ("InLens", None) and first.pixel_nm == second.pixel_nm == 2.2


@pytest.mark.parametrize(
    ("raster", "step", "expected"),
    [(256, STEP, 5), (512, STEP, 10), (256, "<Ux></Ux><Uy>0</Uy>", 5), ("", STEP, 5), (256, "<Ux>0,005</Ux>", 5)],
)
def test_atlas(tmp_path, raster, step, expected):
    xml = FIBICS.format(raster=raster, step=step)
    header = read_header(m.write_tiff(tmp_path / "x.tif", [(51023, m.ASCII, xml)]))
    assert header.pixel_nm == pytest.approx(expected) and header.dwell_us == pytest.approx(0.8)


def test_atlas_settings(tmp_path):
    xml = (
        "<Fibics><Application><Version>NPVE v4.5</Version><Date>03/14/2024</Date></Application><Image><Machine>Orion"
        '</Machine><Detector>ET</Detector></Image><BeamInfo><item name="BeamI">1.3</item><item name="AccV">29997</item>'
        '</BeamInfo><Stage><Tilt units="deg">30</Tilt></Stage></Fibics>'
    )
    header = read_header(m.write_tiff(tmp_path / "x.tif", [(51023, m.ASCII, xml)]))
    assert (header.model, header.signal, header.date, header.tilt_deg) == ("Orion", "ET", "03/14/2024", 30)
    assert header.voltage_kv == pytest.approx(29.997)


def test_orion(tmp_path):
    for name, element in (("a", "<Fov>1.28</Fov>"), ("b", "<Fov><Value>1280</Value><Units>nm</Units></Fov>")):
        xml = f"<ImageTags>{element}</ImageTags>"
        assert read_header(m.write_tiff(tmp_path / f"{name}.tif", [(65000, m.ASCII, xml)])).pixel_nm == pytest.approx(5)


@pytest.mark.parametrize(("mode", "frames"), [("Frame", 64), ("Line", None)])
def test_orion_settings(tmp_path, mode, frames):
    xml = m.orion_xml(
        AccelerationVoltage="0 V",
        GFIS__AccelerationVoltage="29997 Volts",
        WorkingDistance="11.977 mm",
        StageTilt="0.16 Degrees",
        ScanRotate="90",
        DwellTime="0.5",
        AveragingMode=mode,
        NumAverages="64",
        DetectorName="ETDetector",
        System__Model="NanoFab",
        TimeStamp="2024-03-14T09:26:53",
        ImageWidth="512",
        ScalingX="2.5e-9",
    )
    header = read_header(m.write_tiff(tmp_path / "x.tif", [(65000, m.ASCII, xml)]))
    assert (header.voltage_kv, header.working_distance_mm, header.dwell_us) == pytest.approx((29.997, 11.977, 0.5))
    assert (header.tilt_deg, header.scan_rotation_deg, header.frames) == (0.16, 90, frames)
    assert (header.model, header.signal, header.date) == ("NanoFab", "ETDetector", "2024-03-14T09:26:53")
    assert header.pixel_nm == pytest.approx(5)  # the file has half the width that its header states


def test_two_widths_of_orion_must_agree(tmp_path):
    path = m.write_tiff(tmp_path / "x.tif", [(65000, m.ASCII, m.orion_xml(ScalingX="2.5e-9 m", Fov="1.28 um"))])
    with pytest.raises(DataError, match=r"2\.5 nm \(ScalingX\) and 5 nm \(Fov / width\)"):
        read_header(path)


@pytest.mark.parametrize("form", ["elements", "attributes"])
def test_point_electronic_settings(tmp_path, form):
    xmp = m.diss_xmp(form=form)
    header = read_header(m.write_tiff(tmp_path / "x.tif", [(700, m.BYTE, xmp.encode())]))
    assert (header.maker, header.model) == ("point electronic", "DISS 5.15.31.0")
    assert (header.pixel_nm, header.voltage_kv, header.working_distance_mm) == pytest.approx((2.5, 10, 4.1))
    assert (header.signal, header.tilt_deg, header.date) == ("SE", 30, "2024-03-14T09:26:53")
    other = xmp.replace("point electronic DISS", "Editor").replace("PixelSize", "Size")
    assert read_header(m.write_tiff(tmp_path / "y.tif", [(700, m.BYTE, other.encode())])).maker is None


@pytest.mark.parametrize(("beam", "expected"), [("ELECTRON", (2, 4.1, "TLD")), ("ION", (30, 16.5, "ICE"))])
def test_fibsemos_settings(tmp_path, beam, expected):
    text = json.dumps(m.fibsemos_record(beam=beam))
    header = read_header(m.write_tiff(tmp_path / "x.tif", [(270, m.ASCII, text)]))
    assert (header.voltage_kv, header.working_distance_mm) == pytest.approx(expected[:2]) and header.signal == expected[
        2
    ]
    assert (header.pixel_nm, header.dwell_us, header.tilt_deg) == pytest.approx((2.5, 1, 30))
    assert (header.model, header.frames, header.scan_rotation_deg) == ("Unit 7", 8, 0)
    assert header.date == "2024-03-14 09:26:53 UTC"


@pytest.mark.parametrize("order", "<>")
def test_tvips(tmp_path, order):
    header = read_header(m.tvips(tmp_path / "x.tif", order=order))
    assert (header.maker, header.model, header.pixel_nm) == ("TVIPS", "CM 200", 2.5)
    assert (header.voltage_kv, header.tilt_deg) == (200, 30)


@pytest.mark.parametrize("change", [{"mode": 3}, {"version": 1}, {"magic": 0}])
def test_tvips_without_a_length(tmp_path, change):
    assert read_header(m.tvips(tmp_path / "x.tif", **change)).pixel_nm is None


@pytest.mark.parametrize(
    ("change", "expected"),
    [({}, 2.5), ({"mode": "DIFF"}, None), ({"eos": "modeASID"}, None), ({"magnification": "0"}, None)],
)
def test_sightx(tmp_path, change, expected):
    tags = [(270, m.ASCII, m.sightx_xml(**change))]
    path = m.write_tiff(tmp_path / "x.tif", tags, resolution=(80, 80), resolutionunit="CENTIMETER")
    header = read_header(path)
    assert (header.model, header.voltage_kv, header.tilt_deg) == ("JEM-9999", 200, 30)
    assert header.pixel_nm == (expected and pytest.approx(expected)) and header.is_estimated == bool(expected)


FEI = {
    "as it is": ({}, 2, 16),
    "the older tag": ({"code": 34680}, 2, 16),
    "width empty": ({"Scan__PixelWidth": ""}, 2, 16),
    "width zero": ({"Scan__PixelWidth": "0"}, 2, 16),
    "width a word": ({"Scan__PixelWidth": "n/a"}, 2, 16),
    "decimal comma": ({"Scan__PixelWidth": "2,5e-009"}, 2.5, 16),
    "the scan that is named": ({"Scan__PixelWidth": "", "EScan__PixelWidth": "3e-009"}, 3, 16),
    "the other beam": ({"Scan__PixelWidth": "", "Beam__Beam": "IBeam"}, 9.9e3 / 256, 16),
    "resaved at half the size": ({"width": 128, "height": 48}, 4, 8),
    "without a bar": ({"height": 80}, 2, 0),
    "the bar in the private section": ({"Image__ResolutionY": "", "PrivateFei__DatabarHeight": "16"}, 2, 16),
    "no number in the raster": ({"Image__ResolutionX": "", "Image__ResolutionY": ""}, 2, None),
    "magnification alone": ({f"{name}": "" for name in ("Scan__PixelWidth", "EBeam__HFW")}, None, 16),
    "a section twice": ({"after": "[MultiGISGas1]\r\nGasName=b\r\n[Scan]\r\nPixelWidth=\r\n"}, 2, 16),
    "XML behind it": ({"after": THERMO_XML.format(x="2e-9"), "Scan__PixelWidth": ""}, 2, 16),
}


@pytest.mark.parametrize("kind", FEI)
def test_fei(tmp_path, kind):
    changes, expected, rows = FEI[kind]
    header = read_header(m.fei(tmp_path / "x.tif", **changes))
    assert header.data_bar_rows == rows
    assert header.pixel_nm is None if expected is None else header.pixel_nm == pytest.approx(expected)


def test_fei_settings(tmp_path):
    header = read_header(m.fei(tmp_path / "x.tif", Scan__PixelHeight="2.3094e-009"))
    assert (header.model, header.signal, header.voltage_kv, header.frames) == ("Helios", "TLD", 2, 8)
    assert (header.tilt_deg, header.working_distance_mm) == pytest.approx((30, 4.1))
    assert header.is_tilt_corrected is False and header.pixel_y_nm == pytest.approx(2.3094)
    assert header.date == "03/14/2024 09:26:53 AM" and header.dwell_us == pytest.approx(1)


def test_thermo_xml_and_phenom(tmp_path):
    tags = [(34682, m.ASCII, ""), (34683, m.ASCII, THERMO_XML.format(x="2.5e-9"))]
    assert read_header(m.write_tiff(tmp_path / "x.tif", tags)).pixel_nm == pytest.approx(2.5)
    header = read_header(m.write_tiff(tmp_path / "y.tif", [(34683, m.ASCII, m.phenom_xml())]))
    assert (header.pixel_nm, header.data_bar_rows, header.frames) == (pytest.approx(3.1), 12, 16)
    assert (header.voltage_kv, header.dwell_us, header.signal) == (5.3, pytest.approx(0.192), "BSD")


@pytest.mark.parametrize(
    "width",
    [
        '<pixelWidth unit="nm">3.1</pixelWidth>',
        '<pixelWidth unit="µm">0,0031</pixelWidth>',
        '<pixelWidth unit="μm">3.1e-3</pixelWidth>',
        '<pixelWidth unit="um"/><displayWidth unit="um">0.7936</displayWidth>',
    ],
)
def test_phenom_in_a_jpeg(tmp_path, width):
    Image.fromarray(np.zeros((m.HEIGHT, m.WIDTH), np.uint8)).save(
        tmp_path / "x.jpg", comment=m.phenom_xml(width).encode()
    )
    header = read_header(tmp_path / "x.jpg")
    assert header.pixel_nm == pytest.approx(3.1) and header.data_bar_rows == 12


@pytest.mark.parametrize(
    ("changes", "expected", "rows"),
    [
        ({}, 2.5012, 20),
        ({"PixelSizeX": "-2.5012e-09"}, 2.5012, 20),
        ({"PixelSizeX": "2,5012e-09"}, 2.5012, 20),
        ({"PixelSizeX": ""}, None, 20),
        ({"ImageStripSize": ""}, 2.5012, None),
        ({"ImageStripSize": "0"}, 2.5012, 0),
        ({"ImageStripSize": "96"}, 2.5012, None),
        ({"order": ("SEM", "MAIN", "JPEG")}, 2.5012, 20),
        ({"encoding": "utf-16-le"}, 2.5012, 20),
        ({"HV": "", "WD": ""}, 2.5012, 20),
    ],
)
def test_tescan(tmp_path, changes, expected, rows):
    header = read_header(m.write_tiff(tmp_path / "x.tif", [(50431, m.BYTE, m.tescan_tag(**changes))]))
    assert header.data_bar_rows == rows and header.tilt_deg == 30
    assert header.pixel_nm is None if expected is None else header.pixel_nm == pytest.approx(expected)


@pytest.mark.parametrize(
    ("exponent", "across", "expected"), [(-9, 0.81, 0.81), (-6, 0.00239, 2.39), (0, 2.39e-11, 0.0239), (-9, 0.0, None)]
)
def test_olympus(tmp_path, exponent, across, expected):
    header = read_header(m.sis(tmp_path / "x.tif", exponent, across, across))
    assert header.pixel_nm is None if expected is None else header.pixel_nm == pytest.approx(expected)
    assert header.date == "2024-03-14 09:26"


@pytest.mark.parametrize(
    ("unit", "scale", "encoding", "expected"),
    [
        ("µm", 0.00125, "latin-1", 1.25),
        ("µm", 0.00125, "utf-8", 1.25),
        ("μm", 0.00125, "utf-8", 1.25),
        ("nm", 1.25, "ascii", 1.25),
        ("Å", 12.5, "latin-1", 1.25),
        ("1/nm", 0.02, "ascii", None),
        ("", 1.0, "ascii", None),
        ("nm", 0.0, "ascii", None),
    ],
)
def test_gatan(tmp_path, unit, scale, encoding, expected):
    header = read_header(m.write_tiff(tmp_path / "x.tif", m.gatan_tags(unit, scale, encoding)))
    assert header.pixel_nm is None if expected is None else header.pixel_nm == pytest.approx(expected)


def test_oblong_pixels_keep_both_sides(tmp_path):
    header = read_header(m.write_tiff(tmp_path / "x.tif", m.gatan_tags("nm", 1.69, y_scale=16.87)))
    assert (header.pixel_nm, header.pixel_y_nm) == (1.69, 16.87)


@pytest.mark.parametrize("unit", ["µm", "micron", "um", "\\u00B5m", "microns"])
@pytest.mark.parametrize("order", "<>")
def test_imagej(tmp_path, unit, order):
    text = f"ImageJ=1.53t\nunit={unit}\n"
    path = m.write_tiff(
        tmp_path / "x.tif", [(270, m.ASCII, text.encode("latin-1"))], resolution=(400, 400, "NONE"), byteorder=order
    )
    assert read_header(path).pixel_nm == pytest.approx(2.5)


@pytest.mark.parametrize("unit", ["inch", "cm", "pixel", ""])
def test_imagej_without_a_length(tmp_path, unit):
    text = f"ImageJ=1.53t\nunit={unit}\n"
    path = m.write_tiff(tmp_path / "x.tif", [(270, m.ASCII, text)], resolution=(4000, 4000, "NONE"))
    assert read_header(path).pixel_nm is None


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ('PhysicalSizeX="0.0025"', 2.5),
        ('PhysicalSizeX="2.5" PhysicalSizeXUnit="nm"', 2.5),
        ('PhysicalSizeX="0.0025" PhysicalSizeXUnit="µm"', 2.5),
        ('PhysicalSizeXUnit="&#181;m" PhysicalSizeX="0.0025"', 2.5),
        ('PhysicalSizeX="1.0" PhysicalSizeXUnit="pixel"', None),
        ('PhysicalSizeX=""', None),
    ],
)
def test_ome(tmp_path, attributes, expected):
    xml = f'<?xml version="1.0"?><OME><Image><Pixels ID="p" {attributes}><TiffData/></Pixels></Image></OME>'
    header = read_header(m.write_tiff(tmp_path / "x.tif", [(270, m.ASCII, xml.encode())]))
    assert header.pixel_nm is None if expected is None else header.pixel_nm == pytest.approx(expected)


@pytest.mark.parametrize(
    ("code", "kind", "text"),
    [
        (65332, m.BYTE, '<variant><dCalibration runtype="double" value="0.0025"/></variant>'),
        (65333, m.BYTE, "<dCalibration>0.0025</dCalibration>"),
        (700, m.BYTE, "<x:xmpmeta><d:PixelSizeX>2.5e-9</d:PixelSizeX></x:xmpmeta>"),
        (700, m.BYTE, '<x:xmpmeta><r d:PixelSizeX="2.5e-9"/></x:xmpmeta>'),
        (270, m.ASCII, '{"image": {"pixel_size": {"x": 2.5e-9, "y": 2.5e-9}}}'),
    ],
)
def test_other_makers(tmp_path, code, kind, text):
    assert read_header(m.write_tiff(tmp_path / "x.tif", [(code, kind, text.encode())])).pixel_nm == pytest.approx(2.5)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((34118, m.zeiss_text({IMAGE: "x = 2 nm", OF_1024: "x = 2 nm"})), None),
        ((34682, m.ini_text(m.fei_sections())), (270, '<OME><Pixels PhysicalSizeX="0.003"/></OME>')),
        ((34682, m.ini_text(m.fei_sections())), (34683, THERMO_XML.format(x="2.1e-9"))),
    ],
)
def test_two_widths_that_differ_are_refused_with_their_keys(tmp_path, first, second):
    tags = [(code, m.ASCII, text.encode()) for code, text in filter(None, (first, second))]
    path = m.write_tiff(tmp_path / "x.tif", sorted(tags))
    with pytest.raises(DataError, match=r"x\.tif: states two pixel widths, .* nm \(.*\) and .* nm \(.*\); --pixel_nm"):
        read_header(path)
    header = read_header(path, pixel_nm=2.02)
    assert (header.pixel_nm, header.pixel_y_nm, header.pixel_source) == (2.02, 2.02, "--pixel_nm")


def test_a_difference_of_rounding_is_none(tmp_path):
    tags = [
        (270, m.ASCII, '<OME><Pixels PhysicalSizeX="0.00203"/></OME>'),
        (34682, m.ASCII, m.ini_text(m.fei_sections())),
    ]
    assert read_header(m.write_tiff(tmp_path / "x.tif", tags)).pixel_nm == pytest.approx(2)


@pytest.mark.parametrize(
    ("dpi", "unit"),
    [(dpi, unit) for dpi in (64, 72, 96, 150, 192, 254, 600, 1200, 4000, 9600) for unit in ("INCH", "NONE")]
    + [(1, "NONE"), (2**32 - 1, "INCH")],
)
def test_the_resolution_of_a_screen_printer_or_scanner_is_no_width(tmp_path, dpi, unit):
    assert read_header(m.write_tiff(tmp_path / "x.tif", resolution=(dpi, dpi, unit))).pixel_nm is None
