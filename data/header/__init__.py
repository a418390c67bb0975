"""What files say about their images: pixel size, data bar, instrument and its settings, by maker.

Pixels are read in data.io; nothing here changes an image.
"""

from .image_header import ImageHeader

__all__ = ["ImageHeader"]
