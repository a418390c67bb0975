"""Reading images for training: python benchmarks/reading.py

Batches of 64 real SEM images, float32 with flips, from a simulated data set: the way of public toolkits (a data loader
that opens, converts, normalises and flips file by file, with 0 or 2 workers, whichever is faster) beside the packed
cache. Then what the first epoch costs with the cache being made, and the private memory of 1,000 and of 260,000 images.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

sys.path.insert(0, str(Path(__file__).parents[1]))  # the rooms lie beside this folder

from benchmarks.timing import machine, ratio
from data import DataOptions, DatasetLayout, LabelledDataset
from util.run.device import tune_malloc

BATCH = 64


class OneByOne(Dataset):
    """Files as public toolkits read them: opened, converted, made a tensor, normalised, flipped, one at a time."""

    def __init__(self, paths: list[Path]) -> None:
        self.paths = paths
        self.transform = transforms.Compose(
            [transforms.RandomHorizontalFlip(), transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))]
        )

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, n: int) -> torch.Tensor:
        return self.transform(Image.open(self.paths[n]).convert("L"))


def epoch(loader: DataLoader, key: str | None = None) -> float:
    """Images a second over one epoch."""
    began, count = time.perf_counter(), 0
    for batch in loader:
        count += len(batch[key] if key else batch)
    return count / (time.perf_counter() - began)


def dataset(root: Path, count: int) -> None:
    """`count` SEM images in the contest's layout, whose files are links to 16 images: reading does not know."""
    for name in ("train/SEM/Depth_110/site_1", "train/SEM/Depth_110/site_2"):
        folder = root / name
        folder.mkdir(parents=True)
        rng, kept = np.random.default_rng(0), []
        for n in range(count // 2):
            path = folder / f"{n:06}.png"
            if n < 16:
                smooth = 128 + 40 * np.sin(np.arange(72)[:, None] / 9) * np.sin(np.arange(48) / 7)
                Image.fromarray((smooth + rng.normal(0, 9, (72, 48))).clip(0, 255).astype(np.uint8)).save(path)
                kept.append(path)
            else:
                path.hardlink_to(kept[n % 16])


def private_memory(root: Path) -> float:
    """Private memory [MB] of a program that has read all images and gone through 200 batches."""
    program = (
        "import sys; from data import *; import re; root = sys.argv[1]\n"
        f"b = LabelledBatches(Layout(root), DataOptions(dataroot=root), {BATCH}, 0)\n"
        "for k, _ in zip(range(200), b.loader(1)): pass\n"
        "text = open('/proc/self/smaps_rollup').read()\n"
        "print(int(re.search(r'Private_Dirty: +(\\d+) kB', text)[1]) / 1000)  # pages of the pack are the file's"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(root)], cwd=Path(__file__).parents[1], text=True, stdout=subprocess.PIPE,
        check=True,
    )  # fmt: skip
    return float(done.stdout)


def measure(count: int, rounds: int) -> dict[str, float]:
    """Images/s of both ways, their ratio, and the seconds of the first epoch with the cache and without."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        dataset(root, count)
        paths = sorted(root.rglob("*.png"))
        public, ours = [], []
        seconds: dict[bool, list[float]] = {True: [], False: []}
        for _ in range(rounds):
            for cached in (True, False):
                shutil.rmtree(root / ".semdepth_cache", ignore_errors=True)
                time.sleep(0.1)  # files younger than a tick are not kept
                began = time.perf_counter()
                batches = LabelledDataset(DatasetLayout(root), DataOptions(dataroot=folder, cache=cached), BATCH, 0)
                epoch(batches.loader(1), "sem")
                seconds[cached].append(time.perf_counter() - began)
        batches = LabelledDataset(DatasetLayout(root), DataOptions(dataroot=folder), BATCH, 0)
        for n in range(rounds):
            public.append(
                max(epoch(DataLoader(OneByOne(paths), BATCH, shuffle=True, num_workers=some)) for some in (0, 2))
            )
            ours.append(statistics.median(epoch(batches.loader(n), "sem") for n in range(5)))
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
    arguments = parser.parse_args()
    tune_malloc()
    print(machine())
    for name, value in measure(arguments.images, arguments.rounds).items():
        print(f"{name}: {value:,.2f}")
    if arguments.contest:
        for count in (1_000, 260_000):
            with tempfile.TemporaryDirectory() as folder:
                dataset(Path(folder), count)
                time.sleep(0.1)
                first, again = private_memory(Path(folder)), private_memory(Path(folder))
            print(f"{count:,} images: private memory {first:.0f} MB when decoded, {again:.0f} MB from the cache")
    return 0


if __name__ == "__main__":
    sys.exit(main())
