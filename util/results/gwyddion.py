"""Gwyddion files: several images with sizes and units in one file, for scanning-probe software.

Source: Gwyddion user guide, "Format of Gwyddion files". A file is the letters GWYP and one serialised object,
little-endian. Gwyddion looks for the names that the container's parts have here.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UtilError

METRES = 1e-9  # 1 nm [m]


@dataclass(frozen=True)
class Channel:
    """One image of the file: values (H, W) in `unit`, an SI base unit such as m, or "" without one.

    `palette` is the name of one of Gwyddion's colour maps.
    """

    title: str
    values: NDArray
    unit: str
    palette: str = "Gray"


def gwyddion(channels: Sequence[Channel], pixel_nm: float = 0, meta: dict[str, str] | None = None) -> bytes:
    """A Gwyddion file of the channels. `pixel_nm` is the pixel size [nm]; 0 is unknown, and lateral lengths are in px.

    `meta` are the metadata that Gwyddion shows for every channel. Raises UtilError if a value is not finite: the format
    excludes such values.
    """
    scale, lateral = (pixel_nm * METRES, "m") if pixel_nm else (1.0, "px")
    parts: dict[str, Any] = {}
    for number, channel in enumerate(channels):
        height, width = channel.values.shape
        if not np.isfinite(channel.values).all():
            raise UtilError(f"{channel.title}: a value is not finite, and a Gwyddion file cannot hold it")
        field = {
            "xres": width,
            "yres": height,
            "xreal": width * scale,
            "yreal": height * scale,
            "si_unit_xy": _object("GwySIUnit", {"unitstr": lateral}),
            "si_unit_z": _object("GwySIUnit", {"unitstr": channel.unit}),
            "data": channel.values,
        }
        parts |= {
            f"/{number}/data": _object("GwyDataField", field),
            f"/{number}/data/title": channel.title,
            f"/{number}/data/visible": True,
            f"/{number}/base/palette": channel.palette,
            f"/{number}/meta": _object("GwyContainer", meta or {}),
        }
    return b"GWYP" + _object("GwyContainer", parts)


def _object(kind: str, parts: dict[str, Any]) -> bytes:
    body = b"".join(_text(name) + _value(value) for name, value in parts.items())
    return _text(kind) + struct.pack("<I", len(body)) + body


def _value(value: Any) -> bytes:
    """A letter for the type, then the value; bytes are a serialised object."""
    match value:
        case bytes():
            return b"o" + value
        case str():
            return b"s" + _text(value)
        case bool():
            return struct.pack("<cB", b"b", value)
        case int():
            return struct.pack("<ci", b"i", value)
        case float():
            return struct.pack("<cd", b"d", value)
        case _:
            return struct.pack("<cI", b"D", value.size) + value.astype("<f8").tobytes()


def _text(text: str) -> bytes:
    return text.encode("utf-8", "replace") + b"\0"
