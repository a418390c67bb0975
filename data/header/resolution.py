"""The resolution of a TIFF or PNG, asked last: mostly it is that of a screen, printer or scanner."""

from .image_file import ImageFile
from .image_header import ImageHeader, first_width
from .tiff_tags import DESCRIPTION, RESOLUTION_UNIT, X_RESOLUTION, Y_RESOLUTION

UNIT_NM = {2: 25.4e6, 3: 1e7}  # TIFF 6.0, ResolutionUnit: inch (the default), centimetre
MIN_NM, MAX_NM = 0.01, 1e3  # of a pixel; the finest scanner reaches 2.6 um (9,600 dpi)


def read_resolution(image: ImageFile) -> ImageHeader | None:
    """The pixel of a TIFF with a unit, or of a PNG, if no screen, printer or scanner can have it."""
    across, down, unit_nm, key = 0.0, 0.0, 0.0, "XResolution"
    if image.tiff is not None and not image.text(DESCRIPTION).startswith("ImageJ="):
        across, down = ([*image.tiff.numbers(code), 0.0][0] for code in (X_RESOLUTION, Y_RESOLUTION))
        unit_nm = UNIT_NM.get(int([*image.tiff.numbers(RESOLUTION_UNIT), 2][0]), 0.0)
    elif any(image.per_metre):
        (across, down), unit_nm, key = image.per_metre, 1e9, "pHYs"
    if not (across > 0 and down > 0 and unit_nm):
        return None
    width, height = unit_nm / across, unit_nm / down
    if not all(MIN_NM <= side <= MAX_NM for side in (width, height)):
        return None
    return ImageHeader(**first_width([(key, width, height)]))
