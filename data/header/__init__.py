"""What files say about their images: pixel size, data bar, instrument and its settings, by maker.

Pixels are read in data.io; nothing here changes an image.
"""

from .image_header import ImageHeader
from .reading import pixel_nm, read_header, square_pixel_nm, texts_read

__all__ = ["ImageHeader", "pixel_nm", "read_header", "square_pixel_nm", "texts_read"]
