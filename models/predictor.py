"""From SEM images to finished depth maps: the Python API, and what test.py runs."""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from .errors import ModelError
from .quantisation import LEVELS, quantise
from .registry import build, options_from
from .system import System
from .weights import load_weights


class Prediction(NamedTuple):
    """A batch: raw and quantised depth float32 (N, H, W) [grey level], level int (N,), background bool (N, H, W)."""

    depth_grey: NDArray[np.float32]
    quantised: NDArray[np.float32]
    level: NDArray[np.int64]
    mask: NDArray[np.bool_]


class Predictor:
    """A trained system with its scaling and quantisation.

    >>> predictor = Predictor.load("checkpoints/metrology")        # doctest: +SKIP
    >>> predictor.predict(sem).quantised                           # sem: uint8 (N, 72, 48)     # doctest: +SKIP
    """

    def __init__(self, system: System, levels: tuple[int, ...] = LEVELS, tolerance: float = 8.0) -> None:
        self.system = system
        self.levels = levels
        self.tolerance = tolerance
        system.train(False)

    @classmethod
    def load(
        cls,
        run: str | Path,
        epoch: str = "latest",
        device: str | torch.device = "cpu",
        levels: tuple[int, ...] = LEVELS,
        tolerance: float = 8.0,
    ) -> "Predictor":
        """The system of a run folder as its own `opt.json` describes it, with the weights of `epoch`."""
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
        return cls(system, levels, tolerance)

    def predict(self, sem: NDArray) -> Prediction:
        """Depth of SEM images (N, H, W), [grey level 0..255], uint8 or float."""
        depth = self._run(self.system.predict, sem)
        return Prediction(depth, *quantise(depth, self.levels, self.tolerance))

    def render(self, depth_grey: NDArray) -> NDArray[np.float32]:
        """SEM images, float32 (N, H, W) [grey level 0..255], of depth maps (N, H, W) [grey level]."""
        return self._run(self.system.render, depth_grey)

    @torch.inference_mode()
    def _run(self, way, images: NDArray) -> NDArray[np.float32]:
        if images.ndim != 3:
            raise ModelError(f"images of shape {images.shape}: expected (N, H, W)")
        answer = way(torch.from_numpy(np.asarray(images, dtype=np.float32))[:, None])
        return answer[:, 0].float().cpu().numpy()
