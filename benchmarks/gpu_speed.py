"""Measures on one GPU what a training and a test take: python benchmarks/speed.py --gpu-minutes 10

The parts are measured in turn until the minutes are used up, and docs/speed_gpu.json is written after each of them. A
part that fails is recorded as its error, and the others go on.
"""

import argparse
import contextlib
import csv
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).parents[1]))  # the packages are beside this folder

from benchmarks import inference_speed, model_speed, training_step
from benchmarks.timing import WARM_UP, machine, synchronise
from util.run import choose_device

ROOT = Path(__file__).parents[1]
RECORD = ROOT / "docs/speed_gpu.json"
CONTEST = 60_664 * 200  # real images of the contest, and epochs that its participants trained
EPOCHS = 45  # of depth_pipeline
TINY = {"ngf": 4, "ndf": 4, "netG": "resnet_6blocks"}  # networks with which this program is tested on a CPU
COMPILED = ("InstanceNorm2d", "ResidualBlock")  # the layers that a variant of the step compiles
STARTS = {
    "import torch": ["-c", "import torch"],
    "train.py --help": ["train.py", "--help"],
    "train.py, misspelt option": ["train.py", "--nonsense", "1"],
    "train.py, wrong folder": ["train.py", "--dataroot", "./nowhere"],
}


