"""From SEM images to post-processed depth maps: the Python API, and what test.py runs."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from skimage.transform import resize

from .base_model import BaseModel
from .errors import ModelError
from .grey_levels import LEVELS
from .networks import check_grey_levels, fold_batch_norm
from .postprocessing import predict_tiled, recentre, snap_background
from .registry import load

N_CHECKED = 3  # first outputs of a model: depth and probabilities, which are finite unless the network overflows
Apply = Callable[[torch.Tensor], Sequence[torch.Tensor | None]]


class Prediction(NamedTuple):
    """What is known of a batch of N images, as arrays; None is what the model does not know.

    `raw_depth`, `snapped`, `recentred` float32 (N, H, W) [grey level, smaller is deeper]: as the network gives it, with
    its background set to the level, and with its hole moved to where the depth maps have theirs. `level` int (N,): of
    the background [grey level]. `hole_mask` bool (N, H, W): True is hole. `level_probs` (N, K): probability of each of
    the predictor's levels [0..1]; `background_prob` (N, H, W): of each pixel to be background [0..1]. `depth_u90`
    (N, H, W): expanded uncertainty, half the 90 % interval of each pixel [grey level]. `floor_depth` (N, 2): mean depth
    of the floor below the background, and its expanded uncertainty [grey level]. `ood_score` (N,): above 1 the image is
    out of distribution.
    """

    raw_depth: NDArray[np.float32] | None = None
    level_probs: NDArray[np.float32] | None = None
    background_prob: NDArray[np.float32] | None = None
    depth_u90: NDArray[np.float32] | None = None
    floor_depth: NDArray[np.float32] | None = None
    ood_score: NDArray[np.float32] | None = None
    level: NDArray[np.int64] | None = None
    hole_mask: NDArray[np.bool_] | None = None
    snapped: NDArray[np.float32] | None = None
    recentred: NDArray[np.float32] | None = None

    @property
    def final(self) -> NDArray[np.float32] | None:
        """The post-processed depth maps, float32 (N, H, W) [grey level]: recentred where a centre is known."""
        return self.snapped if self.recentred is None else self.recentred


class KnownPrediction(NamedTuple):
    """The prediction for images with known true depth maps (N, H, W) [grey level]; whether they are real, bool (N,)."""

    prediction: Prediction
    truth: NDArray[np.float32]
    is_real: NDArray[np.bool_]


class Predictor:
    """A trained model with its scaling and post-processing. The model can no longer be trained afterwards.

    >>> predictor = Predictor.load("checkpoints/metrology")        # doctest: +SKIP
    >>> predictor.predict(sem).final                               # sem: uint8 (N, 72, 48)     # doctest: +SKIP
    """

    def __init__(
        self,
        model: BaseModel,
        levels: tuple[int, ...] = LEVELS,
        tolerance: float = 8.0,
        centre: tuple[float, ...] = (),
        size: tuple[int, int] | None = None,
        lines: bool = False,
        tile: tuple[int, ...] = (),
    ) -> None:
        self.model = model
        self.levels = model.levels or levels
        self.tolerance = tolerance
        self.centre = centre
        self.size = size  # (H, W) that the model was trained at, if images were resized to it
        self.lines = lines
        self.tile = tile
        for network in model.networks.values():
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
        precision: str = "auto",
        compiled: bool = False,
    ) -> "Predictor":
        """The model of a run folder as its own `opt.json` describes it, with the weights of `epoch`.

        `centre` (y, x) [px] is where holes are moved to, () leaves them; None takes the run's own --hole_centre.
        `lines` stand between etched ground (`find_background`). Images larger than `tile` (h, w) [px] are
        predicted in tiles (`predict_tiled`); () takes them whole. `precision` is fp32, bf16 or, as in test.py, auto:
        bfloat16 where it is faster (models/training/precision.py). `compiled` networks take a minute or more at first.
        """
        model, saved = load(Path(run), epoch, torch.device(device))
        model.enable_acceleration(precision, compiled)
        try:
            load_size = saved.get("load_size", ())
            size = (int(load_size[0]), int(load_size[-1])) if "resize" in saved.get("preprocess", "") else None
            centre = tuple(float(value) for value in saved.get("hole_centre", ())) if centre is None else centre
        except (IndexError, TypeError, ValueError):
            raise ModelError(
                f"{Path(run, 'opt.json')}: preprocess, load_size and hole_centre are not as train.py writes them"
            ) from None
        return cls(model, levels, tolerance, centre, size, lines, tile)

    def predict(self, sem: NDArray) -> Prediction:
        """All that the model knows of SEM images (N, H, W), [grey level 0..255], uint8 or float, at their size.

        The background is set to the level that the model predicts, else to the level nearest to its own. It is set
        outside the hole mask that the model predicts, else where the map is connected to the border.
        """
        return self.postprocess(self.infer(sem))

    def infer(self, sem: NDArray) -> Prediction:
        """The first half of `predict`, by the network: the fields of a ModelOutput as arrays."""
        return Prediction(*self._run(self.model.predict, sem))

    def postprocess(self, prediction: Prediction) -> Prediction:
        """The second half of `predict`: level, hole mask, snapped and recentred maps. It can run beside `infer`."""
        depth, level_probs, background_prob = prediction[:3]
        level = None if level_probs is None else np.asarray(self.levels)[level_probs.argmax(axis=1)]
        hole_mask = None if background_prob is None else ~(background_prob >= 0.5)
        if depth is None:
            return prediction._replace(level=level, hole_mask=hole_mask)
        snapped, level, hole_mask = snap_background(depth, self.levels, self.tolerance, level, hole_mask, self.lines)
        recentred = recentre(snapped, level, self.centre) if self.centre else None
        return prediction._replace(level=level, hole_mask=hole_mask, snapped=snapped, recentred=recentred)

    def recall_known(self) -> KnownPrediction | None:
        """What the model predicted in its calibration where the true depth is known, post-processed, at the size of its
        own images; None if it kept nothing."""
        known = self.model.recall_known()
        if known is None:
            return None
        arrays = [None if field is None else field.float().cpu().numpy() for field in known.output]
        prediction = Prediction(*(array if array is None or array.ndim < 3 else array[:, 0] for array in arrays))
        return KnownPrediction(
            self.postprocess(prediction), known.truth[:, 0].cpu().numpy(), known.is_real.cpu().numpy()
        )

    def render(self, depth_grey: NDArray) -> NDArray[np.float32]:
        """SEM images, float32 (N, H, W) [grey level 0..255], of depth maps (N, H, W) [grey level]."""
        (sem,) = self._run(lambda depth: (self.model.render(depth),), depth_grey)
        assert sem is not None
        return sem

    @torch.inference_mode()
    def _run(self, fn: Apply, images: NDArray) -> list[NDArray | None]:
        check_grey_levels(images)
        if not self.tile:
            return self._apply(fn, images)
        return predict_tiled(lambda tiles: self._apply(fn, tiles), images, (self.tile[0], self.tile[-1]))

    def _apply(self, fn: Apply, images: NDArray) -> list[NDArray | None]:
        inputs = _resized(images.astype(np.float32), self.size or images.shape[1:])
        outputs = fn(torch.from_numpy(inputs)[:, None])
        arrays = [None if output is None else output.float().cpu().numpy() for output in outputs]
        if any(array is not None and not np.isfinite(array).all() for array in arrays[:N_CHECKED]):
            raise ModelError("the network's output is not finite: use weights of an earlier epoch, or --precision fp32")
        # What describes a whole image, such as the probabilities of levels (N, K), has no pixels to resize.
        return [
            array if array is None or array.ndim < 3 else _resized(array[:, 0], images.shape[1:]) for array in arrays
        ]


def _resized(images: NDArray[np.float32], size: tuple[int, ...]) -> NDArray[np.float32]:
    if images.shape[1:] == size:
        return images
    shape = (len(images), *size)  # as training images are resized: linear, smoothed before they shrink
    return resize(images, shape, order=1, preserve_range=True, anti_aliasing=True).astype(np.float32)
