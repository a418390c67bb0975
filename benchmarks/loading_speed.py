"""How fast images are read for training: python benchmarks/loading_speed.py

Reads batches of 64 real SEM images, float32 with flips. The packed cache is compared with the way of public toolkits: a
data loader that opens, converts, normalises and flips file by file, with 0 or 2 workers, whichever is faster. It also
measures the first epoch, in which the cache is made; --contest adds the private memory of 1,000 and 260,000 images.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

sys.path.insert(0, str(Path(__file__).parents[1]))  # the packages are beside this folder

from benchmarks.timing import machine, ratio
from data import DataOptions, DatasetLayout, LabelledDataset
from util.run import tune_malloc

BATCH = 64


class ImageFiles(Dataset):
    """Image files as public toolkits read them: each is opened, converted, normalised and flipped by itself."""

    def __init__(self, paths: list[Path]) -> None:
        self.paths = paths
        self.transform = transforms.Compose(
            [transforms.RandomHorizontalFlip(), transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))]
        )

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, n: int) -> torch.Tensor:
        return self.transform(Image.open(self.paths[n]).convert("L"))


def measure_epoch(loader: Iterable, key: str | None = None) -> float:
    """Images/s over one epoch."""
    start, count = time.perf_counter(), 0
    for batch in loader:
        count += len(batch[key] if key else batch)
    return count / (time.perf_counter() - start)


def make_dataset(root: Path, count: int) -> None:
    """Writes `count` SEM images in the contest's layout. Their files are links to 16 images; that changes no timing."""
    for name in ("train/SEM/Depth_110/site_1", "train/SEM/Depth_110/site_2"):
        folder = root / name
        folder.mkdir(parents=True)
        rng, files = np.random.default_rng(0), []
        for n in range(count // 2):
            path = folder / f"{n:06}.png"
            if n < 16:
                smooth = 128 + 40 * np.sin(np.arange(72)[:, None] / 9) * np.sin(np.arange(48) / 7)
                Image.fromarray((smooth + rng.normal(0, 9, (72, 48))).clip(0, 255).astype(np.uint8)).save(path)
                files.append(path)
            else:
                path.hardlink_to(files[n % 16])


def measure_private_memory(root: Path) -> float:
    """Private memory [MB] of a program that has read all images and used 200 batches."""
    program = (
        "import sys; from data import *; import re; root = sys.argv[1]\n"
        f"b = LabelledDataset(DatasetLayout(root), DataOptions(dataroot=root), {BATCH}, 0)\n"
        "for k, _ in zip(range(200), b.loader(1)): pass\n"
        "text = open('/proc/self/smaps_rollup').read()\n"
        "print(int(re.search(r'Private_Dirty: +(\\d+) kB', text)[1]) / 1000)  # pages of the cache belong to its file"
    )
    result = subprocess.run(
        [sys.executable, "-c", program, str(root)], cwd=Path(__file__).parents[1], text=True, stdout=subprocess.PIPE,
        check=True,
    )  # fmt: skip
    return float(result.stdout.splitlines()[-1])  # after the messages of the data set


def measure(count: int, rounds: int) -> dict[str, float]:
    """Images/s of both ways, their ratio, and the seconds of the first epoch with the cache and without."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        make_dataset(root, count)
        paths = sorted(root.rglob("*.png"))
        public, ours = [], []
        seconds: dict[bool, list[float]] = {True: [], False: []}
        for _ in range(rounds):
            for cached in (True, False):
                shutil.rmtree(root / ".semdepth_cache", ignore_errors=True)
                time.sleep(0.1)  # files younger than a tick of the clock are not cached
                start = time.perf_counter()
                batches = LabelledDataset(DatasetLayout(root), DataOptions(dataroot=folder, cache=cached), BATCH, 0)
                measure_epoch(batches.loader(1), "sem")
                seconds[cached].append(time.perf_counter() - start)
        batches = LabelledDataset(DatasetLayout(root), DataOptions(dataroot=folder), BATCH, 0)
        for n in range(rounds):
            public.append(
                max(
                    measure_epoch(DataLoader(ImageFiles(paths), BATCH, shuffle=True, num_workers=workers))
                    for workers in (0, 2)
                )
            )
            ours.append(statistics.median(measure_epoch(batches.loader(n), "sem") for n in range(5)))
        return {
            "public_images_per_second": statistics.median(public),
            "images_per_second": statistics.median(ours),
            "ratio": ratio(ours, public),
            "first_epoch_cached_s": statistics.median(seconds[True]),
            "first_epoch_decoded_s": statistics.median(seconds[False]),
        }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--images", type=int, default=4000, help="images of the comparison (4000)")
    parser.add_argument("--rounds", type=int, default=5, help="alternating measurements (5)")
    parser.add_argument("--contest", action="store_true", help="measure memory at 1,000 and 260,000 images, too")
    args = parser.parse_args()
    tune_malloc()
    print(machine())
    for name, value in measure(args.images, args.rounds).items():
        print(f"{name}: {value:,.2f}")
    if args.contest:
        for count in (1_000, 260_000):
            with tempfile.TemporaryDirectory() as folder:
                make_dataset(Path(folder), count)
                time.sleep(0.1)
                decoded, cached = measure_private_memory(Path(folder)), measure_private_memory(Path(folder))
            print(f"{count:,} images: private memory {decoded:.0f} MB when decoded, {cached:.0f} MB from the cache")
    return 0


if __name__ == "__main__":
    sys.exit(main())
