"""Full precision for the last layers of a network."""

import torch
from torch import Tensor, nn


def run_fp32(head: nn.Module, features: Tensor) -> Tensor:
    """`head(features)` in float32 (or float64): near 1, one step of bfloat16 is half a grey level."""
    with torch.autocast(features.device.type, enabled=False):
        return head(features.float() if features.dtype == torch.bfloat16 else features)
