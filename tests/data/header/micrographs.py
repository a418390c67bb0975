"""Writes small files with the headers that instruments write; the tests change them in one place or another."""

import struct

import numpy as np
import tifffile

WIDTH, HEIGHT = 256, 96
ASCII, BYTE, DOUBLE = 2, 1, 12


def write_tiff(path, tags=(), width=WIDTH, height=HEIGHT, **options):
    """A grey TIFF with private tags [(code, type, value)]."""
    extra = [(code, kind, None if kind == ASCII else len(value), value, True) for code, kind, value in tags]
    options = {"metadata": None, **options}
    tifffile.imwrite(path, np.zeros((height, width), np.uint8), extratags=extra, **options)
    return path


def zeiss_text(entries, bare="2.2e-09"):
    """The text of SmartSEM: bare numbers, how many entries follow, and AP_KEY, `Label = value` by turns."""
    lines = ["0", "0", "0", bare, *["1"] * 30, str(len(entries))]
    for key, value in entries.items():
        lines += [key, value]
    return "\r\n".join(lines) + "\r\n"


def zeiss(path, entries, width=1024, bare="0", encoding="cp1252", code=34118, **options):
    return write_tiff(path, [(code, ASCII, zeiss_text(entries, bare).encode(encoding) + b"\0")], width, **options)


def ini_text(sections):
    return "".join(
        f"[{name}]\r\n" + "".join(f"{key}={value}\r\n" for key, value in entries.items()) + "\r\n"
        for name, entries in sections.items()
    )


def fei_sections(**changes):
    """The sections of FEI; `Scan__PixelWidth=""` changes one entry."""
    sections = {
        "User": {"Date": "03/14/2024", "Time": "09:26:53 AM", "UserText": ""},
        "System": {"Type": "DualBeam", "SystemType": "Helios"},
        "Beam": {"HV": "2000", "Beam": "EBeam", "Scan": "EScan"},
        "EBeam": {"HV": "2000", "HFW": "5.12e-007", "WD": "0.0041", "TiltCorrectionIsOn": "no", "ScanRotation": "0"},
        "IBeam": {"HV": "30000", "HFW": "9.9e-006"},
        "Scan": {"Dwelltime": "1e-006", "PixelWidth": "2e-009", "PixelHeight": "2e-009", "Average": "0"},
        "Stage": {"StageT": "0.5235988"},
        "Image": {"ResolutionX": str(WIDTH), "ResolutionY": "80", "Integrate": "8"},
        "PrivateFei": {"DatabarHeight": "0"},
        "MultiGISGas1": {"GasName": "a"},
        "Detectors": {"Name": "TLD"},
    }
    for key, value in changes.items():
        section, _, name = key.partition("__")
        sections.setdefault(section, {})[name] = value
    return sections


def fei(path, code=34682, width=WIDTH, height=HEIGHT, before="", after="", **changes):
    text = before + ini_text(fei_sections(**changes)) + after
    return write_tiff(path, [(code, ASCII, text.encode("cp1252") + b"\0")], width, height)


def phenom_xml(width='<pixelWidth unit="um">0.0031</pixelWidth>', bar="12"):
    return (
        f'<?xml version="1.0"?><FeiImage version="1"><databarHeight>{bar}</databarHeight>{width}'
        '<integrations>16</integrations><workingDistance unit="mm">5.1</workingDistance><acquisition><scan><dwellTime '
        'unit="ns">192</dwellTime><detectors><BSD A="+" /></detectors><highVoltage unit="kV">-5.3</highVoltage></scan>'
        "</acquisition><instrument><type>Phenom</type></instrument></FeiImage>"
    )


def jeol_text(**changes):
    entries = {
        "$CM_FORMAT": "JEOL-SEM",
        "$CM_DATE": "2024/03/14",
        "$CM_INSTRUMENT": "9999F",
        "$CM_ACCEL_VOLT": "5.00",
        "$CM_SIGNAL": "SEI",
        "$$SM_WD": "4.1",
        "$CM_STAGE_POS": "1.0 2.0 8.5 0.0 30.0 0",
        "$CM_MAG": "50000",
    } | {"$" + key.replace("SM_", "$SM_"): value for key, value in changes.items()}
    return "".join(f"{key} {value}\r\n" for key, value in entries.items())


