"""Stacked autoencoder from SEM image to depth map: the contest's official baseline, and a convolutional variant."""

from torch import Tensor, nn

from .base_model import ModelOutput
from .errors import ModelError
from .model_options import PIXEL_LOSSES, AutoencoderOptions
from .networks import ConvolutionalAutoencoder, DenseAutoencoder
from .regressor import Regressor


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
        return {self.options.loss: PIXEL_LOSSES[self.options.loss](depth, target)}

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
