"""From SEM images to finished depth maps: the Python API, and what test.py runs."""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from skimage.transform import resize

from .errors import ModelError
from .quantisation import LEVELS, quantise
from .registration import centred
from .registry import build, options_from
from .system import System
from .weights import load_weights


class Prediction(NamedTuple):
    """A batch: raw and quantised depth float32 (N, H, W) [grey level], level int (N,), background bool (N, H, W).

    `centred` is the quantised depth with its holes moved to `centre`; None where the predictor knows no centre.
    """

    depth_grey: NDArray[np.float32]
    quantised: NDArray[np.float32]
    level: NDArray[np.int64]
    mask: NDArray[np.bool_]
    centred: NDArray[np.float32] | None

    @property
    def final(self) -> NDArray[np.float32]:
        """The finished depth maps, float32 (N, H, W) [grey level]: centred where a centre is known, else quantised."""
        return self.quantised if self.centred is None else self.centred


class Predictor:
    """A trained system with its scaling, quantisation and registration.

    >>> predictor = Predictor.load("checkpoints/metrology")        # doctest: +SKIP
    >>> predictor.predict(sem).final                               # sem: uint8 (N, 72, 48)     # doctest: +SKIP
    """

    def __init__(
        self,
        system: System,
        levels: tuple[int, ...] = LEVELS,
        tolerance: float = 8.0,
        centre: tuple[float, ...] = (),
        size: tuple[int, int] | None = None,
    ) -> None:
        self.system = system
        self.levels = levels
        self.tolerance = tolerance
        self.centre = centre
        self.size = size  # (H, W) that the system was trained at, if images were resized to it
        system.train(False)

    @classmethod
    def load(
        cls,
        run: str | Path,
        epoch: str = "latest",
        device: str | torch.device = "cpu",
        levels: tuple[int, ...] = LEVELS,
        tolerance: float = 8.0,
        centre: tuple[float, ...] | None = None,
    ) -> "Predictor":
        """The system of a run folder as its own `opt.json` describes it, with the weights of `epoch`.

        `centre` (y, x) [px] is where holes are moved to, () leaves them; None takes the run's own --hole_centre.
        """
        folder = Path(run)
        try:
            saved = json.loads((folder / "opt.json").read_text())
        except FileNotFoundError:
            raise ModelError(
                f"{folder}: no opt.json there; give the folder of a finished or running training"
            ) from None
        except ValueError:
            raise ModelError(f"{folder / 'opt.json'}: not readable as JSON") from None
        name = saved.get("model")
        system = build(name, options_from(name, saved), torch.device(device))
        system.load_networks({key: load_weights(folder / f"{epoch}_net_{key}.pth") for key in system.networks})
        load_size = saved.get("load_size", ())
        size = (load_size[0], load_size[-1]) if "resize" in saved.get("preprocess", "") else None
        centre = tuple(saved.get("hole_centre", ())) if centre is None else centre
        return cls(system, levels, tolerance, centre, size)

    def predict(self, sem: NDArray) -> Prediction:
        """Depth of SEM images (N, H, W), [grey level 0..255], uint8 or float, at their size."""
        depth = self._run(self.system.predict, sem)
        quantised, level, mask = quantise(depth, self.levels, self.tolerance)
        moved = centred(quantised, level, self.centre) if self.centre else None
        return Prediction(depth, quantised, level, mask, moved)

    def render(self, depth_grey: NDArray) -> NDArray[np.float32]:
        """SEM images, float32 (N, H, W) [grey level 0..255], of depth maps (N, H, W) [grey level]."""
        return self._run(self.system.render, depth_grey)

    @torch.inference_mode()
    def _run(self, way, images: NDArray) -> NDArray[np.float32]:
        if images.ndim != 3:
            raise ModelError(f"images of shape {images.shape}: expected (N, H, W)")
        given = _resized(images.astype(np.float32), self.size or images.shape[1:])
        answer = way(torch.from_numpy(given)[:, None])
        return _resized(answer[:, 0].float().cpu().numpy(), images.shape[1:])


def _resized(images: NDArray[np.float32], size: tuple[int, ...]) -> NDArray[np.float32]:
    if images.shape[1:] == size:
        return images
    shape = (len(images), *size)  # as training images are: linear, smoothed before they shrink
    return resize(images, shape, order=1, preserve_range=True, anti_aliasing=True).astype(np.float32)
