"""How fast and how exact the training step is: python benchmarks/training_step.py

Runs the published CycleGAN step (ResNet-9 of width 64, PatchGAN of three layers, 72x48, identity loss, pool of 50) and
`reference_step.py` in turn, on the same networks and images. Prints how much their losses differ in float64 and
float32, the speed of both, its fraction of the processor's convolution peak, and where the time goes.
"""

import argparse
import copy
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parents[1]))  # the packages are beside this folder

from benchmarks.reference_step import ReferenceStep
from benchmarks.timing import WARM_UP, machine, ratio, synchronise
from models import BaseModel, build
from models.model_options import CycleGanOptions
from models.networks import WinogradConv2d
from util.run import choose_device, tune_malloc

GROUPS = {  # of operations, by words in their names
    "convolutions": ("convolution", "bmm", "aten::mm", "_Filter"),
    "normalisation": ("norm",),
    "optimisers": ("adam", "Adam", "addcdiv", "addcmul", "sqrt", "lerp"),
    "padding": ("pad",),
}


def build_pair(device: torch.device, bf16: bool = False, compiled: bool = False, double: bool = False, **options: Any):
    """Our model, and the reference on a copy of its networks, with ordinary convolutions."""
    torch.manual_seed(0)
    model = build("cycle_gan", CycleGanOptions(**options), device)
    if double:
        for network in model.networks.values():
            network.double()
    networks = copy.deepcopy(model.networks)
    for network in networks.values():
        for layer in network.modules():
            if isinstance(layer, WinogradConv2d):
                layer._is_faster = lambda x: False
                layer.weight.data = layer.weight.data.contiguous()
    return model.enable_acceleration("bf16" if bf16 else "fp32", compiled, "training"), ReferenceStep(networks)


def noise_images(count: int, seed: int, device: torch.device, dtype: torch.dtype = torch.float32) -> dict[str, Tensor]:
    """A batch of noise (count, 1, 72, 48) [grey level]: the speed does not depend on what images show."""
    generator = torch.Generator().manual_seed(seed)
    draw = lambda: 255 * torch.rand(count, 1, 72, 48, generator=generator, dtype=dtype)  # noqa: E731
    return {"sem": draw().to(device), "depth": draw().to(device)}


def measure_seconds(call: Callable[[], object], device: torch.device) -> float:
    """Time [s] of a call, until the device is done."""
    start = time.perf_counter()
    call()
    synchronise(device)
    return time.perf_counter() - start


def measure_speed(batch: int, rounds: int, device: torch.device, bf16: bool, compiled: bool) -> dict[str, float]:
    """Time of each image [ms] of both steps, measured in turn, and the median of the quotients."""
    model, reference = build_pair(device, bf16, compiled)
    images = noise_images(batch, 0, device)
    times: list[list[float]] = [[], []]
    for n in range(rounds + WARM_UP):
        for step, seconds in zip((lambda: reference(**images), lambda: model.step(images)), times, strict=True):
            duration = measure_seconds(step, device)
            if n >= WARM_UP:
                seconds.append(duration)
    ms = [1e3 * statistics.median(seconds) / batch for seconds in times]
    return {"reference_ms_per_image": ms[0], "ms_per_image": ms[1], "ratio": ratio(times[0], times[1])}


def exactness(steps: int, device: torch.device) -> dict[str, float]:
    """Maximum relative difference of any loss: in float64 over all steps, in float32 at the first."""
    maximum = {}
    small: dict[str, Any] = {"ngf": 16, "ndf": 16, "netG": "resnet_6blocks"}
    for name, dtype, count, options in (
        ("float64", torch.float64, steps, small),
        ("float32", torch.float32, 1, {}),
    ):
        model, reference = build_pair(device, double=dtype == torch.float64, **options)
        differences = []
        for n in range(count):
            images = noise_images(1, n, device, dtype)
            expected, losses = reference(**images), model.step(images)
            differences += [abs(losses[key].item() - value) / abs(value) for key, value in expected.items()]
        maximum[name] = max(differences)
    return maximum


