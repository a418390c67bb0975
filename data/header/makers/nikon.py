"""Nikon NIS-Elements: XML in the tags 65332 and 65333. It drives light microscopes: no voltage, no tilt."""

import re
from itertools import islice

from ..image_file import ImageFile
from ..image_header import ImageHeader, first_width
from ..tiff_tags import NIKON, NIKON_MORE
from ..values import MAX_REPEATS, length_nm

CALIBRATION = re.compile(r"<dCalibration[^<>]{0,200}?(?:value\s*=\s*\"([^\"]*)\"|>([^<]*)<)")


def read_nikon(image: ImageFile) -> ImageHeader | None:
    """What the XML says: `dCalibration` [um]."""
    texts = [image.text(code) for code in (NIKON, NIKON_MORE)]
    matches = [match for text in texts for match in islice(CALIBRATION.finditer(text), MAX_REPEATS)]
    if not matches:
        return None
    sizes = (("dCalibration", length_nm(match[1] or match[2] or "", "um"), None) for match in matches)
    return ImageHeader(maker="Nikon", **first_width(sizes))
