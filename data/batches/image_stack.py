"""Reads all images of one domain into a single array."""

import os
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from ..data_options import DataOptions
from ..dataset_layout import ImageFile
from ..errors import BadImageError, DataError, counted, printable
from ..header import read_header
from ..io import file_of, read_grey, resized
from .image_cache import load, store
from .sem_image import ANY_WIDTH, read_sem_image

CACHE_FOLDER = ".semdepth_cache"
IMAGES_PER_CHUNK = 1024  # decoded at a time
N_HEADERS = 16  # files of a stack whose headers are asked for a data bar
TIME_RESOLUTION = 20_000_000  # [ns], more than the rounding of file times on any file system


def read_usable(files: list[ImageFile], options: DataOptions, title: str) -> tuple[list[ImageFile], NDArray]:
    """The usable files and their images (N, H, W), [grey level 0..255]; `--on_bad_image skip` drops bad images."""
    try:
        return files, read_stack(files, options, title)
    except BadImageError as error:
        usable = [file for file in files if file.name not in error.reasons]
        if options.on_bad_image != "skip" or not usable:
            raise
        for line in error.reasons.values():
            tqdm.write(f"skipped: {printable(line)}")
        return usable, read_stack(usable, options, title)


def read_stack(files: list[ImageFile], options: DataOptions, title: str) -> NDArray:
    """Images (N, H, W), [grey level 0..255], uint8 or float32, in the order of `files`, with a progress bar.

    They come from the data set's cache if it holds exactly these files in their present state; otherwise they are
    decoded and stored there. A cached array is read-only. Raises BadImageError with every image that cannot be used.
    """
    options = _decide_bar(files, options)
    path = _cache_path(files, options) if options.cache else None
    if path is None:
        return _decode_all(files, options, title)
    start_time = time.time_ns()
    fingerprint, newest = _fingerprint(files, options)
    images = load(path, fingerprint)
    if images is not None:
        return images

    def unchanged() -> bool:
        # A file newer than the time resolution might change again and keep its time.
        return newest < start_time - TIME_RESOLUTION and _fingerprint(files, options)[0] == fingerprint

    try:
        return store(path, fingerprint, _decode_chunks(files, options, title), unchanged)
    except OSError as error:
        tqdm.write(f"note: no cache in {path.parent} ({error.strerror}); images are decoded at every start")
        return _decode_all(files, options, title)


