"""The losses per pixel that `--loss` names, each a mean over all pixels. Torch is loaded when one is computed.

To add a loss, enter it here: docs/guides/add_a_loss.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # options name losses, and importing torch is slow
    from collections.abc import Callable

    from torch import Tensor

    PixelLoss = Callable[[Tensor, Tensor], Tensor]


def l1(depth: Tensor, target: Tensor) -> Tensor:
    """Mean absolute difference () of depth and target (N, 1, H, W), both in the network range [-1..1]."""
    import torch.nn.functional as F

    return F.l1_loss(depth, target)


def mse(depth: Tensor, target: Tensor) -> Tensor:
    """Mean squared difference () of depth and target (N, 1, H, W), both in the network range [-1..1]."""
    import torch.nn.functional as F

    return F.mse_loss(depth, target)


def smooth_l1(depth: Tensor, target: Tensor) -> Tensor:
    """Mean Huber loss () of depth and target (N, 1, H, W), in the network range: squared below 1, else absolute."""
    import torch.nn.functional as F

    return F.smooth_l1_loss(depth, target)


PIXEL_LOSSES: dict[str, PixelLoss] = {"l1": l1, "mse": mse, "smooth_l1": smooth_l1}
