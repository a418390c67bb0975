"""A model with its background snapping as one network of operations that ONNX has."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..base_model import BaseModel

NEIGHBOURS = torch.tensor([[0.0, 1, 0], [1, 1, 1], [0, 1, 0]])[None, None]


class OnnxModel(nn.Module):
    """A model with its background snapping, in operations that ONNX has; equal to `Predictor` and its NumPy code."""

    levels: Tensor

    def __init__(self, model: BaseModel, levels: tuple[int, ...], tolerance: float) -> None:
        super().__init__()
        self.model, self.tolerance = model, tolerance
        self.networks = nn.ModuleDict(model.networks)  # registers their weights
        self.register_buffer("levels", torch.tensor(levels, dtype=torch.float32))

    def forward(self, sem: Tensor) -> dict[str, Tensor]:
        """Outputs of the ONNX file, by the names of `Prediction`, for SEM images (N, H, W) [grey level 0..255]."""
        prediction = self.model.predict(sem[:, None])
        outputs: dict[str, Tensor] = {}
        if prediction.level_probs is not None:
            outputs["level_probs"] = prediction.level_probs
            outputs["level"] = self.levels[prediction.level_probs.argmax(dim=1)]
        if prediction.background_prob is not None:
            outputs["background_prob"] = prediction.background_prob[:, 0]
        if prediction.raw_depth is not None:
            depth = outputs["raw_depth"] = prediction.raw_depth[:, 0]
            is_known = "background_prob" in outputs
            background = outputs["background_prob"] >= 0.5 if is_known else self._find_background(depth)
            if "level" not in outputs:
                middle = median(depth.flatten(1), background.flatten(1))
                middle = torch.where(background.flatten(1).any(dim=1), middle, median(border(depth)))
                outputs["level"] = self.levels[(self.levels - middle[:, None]).abs().argmin(dim=1)]
            outputs["snapped"] = torch.where(background, outputs["level"][:, None, None], depth)
        return outputs

    def _find_background(self, depth: Tensor) -> Tensor:
        """Background, bool (N, H, W): pixels within the tolerance of the border's median that are connected to it.

        The region starts at the border and grows until nothing changes.
        """
        near = ((depth - median(border(depth))[:, None, None]).abs() <= self.tolerance).float()[:, None]
        on_border = torch.ones_like(near)
        on_border[..., 1:-1, 1:-1] = 0.0

        def is_growing(region: Tensor, previous: Tensor) -> Tensor:
            return (region != previous).any()

        def grow(region: Tensor, previous: Tensor) -> tuple[Tensor, Tensor]:
            return (F.conv2d(region, NEIGHBOURS, padding=1) > 0).float() * near, region.clone()

        region, _ = torch.while_loop(is_growing, grow, (near * on_border, torch.zeros_like(near)))
        return region[:, 0] > 0


def border(maps: Tensor) -> Tensor:
    """The outermost pixels (N, P) of maps (N, H, W)."""
    return torch.cat((maps[:, 0], maps[:, -1], maps[:, 1:-1, 0], maps[:, 1:-1, -1]), dim=1)


def median(values: Tensor, mask: Tensor | None = None) -> Tensor:
    """Median (N,) of each row of values (N, P), or of the values in `mask`; the mean of two middle values."""
    if mask is None:
        mask = torch.ones_like(values, dtype=torch.bool)
    ordered = torch.where(mask, values, torch.inf).sort(dim=1).values
    count = mask.sum(dim=1, keepdim=True)
    low, high = ((count - 1) // 2).clamp_min(0), (count // 2).clamp_max(values.shape[1] - 1)
    return 0.5 * (ordered.gather(1, low) + ordered.gather(1, high))[:, 0]
