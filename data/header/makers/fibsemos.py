"""fibsemOS (OpenFIBSEM): JSON in the description of a TIFF, in metres, volts, seconds and radian."""

import json
from datetime import UTC, datetime
from typing import Any

from ..image_file import ImageFile
from ..image_header import ImageHeader, first_width, statement
from ..tiff_tags import DESCRIPTION
from ..values import ANGLES_DEG, LENGTHS_MM, TIMES_US, VOLTAGES_KV, count, first_quantity, in_unit, length_nm, word

MAX_DEPTH = 6


def read_fibsemos(image: ImageFile) -> ImageHeader | None:
    """What the JSON says, of the beam that made the image."""
    text = image.text(DESCRIPTION).strip()
    if not text.startswith("{") or "pixel_size" not in text:
        return None
    record = _holder(json.loads(text), MAX_DEPTH)
    if record is None:
        return None
    settings, state = _at(record, "image"), _at(record, "microscope_state")
    ion = str(settings.get("beam_type", "")).upper() == "ION"
    beam, detector = (_at(state, f"{'ion' if ion else 'electron'}_{part}") for part in ("beam", "detector"))
    field_nm = length_nm(settings.get("hfw", ""), "m")
    info = _at(record, "system", "info")
    return ImageHeader(
        maker="fibsemOS",
        model=word(*(info.get(key) for key in ("model", "name", "manufacturer"))),
        signal=word(detector.get("type")),
        **first_width(
            [
                statement("pixel_size.x", (length_nm(_at(record, "pixel_size").get(axis, ""), "m") for axis in "xy")),
                ("image.hfw / width", field_nm / image.width if field_nm and image.width else None, None),
            ]
        ),
        voltage_kv=first_quantity([beam.get("voltage")], VOLTAGES_KV, "V"),
        working_distance_mm=first_quantity([beam.get("working_distance")], LENGTHS_MM, "m"),
        tilt_deg=in_unit(_at(state, "stage_position").get("t"), ANGLES_DEG, "rad"),
        dwell_us=first_quantity([settings.get("dwell_time"), beam.get("dwell_time")], TIMES_US, "s"),
        frames=count(settings.get("frame_integration")),
        scan_rotation_deg=in_unit(beam.get("scan_rotation"), ANGLES_DEG, "rad"),
        date=_date(state.get("timestamp")),
    )


def _holder(value: Any, depth: int) -> dict[str, Any] | None:
    """The first dict in nested dicts that holds a `pixel_size`."""
    if not isinstance(value, dict) or not depth:
        return None
    if isinstance(value.get("pixel_size"), dict):
        return value
    return next((record for child in value.values() if (record := _holder(child, depth - 1))), None)


def _at(record: dict[str, Any], *names: str) -> dict[str, Any]:
    """The dict at a path; empty if there is none."""
    for name in names:
        child = record.get(name)
        record = child if isinstance(child, dict) else {}
    return record


def _date(timestamp: object) -> str | None:
    """A date as it is written, or seconds since 1970."""
    if isinstance(timestamp, int | float) and timestamp > 0:
        return f"{datetime.fromtimestamp(timestamp, UTC):%Y-%m-%d %H:%M:%S} UTC"
    return word(timestamp) if isinstance(timestamp, str) else None
