"""U-Net from SEM image to depth map, with a loss per pixel, trained on simulated pairs."""

from dataclasses import dataclass, field

from torch import Tensor, nn

from .losses import REGRESSION
from .networks import NORMS, UNet
from .regressor import Regressor


@dataclass(frozen=True)
class UnetRegressorOptions:
    """unet_regressor: SEM -> depth, learned from simulated pairs"""

    loss: str = field(default="l1", metadata={"help": "loss per pixel", "choices": tuple(REGRESSION)})
    lr: float = field(default=1e-3, metadata={"help": "initial learning rate of Adam", "bounds": (0, None)})
    width: int = field(
        default=32, metadata={"help": "channels at full size; doubled at each halving", "bounds": (1, 1024)}
    )
    num_downs: int = field(
        default=3, metadata={"help": "number of times that the image is halved", "bounds": (1, 6), "former": "depth"}
    )
    norm: str = field(default="batch", metadata={"help": "normalisation", "choices": tuple(NORMS)})


class UnetRegressor(Regressor):
    """Plain supervised regression: good only where real images look like the simulated ones."""

    Options = UnetRegressorOptions
    options: UnetRegressorOptions

    def build_network(self) -> nn.Module:
        return UNet(1, 1, self.options.width, self.options.num_downs, self.options.norm)

    def loss(self, depth: Tensor, target: Tensor) -> dict[str, Tensor]:
        return {self.options.loss: REGRESSION[self.options.loss](depth, target)}
