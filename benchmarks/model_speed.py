"""Images/s of the most used models, in training and in testing: python benchmarks/model_speed.py

Default options, batch 16, images in memory. "Plain" is the same networks as PyTorch builds them, with optimiser, norms
and memory layout unchanged. The ensemble is a U-Net, a classifier and a segmenter. --onnx adds onnxruntime; --bf16
compares bfloat16 with float32 instead: models/training/precision.py says where it is used.
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

sys.path.insert(0, str(Path(__file__).parents[1]))  # the packages are beside this folder

from benchmarks.timing import WARM_UP, machine, ratio, synchronise
from models import MODELS, BaseModel, Predictor, build
from models.ensemble import Ensemble
from models.export import OnnxModel
from util.run import choose_device, tune_malloc

BATCH = 16
TRAINED = {"U-Net": "unet_regressor", "classifier": "background_classifier", "segmenter": "hole_segmenter"}
ALL = {**TRAINED, "ensemble": "ensemble"}
TASKS = ("training", "prediction")
IN_BF16 = {**TRAINED, "CycleGAN": "cycle_gan", "autoencoder": "autoencoder", "monocular": "scale_invariant_depth"}


def noise_batch(count: int = BATCH) -> dict[str, torch.Tensor]:
    """A batch of noise with background levels: the speed does not depend on what images show."""
    generator = torch.Generator().manual_seed(0)
    sem, depth = (255 * torch.rand(count, 1, 72, 48, generator=generator) for _ in range(2))
    return {"sem": sem, "depth": depth, "level": torch.tensor([140, 150, 160, 170] * count)[:count]}


def new_model(name: str, plain: bool, task: str, device: torch.device) -> BaseModel:
    """A model with random weights for a task (training or prediction); `plain`: as PyTorch would build it."""
    torch.manual_seed(0)
    if name == "ensemble":
        ensemble = Ensemble(Ensemble.Options(members=tuple(TRAINED)), device)
        ensemble.set_members({title: new_model(member, plain, task, device) for title, member in TRAINED.items()})
        return ensemble
    model = build(name, MODELS[name].Options(), device)
    if plain:
        for network in model.networks.values():
            network.to(memory_format=torch.contiguous_format)
        for key, module in model.ddp_modules.items():
            model.optimisers[key] = torch.optim.Adam(module.parameters(), lr=1e-3)
        model.capture.disable("this is the plain model")
    else:
        model.enable_acceleration(task=task)
    return model


def workloads(name: str, task: str, device: torch.device) -> list[Callable[[], object]]:
    """The training step or the prediction of one batch: of the plain model, and of ours."""
    batch = noise_batch()
    if task == "training":
        return [partial(new_model(name, plain, task, device).step, batch) for plain in (True, False)]
    plain = new_model(name, True, task, device)
    plain.train(False)
    ours = Predictor(new_model(name, False, task, device)).model
    return [torch.inference_mode()(lambda model=model: model.predict(batch["sem"])) for model in (plain, ours)]


def precisions(name: str, task: str, device: torch.device, count: int = BATCH) -> list[Callable[[], object]]:
    """The training step or the prediction of one batch: in float32, and in bfloat16."""
    batch = noise_batch(count)
    calls: list[Callable[[], object]] = []
    for precision in ("fp32", "bf16"):
        torch.manual_seed(0)
        model = build(name, MODELS[name].Options(), device).enable_acceleration(precision, task=task)
        if task == "training":
            calls.append(partial(model.step, batch))
        else:
            model = Predictor(model).model
            calls.append(torch.inference_mode()(lambda model=model: model.predict(batch["sem"])))
    return calls


def measure(both: list[Callable[[], object]], rounds: int) -> dict[str, float]:
    """Images/s of both workloads, measured in turn, and the median of the quotients."""
    times: list[list[float]] = [[], []]
    device = choose_device("auto")
    for n in range(rounds + WARM_UP):
        for workload, seconds in zip(both, times, strict=True):
            start = time.perf_counter()
            workload()
            synchronise(device)
            if n >= WARM_UP:
                seconds.append(time.perf_counter() - start)
    plain, ours = (BATCH / statistics.median(seconds) for seconds in times)
    return {"plain_images_per_second": plain, "images_per_second": ours, "ratio": ratio(*times)}


def measure_onnx(name: str, rounds: int) -> dict[str, float]:
    """Images/s of torch ("plain") and of onnxruntime, both with background snapping."""
    import onnxruntime

    predictor = Predictor(new_model(name, False, "prediction", torch.device("cpu")).enable_acceleration("fp32"))
    model: nn.Module = OnnxModel(predictor.model, predictor.levels, predictor.tolerance).eval()
    sem = noise_batch()["sem"][:, 0]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.onnx")
        shapes = {"sem": {0: torch.export.Dim("images")}}
        torch.onnx.export(
            copy.deepcopy(model), (sem[:2],), str(path), input_names=["sem"], dynamic_shapes=shapes, dynamo=True,
            external_data=False, verbose=False,
        )  # fmt: skip
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(str(path), options)
    images = sem.numpy().astype(np.float32)
    return measure([lambda: predictor.predict(images), lambda: session.run(None, {"sem": images})], rounds)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--rounds", type=int, default=9, help="alternating measurements (9)")
    parser.add_argument("--onnx", action="store_true", help="measure onnxruntime beside torch, too")
    parser.add_argument("--bf16", action="store_true", help="compare bfloat16 with float32 instead")
    args = parser.parse_args()
    tune_malloc()
    print(machine())
    if args.bf16:
        for title, name in IN_BF16.items():
            for task in TASKS:
                count = 4 if name == "cycle_gan" else BATCH
                speeds = measure(precisions(name, task, choose_device("auto"), count), args.rounds)
                print(f"{title}, {task}: bfloat16 is {speeds['ratio']:.2f} times as fast as float32", flush=True)
        return 0
    for title, name in ALL.items():
        for task in TASKS if title in TRAINED else ("prediction",):
            speeds = measure(workloads(name, task, choose_device("auto")), args.rounds)
            numbers = ", ".join(f"{key} {value:,.2f}" for key, value in speeds.items())
            print(f"{title}, {task}: {numbers}", flush=True)
    if args.onnx:
        for title, name in {"CycleGAN": "cycle_gan", "U-Net": "unet_regressor"}.items():
            speeds = measure_onnx(name, args.rounds)
            torch_speed, onnx_speed = speeds["plain_images_per_second"], speeds["images_per_second"]
            print(f"{title}, test with snapping: torch {torch_speed:,.1f}, onnxruntime {onnx_speed:,.1f} images/s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
