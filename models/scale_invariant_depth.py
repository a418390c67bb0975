"""Monocular depth: a U-Net whose loss forgives each image its scale and its shift."""

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
        default=32, metadata={"help": "channels at full size; doubled by each halving", "bounds": (1, 1024)}
    )
    num_downs: int = field(
        default=3, metadata={"help": "how often the image is halved", "bounds": (1, 6), "former": "depth"}
    )
    norm: str = field(default="batch", metadata={"help": "normalisation", "choices": tuple(NORMS)})


class ScaleInvariantDepth(Regressor):
    """What a single view can know: relief, but not how deep. Scored raw and after the best scale and shift."""

    Options = ScaleInvariantDepthOptions
    options: ScaleInvariantDepthOptions
    has_absolute_scale = False

    def architecture(self) -> nn.Module:
        o = self.options
        return nn.Sequential(UNet(1, 1, o.width, o.num_downs, o.norm), nn.Tanh())  # nothing else bounds a free scale

    def loss(self, depth: Tensor, truth: Tensor) -> dict[str, Tensor]:
        fitted, target = losses.normalised(depth), losses.normalised(truth)
        terms = {"shape": losses.scale_and_shift_invariant(fitted, target)}
        if self.options.lambda_gradient > 0:
            terms["gradient"] = losses.multi_scale_gradient(fitted, target, self.options.lambda_gradient)
        return terms

    def evaluate(self, eval_set: dict[str, NDArray]) -> dict[str, float]:
        depth = self.predict_batched(eval_set["sem"]).raw_depth
        assert depth is not None
        terms = self.loss(to_network(depth.cpu()), to_network(torch.from_numpy(eval_set["depth"])[:, None].float()))
        return {"held-out loss": float(torch.stack(list(terms.values())).sum())}
