"""Base class of the models that learn depth from simulated pairs with one network."""

from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from .base_model import BaseModel, ModelOutput, first_example
from .networks import to_grey, to_network
from .training import StepOutput


class Regressor(BaseModel):
    """One network R from SEM to depth, trained with Adam on pairs; a subclass gives the network and the loss."""

    dataset_kind = "paired"

    def __init__(self, options: Any, device: torch.device, seed: int = 0) -> None:
        super().__init__(options, device)
        self.network = self.build_network().to(device)
        self.networks = self.ddp_modules = {"R": self.network}
        self._images: dict[str, Tensor] = {}

    def build_network(self) -> nn.Module:
        """A new network from images (N, 1, H, W), [-1..1], to depth (N, 1, H, W) on the same scale, unbounded."""
        raise NotImplementedError

    def loss(self, depth: Tensor, target: Tensor) -> dict[str, Tensor]:
        """Losses () by name of depth against target (N, 1, H, W), both in the network range; their sum is minimised."""
        raise NotImplementedError

    def step(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """One step on pairs `batch["sem"]` and `batch["depth"]`, (N, 1, H, W) [grey level]."""
        losses, self._images = self.capture.run("step", self._step, batch["sem"], batch["depth"])
        return losses

    def _step(self, sem: Tensor, depth: Tensor) -> StepOutput:
        """Loss, gradients and update of the weights for pairs (N, 1, H, W) [grey level]."""
        sem, target = to_network(sem), to_network(depth)
        with self.autocast():
            depth = self.ddp_modules["R"](sem).float()  # a last layer may compute in bfloat16
        terms = self.loss(depth, target)
        self.optimisers["R"].zero_grad(set_to_none=True)
        torch.stack(list(terms.values())).sum().backward()
        self.optimisers["R"].step()
        return StepOutput(terms, {"sem": sem, "depth": depth, "truth": target})

    def predict(self, sem: Tensor) -> ModelOutput:
        with self.autocast():
            return ModelOutput(to_grey(self.network(to_network(sem.to(self.device))).float()).clamp(0, 255))

    def evaluate(self, eval_set: dict[str, NDArray]) -> dict[str, float]:
        depth = self.predict_batched(eval_set["sem"]).raw_depth
        assert depth is not None
        error = depth[:, 0].cpu() - torch.from_numpy(eval_set["depth"])
        return {"val_rmse": float(error.square().mean().sqrt())}

    def get_visuals(self) -> dict[str, Tensor]:
        return {name: to_grey(image).clamp(0, 255) for name, image in self._images.items()}

    def preview(self, eval_set: dict[str, NDArray]) -> dict[str, Tensor]:
        depth = self.predict_batched(eval_set["sem"][:1]).raw_depth
        assert depth is not None
        return {"sem": first_example(eval_set, "sem"), "depth": depth, "truth": first_example(eval_set, "depth")}
