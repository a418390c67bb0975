"""All images of one domain as a single array."""

import os
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from ..data_options import DataOptions
from ..dataset_layout import ImageFile
from ..errors import BadImageError, DataError, printable
from ..io import file_of, read_grey, resized
from .image_cache import load, store

CACHE_FOLDER = ".semdepth_cache"
CHUNK = 1024  # images that are decoded at a time
TICK = 20_000_000  # [ns] more than file systems round their times to


def read_usable(files: list[ImageFile], options: DataOptions, title: str) -> tuple[list[ImageFile], NDArray]:
    """`read_stack`, and the files that it was made of: with `--on_bad_image skip` those that can be used."""
    try:
        return files, read_stack(files, options, title)
    except BadImageError as bad:
        usable = [file for file in files if file.name not in bad.reasons]
        if options.on_bad_image != "skip" or not usable:
            raise
        for line in bad.reasons.values():
            tqdm.write(f"left out: {printable(line)}")
        return usable, read_stack(usable, options, title)


def read_stack(files: list[ImageFile], options: DataOptions, title: str) -> NDArray:
    """Images (N, H, W), [grey level 0..255], uint8 or float32, in the order of `files`, with a progress bar.

    Out of the data set's cache where that holds just these files as they are now; else they are decoded, and kept
    there. The array is then read-only. Raises BadImageError, which names every one that cannot be used.
    """
    place = _place(files, options) if options.cache else None
    if place is None:
        return _whole(files, options, title)
    began = time.time_ns()
    fingerprint, newest = _fingerprint(files, options)
    images = load(place, fingerprint)
    if images is not None:
        return images

    def unchanged() -> bool:
        # Files younger than a tick of the clock might change once more without showing it.
        return newest < began - TICK and _fingerprint(files, options)[0] == fingerprint

    try:
        return store(place, fingerprint, _decoded(files, options, title), unchanged)
    except OSError as error:
        tqdm.write(f"note: no cache in {place.parent} ({error.strerror}); images are decoded each time")
        return _whole(files, options, title)


def _whole(files: list[ImageFile], options: DataOptions, title: str) -> NDArray:
    images, done = None, 0
    for chunk in _decoded(files, options, title):
        if images is None:
            images = np.empty((len(files), *chunk.shape[1:]), chunk.dtype)
        images[done : done + len(chunk)] = chunk
        done += len(chunk)
    assert images is not None
    return images


def _decoded(files: list[ImageFile], options: DataOptions, title: str) -> Iterator[NDArray]:
    """The images, some at a time (n, H, W), all of one size and type; raises BadImageError once all have been read."""
    read = partial(_attempted, options=options)
    bad: dict[str, str] = {}
    usual: tuple[int, ...] = ()
    with (
        ThreadPoolExecutor() as pool,
        tqdm(total=len(files), desc=title, unit="image", leave=False, disable=None) as bar,
    ):
        for start in range(0, len(files), CHUNK):
            some = files[start : start + CHUNK]
            images = list(pool.map(read, some))
            sizes = Counter(image.shape for image in images if not isinstance(image, str))
            usual = usual or (sizes.most_common(1)[0][0] if sizes else ())
            for file, image in zip(some, images, strict=True):
                if isinstance(image, str):
                    bad[file.name] = image
                elif image.shape != usual:
                    bad[file.name] = (
                        f"{file.name}: {size(image)} where others are {'x'.join(str(n) for n in usual)}; "
                        "say --preprocess resize --load_size H,W"
                    )
            if not bad:
                yield np.stack(images)
            bar.update(len(some))
    if bad:
        raise BadImageError(bad, len(files))


def _place(files: list[ImageFile], options: DataOptions) -> Path | None:
    """The pack of these images: one for each folder, size and number of images asked for."""
    folder = os.path.relpath(os.path.commonpath([os.path.dirname(file.name) for file in files]), options.dataroot)
    if folder.startswith(os.pardir):
        return None
    parts = [folder.replace(os.sep, "-")]
    if "resize" in options.preprocess:
        parts.append("x".join(str(n) for n in height_width(options.load_size)))
    if options.max_dataset_size:
        parts.append(str(options.max_dataset_size))
    return Path(options.dataroot, CACHE_FOLDER, f"{'_'.join(parts)}.pack")


def _fingerprint(files: list[ImageFile], options: DataOptions) -> tuple[str, int]:
    """What would be different if the decoded images were, and when the youngest file was last changed [ns]."""
    size_asked = options.load_size if "resize" in options.preprocess else ()
    digest = blake2b(repr((size_asked, options.grey_range)).encode(), digest_size=16)
    newest, prefix = 0, f"{Path(options.dataroot)}{os.sep}"
    for file in files:
        try:
            about = os.stat(file_of(file.name))
        except OSError:  # why, is said when it is read
            digest.update(f"{file.name}\0\n".encode("utf-8", "surrogateescape"))
            continue
        newest = max(newest, about.st_ctime_ns)
        name = file.name.removeprefix(prefix)  # so that a folder may move
        digest.update(
            f"{name}\0{about.st_size}\0{about.st_mtime_ns}\0{about.st_ctime_ns}\n".encode("utf-8", "surrogateescape")
        )
    return digest.hexdigest(), newest


def _attempted(file: ImageFile, options: DataOptions) -> NDArray | str:
    """The image, or why it cannot be used."""
    try:
        return _prepared(file, options)
    except DataError as error:
        return str(error)


def _prepared(file: ImageFile, options: DataOptions) -> NDArray:
    """One image (H, W), [grey level 0..255], resized if the options ask for it; all of one data set in one type."""
    image = read_grey(file.name, options.grey_range)
    if "resize" in options.preprocess:
        return resized(image, height_width(options.load_size))
    return image.astype(np.float32) if options.grey_range else image


def height_width(size: tuple[int, ...]) -> tuple[int, int]:
    """(H, W) of an option that may be one number for a square."""
    return size[0], size[-1]


def size(image: NDArray) -> str:
    """`72x48` for an array (72, 48)."""
    return "x".join(str(n) for n in image.shape)
