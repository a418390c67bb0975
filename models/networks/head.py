"""The last layers of a network, which always work in full precision."""

import torch
from torch import Tensor, nn


def run_fp32(head: nn.Module, features: Tensor) -> Tensor:
    """`head(features)` in float32 (or float64): near 1 bfloat16 tells apart steps of half a grey level."""
    with torch.autocast(features.device.type, enabled=False):
        return head(features.float() if features.dtype == torch.bfloat16 else features)
