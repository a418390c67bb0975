"""From SEM images to finished depth maps: the Python API, and what test.py runs."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from skimage.transform import resize

from .base_model import BaseModel
from .errors import ModelError
from .grey_levels import LEVELS
from .networks import fold_batch_norm
from .postprocessing import predict_tiled, recentre, snap_background
from .registry import load


class Prediction(NamedTuple):
    """A batch of N images; None is what the system does not know.

    `depth_grey` and `quantised`, raw and with its background set, float32 (N, H, W) [grey level]; `level` int (N,) of
    the background [grey level]; `mask` of the background bool (N, H, W); `probability` (N, K) of each of `levels` and
    `background` (N, H, W) of each pixel, float32 [0..1]; `centred`, the quantised depth with its holes moved to where
    they belong. `interval` (N, H, W), half the width of the depth's 90 % interval; `floor` (N, 2), the floor's mean
    depth below the background and half the width of its 90 % interval, all [grey level]; `strange` (N,), above 1 for
    what is outside the system's knowledge.
    """

    raw_depth: NDArray[np.float32] | None
    snapped: NDArray[np.float32] | None
    level: NDArray[np.int64] | None
    mask: NDArray[np.bool_] | None
    level_probs: NDArray[np.float32] | None
    background_prob: NDArray[np.float32] | None
    recentred: NDArray[np.float32] | None
    depth_u90: NDArray[np.float32] | None = None
    floor_depth: NDArray[np.float32] | None = None
    ood_score: NDArray[np.float32] | None = None

    @property
    def final(self) -> NDArray[np.float32] | None:
        """The finished depth maps, float32 (N, H, W) [grey level]: centred where a centre is known, else quantised."""
        return self.snapped if self.recentred is None else self.recentred


class Predictor:
    """A trained system with its scaling, quantisation and registration. The system can no longer learn afterwards.

    >>> predictor = Predictor.load("checkpoints/metrology")        # doctest: +SKIP
    >>> predictor.predict(sem).final                               # sem: uint8 (N, 72, 48)     # doctest: +SKIP
    """

    def __init__(
        self,
        system: BaseModel,
        levels: tuple[int, ...] = LEVELS,
        tolerance: float = 8.0,
        centre: tuple[float, ...] = (),
        size: tuple[int, int] | None = None,
        lines: bool = False,
        tile: tuple[int, ...] = (),
    ) -> None:
        self.system = system
        self.levels = system.levels or levels
        self.tolerance = tolerance
        self.centre = centre
        self.size = size  # (H, W) that the system was trained at, if images were resized to it
        self.lines = lines
        self.tile = tile
        for network in system.networks.values():
            fold_batch_norm(network)

    @classmethod
    def load(
        cls,
        run: str | Path,
        epoch: str = "latest",
        device: str | torch.device = "cpu",
        levels: tuple[int, ...] = LEVELS,
        tolerance: float = 8.0,
        centre: tuple[float, ...] | None = None,
        lines: bool = False,
        tile: tuple[int, ...] = (),
    ) -> "Predictor":
        """The system of a run folder as its own `opt.json` describes it, with the weights of `epoch`.

        `centre` (y, x) [px] is where holes are moved to, () leaves them; None takes the run's own --hole_centre.
        `lines` stand between etched ground (`quantisation.background`). Images larger than `tile` (h, w) [px] are
        predicted in tiles (`tiling.tiled`); () takes them whole.
        """
        system, saved = load(Path(run), epoch, torch.device(device))
        try:
            load_size = saved.get("load_size", ())
            size = (int(load_size[0]), int(load_size[-1])) if "resize" in saved.get("preprocess", "") else None
            centre = tuple(float(one) for one in saved.get("hole_centre", ())) if centre is None else centre
        except (IndexError, TypeError, ValueError):
            raise ModelError(
                f"{Path(run, 'opt.json')}: preprocess, load_size and hole_centre are not as train.py writes them"
            ) from None
        return cls(system, levels, tolerance, centre, size, lines, tile)

    def predict(self, sem: NDArray) -> Prediction:
        """What the system knows about SEM images (N, H, W), [grey level 0..255], uint8 or float, at their size.

        The background is set to the level that the system votes for, else to the one nearest to its own; inside the
        mask that the system votes for, else where the map is joined to the border.
        """
        return self.postprocess(*self.infer(sem))

    def infer(self, sem: NDArray) -> list[Any]:
        """The first half of `predict`, the network's: an `Estimate`'s fields in their order, as arrays."""
        return self._run(self.system.predict, sem)

    def postprocess(
        self, depth: NDArray | None, probability: NDArray | None, background: NDArray | None, *doubts: NDArray | None
    ) -> Prediction:
        """The second half of `predict`: quantisation and registration, which may run beside the next first half."""
        level = None if probability is None else np.asarray(self.levels)[probability.argmax(axis=1)]
        mask = None if background is None else background >= 0.5
        if depth is None:
            return Prediction(None, None, level, mask, probability, background, None, *doubts)
        snapped, level, mask = snap_background(depth, self.levels, self.tolerance, level, mask, self.lines)
        moved = recentre(snapped, level, self.centre) if self.centre else None
        return Prediction(depth, snapped, level, mask, probability, background, moved, *doubts)

    def render(self, depth_grey: NDArray) -> NDArray[np.float32]:
        """SEM images, float32 (N, H, W) [grey level 0..255], of depth maps (N, H, W) [grey level]."""
        (sem,) = self._run(lambda depth: (self.system.render(depth),), depth_grey)
        return sem

    @torch.inference_mode()
    def _run(self, way, images: NDArray) -> list[Any]:
        if images.ndim != 3:
            raise ModelError(f"images of shape {images.shape}: expected (N, H, W)")
        if not self.tile:
            return self._whole(way, images)
        return predict_tiled(lambda some: self._whole(way, some), images, (self.tile[0], self.tile[-1]))

    def _whole(self, way, images: NDArray) -> list[Any]:
        given = _resized(images.astype(np.float32), self.size or images.shape[1:])
        answers = way(torch.from_numpy(given)[:, None])
        arrays = [None if answer is None else answer.float().cpu().numpy() for answer in answers]
        # What is said of a whole image, as the probabilities of levels (N, K), has no pixels.
        return [one if one is None or one.ndim < 3 else _resized(one[:, 0], images.shape[1:]) for one in arrays]


def _resized(images: NDArray[np.float32], size: tuple[int, ...]) -> NDArray[np.float32]:
    if images.shape[1:] == size:
        return images
    shape = (len(images), *size)  # as training images are: linear, smoothed before they shrink
    return resize(images, shape, order=1, preserve_range=True, anti_aliasing=True).astype(np.float32)
