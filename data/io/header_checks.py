"""What a file claims to hold, checked before it is read."""

import numpy as np

MAX_PIXELS = 1 << 27  # more is a decompression bomb, not a micrograph
MOST_IMAGES = 1 << 18  # in one file
DAMAGED = "damaged or cut short"
TOO_MANY_PIXELS = "more pixels than any image here has; cut it into several, or remove it"


class ContentError(Exception):
    """Why a file's content cannot be used, without the file's name."""


def check_size(shape: tuple[int, ...]) -> None:
    """Refuses an array of more than MOST_PIXELS values."""
    if np.prod(shape, dtype=np.float64) > MAX_PIXELS:
        raise ContentError(f"claims {TOO_MANY_PIXELS}")


def check_count(images: int) -> int:
    """The number of images; refuses more than MOST_IMAGES."""
    if images > MOST_IMAGES:
        raise ContentError(f"claims {images} images, more than {MOST_IMAGES}; cut it into several files")
    return images


def one_of(images: int, page: int | None) -> int:
    """Which of a file's images is meant, from 0 on: `page`, or the only one there is (None)."""
    if not images:
        raise ContentError("holds no image")
    if page is None and images > 1:
        raise ContentError(f"holds {images} images, as only *.tif, *.tiff, *.npy, *.npz may; one of them is FILE::p000")
    if (page or 0) >= images:
        raise ContentError(f"holds {images} images now, not this one")
    return page or 0