class GpuSpeed:
    """Measures in at most `minutes`; `seconds` is the time of one measurement, `tiny` the options of small networks."""

    def __init__(self, device: torch.device, minutes: float, seconds: float = 2.0, tiny: dict[str, Any] | None = None):
        self.device, self.seconds, self.options = device, seconds, tiny or {}
        self.end = time.monotonic() + 60 * minutes
        self.parts: dict[str, Any] = {}

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return self.end - time.monotonic()

    def run(self, path: Path) -> dict[str, Any]:
        """Measures all parts, and writes them to `path` after each one."""
        facts = {"machine": machine(), "cuda": torch.version.cuda, "tf32": "convolutions"}
        parts: dict[str, Callable[[], Any]] = {
            "training_step_ms": self.measure_steps,
            "contest_200_epochs_h": self.extrapolate_contest,
            "largest_difference_of_a_loss": lambda: training_step.exactness(1, self.device),
            "models_images_per_second": self.measure_models,
            "bf16_times_as_fast_as_fp32": self.measure_precisions,
            "depth_pipeline": self.measure_pipeline,
            "start_s": self.measure_starts,
            "test_images_per_second": self.measure_tests,
            "kernels_batch_16": self.profile_step,
            "compiled_parts_ms": self.measure_compiled,
        }
        for name, measure in parts.items():
            started = time.monotonic()
            try:
                self.parts[name] = measure() if self.left > 0 else "not measured: no time was left"
            except Exception as error:  # the other parts must not be lost
                printed = str(getattr(error, "stderr", None) or "").strip()[-300:]  # of a program that failed
                self.parts[name] = f"not measured: {type(error).__name__}: {error} {printed}".strip()
            print(f"{name} ({time.monotonic() - started:.0f} s): {json.dumps(self.parts[name])}", flush=True)
            path.write_text(json.dumps(facts | self.parts, indent=1) + "\n")
        return self.parts

    def time_ms(self, call: Callable[[], object]) -> float:
        """Time [ms] of a call that is repeated without waiting in between, as a training repeats its step."""
        for _ in range(WARM_UP):
            call()
        synchronise(self.device)
        start, count = time.perf_counter(), 0
        while time.perf_counter() - start < self.seconds:
            for _ in range(5):
                call()
            count += 5
            synchronise(self.device)
        return 1e3 * (time.perf_counter() - start) / count

    def measure_steps(self, batches: tuple[int, ...] = (1, 16)) -> dict[str, dict[str, float]]:
        """Time [ms] of a step of the published CycleGAN, by batch: the plain step, ours eager, and ours captured."""
        times: dict[str, dict[str, float]] = {}
        for batch in batches:
            images = training_step.noise_images(batch, 0, torch.device("cpu"))  # where a training finds its images
            times[f"batch {batch}"] = {}
            for bf16 in (False, True):
                model, reference = training_step.build_pair(self.device, bf16, **self.options)
                eager, _ = training_step.build_pair(self.device, bf16, **self.options)
                eager.capture.disable("it is measured beside the captured one")

                def plain(reference=reference, images=images, bf16=bf16) -> None:
                    with torch.autocast(self.device.type, torch.bfloat16, enabled=bf16):
                        reference(**{name: value.to(self.device) for name, value in images.items()})

                calls = {
                    "plain": plain,
                    "eager": lambda eager=eager, images=images: eager.step(images),
                    "captured": lambda model=model, images=images: model.step(images),
                }
                for name, call in calls.items():
                    times[f"batch {batch}"][f"{name}, {'bf16' if bf16 else 'fp32'}"] = round(self.time_ms(call), 3)
        return times

    def extrapolate_contest(self) -> dict[str, float]:
        """Hours of 200 epochs of the contest's images, from the measured steps."""
        return {
            f"{name}, {batch}": round(ms * CONTEST / int(batch.split()[1]) / 3.6e6, 2)
            for batch, times in self.parts["training_step_ms"].items()
            for name, ms in times.items()
        }

    def measure_models(self) -> dict[str, dict[str, float]]:
        """Images/s of the smaller models in training and in test at batch 16, plain and ours."""
        speeds = {}
        for title, name in model_speed.TRAINED.items():
            for phase in ("training", "prediction"):
                ms = [self.time_ms(workload) for workload in model_speed.workloads(name, phase, self.device)]
                plain, ours = (round(1e3 * model_speed.BATCH / value, 1) for value in ms)
                speeds[f"{title}, {phase}"] = {"plain": plain, "ours": ours}
        return speeds

    def measure_precisions(self) -> dict[str, float]:
        """How many times as fast as float32 bfloat16 is, by model and task at batch 16: where it is above 1, it belongs
        into the table of models/training/precision.py."""
        ratios = {}
        for title, name in model_speed.IN_BF16.items():
            for task in model_speed.TASKS:
                ms = [self.time_ms(call) for call in model_speed.precisions(name, task, self.device)]
                ratios[f"{title}, {task}"] = round(ms[0] / ms[1], 3)
        return ratios

    def measure_pipeline(self) -> dict[str, Any]:
        """Seconds of a training of depth_pipeline on simulated data of the default size, in half of the time left at
        most: of the whole program, or extrapolated from the mean epoch of each stage if it did not finish."""
        with tempfile.TemporaryDirectory() as folder:
            counts = ["--num_shapes", "4", "--num_real", "16", "--num_test", "4"] if self.options else []
            run_program("-m", "data.simulate", "--dataroot", f"{folder}/sem", *counts)
            command = ["train.py", "--dataroot", f"{folder}/sem", "--name", "p", "--model", "depth_pipeline"]
            command += ["--checkpoints_dir", folder, "--gpu_ids", gpu_ids(self.device), "--display_id", "0"]
            command += ["--width", "2"] if self.options else []
            start, finished = time.monotonic(), True
            try:
                run_program(*command, timeout=max(1.0, self.left / 2))
            except subprocess.TimeoutExpired:
                finished = False
            seconds, path = time.monotonic() - start, Path(folder, "p/epochs.csv")
            rows = list(csv.DictReader(path.open())) if path.exists() else []
        return describe_pipeline(finished, seconds, [float(row["seconds"]) for row in rows])

    def measure_starts(self) -> dict[str, float]:
        """Seconds from the start of a program to its end: the smaller of two."""
        with tempfile.TemporaryDirectory() as folder:
            counts = ["--num_shapes", "1", "--num_real", "4", "--num_test", "8"]
            run_program("-m", "data.simulate", "--dataroot", f"{folder}/sem", *counts)
            paths = ["--dataroot", f"{folder}/sem", "--results_dir", folder]
            programs = STARTS | {"test.py, 8 images": ["test.py", "--name", "holes", *paths, "--pixel_nm", "2.08"]}
            times = {name: [measure_start(words) for _ in range(2)] for name, words in programs.items()}
        return {name: round(min(seconds), 2) for name, seconds in times.items()}

    def measure_tests(self) -> dict[str, dict[str, float]]:
        """Images/s of the bare networks, and of test.py without its start and its page."""
        speeds = {}
        networks = {"U-Net": ("unet_regressor", {"width": 2})} if self.options else inference_speed.NETWORKS
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(sys.stdout):
            images, _ = inference_speed.simulate_images(Path(folder))
            for title, (name, options) in networks.items():
                if self.left < 30:
                    break
                maximum = 300 if self.options else 3000
                speeds[title] = inference_speed.measure_end_to_end(images, name, options, 1, maximum)
        return speeds

    def profile_step(self) -> dict[str, float]:
        """Fraction of the device's time of each of the slowest kernels of a captured step at batch 16, in bfloat16."""
        model, _ = training_step.build_pair(self.device, bf16=True, **self.options)
        images = training_step.noise_images(16, 0, self.device)
        for _ in range(WARM_UP):
            model.step(images)
        synchronise(self.device)
        kinds = torch.profiler.ProfilerActivity
        with torch.profiler.profile(activities=[kinds.CUDA if self.device.type == "cuda" else kinds.CPU]) as profiler:
            model.step(images)
            synchronise(self.device)
        on_gpu = self.device.type == "cuda"
        events = profiler.key_averages()
        times = {e.key[:90]: e.self_device_time_total if on_gpu else e.self_cpu_time_total for e in events}
        total = max(sum(times.values()), 1e-9)
        slowest = sorted(times, key=lambda key: -times[key])[:20]
        return {key: round(times[key] / total, 3) for key in slowest}

    def measure_compiled(self) -> dict[str, Any]:
        """Time [ms] of a captured step in bfloat16 of which Inductor compiles a part, in a process of its own:
        compiling may take longer than there is time."""
        times: dict[str, Any] = {}
        for part in COMPILED:
            for batch in (1, 16):
                words = [__file__, "--compiled", part, "--batch", str(batch), "--seconds", str(self.seconds)]
                words += ["--tiny"] if self.options else []
                try:
                    ms = float(run_program(*words, timeout=max(1.0, self.left)).splitlines()[-1])
                    times[f"{part}, batch {batch}"] = ms
                except (subprocess.SubprocessError, ValueError, IndexError) as error:
                    times[f"{part}, batch {batch}"] = f"not measured: {type(error).__name__}"
        return times


