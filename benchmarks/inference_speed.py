"""Testing many images: python benchmarks/prediction.py

The cost of everything but the network (reading, quantising, writing), beside a plain loop that does one image after
another and writes the same files; then test.py from start to end as a share of what its bare network does. With
--flat: time and memory at 1,000 to 100,000 images.
"""

import argparse
import contextlib
import io
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import numpy as np
import torch
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))  # the rooms lie beside this folder

import test
from benchmarks.naive_inference import predict_folder
from benchmarks.timing import machine, ratio
from data import read_grey
from models import Predictor, build
from models.registry import MODELS
from util.run import checkpoint
from util.run.device import choose_device, use_bf16

ROOT = Path(__file__).parents[1]
BATCH = 16
FULL_PAGE = 256  # images, from which on a page holds no more: what a start and a page take is no cost of an image
NETWORKS = {  # by name: system and its options
    "CycleGAN, published": ("cycle_gan", {}),
    "U-Net": ("unet_regressor", {}),
    "autoencoder, dense": ("autoencoder", {}),
}


def dataset(root: Path, images: list[Path], count: int) -> list[Path]:
    """A folder of `count` SEM images, links to `images`."""
    folder = root / "testA"
    folder.mkdir(parents=True)
    paths = [folder / f"{n:06}.png" for n in range(count)]
    for n, path in enumerate(paths):
        path.hardlink_to(images[n % len(images)])
    return paths


def checkpoint_of(folder: Path, name: str, options: dict) -> None:
    """A run with fresh weights: speed does not know what was learned."""
    torch.manual_seed(0)
    kind = MODELS[name].Options(**options)
    system = build(name, kind, torch.device("cpu"))
    folder.mkdir(parents=True)
    (folder / "opt.json").write_text(json.dumps({"model": name, **vars(kind)}))
    checkpoint.save(folder, ("latest",), {key: net.state_dict() for key, net in system.networks.items()}, {})


def run_test(root: Path, work: Path, name: str, count: int = 0) -> float:
    """Seconds of test.py, from start to end."""
    arguments = ["--dataroot", root, "--checkpoints_dir", work, "--name", name, "--results_dir", work / "results"]
    more = ["--batch_size", BATCH, "--num_test", count]
    began = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        assert test.main([str(argument) for argument in (*arguments, *more)]) == 0
    return time.perf_counter() - began


def everything_else(images: list[Path], maps: NDArray, count: int, rounds: int) -> dict[str, float]:
    """Seconds an image of a test whose network answers at once, in both ways, between a third of `count` and all."""
    position = 0

    def answer(sem: NDArray) -> NDArray:
        nonlocal position
        position += len(sem)
        return maps[np.arange(position, position + len(sem)) % len(maps)]

    plain, ours = [], []
    with tempfile.TemporaryDirectory() as folder:
        root, work = Path(folder, "data"), Path(folder, "work")
        paths = dataset(root, images, count)
        checkpoint_of(work / "small", "unet_regressor", {"width": 1, "depth": 1})
        with mock.patch.object(Predictor, "apply", lambda _, sem: [answer(sem), None, None]):
            for n in range(rounds):
                few, all_ = (run_test(root, work, "small", count=some) for some in (count // 3, count))
                ours.append((all_ - few) / (count - count // 3))
                began = time.perf_counter()
                predict_folder(paths[: count // 3], answer, work / f"plain_{n}")
                plain.append((time.perf_counter() - began) / (count // 3))
    return {
        "plain_ms_per_image": 1e3 * statistics.median(plain),
        "ms_per_image": 1e3 * statistics.median(ours),
        "ratio": ratio(plain, ours),
    }


def end_to_end(images: list[Path], name: str, options: dict, rounds: int) -> dict[str, float]:
    """Images/s of the bare network on batches that lie in memory, and of test.py, without its start and its page."""
    sem = np.stack([read_grey(path) for path in images])
    batch = np.concatenate([sem] * (BATCH // len(sem) + 1))[:BATCH]
    with tempfile.TemporaryDirectory() as folder:
        root, work = Path(folder, "data"), Path(folder, "work")
        checkpoint_of(work / "run", name, options)
        device = choose_device("auto")
        predictor = Predictor.load(work / "run", device=device)
        predictor.system.enable_acceleration(use_bf16(device, "auto"))
        speed = measured_speed(lambda: predictor.infer(batch), len(batch))
        count = FULL_PAGE + max(128, int(5 * speed))
        dataset(root, images, count)
        bare, whole = [], []
        for _ in range(rounds):
            bare.append(measured_speed(lambda: predictor.infer(batch), len(batch)))
            few, all_ = (run_test(root, work, "run", count=some) for some in (FULL_PAGE, count))
            whole.append((count - FULL_PAGE) / (all_ - few))
        return {
            "bare_images_per_second": statistics.median(bare),
            "images_per_second": statistics.median(whole),
            "share": ratio(whole, bare),
        }


def measured_speed(call: Callable[[], object], count: int) -> float:
    """Images/s of a call that works on `count` images, over two seconds."""
    call()
    began, done = time.perf_counter(), 0
    while time.perf_counter() - began < 2:
        call()
        done += count
    return done / (time.perf_counter() - began)


def flat(images: list[Path], count: int) -> tuple[float, float]:
    """Milliseconds an image and the largest memory [MB] of test.py, in a process of its own, on a small network."""
    with tempfile.TemporaryDirectory() as folder:
        root, work = Path(folder, "data"), Path(folder, "work")
        dataset(root, images, count)
        checkpoint_of(work / "small", "unet_regressor", {"width": 4, "depth": 2})
        arguments = [
            "--dataroot",
            root,
            "--checkpoints_dir",
            work,
            "--name",
            "small",
            "--results_dir",
            work / "results",
        ]
        began = time.perf_counter()
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        subprocess.run([sys.executable, "test.py", *arguments], cwd=ROOT, check=True, capture_output=True)
        seconds = time.perf_counter() - began
        largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        assert largest >= before
        return 1e3 * seconds / count, largest / 1000


def simulated(folder: Path) -> tuple[list[Path], NDArray]:
    """A few SEM images, and what a network might say of them: their depth with some noise."""
    command = [sys.executable, "-m", "data.simulate", "--dataroot", folder, "--stems", "2", "--real", "16"]
    subprocess.run([*command, "--test", "16"], cwd=ROOT, check=True, capture_output=True)
    images = sorted((folder / "test/SEM").glob("*.png"))
    depth = np.stack([read_grey(path) for path in sorted((folder / "test/Depth").glob("*.png"))])
    return images, (depth + np.random.default_rng(0).normal(0, 1, depth.shape)).astype(np.float32)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--images", type=int, default=3000, help="images of the comparison (3000)")
    parser.add_argument("--rounds", type=int, default=5, help="alternating measurements (5)")
    parser.add_argument("--flat", action="store_true", help="measure 1,000 to 100,000 images, too")
    arguments = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        images, maps = simulated(Path(folder))
        for name, value in everything_else(images, maps, arguments.images, arguments.rounds).items():
            print(f"everything but the network: {name} {value:.3f}")
        for title, (name, options) in NETWORKS.items():
            found = end_to_end(images, name, options, arguments.rounds)
            print(f"{title}: " + ", ".join(f"{key} {value:,.2f}" for key, value in found.items()))
        if arguments.flat:
            for count in (1_000, 10_000, 100_000):
                cost, memory = flat(images, count)
                print(f"{count:,} images: {cost:.2f} ms an image, {memory:.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
