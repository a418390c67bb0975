"""Reads one image file: its pixels as grey levels, and the images that it holds.

Folders, data sets and batches are not here, and nothing is written.
"""

from .gatan_file import GatanArray, GatanImage, list_gatan_images
from .grey_range import CORRESPOND, ENDS, propose, range_text
from .gwyddion_file import GwyddionField, list_gwyddion_fields
from .header_checks import MAX_PIXELS, TOO_MANY_PIXELS
from .image import SUFFIXES, GreyImage, as_image, read_grey, read_image, read_pixels, resized
from .multi_image import file_of, images_of, page_of, stem_of
from .simple_field_file import SIMPLE_FIELD, SimpleField, read_field_header
from .tiff_pages import TIFF, list_pages

__all__ = [
    "CORRESPOND",
    "ENDS",
    "MAX_PIXELS",
    "SIMPLE_FIELD",
    "SUFFIXES",
    "TIFF",
    "TOO_MANY_PIXELS",
    "GatanArray",
    "GatanImage",
    "GreyImage",
    "GwyddionField",
    "SimpleField",
    "as_image",
    "file_of",
    "images_of",
    "list_gatan_images",
    "list_gwyddion_fields",
    "list_pages",
    "page_of",
    "propose",
    "range_text",
    "read_field_header",
    "read_grey",
    "read_image",
    "read_pixels",
    "resized",
    "stem_of",
]
