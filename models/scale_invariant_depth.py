"""Monocular depth: a U-Net whose loss ignores the scale and the shift of each depth map."""

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from . import losses
from .model_options import ScaleInvariantDepthOptions
from .networks import UNet, to_network
from .regressor import Regressor


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
