"""Monocular depth: a U-Net whose loss ignores the scale and the shift of each depth map."""

from dataclasses import dataclass, field

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from . import losses
from .networks import NORMS, UNet, to_network
from .regressor import Regressor


@dataclass(frozen=True)
class ScaleInvariantDepthOptions:
    """scale_invariant_depth: SEM -> depth up to scale and shift, learned from simulated pairs"""

    lambda_gradient: float = field(
        default=0.5, metadata={"help": "weight of the multi-scale gradient loss; 0 is off", "bounds": (0, None)}
    )
    lr: float = field(default=1e-3, metadata={"help": "initial learning rate of Adam", "bounds": (0, None)})
    width: int = field(
        default=32, metadata={"help": "channels at full size; doubled at each halving", "bounds": (1, 1024)}
    )
    num_downs: int = field(
        default=3, metadata={"help": "number of times that the image is halved", "bounds": (1, 6), "former": "depth"}
    )
    norm: str = field(default="batch", metadata={"help": "normalisation", "choices": tuple(NORMS)})


class ScaleInvariantDepth(Regressor):
    """A single view gives the relief, but not its depth. Errors are given raw and after the best scale and shift."""

    Options = ScaleInvariantDepthOptions
    options: ScaleInvariantDepthOptions
    has_absolute_scale = False

    def build_network(self) -> nn.Module:
        o = self.options
        return nn.Sequential(UNet(1, 1, o.width, o.num_downs, o.norm), nn.Tanh())  # the loss does not bound the scale

    def loss(self, depth: Tensor, target: Tensor) -> dict[str, Tensor]:
        depth, target = losses.normalise(depth), losses.normalise(target)
        terms = {"shape": losses.scale_and_shift_invariant(depth, target)}
        if self.options.lambda_gradient > 0:
            terms["gradient"] = losses.multi_scale_gradient(depth, target, self.options.lambda_gradient)
        return terms

    def evaluate(self, eval_set: dict[str, NDArray]) -> dict[str, float]:
        depth = self.predict_batched(eval_set["sem"]).raw_depth
        assert depth is not None
        terms = self.loss(to_network(depth.cpu()), to_network(torch.from_numpy(eval_set["depth"])[:, None].float()))
        return {"val_loss": float(torch.stack(list(terms.values())).sum())}