def profile(model: BaseModel, images: dict[str, Tensor]) -> dict[str, float]:
    """Fraction of each group of operations in the processor time of a step."""
    for _ in range(3):
        model.step(images)
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profiler:
        model.step(images)
    times = dict.fromkeys([*GROUPS, "all else"], 0.0)
    for event in profiler.key_averages():
        group = next((name for name, words in GROUPS.items() if any(word in event.key for word in words)), "all else")
        times[group] += event.self_cpu_time_total
    total = sum(times.values())
    return {name: value / total for name, value in times.items()}


def measure_peak(device: torch.device) -> float:
    """Maximum speed [GFLOP/s] of several float32 3x3 convolutions of 256 channels, forward."""
    peak = 0.0
    for batch in (1, 4, 16):
        for layout in (torch.contiguous_format, torch.channels_last):
            x = torch.rand(batch, 256, 20, 14, device=device).to(memory_format=layout)
            weight = torch.rand(256, 256, 3, 3, device=device).to(memory_format=layout)
            duration = statistics.median(
                measure_seconds(lambda x=x, weight=weight: F.conv2d(x, weight), device) for _ in range(15)
            )
            peak = max(peak, 2 * batch * 18 * 12 * 256 * 256 * 9 / duration / 1e9)
    return peak


def count_operations() -> float:
    """Operations [GFLOP] of the reference's convolutions in a step on one image: forward, and twice that backward."""
    total = 0

    def count(layer: Any, inputs: tuple[Tensor, ...], out: Tensor) -> None:
        nonlocal total
        grid = inputs[0] if isinstance(layer, torch.nn.ConvTranspose2d) else out
        total += 2 * layer.weight.numel() * grid.shape[-1] * grid.shape[-2] * grid.shape[0]

    _, reference = build_pair(torch.device("cpu"))
    hooks = [
        layer.register_forward_hook(count)
        for network in reference.networks.values()
        for layer in network.modules()
        if isinstance(layer, torch.nn.Conv2d | torch.nn.ConvTranspose2d)
    ]
    reference(**noise_images(1, 0, torch.device("cpu")))
    for hook in hooks:
        hook.remove()
    return 3 * total / 1e9


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--rounds", type=int, default=9, help="alternating steps of each batch size (9)")
    parser.add_argument("--batches", default="1,4,8", help="batch sizes (1,4,8)")
    parser.add_argument(
        "--precision", choices=("fp32", "bf16"), default="fp32", help="of our step; the reference is fp32"
    )
    parser.add_argument("--compile", action="store_true", help="compile our networks")
    args = parser.parse_args()
    tune_malloc()
    device = choose_device("auto")
    print(machine())
    for name, difference in exactness(50, device).items():
        print(f"maximum relative difference of a loss, {name}: {difference:.1e}")
    peak, work = measure_peak(device), count_operations()
    print(f"convolution peak {peak:.0f} GFLOP/s, a reference step's convolutions {work:.0f} GFLOP")
    for batch in map(int, args.batches.split(",")):
        speeds = measure_speed(batch, args.rounds, device, args.precision == "bf16", args.compile)
        fractions = [work / speeds[name] * 1e3 / peak for name in ("reference_ms_per_image", "ms_per_image")]
        numbers = ", ".join(f"{name} {value:,.2f}" for name, value in speeds.items())
        print(f"batch {batch}: {numbers}; {' and '.join(f'{value:.0%}' for value in fractions)} of the peak")
    model, _ = build_pair(device, args.precision == "bf16", args.compile)
    fractions_of_time = profile(model, noise_images(1, 0, device)).items()
    print("where the time goes: " + ", ".join(f"{name} {value:.0%}" for name, value in fractions_of_time))
    return 0


if __name__ == "__main__":
    sys.exit(main())
