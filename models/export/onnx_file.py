"""Writes a run as an ONNX file, and compares the file with torch."""

from importlib import metadata
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ..errors import ModelError
from ..postprocessing import snap_background
from ..predictor import Predictor
from .onnx_model import OnnxModel

PROGRAM = "semdepth"
UNIT = "grey level 0..255 of sem, raw_depth, snapped (smaller is deeper), level; probability 0..1 of the other outputs"
TOLERANCE = 1e-5  # of the network range, or of a probability: rounding errors of sums in another order are smaller


def write_onnx(run: Path, epoch: str, path: Path, size: tuple[int, int]) -> float:
    """Writes `path` for images of `size` (H, W) [px], compares it with torch on random images, and returns the maximum
    difference, as a fraction of the output's range.

    Raises a `ModelError`, and leaves no file, if an output differs by more than 1e-5 of its range, or if a snapped
    pixel differs at all.
    """
    predictor = Predictor.load(run, epoch, precision="fp32")
    model = OnnxModel(predictor.model, predictor.levels, predictor.tolerance).eval()
    example = torch.rand(2, *size) * 255
    temporary = path.with_name(f".{path.name}.unfinished")
    names = list(model(example))
    try:
        program = torch.onnx.export(
            model,
            (example,),
            input_names=["sem"],
            output_names=names,
            dynamic_shapes={"sem": {0: torch.export.Dim("images")}},
            dynamo=True,
            verbose=False,
            optimize=False,  # onnxruntime optimises what it loads; here it took minutes
        )
        assert program is not None
        program.model.metadata_props.update(describe(run, epoch, size))
        program.save(str(temporary), external_data=False)
        rng = np.random.default_rng(0)
        noise = rng.normal(rng.uniform(40, 200, (5, 1, 1)), rng.uniform(5, 60, (5, 1, 1)), (5, *size))
        difference = check(predictor, temporary, names, noise.clip(0, 255))
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return difference


def describe(run: Path, epoch: str, size: tuple[int, int]) -> dict[str, str]:
    """What the file says about itself, in `metadata_props`: units, run, epoch, image size, program and its version."""
    try:
        version = metadata.version(PROGRAM)
    except metadata.PackageNotFoundError:  # the packages are used from a folder, without installation
        version = "of unknown version"
    return {
        "unit": UNIT,
        "run": run.resolve().name,
        "epoch": epoch,
        "image_size": f"{size[0]},{size[1]}",
        "program": f"{PROGRAM} {version}",
    }


def check(predictor: Predictor, path: Path, names: list[str], sem: NDArray) -> float:
    """Maximum difference between an ONNX file's outputs and the predictor's, as a fraction of their range [0..1]."""
    import onnxruntime  # an extra: only the export needs it

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors only
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    sem = sem.astype(np.float32)
    outputs = dict(zip(names, session.run(names, {"sem": sem}), strict=True))
    depth, level_probs, background_prob, *_ = predictor.infer(sem)
    expected = {
        "raw_depth": (depth, 127.5),
        "level_probs": (level_probs, 1.0),
        "background_prob": (background_prob, 1.0),
    }
    difference = 0.0
    for name, (values, value_range) in expected.items():
        if values is not None:
            difference = max(difference, float(np.abs(outputs[name] - values).max()) / value_range)
    if not difference <= TOLERANCE:
        raise ModelError(f"{path.name}: differs from torch by {difference:.1e} of the range, more than {TOLERANCE:g}")
    if depth is not None:
        level = outputs["level"] if level_probs is not None else None
        hole_mask = ~(outputs["background_prob"] >= 0.5) if background_prob is not None else None
        snapped = snap_background(outputs["raw_depth"], predictor.levels, predictor.tolerance, level, hole_mask)
        if (snapped.depth_grey != outputs["snapped"]).any():
            raise ModelError(f"{path.name}: its snapped background differs from torch")
    return difference
