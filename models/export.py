"""Writes a trained run as one ONNX file, with scaling and background snapping: python -m models.export checkpoints/NAME

Input `sem`: float32 (N, H, W) [grey level 0..255], any N. Outputs, if the model predicts them: `depth` (N, H, W), raw,
and `quantised` (N, H, W), with its background set to the level [grey level]; `level` (N,), of the background [grey
level]; `probability` (N, K), of each level; `background` (N, H, W), probability of each pixel to be background. Not in
the file: recentring (--hole_centre), and the uncertainties and OOD scores of a depth_pipeline.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from .base_model import BaseModel
from .errors import ModelError
from .postprocessing import snap_background
from .predictor import Predictor

MIN_SIDE, MAX_SIDE = 16, 4096  # [px] of an image
TOLERANCE = 1e-5  # of the network range, or of a probability: rounding errors of sums in another order are smaller
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
        """Outputs of the ONNX file by name, for SEM images (N, H, W) [grey level 0..255]."""
        prediction = self.model.predict(sem[:, None])
        outputs: dict[str, Tensor] = {}
        if prediction.level_probs is not None:
            outputs["probability"] = prediction.level_probs
            outputs["level"] = self.levels[prediction.level_probs.argmax(dim=1)]
        if prediction.background_prob is not None:
            outputs["background"] = prediction.background_prob[:, 0]
        if prediction.raw_depth is not None:
            depth = outputs["depth"] = prediction.raw_depth[:, 0]
            background = outputs["background"] >= 0.5 if "background" in outputs else self._find_background(depth)
            if "level" not in outputs:
                middle = median(depth.flatten(1), background.flatten(1))
                middle = torch.where(background.flatten(1).any(dim=1), middle, median(border(depth)))
                outputs["level"] = self.levels[(self.levels - middle[:, None]).abs().argmin(dim=1)]
            outputs["quantised"] = torch.where(background, outputs["level"][:, None, None], depth)
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


def export(run: Path, epoch: str, path: Path, size: tuple[int, int]) -> float:
    """Writes `path` for images of `size` (H, W) [px], compares it with torch on random images, and returns the maximum
    difference, as a fraction of the output's range.

    Raises a `ModelError`, and leaves no file, if an output differs by more than 1e-5 of its range, or if a snapped
    pixel differs at all.
    """
    predictor = Predictor.load(run, epoch)
    model = OnnxModel(predictor.model, predictor.levels, predictor.tolerance).eval()
    example = torch.rand(2, *size) * 255
    temporary = path.with_name(f".{path.name}.unfinished")
    names = list(model(example))
    try:
        torch.onnx.export(
            model,
            (example,),
            str(temporary),
            input_names=["sem"],
            output_names=names,
            dynamic_shapes={"sem": {0: torch.export.Dim("images")}},
            dynamo=True,
            external_data=False,
            verbose=False,
        )
        rng = np.random.default_rng(0)
        noise = rng.normal(rng.uniform(40, 200, (5, 1, 1)), rng.uniform(5, 60, (5, 1, 1)), (5, *size))
        difference = check(predictor, temporary, names, noise.clip(0, 255))
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return difference


def check(predictor: Predictor, path: Path, names: list[str], sem: NDArray) -> float:
    """Maximum difference between an ONNX file's outputs and the predictor's, as a fraction of their range [0..1]."""
    import onnxruntime  # an extra: only the export needs it

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors only
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    sem = sem.astype(np.float32)
    outputs = dict(zip(names, session.run(names, {"sem": sem}), strict=True))
    depth, level_probs, background_prob, *_ = predictor.infer(sem)
    expected = {"depth": (depth, 127.5), "probability": (level_probs, 1.0), "background": (background_prob, 1.0)}
    difference = 0.0
    for name, (values, value_range) in expected.items():
        if values is not None:
            difference = max(difference, float(np.abs(outputs[name] - values).max()) / value_range)
    if not difference <= TOLERANCE:
        raise ModelError(f"{path.name}: differs from torch by {difference:.1e} of the range, more than {TOLERANCE:g}")
    if depth is not None:
        level = outputs["level"] if level_probs is not None else None
        hole_mask = ~(outputs["background"] >= 0.5) if background_prob is not None else None
        snapped = snap_background(outputs["depth"], predictor.levels, predictor.tolerance, level, hole_mask)
        if (snapped.depth_grey != outputs["quantised"]).any():
            raise ModelError(f"{path.name}: its snapped background differs from torch")
    return difference


def main(argv: list[str]) -> int:
    """The command; returns the exit status: 0 done, 2 usage or bad input."""
    parser = argparse.ArgumentParser(prog="python -m models.export", description=__doc__, allow_abbrev=False)
    parser.add_argument("run", type=Path, help="folder of a run, such as checkpoints/metrology")
    parser.add_argument("--epoch", default="latest", help="latest, best or the number of an epoch (latest)")
    parser.add_argument("--size", default="72,48", help="H,W of the images [px] (72,48)")
    parser.add_argument("--out", type=Path, help="file to write (NAME.onnx in the current folder)")
    args = parser.parse_args(argv)
    path = args.out or Path(f"{args.run.resolve().name}.onnx")
    try:
        height, width = (int(part) for part in args.size.split(","))
        if not MIN_SIDE <= min(height, width) <= max(height, width) <= MAX_SIDE:
            raise ValueError
    except ValueError:
        print(f"--size {args.size}: must be H,W from {MIN_SIDE} to {MAX_SIDE}, as in 72,48", file=sys.stderr)
        return 2
    try:
        difference = export(args.run, args.epoch, path, (height, width))
    except ImportError as error:
        print(f"{error.name} is not installed: pip install onnx onnxscript onnxruntime", file=sys.stderr)
        return 2
    except (ModelError, OSError) as error:
        print(f"models.export: {error}", file=sys.stderr)
        return 2
    print(f"{path}: images of {height}x{width}, any number; maximum difference to torch {difference:.1e} of the range")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
