"""TESCAN: tag 50431, or a text NAME-tif.hdr, NAME-png.hdr, NAME.hdr with the same keys."""

import re
import struct

from ..image_file import ImageFile
from ..image_header import ImageHeader, bar_rows, first_width, of_several_texts, statement
from ..tiff_tags import TESCAN
from ..values import (
    ANGLES_DEG,
    LENGTHS_MM,
    TIMES_US,
    VOLTAGES_KV,
    count,
    decode,
    in_unit,
    length_nm,
    number,
    sections,
    word,
)

BLOCKS = {2: "main", 3: "sem", 5: "fib"}  # kinds of the tag's blocks; 1 is a thumbnail, whose bytes may look like text
MAX_BLOCKS = 64
FIRST_SECTION = re.compile(r"\s*\[MAIN\]", re.IGNORECASE)
WIDTH = re.compile(r"^\s*PixelSizeX\s*=", re.MULTILINE | re.IGNORECASE)

Sections = dict[str, dict[str, str]]


def read_tescan_tag(image: ImageFile) -> ImageHeader | None:
    """What the tag says."""
    if image.tiff is None or TESCAN not in image.tiff.data:
        return None
    parts = _walk(image.tiff.data[TESCAN])
    return _header(parts, "", image) if "main" in parts else None


def read_tescan_sidecar(image: ImageFile) -> ImageHeader | None:
    """What the text beside the image says."""
    texts = {name: text for name, text in image.sidecars.items() if FIRST_SECTION.match(text) and WIDTH.search(text)}
    headers = (_header(sections(text), f" in {name}", image) for name, text in texts.items())
    return of_several_texts(headers, image.is_given)


def _walk(raw: bytes) -> Sections:
    """Sections of the blocks: length without itself (u32), kind (u16), data."""
    parts: Sections = {}
    at = 0
    for _ in range(MAX_BLOCKS):
        if at + 6 > len(raw):
            break
        length, kind = struct.unpack_from("<IH", raw, at)
        if kind == 0 or length < 2:
            break
        if kind in BLOCKS:
            entries = sections(decode(raw[at + 6 : at + 4 + length], ("utf-8-sig",)))[""]
            earlier = parts.get(BLOCKS[kind], {})
            parts[BLOCKS[kind]] = entries | {key: value for key, value in earlier.items() if value}
        at += 4 + length
    return parts


def _header(parts: Sections, where: str, image: ImageFile) -> ImageHeader:
    main, column = parts.get("main", {}), parts.get("sem") or parts.get("fib") or {}
    correction = in_unit(column.get("tiltcorrection", ""), ANGLES_DEG, "deg")
    size = statement(f"PixelSizeX{where}", (length_nm(main.get(f"pixelsize{axis}", ""), "m") for axis in "xy"))
    return ImageHeader(
        maker="TESCAN",
        model=word(main.get("device"), main.get("devicemodel")),
        signal=word(column.get("detector"), column.get("detector0")),
        **first_width([size]),
        voltage_kv=in_unit(column.get("hv", ""), VOLTAGES_KV, "V"),
        working_distance_mm=in_unit(column.get("wd", ""), LENGTHS_MM, "m"),
        tilt_deg=in_unit(column.get("stagetilt", ""), ANGLES_DEG, "deg"),
        is_tilt_corrected=None if correction is None else correction != 0,
        dwell_us=in_unit(column.get("dwelltime", ""), TIMES_US, "s"),
        frames=count(main.get("accframes", "")),
        scan_rotation_deg=in_unit(column.get("scanrotation", ""), ANGLES_DEG, "deg"),
        date=word(f"{main.get('date', '')} {main.get('time', '')}"),
        data_bar_rows=bar_rows(number(main.get("imagestripsize", "")), image.height),
    )
