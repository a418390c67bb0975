"""TVIPS EM-MENU: tag 37706 is the offset of two structures, of which the second states the pixel.

Facts of tifffile (BSD) and of EM-MENU's help: the places of the fields, and nm, V and degrees.
"""

import struct

from ..image_file import ImageFile
from ..image_header import ImageHeader, first_width
from ..tiff_tags import TVIPS
from ..values import VOLTAGES_KV, first_quantity, length_nm, number, word

FIRST_BYTES, SECOND_BYTES = 244, 6068  # sizes of the two structures
PIXEL_SIZE, TEM_NAME, HIGH_TENSION, MODE, ALPHA, MAGIC = 2724, 2868, 3028, 3288, 3320, 6064  # places in the second
NAME_BYTES, MAGIC_NUMBER = 160, 0xAAAAAAAA
DIFFRACTION = 3  # the mode whose scale is no length


def read_tvips(image: ImageFile) -> ImageHeader | None:
    """What the second structure says; the first alone states no width."""
    if image.tiff is None or TVIPS not in image.tiff.data:
        return None
    raw, order = _structures(image), image.tiff.order
    if len(raw) < 4 or struct.unpack_from(order + "i", raw)[0] != 2:
        return ImageHeader(maker="TVIPS")
    second = raw[FIRST_BYTES:]
    if len(second) < SECOND_BYTES or struct.unpack_from(order + "I", second, MAGIC)[0] != MAGIC_NUMBER:
        return None
    (mode,) = struct.unpack_from(order + "i", second, MODE)
    across, down = (length_nm(side, "nm") for side in struct.unpack_from(order + "2f", second, PIXEL_SIZE))
    name = second[TEM_NAME : TEM_NAME + NAME_BYTES].decode("utf-16-le" if order == "<" else "utf-16-be", "ignore")
    return ImageHeader(
        maker="TVIPS",
        model=word(name.split("\0")[0]),
        **first_width([("TVIPS PixelSizeX", across, down)] if mode != DIFFRACTION else []),
        voltage_kv=first_quantity(struct.unpack_from(order + "f", second, HIGH_TENSION), VOLTAGES_KV, "V"),
        tilt_deg=number(struct.unpack_from(order + "f", second, ALPHA)[0]),
    )


def _structures(image: ImageFile) -> bytes:
    """The bytes at the offset, or in the tag itself."""
    raw = image.tiff.data[TVIPS] if image.tiff else b""
    offset = image.tiff.whole(TVIPS) if image.tiff else None
    if len(raw) >= FIRST_BYTES or offset is None:
        return raw
    with image.path.open("rb") as file:
        file.seek(offset)
        return file.read(FIRST_BYTES + SECOND_BYTES)