def hitachi_text(section="SemImageFile", **changes):
    entries = {
        "InstructName": "SU9999",
        "SampleName": "孔 4",
        "ImageName": "OLD_NAME.TIF",
        "Date": "03/14/2024",
        "DataSize": f"{WIDTH}x{HEIGHT}",
        "PixelSize": "3.96875",
        "SignalName": "SE(U)",
        "AcceleratingVoltage": "5000 Volt",
        "WorkingDistance": "4100 um",
        "Magnification": "100000",
    } | changes
    return ini_text({section: entries})


def tescan_sections(**changes):
    main = {
        "AccFrames": "4",
        "Device": "MIRA3",
        "ImageStripSize": "20",
        "PixelSizeX": "2.5012e-09",
        "PixelSizeY": "2.5012e-09",
    }
    column = {"Detector": "SE", "DwellTime": "3.2e-6", "HV": "10.0000e3", "StageTilt": "30.0", "WD": "5.250e-3"}
    return {
        "MAIN": {key: changes.get(key, value) for key, value in main.items()},
        "SEM": {key: changes.get(key, value) for key, value in column.items()},
    }


def tescan_tag(order=("JPEG", "MAIN", "SEM"), encoding="utf-8", **changes):
    """The blocks of tag 50431: length without itself, kind, data. The thumbnail's bytes look like an entry."""
    blocks = {"JPEG": (1, b"\0\1\2PixelSizeX=9.9e-6\r\n")}
    for kind, (name, entries) in enumerate(tescan_sections(**changes).items(), 2):
        blocks[name] = kind, "".join(f"{key}={value}\r\n" for key, value in entries.items()).encode(encoding) + b"\0"
    raw = b"".join(struct.pack("<IH", len(data) + 2, kind) + data for kind, data in (blocks[name] for name in order))
    return raw + struct.pack("<IH", 2, 0)


def sis(path, exponent=-9, across=0.81, down=0.81, **options):
    """Tag 33560 points behind the pixels, at a structure that points at exponent and sizes."""
    write_tiff(path, [(33560, 4, (0,))], **options)
    raw = bytearray(path.read_bytes())
    offset = len(raw)
    place = raw.index(struct.pack("<HHI", 33560, 4, 1)) + 8
    raw[place : place + 4] = struct.pack("<I", offset)
    raw += struct.pack("<4s6xhhhhh6x32sH", b"SIS0", 26, 9, 14, 2, 124, b"", 1)
    raw += struct.pack("<hhI", 1, 1, offset + 68)
    raw += struct.pack("<10xhdd8xd2x34s32s", exponent, across, down, 50000.0, b"camera", b"")
    path.write_bytes(raw)
    return path


def gatan_tags(unit="µm", scale=0.00125, encoding="latin-1", y_scale=None):
    raw = unit.encode(encoding) + b"\0"
    y_scale = scale if y_scale is None else y_scale
    return [(65003, ASCII, raw), (65004, ASCII, raw), (65009, DOUBLE, (scale,)), (65010, DOUBLE, (y_scale,))]


def orion_xml(**entries):
    """The XML of tag 65000: an entry of value and unit for each name; `GFIS__Name` is GFIS.Name."""
    elements = []
    for name, text in entries.items():
        value, _, unit = text.partition(" ")
        key = name.replace("__", ".")
        elements.append(f"<{key}><Value>{value}</Value>" + (f"<Units>{unit}</Units>" if unit else "") + f"</{key}>")
    return "<?xml version='1.0'?><ImageTags>" + "".join(elements) + "</ImageTags>"


