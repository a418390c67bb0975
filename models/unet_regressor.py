"""U-Net from SEM image to depth map, pixel by pixel, on simulated pairs."""

from dataclasses import dataclass, field

from torch import Tensor, nn

from .losses import REGRESSION
from .networks import NORMS, UNet
from .regressor import Regressor


@dataclass(frozen=True)
class UnetRegressorOptions:
    """unet_regressor: SEM -> depth, learned from simulated pairs"""

    loss: str = field(default="l1", metadata={"help": "loss between pixels", "choices": tuple(REGRESSION)})
    lr: float = field(default=1e-3, metadata={"help": "initial learning rate of Adam", "bounds": (0, None)})
    width: int = field(
        default=32, metadata={"help": "channels at full size; doubled by each halving", "bounds": (1, 1024)}
    )
    num_downs: int = field(
        default=3, metadata={"help": "how often the image is halved", "bounds": (1, 6), "former": "depth"}
    )
    norm: str = field(default="batch", metadata={"help": "normalisation", "choices": tuple(NORMS)})


class UnetRegressor(Regressor):
    """The plain supervised way: good where real images look like the simulated ones, and only there."""

    Options = UnetRegressorOptions
    options: UnetRegressorOptions

    def architecture(self) -> nn.Module:
        return UNet(1, 1, self.options.width, self.options.num_downs, self.options.norm)

    def loss(self, depth: Tensor, truth: Tensor) -> dict[str, Tensor]:
        return {self.options.loss: REGRESSION[self.options.loss](depth, truth)}
