"""Images a second of the systems that users run most, in training and at test: python benchmarks/systems.py

At their default options, batch 16, images in memory. "Plain" is the same networks as PyTorch builds them: optimiser,
norms and memory layout untouched. A fusion is a U-Net, a classifier and a segmenter. --onnx adds onnxruntime.
"""

import argparse
import copy
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).parents[1]))  # the rooms lie beside this folder

from benchmarks.timing import machine, ratio
from models import MODELS, BaseModel, Predictor, build
from models.export import OnnxModel
from util.run.device import choose_device, tune_malloc, use_bf16

BATCH = 16
LEARNING = {"U-Net": "unet_regressor", "classifier": "background_classifier", "segmenter": "hole_segmenter"}
ALL = {**LEARNING, "fusion": "fusion"}


def batch() -> dict[str, torch.Tensor]:
    """Noise with levels: speed does not know what it shows."""
    generator = torch.Generator().manual_seed(0)
    sem, depth = (255 * torch.rand(BATCH, 1, 72, 48, generator=generator) for _ in range(2))
    return {"sem": sem, "depth": depth, "level": torch.tensor([140, 150, 160, 170] * (BATCH // 4))}


def fresh(name: str, plain: bool) -> BaseModel:
    """A system with fresh weights; `plain` as PyTorch would build it."""
    torch.manual_seed(0)
    device = choose_device("auto")
    if name == "fusion":
        system = build(name, MODELS[name].Options(members=tuple(LEARNING)), device)
        system.join({title: fresh(member, plain) for title, member in LEARNING.items()})
        return system
    system = build(name, MODELS[name].Options(), device)
    if plain:
        for network in system.networks.values():
            network.to(memory_format=torch.contiguous_format)
        for key, learner in system.ddp_modules.items():
            system.optimisers[key] = torch.optim.Adam(learner.parameters(), lr=1e-3)
    else:
        system.enable_acceleration(use_bf16(device, "auto"))
    return system


def ways(name: str, kind: str) -> list[Callable[[], object]]:
    """The plain way and ours, to train or to test one batch."""
    given = batch()
    if kind == "training":
        return [partial(fresh(name, plain).step, given) for plain in (True, False)]
    plain = fresh(name, True)
    plain.train(False)
    ours = Predictor(fresh(name, False)).system
    return [torch.inference_mode()(lambda system=system: system.predict(given["sem"])) for system in (plain, ours)]


def measure(both: list[Callable[[], object]], rounds: int) -> dict[str, float]:
    """Images/s of both ways, in turn, and the median of the quotients."""
    times: list[list[float]] = [[], []]
    for n in range(rounds + 2):
        for way, taken in zip(both, times, strict=True):
            began = time.perf_counter()
            way()
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            if n >= 2:
                taken.append(time.perf_counter() - began)
    plain, ours = (BATCH / statistics.median(taken) for taken in times)
    return {"plain_images_per_second": plain, "images_per_second": ours, "ratio": ratio(*times)}


def onnx(name: str, rounds: int) -> dict[str, float]:
    """Images/s of torch ("plain") and of onnxruntime, both with the quantisation."""
    import onnxruntime

    predictor = Predictor(fresh(name, False))
    finished: nn.Module = OnnxModel(predictor.system, predictor.levels, predictor.tolerance).eval()
    sem = batch()["sem"][:, 0]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.onnx")
        shapes = {"sem": {0: torch.export.Dim("images")}}
        torch.onnx.export(
            copy.deepcopy(finished), (sem[:2],), str(path), input_names=["sem"], dynamic_shapes=shapes, dynamo=True,
            external_data=False, verbose=False,
        )  # fmt: skip
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(str(path), options)
    numbers = sem.numpy().astype(np.float32)
    torch_way = lambda: predictor.predict(numbers)  # noqa: E731
    return measure([torch_way, lambda: session.run(None, {"sem": numbers})], rounds)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--rounds", type=int, default=9, help="alternating measurements (9)")
    parser.add_argument("--onnx", action="store_true", help="measure onnxruntime beside torch, too")
    arguments = parser.parse_args()
    tune_malloc()
    print(machine())
    for title, name in ALL.items():
        for kind in ("training", "test") if title in LEARNING else ("test",):
            found = measure(ways(name, kind), arguments.rounds)
            print(f"{title}, {kind}: " + ", ".join(f"{key} {value:,.2f}" for key, value in found.items()), flush=True)
    if arguments.onnx:
        for title, name in {"CycleGAN": "cycle_gan", "U-Net": "unet_regressor"}.items():
            found = onnx(name, arguments.rounds)
            said = (
                f"torch {found['torch_images_per_second']:,.1f}, onnxruntime {found['images_per_second']:,.1f} images/s"
            )
            print(f"{title}, test with quantisation: {said}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
