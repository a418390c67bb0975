"""A trained run as one ONNX file, with its scaling and quantisation inside: python -m models.export checkpoints/NAME

Input `sem`, float32 (N, H, W) [grey level 0..255], any N. Outputs, as far as the system knows them: `depth`, raw, and
`quantised`, with its background set, (N, H, W) [grey level]; `level` (N,) [grey level] of the background; `probability`
(N, K) of each level; `background` (N, H, W), each pixel's probability. What it leaves out is --hole_centre, and how
sure a depth_pipeline is.
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

LEAST, MOST = 16, 4096  # px of an image's side
TOLERANCE = 1e-5  # of the network's range, or of a probability: what rounding may make of another order of sums
NEAR = torch.tensor([[0.0, 1, 0], [1, 1, 1], [0, 1, 0]])[None, None]


class Finished(nn.Module):
    """A system with its quantisation in operations that ONNX has; what `Predictor` does with NumPy."""

    levels: Tensor

    def __init__(self, system: BaseModel, levels: tuple[int, ...], tolerance: float) -> None:
        super().__init__()
        self.system, self.tolerance = system, tolerance
        self.networks = nn.ModuleDict(system.networks)  # so that their weights are found
        self.register_buffer("levels", torch.tensor(levels, dtype=torch.float32))

    def forward(self, sem: Tensor) -> dict[str, Tensor]:
        estimate = self.system.predict(sem[:, None])
        said: dict[str, Tensor] = {}
        if estimate.level_probs is not None:
            said["probability"] = estimate.level_probs
            said["level"] = self.levels[estimate.level_probs.argmax(dim=1)]
        if estimate.background_prob is not None:
            said["background"] = estimate.background_prob[:, 0]
        if estimate.raw_depth is not None:
            depth = said["depth"] = estimate.raw_depth[:, 0]
            mask = said["background"] >= 0.5 if "background" in said else self._joined(depth)
            if "level" not in said:
                middle = median(depth.flatten(1), mask.flatten(1))
                middle = torch.where(mask.flatten(1).any(dim=1), middle, median(border(depth)))
                said["level"] = self.levels[(self.levels - middle[:, None]).abs().argmin(dim=1)]
            said["quantised"] = torch.where(mask, said["level"][:, None, None], depth)
        return said

    def _joined(self, depth: Tensor) -> Tensor:
        """What is joined to the border within the tolerance of its median: grown from there until nothing changes."""
        near = ((depth - median(border(depth))[:, None, None]).abs() <= self.tolerance).float()[:, None]
        edge = torch.ones_like(near)
        edge[..., 1:-1, 1:-1] = 0.0

        def grows(reached: Tensor, before: Tensor) -> Tensor:
            return (reached != before).any()

        def grow(reached: Tensor, before: Tensor) -> tuple[Tensor, Tensor]:
            return (F.conv2d(reached, NEAR, padding=1) > 0).float() * near, reached.clone()

        reached, _ = torch.while_loop(grows, grow, (near * edge, torch.zeros_like(near)))
        return reached[:, 0] > 0


def border(maps: Tensor) -> Tensor:
    """The outermost pixels (N, P) of maps (N, H, W)."""
    return torch.cat((maps[:, 0], maps[:, -1], maps[:, 1:-1, 0], maps[:, 1:-1, -1]), dim=1)


def median(values: Tensor, where: Tensor | None = None) -> Tensor:
    """Median (N,) of each row's values (N, P), or of those that `where` takes; of two middle ones their mean."""
    if where is None:
        where = torch.ones_like(values, dtype=torch.bool)
    ordered = torch.where(where, values, torch.inf).sort(dim=1).values
    count = where.sum(dim=1, keepdim=True)
    low, high = ((count - 1) // 2).clamp_min(0), (count // 2).clamp_max(values.shape[1] - 1)
    return 0.5 * (ordered.gather(1, low) + ordered.gather(1, high))[:, 0]


def export(run: Path, epoch: str, path: Path, size: tuple[int, int]) -> float:
    """Writes `path`, checks it against torch on random images, and returns the largest difference.

    An answer that is off by more than 1e-5 of its range, or a quantisation that differs at all, is a `ModelError`, and
    leaves no file.
    """
    predictor = Predictor.load(run, epoch)
    finished = Finished(predictor.system, predictor.levels, predictor.tolerance).eval()
    example = torch.rand(2, *size) * 255
    unfinished = path.with_name(f".{path.name}.unfinished")
    names = list(finished(example))
    try:
        torch.onnx.export(
            finished,
            (example,),
            str(unfinished),
            input_names=["sem"],
            output_names=names,
            dynamic_shapes={"sem": {0: torch.export.Dim("images")}},
            dynamo=True,
            external_data=False,
            verbose=False,
        )
        rng = np.random.default_rng(0)
        noise = rng.normal(rng.uniform(40, 200, (5, 1, 1)), rng.uniform(5, 60, (5, 1, 1)), (5, *size))
        difference = check(predictor, unfinished, names, noise.clip(0, 255))
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return difference


def check(predictor: Predictor, path: Path, names: list[str], sem: NDArray) -> float:
    """The largest difference of an ONNX file's answers to the predictor's, as a share of their range."""
    import onnxruntime  # an extra: only who exports needs it

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors alone
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    sem = sem.astype(np.float32)
    said = dict(zip(names, session.run(names, {"sem": sem}), strict=True))
    depth, probability, background, *_ = predictor.infer(sem)
    wanted = {"depth": (depth, 127.5), "probability": (probability, 1.0), "background": (background, 1.0)}
    largest = 0.0
    for name, (values, unit) in wanted.items():
        if values is not None:
            largest = max(largest, float(np.abs(said[name] - values).max()) / unit)
    if not largest <= TOLERANCE:
        raise ModelError(f"{path.name}: differs from torch by {largest:.1e} of the range, more than {TOLERANCE:g}")
    if depth is not None:
        level = said["level"] if probability is not None else None
        mask = said["background"] >= 0.5 if background is not None else None
        same = snap_background(said["depth"], predictor.levels, predictor.tolerance, level, mask)
        if (same.depth_grey != said["quantised"]).any():
            raise ModelError(f"{path.name}: quantises otherwise than torch")
    return largest


def main(argv: list[str]) -> int:
    """The command; returns the exit status: 0 done, 2 usage or bad input."""
    parser = argparse.ArgumentParser(prog="python -m models.export", description=__doc__, allow_abbrev=False)
    parser.add_argument("run", type=Path, help="folder of a run, such as checkpoints/metrology")
    parser.add_argument("--epoch", default="latest", help="latest, best or an epoch's number (latest)")
    parser.add_argument("--size", default="72,48", help="H,W of the images (72,48)")
    parser.add_argument("--out", type=Path, help="file to write (NAME.onnx, here)")
    given = parser.parse_args(argv)
    path = given.out or Path(f"{given.run.resolve().name}.onnx")
    try:
        height, width = (int(part) for part in given.size.split(","))
        if not LEAST <= min(height, width) <= max(height, width) <= MOST:
            raise ValueError
    except ValueError:
        print(f"--size {given.size}: must be H,W from {LEAST} to {MOST}, as in 72,48", file=sys.stderr)
        return 2
    try:
        difference = export(given.run, given.epoch, path, (height, width))
    except ImportError as error:
        print(f"{error.name} is not installed: pip install onnx onnxscript onnxruntime", file=sys.stderr)
        return 2
    except (ModelError, OSError) as error:
        print(f"models.export: {error}", file=sys.stderr)
        return 2
    print(f"{path}: images of {height}x{width}, any number; off from torch by {difference:.1e} of the range at most")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
