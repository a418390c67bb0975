"""Shows that two versions of the code compute the same to the bit.

    python benchmarks/same_outputs.py record CHECKOUT FOLDER     runs the four programs below with a checkout's code
    python benchmarks/same_outputs.py compare BEFORE AFTER       compares two such folders, and exits 1 if they differ

The programs are the demo (a CycleGAN of 200 short epochs), the quick leaderboard (every model and ensemble), a short
depth_pipeline, and a field of view with the pretrained model. Weights, maps and numbers are compared. Names of files,
columns, keys and weights may differ; so may dates, times, versions and all text beside the numbers.
"""

import argparse
import csv
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tifffile
import torch
from PIL import Image

# Former names of options, so that older checkouts accept them too.
DATA = "--stems 8 --real 32 --test 80"
PIPELINE = "--model depth_pipeline --renderer_epochs 2 --match_epochs 4,7 --n_epochs 12 --width 8"
RENAMED_FOLDERS = {"mask": "hole_mask", "interval_nm": "depth_u90_nm"}
RENAMED_FILES = {"levels.csv": "background_levels.csv"}
RENAMED_WORDS = (("fusion", "ensemble"), ("votes", "vote"), ("_centred_", "_recentred_"))
# Names of numbers that differ between two equal computations.
TIMES = re.compile(r"seconds|per_second|time|date|minutes|commit|version|dataroot|checkpoints_dir|members|data$")


def record(checkout: Path, folder: Path) -> None:
    """Runs the four programs of the checkout and leaves their results in the folder, beside what it holds."""
    folder.mkdir(parents=True, exist_ok=True)
    folders = ["--checkpoints_dir", folder / "checkpoints", "--results_dir", folder / "results"]
    sem, fields = folder / "sem", folder / "fields"

    def run(*words: object) -> None:
        command = [sys.executable, *map(str, words)]
        print(*command, flush=True)
        environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": "", "CUDA_VISIBLE_DEVICES": ""}
        with (folder / "log.txt").open("a") as log:
            subprocess.run(command, cwd=checkout, env=environment, check=True, stdout=log, stderr=log)

    run("-m", "data.simulate", "--dataroot", sem, *DATA.split())
    make_field(sem, fields)
    train = ["--dataroot", sem, *folders[:2], "--continue_train", "--display_id", 0, "--gpu_ids", -1]
    run("test.py", "--dataroot", fields, "--field", "--checkpoints_dir", "pretrained", "--name", "holes", *folders[2:])
    run("test.py", "--dataroot", sem, "--checkpoints_dir", "pretrained", "--name", "holes", *folders[2:])
    run("train.py", *train, "--name", "pipeline", *PIPELINE.split())
    run("test.py", "--dataroot", sem, *folders, "--name", "pipeline")
    benchmark = next(path for path in (checkout / "benchmarks").glob("*.py") if path.stem in RANKINGS)
    run(benchmark, "--quick", "--work", folder / "ranking")
    run("train.py", *train, "--name", "metrology", "--config", "docs/demo.yaml")
    run("test.py", "--dataroot", sem, *folders, "--name", "metrology", "--which_epoch", 200)


RANKINGS = ("ladder", "leaderboard")


def make_field(sem: Path, folder: Path) -> None:
    """A field of view of five times eight test images beside each other."""
    images = [np.asarray(Image.open(path).convert("L")) for path in sorted((sem / "test/SEM").glob("*.png"))[:40]]
    folder.mkdir(exist_ok=True)
    rows = [np.concatenate(images[n : n + 8], axis=1) for n in range(0, 40, 8)]
    Image.fromarray(np.concatenate(rows)).save(folder / "field.png")


def present_name(path: Path, folder: Path) -> str:
    """The name of a result, with former names replaced."""
    parts = [RENAMED_FOLDERS.get(part, part) for part in path.relative_to(folder).parts]
    name = "/".join([*parts[:-1], RENAMED_FILES.get(parts[-1], parts[-1])])
    for old, new in RENAMED_WORDS:
        name = name.replace(old, new)
    return name


def read_arrays(path: Path) -> list[np.ndarray] | None:
    """Everything in a file that must stay the same, as arrays; None if the file holds no such thing."""
    if path.suffix == ".png" and "web" not in path.parts:
        return [np.asarray(Image.open(path))]
    if path.suffix == ".tiff":
        return [tifffile.imread(path)]
    if path.suffix == ".pth":
        state = torch.load(path, map_location="cpu", weights_only=True)
        return [value.float().numpy() for value in state.values() if isinstance(value, torch.Tensor)]
    if path.suffix == ".csv":
        return list(read_columns(path))
    if path.name == "metrics.json":
        return [np.array(sorted(find_numbers(json.loads(path.read_text()))))]
    return None


def read_columns(path: Path) -> Iterator[np.ndarray]:
    """The columns of a table that hold numbers, without times."""
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    for head, *cells in zip(*rows, strict=True):
        if not TIMES.search(head):
            yield np.array([to_number(cell) for cell in cells])


def to_number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def find_numbers(value: object, key: str = "") -> Iterator[float]:
    """All numbers in a JSON value, without times."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from find_numbers(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from find_numbers(inner, key)
    elif isinstance(value, int | float) and not isinstance(value, bool) and not TIMES.search(key):
        yield float(value)


def read_folder(folder: Path) -> dict[str, list[np.ndarray]]:
    results = {}
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden and (arrays := read_arrays(path)) is not None:
            results[present_name(path, folder)] = arrays
    return results


def is_same(before: list[np.ndarray], after: list[np.ndarray]) -> bool:
    """Whether two lists hold equal arrays; the order of weights and columns does not matter."""
    return len(before) == len(after) and sorted(map(sort_key, before)) == sorted(map(sort_key, after))


def sort_key(array: np.ndarray) -> tuple[object, ...]:
    return str(array.dtype), array.shape, array.tobytes()


def compare(before: Path, after: Path) -> int:
    """Prints what differs and how much was compared; returns the exit status."""
    old, new = read_folder(before), read_folder(after)
    differing = sorted(name for name in old.keys() | new.keys() if name not in old or name not in new)
    lines = [f"only {'before' if name in old else 'after'}: {name}" for name in differing]
    lines += [f"differs: {name}" for name in sorted(old.keys() & new.keys()) if not is_same(old[name], new[name])]
    print(*lines, sep="\n")
    for suffix, title in ((".pth", "files of weights"), (".csv", "tables"), (".json", "metrics"), ("", "all files")):
        names = [name for name in old.keys() & new.keys() if name.endswith(suffix)]
        equal = sum(is_same(old[name], new[name]) for name in names)
        print(f"{title}: {equal} of {len(names)} equal to the bit")
    return int(bool(lines))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=("record", "compare"))
    parser.add_argument("first", type=Path, metavar="CHECKOUT|BEFORE")
    parser.add_argument("second", type=Path, metavar="FOLDER|AFTER")
    args = parser.parse_args()
    if args.action == "compare":
        return compare(args.first, args.second)
    record(args.first.resolve(), args.second.resolve())
    return 0


if __name__ == "__main__":
    sys.exit(main())
