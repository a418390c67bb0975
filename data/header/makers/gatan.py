"""Gatan: TIFF files of DigitalMicrograph (tags 65003 to 65010), and .dm3 and .dm4."""

from typing import Any

from ...io import GatanArray, list_gatan_images
from ..image_file import ImageFile
from ..image_header import ImageHeader, first_width
from ..tiff_tags import GATAN
from ..values import LENGTHS_MM, VOLTAGES_KV, in_unit, length_nm, number, word

X_UNIT, Y_UNIT, X_SCALE, Y_SCALE = GATAN
DM_MAGIC = (b"\0\0\0\3", b"\0\0\0\4")


def read_gatan_tiff(image: ImageFile) -> ImageHeader | None:
    """What the tags say: a unit and a scale for x and for y; pixels may be oblong."""
    if image.tiff is None or X_SCALE not in image.tiff.data:
        return None
    sides = []
    for unit_code, scale_code in ((X_UNIT, X_SCALE), (Y_UNIT, Y_SCALE)):
        unit, scale = image.text(unit_code).strip(), [*image.tiff.numbers(scale_code), 0.0][0]
        sides.append(length_nm(f"{scale!r} {unit}", "nm") if unit else None)
    return ImageHeader(maker="Gatan", **first_width([("tag 65009", sides[0], sides[1])]))


def read_gatan_file(image: ImageFile) -> ImageHeader | None:
    """What the tags of an image in ImageList say."""
    if image.magic not in DM_MAGIC:
        return None
    images = [entry for entry in list_gatan_images(image.path) for _ in range(entry.shape[0])]
    entry = images[image.page]
    axes = [_at(entry.tags, "ImageData", "Calibrations", "Dimension", str(axis)) for axis in (0, 1)]
    sides = [_length(axis) for axis in axes]
    settings = _at(entry.tags, "ImageTags", "Microscope Info")
    return ImageHeader(
        maker="Gatan",
        model=word(_text(settings, "Name")),
        signal=word(_text(_at(entry.tags, "ImageTags", "DigiScan"), "Signal"), _text(entry.tags, "Name")),
        **first_width([("Calibrations/Dimension/Scale", sides[0], sides[1])]),
        voltage_kv=in_unit(_text(settings, "Voltage"), VOLTAGES_KV, "V"),
        working_distance_mm=in_unit(_text(settings, "Working Distance"), LENGTHS_MM, "mm"),
        tilt_deg=number(_text(_at(settings, "Stage Position"), "Stage Alpha")),
        date=word(_text(_at(entry.tags, "ImageTags", "DataBar"), "Acquisition Date")),
        bits=8 * entry.dtype.itemsize,
    )


def _length(axis: dict[str, Any]) -> float | None:
    """Scale of an axis [nm]; None without a unit of length, as `1/nm` of a diffraction pattern."""
    unit = _text(axis, "Units").strip()
    return length_nm(f"{_text(axis, 'Scale')} {unit}", "nm") if unit else None


def _at(tags: dict[str, Any], *names: str) -> dict[str, Any]:
    """The group at a path; empty if there is none."""
    for name in names:
        tags = tags.get(name, {}) if isinstance(tags, dict) else {}
    return tags if isinstance(tags, dict) else {}


def _text(tags: dict[str, Any], name: str) -> str:
    """A value as text; '' if there is none."""
    value = tags.get(name, "")
    if isinstance(value, GatanArray):
        return value.text[:200] if value.dtype.itemsize == 2 else ""
    return value if isinstance(value, str) else repr(value) if isinstance(value, int | float) else ""
