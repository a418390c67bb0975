"""In which precision a model computes, if nobody says: bfloat16 where it was measured to be faster, else float32."""

from contextlib import suppress
from pathlib import Path

import torch

# The models that bfloat16 makes faster, by the processor and by what they do: docs/experiments_speed.md, "Precision".
ON_AMX = ("BackgroundClassifier", "CycleGan", "DepthPipeline", "HoleSegmenter", "ScaleInvariantDepth", "UnetRegressor")
FASTER_IN_BF16 = {
    ("cpu", "training"): ON_AMX,
    ("cpu", "prediction"): ON_AMX,
    ("cuda", "training"): ("CycleGan",),
    ("cuda", "prediction"): (),
}


def use_bf16(precision: str, model: str, task: str, device: torch.device) -> bool:
    """Whether a model of this class computes in bfloat16. `precision` is auto, fp32 or bf16; `task` is training or
    prediction."""
    if precision != "auto":
        return precision == "bf16"
    return model in FASTER_IN_BF16.get((device.type, task), ()) and _multiplies_bf16(device)


def _multiplies_bf16(device: torch.device) -> bool:
    """Whether the GPU (from Ampere on) or the CPU (AMX) has bfloat16 matrix instructions."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    with suppress(OSError):
        return "amx_bf16" in Path("/proc/cpuinfo").read_text()
    return False
