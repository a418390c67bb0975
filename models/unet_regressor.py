"""U-Net from SEM image to depth map, with a loss per pixel, trained on simulated pairs."""

from torch import Tensor, nn

from .model_options import PIXEL_LOSSES, UnetRegressorOptions
from .networks import UNet
from .regressor import Regressor


class UnetRegressor(Regressor):
    """Plain supervised regression: good only where real images look like the simulated ones."""

    Options = UnetRegressorOptions
    options: UnetRegressorOptions

    def build_network(self) -> nn.Module:
        return UNet(1, 1, self.options.width, self.options.num_downs, self.options.norm)

    def loss(self, depth: Tensor, target: Tensor) -> dict[str, Tensor]:
        return {self.options.loss: PIXEL_LOSSES[self.options.loss](depth, target)}
