"""Stacked autoencoder from SEM image to depth map: the contest's official baseline, and a convolutional variant."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from torch import Tensor, nn

from .base_model import ModelOutput
from .errors import ModelError
from .losses import REGRESSION
from .networks import ConvolutionalAutoencoder, DenseAutoencoder
from .regressor import Regressor


@dataclass(frozen=True)
class AutoencoderOptions:
    """autoencoder: SEM -> depth through a short code, learned from simulated pairs"""

    DEFAULTS: ClassVar[dict[str, Any]] = {"batch_size": 16}  # batch norm cannot learn from a single image

    architecture: str = field(
        default="dense",
        metadata={
            "former": "layers",
            "help": "dense = fully connected, as the contest's baseline (8.5 million weights at 72x48); "
            "convolutional keeps neighbouring pixels together",
            "choices": ("dense", "convolutional"),
        },
    )
    image_size: tuple[int, ...] = field(
        default=(72, 48),
        metadata={
            "help": "H,W of the images, needed by dense layers",
            "unit": "px",
            "bounds": (4, 4096),
            "counts": (1, 2),
        },
    )
    width: int = field(default=16, metadata={"help": "channels of the first convolution", "bounds": (1, 1024)})
    loss: str = field(default="l1", metadata={"help": "loss per pixel", "choices": tuple(REGRESSION)})
    lr: float = field(default=1e-3, metadata={"help": "initial learning rate of Adam", "bounds": (0, None)})


class Autoencoder(Regressor):
    """All information about the hole passes through a short code, so small details are lost, and outliers too."""

    Options = AutoencoderOptions
    options: AutoencoderOptions

    def build_network(self) -> nn.Module:
        o = self.options
        if o.architecture == "convolutional":
            return ConvolutionalAutoencoder(o.width)
        return DenseAutoencoder((o.image_size[0], o.image_size[-1]))

    def loss(self, depth: Tensor, target: Tensor) -> dict[str, Tensor]:
        return {self.options.loss: REGRESSION[self.options.loss](depth, target)}

    def step(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        self._check_size(batch["sem"])
        return super().step(batch)

    def predict(self, sem: Tensor) -> ModelOutput:
        self._check_size(sem)
        return super().predict(sem)

    def _check_size(self, images: Tensor) -> None:
        expected = (self.options.image_size[0], self.options.image_size[-1])
        size = tuple(images.shape[-2:])
        if self.options.architecture == "dense" and size != expected:
            raise ModelError(
                f"images are {size[0]}x{size[1]}, but the dense layers need {expected[0]}x{expected[1]}: "
                f"train with --image_size {size[0]},{size[1]} or --architecture convolutional"
            )