def describe_pipeline(finished: bool, seconds: float, epochs: list[float]) -> dict[str, Any]:
    """Seconds of a whole training: measured, or from the epochs that were done, at the mean of each stage's epochs.

    A stage that was not reached takes as long as the mean of all others.
    """
    from models.model_options import DepthPipelineOptions

    if finished:
        return {"seconds": round(seconds, 1), "is_extrapolated": False}
    if not epochs:
        return {"seconds": None, "is_extrapolated": True, "after_epochs": 0}
    total, options = max(0.0, seconds - sum(epochs)), DepthPipelineOptions()
    names = [options.training_stage(n).name for n in range(EPOCHS)]
    for name in names:
        known = [value for value, other in zip(epochs, names, strict=False) if other == name] or epochs
        total += statistics.mean(known)
    return {"seconds": round(total, 1), "is_extrapolated": True, "after_epochs": len(epochs)}


def gpu_ids(device: torch.device) -> str:
    """The value of --gpu_ids for a device."""
    return str(device.index or 0) if device.type == "cuda" else "-1"


def run_program(*words: str, timeout: float | None = None, check: bool = True) -> str:
    """What a Python program of this checkout prints."""
    command = [sys.executable, *words]
    return subprocess.run(command, cwd=ROOT, check=check, capture_output=True, text=True, timeout=timeout).stdout


def measure_start(words: list[str]) -> float:
    """Seconds of a program, from start to end."""
    start = time.perf_counter()
    run_program(*words, check=False)
    return time.perf_counter() - start


def compile_parts(network: nn.Module, part: str) -> None:
    """Lets Inductor compile every layer of a network whose class has this name, for each of their shapes."""
    torch._dynamo.config.recompile_limit = 64
    layers = [layer for layer in network.modules() if type(layer).__name__ == part]
    if layers:
        forward = torch.compile(type(layers[0]).forward, dynamic=False)  # once for all layers
        for layer in layers:
            layer.forward = partial(forward, layer)


def main() -> int:
    parser = argparse.ArgumentParser(description="Times a step of which a part is compiled; speed.py calls it.")
    parser.add_argument("--compiled", choices=COMPILED, required=True, help="the part")
    parser.add_argument("--batch", type=int, default=1, help="batch size (1)")
    parser.add_argument("--seconds", type=float, default=2.0, help="time of the measurement [s] (2)")
    parser.add_argument("--tiny", action="store_true", help="small networks")
    args = parser.parse_args()
    speed = GpuSpeed(choose_device("auto"), 10, args.seconds, TINY if args.tiny else None)
    model, _ = training_step.build_pair(speed.device, bf16=True, **speed.options)
    for network in model.networks.values():
        compile_parts(network, args.compiled)
    images = training_step.noise_images(args.batch, 0, torch.device("cpu"))
    print(round(speed.time_ms(lambda: model.step(images)), 3))
    return 0


if __name__ == "__main__":
    sys.exit(main())
