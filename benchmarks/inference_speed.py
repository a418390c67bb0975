"""How fast test.py predicts many images: python benchmarks/inference_speed.py

First the cost of everything but the network (reading, snapping, writing), beside a plain loop that processes one image
after another and writes the same files. Then the speed of test.py from start to end, as a fraction of its bare
network's. --flat adds time and memory at 1,000 to 100,000 images.
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

sys.path.insert(0, str(Path(__file__).parents[1]))  # the packages are beside this folder

import test
from benchmarks.naive_inference import predict_folder
from benchmarks.timing import machine, ratio
from data import read_grey
from models import MODELS, Prediction, Predictor, build
from util.run import checkpoint, choose_device

ROOT = Path(__file__).parents[1]
BATCH = 16
FULL_PAGE = 256  # images that fill a page; the time of the start and of the page is not a cost of each image
NETWORKS: dict[str, tuple[str, dict[str, int]]] = {  # by title: model and its options
    "CycleGAN, published": ("cycle_gan", {}),
    "U-Net": ("unet_regressor", {}),
    "autoencoder, dense": ("autoencoder", {}),
}


def link_dataset(root: Path, images: list[Path], count: int) -> list[Path]:
    """Makes a data set of `count` test images, which are links to `images`; returns their paths."""
    folder = root / "testA"
    folder.mkdir(parents=True)
    paths = [folder / f"{n:06}.png" for n in range(count)]
    for n, path in enumerate(paths):
        path.hardlink_to(images[n % len(images)])
    return paths


def save_fresh_run(folder: Path, name: str, options: dict[str, int]) -> None:
    """Writes a run with random weights: the speed does not depend on their values."""
    torch.manual_seed(0)
    model_options = MODELS[name].Options(**options)
    model = build(name, model_options, torch.device("cpu"))
    folder.mkdir(parents=True)
    (folder / "opt.json").write_text(json.dumps({"model": name, **vars(model_options)}))
    checkpoint.save(folder, ("latest",), {key: net.state_dict() for key, net in model.networks.items()}, {})


def run_test(root: Path, work: Path, name: str, count: int = 0) -> float:
    """Seconds of test.py, from start to end."""
    flags = [*run_flags(root, work, name), "--batch_size", str(BATCH), "--num_test", str(count)]
    start = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        assert test.main(flags) == 0
    return time.perf_counter() - start


def run_flags(root: Path, work: Path, name: str) -> list[str]:
    """The command line of a test of the run `name` on the data set at `root`."""
    paths = {"dataroot": root, "checkpoints_dir": work, "results_dir": work / "results"}
    return ["--name", name, *(word for key, path in paths.items() for word in (f"--{key}", str(path)))]


def measure_overhead(images: list[Path], maps: NDArray, count: int, rounds: int) -> dict[str, float]:
    """Time of each image [ms] in a test whose network takes no time: of the plain loop, and of test.py.

    The time of test.py is the difference between a test of a third of `count` images and a test of all.
    """
    position = 0

    def network(sem: NDArray) -> NDArray:
        nonlocal position
        position += len(sem)
        return maps[np.arange(position, position + len(sem)) % len(maps)]

    plain, ours = [], []
    with tempfile.TemporaryDirectory() as folder:
        root, work = Path(folder, "data"), Path(folder, "work")
        paths = link_dataset(root, images, count)
        save_fresh_run(work / "small", "unet_regressor", {"width": 1, "num_downs": 1})
        with mock.patch.object(Predictor, "infer", lambda _, sem: Prediction(network(sem))):
            for n in range(rounds):
                part, whole = (run_test(root, work, "small", number) for number in (count // 3, count))
                ours.append((whole - part) / (count - count // 3))
                start = time.perf_counter()
                predict_folder(paths[: count // 3], network, work / f"plain_{n}")
                plain.append((time.perf_counter() - start) / (count // 3))
    return {
        "plain_ms_per_image": 1e3 * statistics.median(plain),
        "ms_per_image": 1e3 * statistics.median(ours),
        "ratio": ratio(plain, ours),
    }


def measure_end_to_end(
    images: list[Path], name: str, options: dict[str, int], rounds: int, maximum: int = 10**6
) -> dict[str, float]:
    """Images/s of the bare network on batches in memory, and of test.py without its start and its page, from at most
    `maximum` images."""
    sem = np.stack([read_grey(path) for path in images])
    batch = np.concatenate([sem] * (BATCH // len(sem) + 1))[:BATCH]
    with tempfile.TemporaryDirectory() as folder:
        root, work = Path(folder, "data"), Path(folder, "work")
        save_fresh_run(work / "run", name, options)
        device = choose_device("auto")
        predictor = Predictor.load(work / "run", device=device)
        speed = measure_speed(lambda: predictor.infer(batch), len(batch))
        count = FULL_PAGE + min(maximum, max(128, int(5 * speed)))
        link_dataset(root, images, count)
        bare, program = [], []
        for _ in range(rounds):
            bare.append(measure_speed(lambda: predictor.infer(batch), len(batch)))
            part, whole = (run_test(root, work, "run", number) for number in (FULL_PAGE, count))
            program.append((count - FULL_PAGE) / (whole - part))
        return {
            "bare_images_per_second": statistics.median(bare),
            "images_per_second": statistics.median(program),
            "fraction": ratio(program, bare),
        }


def measure_speed(call: Callable[[], object], count: int) -> float:
    """Images/s of a call that processes `count` images, over two seconds."""
    call()
    start, done = time.perf_counter(), 0
    while time.perf_counter() - start < 2:
        call()
        done += count
    return done / (time.perf_counter() - start)


def measure_scaling(images: list[Path], count: int) -> tuple[float, float]:
    """Time of each image [ms] and peak memory [MB] of test.py in a process of its own, with a small network."""
    with tempfile.TemporaryDirectory() as folder:
        root, work = Path(folder, "data"), Path(folder, "work")
        link_dataset(root, images, count)
        save_fresh_run(work / "small", "unet_regressor", {"width": 4, "num_downs": 2})
        start = time.perf_counter()
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        command = [sys.executable, "test.py", *run_flags(root, work, "small")]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        seconds = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        assert peak >= before
        return 1e3 * seconds / count, peak / 1000


def simulate_images(folder: Path) -> tuple[list[Path], NDArray]:
    """Paths of 16 SEM images, and predictions of a possible network: their depth maps with some noise."""
    command = [sys.executable, "-m", "data.simulate", "--dataroot", str(folder), "--num_shapes", "2"]
    subprocess.run([*command, "--num_real", "16", "--num_test", "16"], cwd=ROOT, check=True, capture_output=True)
    images = sorted((folder / "test/SEM").glob("*.png"))
    depth = np.stack([read_grey(path) for path in sorted((folder / "test/Depth").glob("*.png"))])
    return images, (depth + np.random.default_rng(0).normal(0, 1, depth.shape)).astype(np.float32)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--images", type=int, default=3000, help="images of the comparison (3000)")
    parser.add_argument("--rounds", type=int, default=5, help="alternating measurements (5)")
    parser.add_argument("--flat", action="store_true", help="measure 1,000 to 100,000 images, too")
    args = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        images, maps = simulate_images(Path(folder))
        for name, value in measure_overhead(images, maps, args.images, args.rounds).items():
            print(f"everything but the network: {name} {value:.3f}")
        for title, (name, options) in NETWORKS.items():
            speeds = measure_end_to_end(images, name, options, args.rounds)
            print(f"{title}: " + ", ".join(f"{key} {value:,.2f}" for key, value in speeds.items()))
        if args.flat:
            for count in (1_000, 10_000, 100_000):
                milliseconds, memory = measure_scaling(images, count)
                print(f"{count:,} images: {milliseconds:.2f} ms an image, {memory:.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
