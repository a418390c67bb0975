"""U-Net that separates hole from background: a pixel is hole if its depth differs from the background level."""

import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from .base_model import BaseModel, ModelOutput, first_example
from .model_options import HoleSegmenterOptions
from .networks import UNet, to_network
from .training import StepOutput


class HoleSegmenter(BaseModel):
    """Predicts the mask only. In an `ensemble` the background level is set outside the hole mask, nowhere else."""

    Options = HoleSegmenterOptions
    dataset_kind = "paired"
    options: HoleSegmenterOptions

    def __init__(self, options: HoleSegmenterOptions, device: torch.device, seed: int = 0) -> None:
        super().__init__(options, device)
        self.network = UNet(1, 1, options.width, options.num_downs, options.norm).to(device)
        self.networks = self.ddp_modules = {"S": self.network}
        self._images: dict[str, Tensor] = {}

    def step(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """One step on `batch["sem"]`, `batch["depth"]`, (N, 1, H, W), and `batch["level"]`, (N,), all [grey level]."""
        inputs = (batch[name] for name in ("sem", "depth", "level"))
        losses, self._images = self.capture.run("step", self._step, *inputs)
        return losses

    def _step(self, sem: Tensor, depth: Tensor, level: Tensor) -> StepOutput:
        """Loss, gradients and update of the weights for pairs (N, 1, H, W) of these levels (N,) [grey level]."""
        background = (depth == level[:, None, None, None]).float()
        with self.autocast():
            logits = self.ddp_modules["S"](to_network(sem))
        loss = F.binary_cross_entropy_with_logits(logits, background)
        self.optimisers["S"].zero_grad(set_to_none=True)
        loss.backward()
        self.optimisers["S"].step()
        return StepOutput({"cross_entropy": loss}, {"sem": sem, "logits": logits, "background": background})

    def predict(self, sem: Tensor) -> ModelOutput:
        with self.autocast():
            return ModelOutput(background_prob=self.network(to_network(sem.to(self.device))).sigmoid())

    def evaluate(self, eval_set: dict[str, NDArray]) -> dict[str, float]:
        background_prob = self.predict_batched(eval_set["sem"]).background_prob
        assert background_prob is not None
        background_prob = background_prob[:, 0].cpu().clamp(1e-6, 1 - 1e-6)
        depth, level = (torch.from_numpy(eval_set[name]) for name in ("depth", "level"))
        background = depth == level[:, None, None]
        predicted_hole, hole = background_prob < 0.5, ~background
        iou = (predicted_hole & hole).sum() / (predicted_hole | hole).sum().clamp_min(1)
        loss = F.binary_cross_entropy(background_prob, background.float())
        return {"val_loss": float(loss), "val_iou": float(iou)}

    def get_visuals(self) -> dict[str, Tensor]:
        """`sem`; and the same image with the predicted (`contour`) and the true (`truth`) contour drawn in white."""
        if not self._images:
            return {}
        sem, logits, background = self._images.values()
        return draw_contours(sem, logits.sigmoid() <= 0.5, background < 0.5)

    def preview(self, eval_set: dict[str, NDArray]) -> dict[str, Tensor]:
        background_prob = self.predict_batched(eval_set["sem"][:1]).background_prob
        assert background_prob is not None
        level = torch.from_numpy(eval_set["level"][:1])
        is_hole = first_example(eval_set, "depth") != level[:, None, None, None]
        return draw_contours(first_example(eval_set, "sem"), background_prob.cpu() <= 0.5, is_hole)


def draw_contours(sem: Tensor, predicted: Tensor, truth: Tensor) -> dict[str, Tensor]:
    """SEM images (N, 1, H, W) [grey level], and the same with the contours of the holes, bool (N, 1, H, W)."""
    return {"sem": sem, "contour": draw_contour(sem, predicted), "truth": draw_contour(sem, truth)}


def draw_contour(sem: Tensor, hole_mask: Tensor) -> Tensor:
    """SEM images (N, 1, H, W) [grey level] with the hole's outermost pixels white; `hole_mask` bool (N, 1, H, W)."""
    hole = hole_mask.float()
    inner = -F.max_pool2d(-hole, 3, stride=1, padding=1)
    return torch.where((hole > 0.5) & (inner < 0.5), sem.new_full((), 255.0), sem)
