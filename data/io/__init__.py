"""Reads one image file: its pixels as grey levels, its number of images, its pixel size [nm].

Folders, data sets and batches are not here, and nothing is written.
"""

from .header_checks import MAX_PIXELS, TOO_MANY_PIXELS
from .image import SUFFIXES, as_grey, read_grey, read_pixels, resized
from .multi_image import file_of, images_of, stem_of
from .pixel_size import pixel_nm

__all__ = [
    "MAX_PIXELS",
    "SUFFIXES",
    "TOO_MANY_PIXELS",
    "as_grey",
    "file_of",
    "images_of",
    "pixel_nm",
    "read_grey",
    "read_pixels",
    "resized",
    "stem_of",
]
