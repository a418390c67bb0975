"""The training step: python benchmarks/training_step.py

The published CycleGAN step (ResNet-9 of width 64, PatchGAN of three layers, 72x48, identity loss, pool of 50) beside
`reference_step.py`, on the same networks and images, in turn. Exactness in float64 and float32, where the time goes,
and what share of the processor's convolution peak that is. --precision and --compile are measured where asked.
"""

import argparse
import copy
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parents[1]))  # the packages are beside this folder

from benchmarks.reference_step import ReferenceStep
from benchmarks.timing import machine, ratio
from models import BaseModel, build
from models.cycle_gan import CycleGanOptions
from models.networks import WinogradConv2d
from util.run.device import choose_device, tune_malloc

GROUPS = {  # operations by what they are
    "convolutions": ("convolution", "bmm", "aten::mm", "_Filter"),
    "normalisation": ("norm",),
    "optimisers": ("adam", "Adam", "addcdiv", "addcmul", "sqrt", "lerp"),
    "padding": ("pad",),
}


def pair(device: torch.device, bf16: bool = False, compiled: bool = False, double: bool = False, **options: object):
    """Our system, and the reference on a copy of its networks, which convolve in the ordinary way."""
    torch.manual_seed(0)
    system = build("cycle_gan", CycleGanOptions(**options), device)
    if double:
        for network in system.networks.values():
            network.double()
    networks = copy.deepcopy(system.networks)
    for network in networks.values():
        for layer in network.modules():
            if isinstance(layer, WinogradConv2d):
                layer._is_faster = lambda x: False
                layer.weight.data = layer.weight.data.contiguous()
    return system.enable_acceleration(bf16, compiled), ReferenceStep(networks)


def images(count: int, seed: int, device: torch.device, dtype: torch.dtype = torch.float32) -> dict[str, Tensor]:
    """A batch of noise: speed does not know what it shows."""
    generator = torch.Generator().manual_seed(seed)
    draw = lambda: 255 * torch.rand(count, 1, 72, 48, generator=generator, dtype=dtype)  # noqa: E731
    return {"sem": draw().to(device), "depth": draw().to(device)}


def seconds(call: Callable[[], object], device: torch.device) -> float:
    """Seconds that a call takes, until the device is done."""
    began = time.perf_counter()
    call()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - began


def speed(batch: int, rounds: int, device: torch.device, bf16: bool, compiled: bool) -> dict[str, float]:
    """Milliseconds an image of both, in turn, and the median of the quotients."""
    system, reference = pair(device, bf16, compiled)
    given = images(batch, 0, device)
    ways = [lambda: reference(**given), lambda: system.step(given)]
    times: list[list[float]] = [[], []]
    for n in range(rounds + 3):
        for way, taken in zip(ways, times, strict=True):
            one = seconds(way, device)
            if n >= 3:  # the first steps find memory
                taken.append(one)
    ms = [1e3 * statistics.median(taken) / batch for taken in times]
    return {"reference_ms_per_image": ms[0], "ms_per_image": ms[1], "ratio": ratio(times[0], times[1])}


def exactness(steps: int, device: torch.device) -> dict[str, float]:
    """The largest relative difference of any loss, float64 over all steps and float32 at the first."""
    largest = {}
    for name, dtype, count, small in (
        ("float64", torch.float64, steps, {"ngf": 16, "ndf": 16, "netG": "resnet_6blocks"}),
        ("float32", torch.float32, 1, {}),
    ):
        system, reference = pair(device, double=dtype == torch.float64, **small)
        differences = []
        for n in range(count):
            given = images(1, n, device, dtype)
            wanted, got = reference(**given), system.step(given)
            differences += [abs(got[key].item() - value) / abs(value) for key, value in wanted.items()]
        largest[name] = max(differences)
    return largest


def profile(system: BaseModel, given: dict[str, Tensor]) -> dict[str, float]:
    """Share of each group of operations in the processor time of a step."""
    for _ in range(3):
        system.step(given)
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as found:
        system.step(given)
    shares = dict.fromkeys([*GROUPS, "all else"], 0.0)
    for event in found.key_averages():
        group = next((name for name, words in GROUPS.items() if any(word in event.key for word in words)), "all else")
        shares[group] += event.self_cpu_time_total
    total = sum(shares.values())
    return {name: value / total for name, value in shares.items()}


def convolution_peak(device: torch.device) -> float:
    """GFLOP/s of the best of some float32 3x3 convolutions of 256 channels, forwards."""
    best = 0.0
    for batch in (1, 4, 16):
        for layout in (torch.contiguous_format, torch.channels_last):
            x = torch.rand(batch, 256, 20, 14, device=device).to(memory_format=layout)
            weight = torch.rand(256, 256, 3, 3, device=device).to(memory_format=layout)
            taken = statistics.median(
                seconds(lambda x=x, weight=weight: F.conv2d(x, weight), device) for _ in range(15)
            )
            best = max(best, 2 * batch * 18 * 12 * 256 * 256 * 9 / taken / 1e9)
    return best


def operations() -> float:
    """GFLOP of the reference's convolutions in a step on one image: forwards, and twice that backwards."""
    counted = 0

    def count(layer: torch.nn.Module, given: tuple[Tensor, ...], out: Tensor) -> None:
        nonlocal counted
        grid = given[0] if isinstance(layer, torch.nn.ConvTranspose2d) else out
        counted += 2 * layer.weight.numel() * grid.shape[-1] * grid.shape[-2] * grid.shape[0]

    _, reference = pair(torch.device("cpu"))
    hooks = [
        layer.register_forward_hook(count)
        for network in reference.networks.values()
        for layer in network.modules()
        if isinstance(layer, torch.nn.Conv2d | torch.nn.ConvTranspose2d)
    ]
    reference(**images(1, 0, torch.device("cpu")))
    for hook in hooks:
        hook.remove()
    return 3 * counted / 1e9


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--rounds", type=int, default=9, help="alternating steps of each batch size (9)")
    parser.add_argument("--batches", default="1,4,8", help="batch sizes (1,4,8)")
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="fp32", help="ours; the reference is fp32")
    parser.add_argument("--compile", action="store_true", help="compile our networks")
    arguments = parser.parse_args()
    tune_malloc()
    device = choose_device("auto")
    print(machine())
    for name, difference in exactness(50, device).items():
        print(f"largest relative difference of a loss, {name}: {difference:.1e}")
    peak, work = convolution_peak(device), operations()
    print(f"convolution peak {peak:.0f} GFLOP/s, a reference step's convolutions {work:.0f} GFLOP")
    for batch in map(int, arguments.batches.split(",")):
        found = speed(batch, arguments.rounds, device, arguments.precision == "bf16", arguments.compile)
        shares = {name: work / found[name] * 1e3 / peak for name in ("reference_ms_per_image", "ms_per_image")}
        said = ", ".join(f"{name} {value:,.2f}" for name, value in found.items())
        print(f"batch {batch}: {said}; {' and '.join(f'{share:.0%}' for share in shares.values())} of the peak")
    system, _ = pair(device, arguments.precision == "bf16", arguments.compile)
    print("where the time goes: " + ", ".join(f"{k} {v:.0%}" for k, v in profile(system, images(1, 0, device)).items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
