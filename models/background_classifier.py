"""ResNet18 that classifies the background level of a SEM image from its absolute grey levels."""

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from .base_model import BaseModel, ModelOutput, first_example
from .errors import ModelError
from .model_options import BackgroundClassifierOptions
from .networks import grey_resnet18, to_network
from .training import StepOutput

DATASET_KINDS = {"real": "labelled", "simulation": "paired"}


class BackgroundClassifier(BaseModel):
    """Predicts the level only. In an `ensemble`, other models' depth maps get this background level."""

    Options = BackgroundClassifierOptions
    options: BackgroundClassifierOptions

    def __init__(self, options: BackgroundClassifierOptions, device: torch.device, seed: int = 0) -> None:
        super().__init__(options, device)
        self.dataset_kind = DATASET_KINDS[options.label_source]
        self.levels = options.levels
        self.network = grey_resnet18(len(options.levels)).to(device)
        self.networks = self.ddp_modules = {"C": self.network}
        self._images: dict[str, Tensor] = {}

    def step(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """One step on `batch["sem"]`, (N, 1, H, W), and `batch["level"]`, (N,), both [grey level]."""
        classes = level_indices(batch["level"], self.levels)
        losses, images = self.capture.run("step", self._step, batch["sem"], classes)
        self._images |= images
        return losses

    def _step(self, sem: Tensor, classes: Tensor) -> StepOutput:
        """Loss, gradients and update of the weights for images (N, 1, H, W) [grey level] of level indices (N,)."""
        with self.autocast():
            logits = self.ddp_modules["C"](to_network(sem))
        loss = F.cross_entropy(logits.float(), classes)
        self.optimisers["C"].zero_grad(set_to_none=True)
        loss.backward()
        self.optimisers["C"].step()
        return StepOutput({"cross_entropy": loss}, {"sem": sem})

    def predict(self, sem: Tensor) -> ModelOutput:
        with self.autocast():
            return ModelOutput(level_probs=self.network(to_network(sem.to(self.device))).float().softmax(dim=1))

    def evaluate(self, eval_set: dict[str, NDArray]) -> dict[str, float]:
        level_probs = self.predict_batched(eval_set["sem"]).level_probs
        assert level_probs is not None
        level_probs = level_probs.cpu()
        classes = level_indices(torch.from_numpy(eval_set["level"]), self.levels)
        likelihood = level_probs.gather(1, classes[:, None])[:, 0].clamp_min(1e-9)
        predicted = level_probs.argmax(dim=1)
        confusion = torch.zeros(2 * (len(self.levels),))
        confusion.index_put_((classes, predicted), torch.ones(len(classes)), accumulate=True)
        self._images["confusion"] = confusion[None, None]
        accuracy = float((predicted == classes).float().mean())
        return {"val_loss": float(-likelihood.log().mean()), "val_accuracy": accuracy}

    def get_visuals(self) -> dict[str, Tensor]:
        """`sem`, and `confusion` (1, 1, K, K): counts of validation images, rows true levels, columns predicted."""
        return self._images

    def preview(self, eval_set: dict[str, NDArray]) -> dict[str, Tensor]:
        return {"sem": first_example(eval_set, "sem"), "confusion": self._images["confusion"]}


def level_indices(level: Tensor, levels: tuple[int, ...]) -> Tensor:
    """Index (N,) into `levels` of each `level` (N,), both [grey level]; a `ModelError` names missing levels.

    0 is a level that is not known; it is the only one of `levels`.
    """
    if len(level) and not level.any():
        if len(levels) > 1:
            raise ModelError(f"nothing tells the levels of the real images: name one only, as in --levels {levels[0]}")
        return torch.zeros_like(level, device="cpu")
    match = level.cpu()[:, None] == torch.tensor(levels)
    if not match.any(dim=1).all():
        missing = ", ".join(str(int(grey)) for grey in np.setdiff1d(level.cpu().numpy(), levels))
        raise ModelError(f"the data set has images of background level {missing}: add it to --levels")
    return match.int().argmax(dim=1)
