"""All images of one domain as a single array."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from .errors import DataError
from .image import read_grey, resized
from .layout import ImageFile
from .options import DataOptions


def read_stack(files: list[ImageFile], options: DataOptions, title: str) -> NDArray:
    """Images (N, H, W), [grey level 0..255], uint8 or float32, in the order of `files`, with a progress bar."""
    read = partial(_prepared, options=options)
    with ThreadPoolExecutor() as pool:
        images = list(
            tqdm(pool.map(read, files), total=len(files), desc=title, unit="image", leave=False, disable=None)
        )
    for file, image in zip(files, images, strict=True):
        if image.shape != images[0].shape:
            raise DataError(
                f"{file.path}: {size(image)} where {files[0].path} is {size(images[0])}; "
                "say --preprocess resize --load_size H,W"
            )
    return np.stack(images)


def _prepared(file: ImageFile, options: DataOptions) -> NDArray:
    """One image (H, W), [grey level 0..255], resized if the options ask for it."""
    image = read_grey(file.path, options.grey_range)
    if "resize" in options.preprocess:
        return resized(image, height_width(options.load_size))
    return image


def height_width(size: tuple[int, ...]) -> tuple[int, int]:
    """(H, W) of an option that may be one number for a square."""
    return size[0], size[-1]


def size(image: NDArray) -> str:
    """`72x48` for an array (72, 48)."""
    return "x".join(str(n) for n in image.shape)