def _decide_bar(files: list[ImageFile], options: DataOptions) -> DataOptions:
    """The options with --data_bar 0 where none is given, and no header of a sample of the files tells a data bar.

    So images without one are read as fast as ever. Otherwise one line says what is cut, and one that a header says
    otherwise.
    """
    if options.data_bar > 0:
        tqdm.write(f"data bar: {options.data_bar} rows cut from {counted(len(files), 'image')}")
    with suppress(OSError):
        for file in files[:: max(1, len(files) // N_HEADERS)]:
            rows, name = read_header(file.name, ANY_WIDTH).data_bar_rows, printable(file.name)
            if options.data_bar >= 0 and rows not in (None, options.data_bar):
                tqdm.write(f"--data_bar {options.data_bar} is used, but the header of {name} states {rows} rows")
                return options
            if options.data_bar < 0 and rows:
                tqdm.write(f"data bar: cut where the header tells it, as in {name}; --data_bar N decides")
                return options
    return replace(options, data_bar=max(options.data_bar, 0))


def _decode_all(files: list[ImageFile], options: DataOptions, title: str) -> NDArray:
    images, n_done = None, 0
    for chunk in _decode_chunks(files, options, title):
        if images is None:
            images = np.empty((len(files), *chunk.shape[1:]), chunk.dtype)
        images[n_done : n_done + len(chunk)] = chunk
        n_done += len(chunk)
    assert images is not None
    return images


def _decode_chunks(files: list[ImageFile], options: DataOptions, title: str) -> Iterator[NDArray]:
    """Yields images in chunks (n, H, W) of one size and type; raises BadImageError after all files have been read."""
    read = partial(_try_read_image, options=options)
    reasons: dict[str, str] = {}
    common_size: tuple[int, ...] = ()
    with (
        ThreadPoolExecutor() as pool,
        tqdm(total=len(files), desc=title, unit="image", leave=False, disable=None) as bar,
    ):
        for start in range(0, len(files), IMAGES_PER_CHUNK):
            chunk = files[start : start + IMAGES_PER_CHUNK]
            images = list(pool.map(read, chunk))
            sizes = Counter(image.shape for image in images if not isinstance(image, str))
            common_size = common_size or (sizes.most_common(1)[0][0] if sizes else ())
            for file, image in zip(chunk, images, strict=True):
                if isinstance(image, str):
                    reasons[file.name] = image
                elif image.shape != common_size:
                    reasons[file.name] = (
                        f"{file.name}: {size_text(image)} where others are {'x'.join(str(n) for n in common_size)}; "
                        "use --preprocess resize --load_size H,W"
                    )
            if not reasons:
                yield np.stack(images)
            bar.update(len(chunk))
    if reasons:
        raise BadImageError(reasons, len(files))


def _cache_path(files: list[ImageFile], options: DataOptions) -> Path | None:
    """Cache file of these images, one for each folder; None if they are not below the dataroot."""
    folder = os.path.relpath(os.path.commonpath([os.path.dirname(file.name) for file in files]), options.dataroot)
    if folder.startswith(os.pardir):
        return None
    return cache_path(folder.replace(os.sep, "-"), options)


def cache_path(name: str, options: DataOptions) -> Path:
    """Cache file of what `name` says, made with these --load_size and --max_dataset_size."""
    parts = [name]
    if "resize" in options.preprocess:
        parts.append("x".join(str(n) for n in height_width(options.load_size)))
    if options.max_dataset_size:
        parts.append(str(options.max_dataset_size))
    return Path(options.dataroot, CACHE_FOLDER, f"{'_'.join(parts)}.pack")


def _fingerprint(files: list[ImageFile], options: DataOptions) -> tuple[str, int]:
    """Digest of everything that the decoded images depend on, and the latest time that a file was changed [ns]."""
    target_size = options.load_size if "resize" in options.preprocess else ()
    recipe = (target_size, options.grey_range, *([options.data_bar] if options.data_bar else []))
    digest = blake2b(repr(recipe).encode(), digest_size=16)
    newest, prefix = 0, f"{Path(options.dataroot)}{os.sep}"
    for file in files:
        try:
            info = os.stat(file_of(file.name))
        except OSError:  # reading the image reports why
            digest.update(f"{file.name}\0\n".encode("utf-8", "surrogateescape"))
            continue
        newest = max(newest, info.st_ctime_ns)
        name = file.name.removeprefix(prefix)  # so that the data set may be moved
        digest.update(
            f"{name}\0{info.st_size}\0{info.st_mtime_ns}\0{info.st_ctime_ns}\n".encode("utf-8", "surrogateescape")
        )
    return digest.hexdigest(), newest


def _try_read_image(file: ImageFile, options: DataOptions) -> NDArray | str:
    """The image (H, W), or the reason why it cannot be used."""
    try:
        return _read_image(file, options)
    except DataError as error:
        return str(error)


def _read_image(file: ImageFile, options: DataOptions) -> NDArray:
    """One image (H, W), [grey level 0..255], resized if the options ask for it; the options determine its type."""
    if options.data_bar:
        sem = read_sem_image(file.name, options, find_bar=False)
        sem.image.check()
        image = sem.image.levels
    else:
        image = read_grey(file.name, options.grey_range)
    if "resize" in options.preprocess:
        return resized(image, height_width(options.load_size))
    return image.astype(np.float32) if options.grey_range else image


def height_width(size: tuple[int, ...]) -> tuple[int, int]:
    """(H, W) of a size option; one number means a square."""
    return size[0], size[-1]


def size_text(image: NDArray) -> str:
    """`72x48` for an image (72, 48)."""
    return "x".join(str(n) for n in image.shape)
