"""Interface between a model and train.py/test.py: a training step, a prediction, a state.

To add a model: subclass `BaseModel` in a new file, and declare its options, a frozen dataclass, in model_options. Set
`dataset_kind` to the data that it learns from, implement `step`, `predict` and `evaluate`, and enter the model in
`MODELS` (models/registry.py). The parametrised tests over that dict then check it.
"""

from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from .errors import ModelError
from .networks import fit_keys, load_finite
from .training import PlotLayout, StepCapture, adam_options, load_optimiser, set_lr, use_bf16


class ModelOutput(NamedTuple):
    """A model's outputs for SEM images (N, 1, H, W), on its device; None where the model does not predict a quantity.

    `raw_depth` (N, 1, H, W) [grey level 0..255, smaller is deeper]. `level_probs` (N, K): probability of each of the
    model's background levels [0..1]. `background_prob` (N, 1, H, W): of each pixel to be background [0..1].
    `depth_u90` (N, 1, H, W): expanded uncertainty U90, half the 90 % interval of each pixel [grey level].
    `floor_depth` (N, 2): mean depth of the floor below the background, and its U90 [grey level]. `ood_score` (N,):
    above 1 the image is out of distribution.
    """

    raw_depth: Tensor | None = None
    level_probs: Tensor | None = None
    background_prob: Tensor | None = None
    depth_u90: Tensor | None = None
    floor_depth: Tensor | None = None
    ood_score: Tensor | None = None


def first_example(eval_set: dict[str, NDArray], name: str) -> Tensor:
    """The first of the images (N, H, W) of that name, float32 (1, 1, H, W) [grey level 0..255]."""
    return torch.from_numpy(eval_set[name][:1].astype(np.float32))[:, None]


class KnownOutput(NamedTuple):
    """The output for images with a known true depth (N, 1, H, W) [grey level]; whether they are real, bool (N,)."""

    output: ModelOutput
    truth: Tensor
    is_real: Tensor


