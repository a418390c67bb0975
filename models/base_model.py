"""What every system is to the bridges: a step, a prediction, a state.

To add a system: subclass `System` in a file of its own, give it a frozen `Options` dataclass, say in `batches` what
data it learns from, implement `step` and `predict`, and enter it in `SYSTEMS` (models/__init__.py). The parametrised
test over that dict then holds it to the contract.
"""

import re
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from .errors import ModelError
from .networks import load_weights, without_statistics
from .training import PlotLayout


class ModelOutput(NamedTuple):
    """What a system says about SEM images (N, 1, H, W), on its device; None is what it does not know.

    `depth` (N, 1, H, W) [grey level 0..255, smaller is deeper]; `levels` (N, K), the probability of each of the
    system's background levels; `background` (N, 1, H, W), each pixel's probability of being background. `interval`
    (N, 1, H, W), half the width of the depth's 90 % interval [grey level]; `floor` (N, 2), the mean depth of the floor
    below the background and half the width of its 90 % interval [grey level]; `strange` (N,), above 1 outside what the
    system knows.
    """

    raw_depth: Tensor | None = None
    level_probs: Tensor | None = None
    background_prob: Tensor | None = None
    depth_u90: Tensor | None = None
    floor_depth: Tensor | None = None
    ood_score: Tensor | None = None


class BaseModel:
    """Networks, their optimisers, and how they learn. Images are float32 (N, 1, H, W), [grey level 0..255].

    `batches` names the kind of data that it learns from; a system with none has nothing to learn. `levels` are the
    background levels [grey level] that its estimate gives probabilities of. `knows_scale` is False where the depth has
    an arbitrary scale and shift, `keeps_place` where the hole stands in the middle of the depth map wherever the image
    has it. `learners` are, by the names of their optimisers, what a step applies and descends:
    each is called once a step, so that replicas can share its gradients.
    """

    Options: ClassVar[type]
    dataset_kind: str = ""
    levels: tuple[int, ...] = ()
    has_absolute_scale: ClassVar[bool] = True
    preserves_position: ClassVar[bool] = True
    plot_layout: ClassVar[PlotLayout] = PlotLayout()

    def __init__(self, options: Any, device: torch.device, seed: int = 0) -> None:
        self.options = options
        self.device = device
        self.bf16 = False
        self.networks: dict[str, nn.Module] = {}
        self.ddp_modules: dict[str, nn.Module] = {}
        self.optimisers: dict[str, torch.optim.Optimizer] = {}

    def enable_acceleration(self, bf16: bool = False, compiled: bool = False) -> "BaseModel":
        """Applies the networks in bfloat16 where that is safe (autocast), or compiled, from now on; returns itself."""
        self.bf16 = bf16
        if compiled:
            for network in self.networks.values():
                network.compile()
        return self

    def wrap_ddp(self) -> None:
        """Shares the gradients of every learner with the other processes of torch.distributed: their mean is taken.

        Each process gives an equal share of the batch, so the mean is the whole batch's gradient.
        """
        ids = [self.device.index] if self.device.type == "cuda" else None
        self.ddp_modules = {
            name: nn.parallel.DistributedDataParallel(one, device_ids=ids) for name, one in self.ddp_modules.items()
        }

    def autocast(self) -> torch.autocast:
        """The context in which networks are applied."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16)

    @property
    def n_parameters(self) -> int:
        """How many weights a prediction uses."""
        return sum(weight.numel() for network in self.networks.values() for weight in network.parameters())

    def check_epochs(self, last: int) -> None:
        """Raises a `ModelError` where a training of so many epochs would leave something unlearned."""

    def step(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """One optimisation step; returns detached losses () by name, on the device, so that nothing waits for them."""
        raise NotImplementedError

    def predict(self, sem: Tensor) -> ModelOutput:
        """What the system knows about SEM images (N, 1, H, W)."""
        raise NotImplementedError

    def render(self, depth: Tensor) -> Tensor:
        """SEM images of depth maps, float32 (N, 1, H, W), [grey level 0..255], where the system knows that way."""
        raise ModelError("this model knows no way from depth to SEM; --which_direction BtoA needs a cycle_gan run")

    def evaluate(self, eval_set: dict[str, NDArray]) -> dict[str, float]:
        """How good the system is, by name, on the batches' `eval_set`: fixed training images, or held-out ones.

        The first figure is what `best` is chosen by; less is better. None of them needs the truth of any test image.
        """
        raise NotImplementedError

    def end_epoch(self, eval_set: dict[str, NDArray]) -> None:
        """What the system learns, after every epoch, from the batches' `eval_set` as a whole."""

    @torch.inference_mode()
    def predict_batched(self, sem: NDArray, batch_size: int = 64) -> ModelOutput:
        """`predict` of many images (N, H, W) [grey level] in evaluation mode, a batch at a time."""
        self.train(False)
        parts = [
            self.predict(torch.from_numpy(sem[n : n + batch_size].astype(np.float32))[:, None])
            for n in range(0, len(sem), batch_size)
        ]
        self.train()
        return ModelOutput(*(None if some[0] is None else torch.cat(some) for some in zip(*parts, strict=True)))

    def get_visuals(self) -> dict[str, Tensor]:
        """Images of the last step by name, float32 (N, 1, H, W), [grey level 0..255], for pages and live plots."""
        return {}

    def set_learning_rate(self, factor: float) -> None:
        """Sets every optimiser's rate to `factor` [0..1] times its initial one."""
        for optimiser in self.optimisers.values():
            for group in optimiser.param_groups:
                group["lr"] = factor * self.options.lr

    def train(self, training: bool = True) -> None:
        """Puts all networks into training or evaluation mode."""
        for network in self.networks.values():
            network.train(training)

    def state_dict(self) -> dict[str, Any]:
        """What an exact resume needs beside the networks' weights; loads with `weights_only=True`."""
        return {"optimisers": {name: optimiser.state_dict() for name, optimiser in self.optimisers.items()}}

    def rank_state_dict(self) -> dict[str, Any]:
        """What differs between the replicas of a system."""
        return {}

    def load_rank_state_dict(self, state: dict[str, Any]) -> None:
        """Puts back what `own_state_dict` gave."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Puts back what `state_dict` gave."""
        for name, optimiser in self.optimisers.items():
            optimiser.load_state_dict(state["optimisers"][name])

    def load(self, folder: Path, epoch: str) -> None:
        """Loads the weights of `epoch` out of a run folder."""
        self.load_networks({key: load_weights(folder / f"{epoch}_net_{key}.pth") for key in self.networks})

    def load_networks(self, states: dict[str, dict[str, Tensor]]) -> None:
        """Loads plain state dicts by network name; a wrong architecture is named in one line."""
        for name, state in states.items():
            try:
                self.networks[name].load_state_dict(without_statistics(state, self.networks[name]))
            except RuntimeError as error:
                first = re.sub(r"\s+", " ", str(error).splitlines()[1].strip())
                first = f"{first[:160]}..." if len(first) > 160 else first
                raise ModelError(
                    f"weights of {name} do not fit the network that the options describe: {first}"
                ) from None
