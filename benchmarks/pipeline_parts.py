"""What a training of depth_pipeline spends its time on: python benchmarks/pipeline_parts.py RUN DATAROOT

Repeats the parts of a training with the weights of a finished run, and adds them up as its epochs need them.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1]))  # the packages are beside this folder

from benchmarks.timing import machine
from data import DATASETS, DataOptions, DatasetLayout
from models import MODELS, build
from models.depth_pipeline import DepthPipeline
from util.run import choose_device, tune_malloc

BATCH, EPOCHS = 16, 45
STAGES = {"renderer": 0, "shape": 30, "real renderer": 14}  # an epoch of each stage


def median_seconds(part: Callable[[], object], rounds: int) -> float:
    """Median seconds of a part, after one call that is not counted."""
    seconds = []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        part()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="folder of a finished training of 45 epochs")
    parser.add_argument("dataroot", type=Path, help="its data")
    parser.add_argument("--bf16", action="store_true", help="in bfloat16; else in float32")
    args = parser.parse_args()
    tune_malloc()
    options = DataOptions(dataroot=args.dataroot)
    dataset = DATASETS["sim_to_real"](DatasetLayout(options.dataroot, ""), options, BATCH, 0)
    eval_set, batches = dataset.eval_set(), list(dataset.loader(1))
    model = build("depth_pipeline", MODELS["depth_pipeline"].Options(), choose_device("auto"), 0)
    assert isinstance(model, DepthPipeline)
    model.bf16 = args.bf16
    model.load(args.run, "latest")
    model.train()
    steps = {stage: measure_step(model, batches, epoch) for stage, epoch in STAGES.items()}
    once = {
        "renderings": median_seconds(model.domain_renderer.sample_renderings, 1),
        "validation": median_seconds(lambda: model.evaluate(eval_set), 1),
        "calibration": median_seconds(lambda: model.calibrate(eval_set), 1),
        "matching": median_seconds(lambda: match(model, eval_set), 1),
    }
    for name, seconds in steps.items():
        print(f"a step, stage {name}: {1000 * seconds:.1f} ms")
    for name, seconds in once.items():
        print(f"{name}: {seconds:.2f} s")
    training = sum(steps[model.options.training_stage(epoch).name] for epoch in range(EPOCHS)) * len(batches)
    print(f"steps of {EPOCHS} epochs: {training:.0f} s; {machine()}")


def measure_step(model: DepthPipeline, batches: list[dict[str, torch.Tensor]], epoch: int) -> float:
    """Median seconds of a step in an epoch, without what it does once an epoch."""
    model.epochs, turn = epoch, iter(batches)
    return median_seconds(lambda: model.step(next(turn)), 40)


@torch.no_grad()
def match(model: DepthPipeline, eval_set: dict) -> None:
    model.train(False)
    model.match_real_images(eval_set)
    model.train()


if __name__ == "__main__":
    main()