class BaseModel:
    """Networks, their optimisers and their training step. Images are float32 (N, 1, H, W), [grey level 0..255].

    `dataset_kind` names the data that the model learns from; it is empty for a model without training. `levels` are
    the background levels [grey level] of `level_probs`. `has_absolute_scale` is False if the depth has an arbitrary
    scale and shift. `has_learned` is False if the loaded weights are from before the training's stage that learns
    depths. `preserves_position` is False if the hole is in the middle of the depth map, wherever it is in the image.
    `ddp_modules` are the modules that a step applies and optimises, by the names of their optimisers: each is
    called once a step, so that DistributedDataParallel can average its gradients.
    """

    Options: ClassVar[type]
    dataset_kind: str = ""
    levels: tuple[int, ...] = ()
    has_absolute_scale: bool = True
    has_learned: bool = True
    preserves_position: ClassVar[bool] = True
    plot_layout: ClassVar[PlotLayout] = PlotLayout()

    def __init__(self, options: Any, device: torch.device, seed: int = 0) -> None:
        self.options = options
        self.device = torch.device(device)  # a name will do
        self.bf16 = False
        self.capture = StepCapture(self.device)
        self.networks: dict[str, nn.Module] = {}
        self.ddp_modules: dict[str, nn.Module] = {}

    @cached_property
    def optimisers(self) -> dict[str, torch.optim.Optimizer]:
        """An optimiser for each of `ddp_modules`, made when a training first asks: making one takes torch a second."""
        return {name: self.new_optimiser(module) for name, module in self.ddp_modules.items()}

    def new_optimiser(self, module: nn.Module) -> torch.optim.Optimizer:
        """The optimiser of one module; its initial learning rate is `options.lr`."""
        return torch.optim.Adam(module.parameters(), **adam_options(self.options.lr, self.device))

    def enable_acceleration(
        self, precision: str = "auto", compiled: bool = False, task: str = "prediction"
    ) -> "BaseModel":
        """From now on applies the networks in this precision, bfloat16 only where that is safe (autocast), or compiled;
        returns itself.

        `precision`: `auto` is what is known to be faster in this `task` (training or prediction), or `fp32`, or `bf16`.
        """
        self.bf16 = use_bf16(precision, type(self).__name__, task, self.device)
        self.capture.forget()
        if compiled:
            for network in self.networks.values():
                network.compile()
        return self

    def wrap_ddp(self) -> None:
        """Averages the gradients of all `ddp_modules` over the processes of torch.distributed.

        All processes have equally large parts of the batch, so the mean is the gradient of the whole batch.
        """
        ids = [self.device.index] if self.device.type == "cuda" else None
        self.ddp_modules = {
            name: nn.parallel.DistributedDataParallel(module, device_ids=ids)
            for name, module in self.ddp_modules.items()
        }
        self.capture.disable("several processes average their gradients in it")

    def autocast(self) -> torch.autocast:
        """The context in which networks are applied."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16)

    @property
    def n_parameters(self) -> int:
        """Number of weights that a prediction uses."""
        return sum(weight.numel() for network in self.networks.values() for weight in network.parameters())

    def check_training(self, last: int) -> None:
        """Raises a `ModelError` if the options do not describe a training that can end at epoch `last`."""

    def step(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """One optimisation step; returns detached losses () by name, on the device, so that nothing waits for them.

        What it does on the device goes through `self.capture.run`, which replays it as a graph on a GPU.
        """
        raise NotImplementedError

    def predict(self, sem: Tensor) -> ModelOutput:
        """The outputs for SEM images (N, 1, H, W), [grey level 0..255]."""
        raise NotImplementedError

    def recall_known(self) -> KnownOutput | None:
        """Outputs that were kept in training to calibrate what is measured in maps; most models keep none."""
        return None

    def render(self, depth: Tensor) -> Tensor:
        """SEM images of depth maps, both float32 (N, 1, H, W), [grey level 0..255]; most models cannot render."""
        raise ModelError("this model cannot render SEM images: use a cycle_gan run with --which_direction BtoA")

    def evaluate(self, eval_set: dict[str, NDArray]) -> dict[str, float]:
        """Validation metrics by name, on the dataset's `eval_set`: fixed training images, or held-out images.

        The epoch with the lowest first metric is saved as `best`; NaN is a metric that has no value yet. No metric
        needs the ground truth of a test image.
        """
        raise NotImplementedError

    def end_epoch(self, eval_set: dict[str, NDArray]) -> None:
        """Called after every epoch, for models that learn something from the whole `eval_set` at once."""

    def prepare_save(self, eval_set: dict[str, NDArray], is_numbered: bool) -> None:
        """Called before the weights of a finished epoch are saved, as `best` or, `is_numbered`, under its number, for
        models that measure what training can do without."""

    @torch.inference_mode()
    def predict_batched(self, sem: NDArray, batch_size: int = 64) -> ModelOutput:
        """`predict` of many images (N, H, W) [grey level] in evaluation mode, a batch at a time."""
        self.train(False)
        parts = [
            self.predict(torch.from_numpy(sem[n : n + batch_size].astype(np.float32))[:, None])
            for n in range(0, len(sem), batch_size)
        ]
        self.train()
        return ModelOutput(*(None if field[0] is None else torch.cat(field) for field in zip(*parts, strict=True)))

    def get_visuals(self) -> dict[str, Tensor]:
        """Images of the last step by name, float32 (N, 1, H, W), [grey level 0..255], for pages and live plots."""
        return {}

    def preview(self, eval_set: dict[str, NDArray]) -> dict[str, Tensor]:
        """Images by name, as of `get_visuals`, of the first example of `eval_set`, after `evaluate`: the same example
        after every epoch, so that one can follow it."""
        return self.get_visuals()

    def set_learning_rate(self, factor: float) -> None:
        """Sets the learning rate of every optimiser to `factor` [0..1] times its initial rate."""
        for optimiser in self.optimisers.values():
            set_lr(optimiser, factor * self.options.lr)

    def train(self, training: bool = True) -> None:
        """Puts all networks into training or evaluation mode."""
        for network in self.networks.values():
            network.train(training)

    def state_dict(self) -> dict[str, Any]:
        """What an exact resume needs besides the weights; torch loads it with `weights_only=True`."""
        return {"optimisers": {name: optimiser.state_dict() for name, optimiser in self.optimisers.items()}}

    def rank_state_dict(self) -> dict[str, Any]:
        """The part of the state that differs between the processes of a distributed training."""
        return {}

    def load_rank_state_dict(self, state: dict[str, Any]) -> None:
        """Restores what `rank_state_dict` returned."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restores what `state_dict` returned."""
        for name, optimiser in self.optimisers.items():
            load_optimiser(optimiser, state["optimisers"][name])
        self.capture.forget()

    def load(self, folder: Path, epoch: str) -> None:
        """Loads the weights of `epoch` from a run folder; a `ModelError` names another epoch that can be used."""
        paths = {name: folder / f"{epoch}_net_{name}.pth" for name in self.networks}
        try:
            states = load_finite(self.networks, paths)
        except ModelError as error:
            from .transfer import suggest_epoch  # here, because it is needed for an error only

            raise ModelError(f"{error}; {suggest_epoch(self.networks, folder, epoch)}") from None
        self.load_networks(states)

    def load_networks(self, states: dict[str, dict[str, Tensor]]) -> None:
        """Loads state dicts by network name; a `ModelError` names the flags that describe weights that do not fit."""
        for name, state in states.items():
            try:
                self.networks[name].load_state_dict(fit_keys(state, self.networks[name], name))
            except RuntimeError:
                from .transfer import describe_mismatch  # here, because it is needed for an error only

                raise ModelError(describe_mismatch(self, states, name)) from None
