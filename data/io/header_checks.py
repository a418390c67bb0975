"""Limits on what a file's header claims, checked before the content is read."""

import math

MAX_PIXELS = 1 << 27  # a larger image is a decompression bomb, not a micrograph
MAX_IMAGES = 1 << 18  # in one file
MULTI_IMAGE_SUFFIXES = (".tif", ".tiff", ".dm3", ".dm4", ".gwy", ".npy", ".npz")  # of files that may hold several
DAMAGED = "damaged or cut short"
TOO_MANY_PIXELS = f"more than {MAX_PIXELS:,} pixels; cut it into several images, or remove it"


class ContentError(Exception):
    """Why a file's content cannot be used, without the file's name."""


def check_size(shape: tuple[int, ...]) -> None:
    """Raises ContentError for an array of more than MAX_PIXELS values."""
    if math.prod(map(float, shape)) > MAX_PIXELS:
        raise ContentError(f"claims {TOO_MANY_PIXELS}")


def check_count(count: int) -> int:
    """Returns the number of images; raises ContentError for more than MAX_IMAGES."""
    if count > MAX_IMAGES:
        raise ContentError(f"claims {count} images, more than {MAX_IMAGES}; cut it into several files")
    return count


def page_index(count: int, page: int | None) -> int:
    """Index of the image to read in a file of `count` images, from 0: `page`, or 0 for the only image (None)."""
    if not count:
        raise ContentError("holds no image")
    if page is None and count > 1:
        allowed = ", ".join(f"*{suffix}" for suffix in MULTI_IMAGE_SUFFIXES)
        raise ContentError(f"holds {count} images, allowed only in {allowed}; name one of them as FILE::p000")
    if (page or 0) >= count:
        raise ContentError(f"now holds only {count} images")
    return page or 0
