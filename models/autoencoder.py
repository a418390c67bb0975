"""Stacked autoencoder from SEM image to depth map: the contest's official baseline, and its convolutional kin."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from torch import Tensor, nn

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
            "convolutional keeps neighbours together",
            "choices": ("dense", "convolutional"),
        },
    )
    image_size: tuple[int, ...] = field(
        default=(72, 48),
        metadata={"help": "H,W that dense layers are made for", "unit": "px", "bounds": (4, 4096), "counts": (1, 2)},
    )
    width: int = field(default=16, metadata={"help": "channels of the first convolution", "bounds": (1, 1024)})
    loss: str = field(default="l1", metadata={"help": "loss between pixels", "choices": tuple(REGRESSION)})
    lr: float = field(default=1e-3, metadata={"help": "initial learning rate of Adam", "bounds": (0, None)})


class Autoencoder(Regressor):
    """Everything about the hole has to pass through the code: small details are lost, outliers too."""

    Options = AutoencoderOptions
    options: AutoencoderOptions

    def architecture(self) -> nn.Module:
        o = self.options
        if o.architecture == "convolutional":
            return ConvolutionalAutoencoder(o.width)
        return DenseAutoencoder((o.image_size[0], o.image_size[-1]))

    def loss(self, depth: Tensor, truth: Tensor) -> dict[str, Tensor]:
        return {self.options.loss: REGRESSION[self.options.loss](depth, truth)}

    def step(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        self._check(batch["sem"])
        return super().step(batch)

    def predict(self, sem: Tensor):
        self._check(sem)
        return super().predict(sem)

    def _check(self, images: Tensor) -> None:
        made_for = (self.options.image_size[0], self.options.image_size[-1])
        have = tuple(images.shape[-2:])
        if self.options.architecture == "dense" and have != made_for:
            raise ModelError(
                f"images are {have[0]}x{have[1]}, and the dense layers are made for {made_for[0]}x{made_for[1]}: "
                f"train with --image_size {have[0]},{have[1]} or --layers convolutional"
            )
