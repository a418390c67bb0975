"""Renderings by an instrument that is fitted to a real domain, which takes a minute: they are kept in the cache."""

from dataclasses import dataclass, fields
from functools import partial
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from ..errors import DataError, printable
from ..instrument_fit import (
    FULL,
    QUICK,
    Effort,
    Reshaping,
    code_digest,
    count_steps,
    fit_instrument,
    match_brightness,
    render_shapes,
)
from .image_cache import load_arrays, store_arrays

N_FITTED = 1600  # renderings by the fitted instrument
MIN_REAL_OF_FIT, MIN_STEMS_OF_FIT = 32, 16  # fewer determine no instrument: the fit is quick, and renderings are few


@dataclass(frozen=True)
class FittedDomain:
    """What the renderings depend on, beside the code: real images (N, H, W) [grey level] with the index of their depth
    (N,) in `depth_nm` (L,), normalised depths (M, H, W) of shapes, the pixel size [nm], and the seed."""

    real: NDArray
    index: NDArray[np.int64]
    depth_nm: NDArray[np.float64]
    shapes: NDArray[np.float32]
    pixel_nm: float
    seed: int

    def render(self, path: Path | None) -> tuple[dict[str, NDArray], Reshaping]:
        """Renderings {"images", "u", "index"} as from `render_shapes`, as bright as real images, and how their shapes
        differ from `shapes`. They are read from the cache file `path` if it has just these, else made and kept there.

        Without an instrument that can be fitted there are 0, and a line says why.
        """
        recipe = self._recipe()
        kept = _load(path, recipe) if path else None
        if kept is None:
            try:
                kept = self._make()
            except DataError as error:
                tqdm.write(f"no renderings by a fitted instrument: {error}")
                size = (0, *self.real.shape[1:])
                nothing = {"images": np.zeros(size, np.uint8), "u": np.zeros(size, np.float16)}
                return {**nothing, "index": np.zeros(0, np.int64)}, Reshaping()
            if path:
                _store(path, recipe, kept)
        reshaping = Reshaping(*kept.pop("reshaping").tolist())
        if reshaping != Reshaping():
            tqdm.write(f"the real holes are not those of the library: {reshaping.describe()}")
        return kept, reshaping

    def _make(self) -> dict[str, NDArray]:
        effort, count = self._effort()
        bar = partial(tqdm, leave=False, disable=None)
        domain = self.real, self.index, self.depth_nm
        with bar(desc="fitting the instrument", total=count_steps(effort), unit="step") as steps:
            fit = fit_instrument(*domain, self.shapes, self.pixel_nm, effort, steps.update)
        progress = partial(bar, desc="rendering by the fitted instrument", unit="image")
        shapes = fit.reshaping.apply(self.shapes)
        images, u, index = render_shapes(fit.instrument, shapes, self.depth_nm, count, self.seed, progress)
        images = match_brightness(images, index, self.real, self.index)
        reshaping = np.array([fit.reshaping.wall, fit.reshaping.size])
        return {"images": images, "u": u, "index": index, "reshaping": reshaping}

    def _effort(self) -> tuple[Effort, int]:
        """That of the fit, and the number of renderings."""
        is_quick = len(self.real) < MIN_REAL_OF_FIT or len(self.shapes) < MIN_STEMS_OF_FIT
        return (QUICK, len(self.real)) if is_quick else (FULL, N_FITTED)

    def _recipe(self) -> bytes:
        """Digest of everything that the renderings depend on."""
        digest = blake2b(code_digest() + repr(self._effort()).encode(), digest_size=16)
        for field in fields(self):
            values = np.ascontiguousarray(getattr(self, field.name))
            digest.update(f"{field.name} {values.dtype.str} {values.shape}".encode())
            digest.update(values.data)
        return digest.digest()


def _load(path: Path, recipe: bytes) -> dict[str, NDArray] | None:
    try:
        return load_arrays(path, recipe)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError):
        name = printable(str(path))
        tqdm.write(f"{name}: damaged, or made from other images or by another version; it is made again")
        return None


def _store(path: Path, recipe: bytes, arrays: dict[str, NDArray]) -> None:
    try:
        store_arrays(path, recipe, arrays)
    except OSError as error:
        folder = printable(str(path.parent))
        tqdm.write(f"note: no cache in {folder} ({error.strerror}); the instrument is fitted at every start")
