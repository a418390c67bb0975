"""Writes small .dm3, .dm4, .gwy and .gsf files, for the tests of their readers."""

import struct

import numpy as np


def gatan(images, data_type, version=3, order="<"):
    """A DigitalMicrograph file of arrays (H, W) or (N, H, W), with a thumbnail in colour before them."""
    count = ">Q" if version == 4 else ">I"
    codes = {"u1": 10, "i2": 2, "u2": 4, "f4": 6}

    def entry(kind, name, content):
        length = struct.pack(">Q", len(content)) if version == 4 else b""
        return struct.pack(">BH", kind, len(name)) + name.encode() + length + content

    def group(name, *entries):
        return entry(20, name, b"\1\0" + struct.pack(count, len(entries)) + b"".join(entries))

    def value(name, fields, data):
        infos = b"".join(struct.pack(count, field) for field in fields)
        return entry(21, name, b"%%%%" + struct.pack(count, len(fields)) + infos + data)

    def number(name, value_):
        return value(name, [5], struct.pack(order + "I", value_))

    def array(name, values):
        code = codes[values.dtype.str[1:]]
        return value(name, [20, code, values.size], values.astype(values.dtype.newbyteorder(order)).tobytes())

    def image(values, kind):
        dimensions = group("Dimensions", *(number("", length) for length in values.shape[::-1]))
        scale = value("Scale", [6], struct.pack(order + "f", 1.5))
        units = array("Units", np.frombuffer("nm".encode("utf-16-le"), "<u2"))
        calibrations = group("Calibrations", group("Dimension", *(group("", scale, units) for _ in range(2))))
        return group("", group("ImageData", calibrations, array("Data", values), number("DataType", kind), dimensions))

    thumbnail = image(np.zeros((4, 4), np.uint8).repeat(4, 0)[:4, :4], 23)
    listed = group("ImageList", thumbnail, *(image(values, data_type) for values in images))
    thumbnails = group("Thumbnails", group("", number("ImageIndex", 0)))
    tree = b"\1\0" + struct.pack(count, 2) + listed + thumbnails
    head = struct.pack(">I", version) + struct.pack(count, len(tree)) + struct.pack(">I", int(order == "<"))
    return head + tree + bytes(8)


def gwyddion(items):
    """A Gwyddion file: a container of fields and texts."""
    content = b"".join(
        name.encode() + b"\0" + (b"s" + item.encode() + b"\0" if isinstance(item, str) else b"o" + item)
        for name, item in items.items()
    )
    return b"GWYP" + _object("GwyContainer", content)


def field(values, pixel_m=2e-9):
    """The object of one channel (H, W)."""
    height, width = values.shape
    unit = _object("GwySIUnit", b"unitstr\0sm\0")
    return _object(
        "GwyDataField",
        b"xres\0i" + struct.pack("<i", width) + b"yres\0i" + struct.pack("<i", height)
        + b"xreal\0d" + struct.pack("<d", width * pixel_m) + b"yreal\0d" + struct.pack("<d", height * pixel_m)
        + b"si_unit_xy\0o" + unit + b"data\0D" + struct.pack("<I", values.size) + values.astype("<f8").tobytes(),
    )  # fmt: skip


def simple_field(values, lengths=("6e-8", "8e-8"), unit="m", title="µ"):
    """A Gwyddion Simple Field of an array (H, W)."""
    height, width = values.shape
    entries = {"XRes": width, "YRes": height, "XReal": lengths[0], "YReal": lengths[1], "XYUnits": unit, "Title": title}
    head = "Gwyddion Simple Field 1.0\n" + "".join(f"{key} = {value}\n" for key, value in entries.items())
    raw = head.encode()
    return raw + bytes(4 - len(raw) % 4) + values.astype("<f4").tobytes()


def _object(name, content):
    return name.encode() + b"\0" + struct.pack("<I", len(content)) + content