def diss_xmp(size="2.5e-9", voltage=("10", "kV"), tilt="30", form="elements"):
    """The XMP of DISS; values and their units are elements or attributes."""

    def quantity(name, value, unit):
        if form == "attributes":
            return f'<d:{name} d:value="{value}" d:Unit="{unit}"/>'
        return f'<d:{name} rdf:parseType="Resource"><d:value>{value}</d:value><d:Unit>{unit}</d:Unit></d:{name}>'

    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 5.1.2"><rdf:RDF><rdf:Description rdf:about="">'
        "<xmp:CreatorTool>point electronic DISS 5.15.31.0</xmp:CreatorTool>"
        "<xmp:CreateDate>2024-03-14T09:26:53</xmp:CreateDate></rdf:Description><rdf:Description>"
        f"<d:PixelSizeX>{size}</d:PixelSizeX><d:PixelSizeY>{size}</d:PixelSizeY><d:Images><rdf:Seq><rdf:li>"
        "<d:SignalName>SE</d:SignalName></rdf:li></rdf:Seq></d:Images></rdf:Description><rdf:Description>"
        + quantity("HV", *voltage)
        + quantity("WD", "4.1", "mm")
        + quantity("Tilt", tilt, "mm")  # the unit that real files have
        + "<d:Mag>50000</d:Mag></rdf:Description></rdf:RDF></x:xmpmeta>"
    )


def fibsemos_record(size=2.5e-9, beam="ELECTRON", hfw=6.4e-7, voltage=2000.0):
    """The JSON of fibsemOS, as a dict."""
    column = {"voltage": voltage, "working_distance": 0.0041, "scan_rotation": 0.0}
    return {
        "image": {"resolution": [256, 96], "dwell_time": 1e-6, "hfw": hfw, "beam_type": beam, "frame_integration": 8},
        "pixel_size": {"x": size, "y": size},
        "microscope_state": {
            "timestamp": 1710408413.0,
            "stage_position": {"x": 0.0, "t": 0.5235988},
            "electron_beam": column,
            "ion_beam": {**column, "voltage": 30000.0, "working_distance": 0.0165},
            "electron_detector": {"type": "TLD"},
            "ion_detector": {"type": "ICE"},
        },
        "system": {"info": {"manufacturer": "Demo", "model": "Unit 7"}},
    }


def sightx_xml(mode="MAG", eos="eosTEM", magnification="50000"):
    return (
        '<?xml version="1.0"?><TemReporter><Instruments>JEM-9999</Instruments><DateTime>2024-03-14T09:26:53</DateTime>'
        f"<Eos><EosMode>{eos}</EosMode></Eos><ElectronGun><AccelerationVoltage>200000</AccelerationVoltage></ElectronGun>"
        f"<ImageFormingSystem><ModeString>{mode}</ModeString><SelectorValue>{magnification}</SelectorValue>"
        "</ImageFormingSystem><GonioStage><StagePosition><TX>30.0</TX></StagePosition></GonioStage></TemReporter>"
    )


def tvips(path, size=2.5, mode=1, version=2, magic=0xAAAAAAAA, order="<", **options):
    """Tag 37706 points behind the pixels, at the two structures of EM-MENU."""
    write_tiff(path, [(37706, 4, (0,))], byteorder=order, **options)
    raw = bytearray(path.read_bytes())
    place = raw.index(struct.pack(order + "HHI", 37706, 4, 1)) + 8
    raw[place : place + 4] = struct.pack(order + "I", len(raw))
    second = bytearray(6068)
    for start, form, values in (
        (2724, "2f", (size, size)),
        (3028, "f", (200_000.0,)),
        (3288, "i", (mode,)),
        (3308, "5f", (0.0, 0.0, 0.0, 30.0, 0.0)),
        (6064, "I", (magic,)),
    ):
        struct.pack_into(order + form, second, start, *values)
    name = "CM 200".encode("utf-16-le" if order == "<" else "utf-16-be")
    second[2868 : 2868 + len(name)] = name
    path.write_bytes(raw + struct.pack(order + "i", version) + bytes(240) + second)
    return path
