"""Compares the simulator's statistics with the contest's: python benchmarks/simulator_statistics.py [--dataroot DIR]

Without --dataroot it makes a data set (60 shapes, 400 real images). The contest's values come from public write-ups and
pictures of participants (docs/data.md names them). Exit status 1 if a value is outside its tolerance.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter, median_filter, zoom

sys.path.insert(0, str(Path(__file__).parents[1]))  # the packages are beside this folder

from data import DatasetLayout, ImageFile, read_grey
from data.simulate import main as simulate

MEAN_STD = {
    "simulation": [(102.3, 55.6), (100.6, 57.1), (99.1, 58.4), (97.8, 59.5)],
    "real": [(118.2, 63.2), (116.4, 65.1), (114.7, 66.6), (113.0, 67.9)],
}
LOW = {"simulation": [30, 27, 25, 23], "real": [37, 33, 30, 27]}
MEDIAN = {"simulation": 124, "real": 152}
LAG_1 = {"simulation": 0.955, "real": 0.982}
DISTANCES = (-6, -3, -1, 0, 1, 2, 3, 4.5, 8, 12)
PROFILES = {  # half level; grey in the centre, then at DISTANCES from the half-level contour
    "simulation case 1": (73, [37, 32, 37, 56, 73, 102, 132, 153, 164, 144, 132]),
    "real case 4": (82, [32, 24.5, 31, 58, 82, 118, 157, 180, 191, 169, 155]),
}

WALL = [135, 122, 101, 80, 64, 52, 45, 40, 36, 33, 31.6, 30.8]  # depth of case 1 at 0, 1, 2, ... px inside the hole


class Table:
    """Prints one line for each value, and counts those outside their tolerance."""

    def __init__(self) -> None:
        self.n_missed = 0

    def add(self, name: str, simulated: float, contest: float, tolerance: float | None) -> None:
        verdict = "" if tolerance is None else "ok" if abs(simulated - contest) <= tolerance else "MISSED"
        self.n_missed += verdict == "MISSED"
        within = "" if tolerance is None else f"+-{tolerance:.3g}"
        print(f"{name:<44}{simulated:>9.3f}{contest:>9.3f}{within:>9}  {verdict}")


def read_images(files: list[ImageFile]) -> np.ndarray:
    return np.stack([read_grey(file.path) for file in files]).astype(np.float32)


def lag_1(images: np.ndarray) -> float:
    """Mean over images and both axes of the correlation between neighbouring pixels."""
    values = []
    for image in images:
        for a, b in ((image[1:], image[:-1]), (image[:, 1:], image[:, :-1])):
            values.append(np.corrcoef(a.ravel(), b.ravel())[0, 1])
    return float(np.mean(values))


def profile(images: np.ndarray, level: float) -> list[float]:
    """Mean grey in the hole's centre and at DISTANCES [px] from the contour at `level`."""
    distances, values = [], []
    for image in images:
        fine = zoom(image, 4, order=1)
        inside = zoom(smooth(image), 4, order=1) < level
        distances.append((distance_transform_edt(~inside) - distance_transform_edt(inside)).ravel() / 4)
        values.append(fine.ravel())
    distance, grey = np.concatenate(distances), np.concatenate(values)
    rings = [grey[np.abs(distance - d) < (0.75 if d == 4.5 else 0.5)].mean() for d in DISTANCES]
    return [float(images[:, 33:38, 20:26].mean()), *map(float, rings)]


def smooth(image: np.ndarray) -> np.ndarray:
    """The image with most of its noise removed, so that speckles have no contour."""
    return gaussian_filter(median_filter(image, 3), 0.5)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--dataroot", type=Path, help="data set of data.simulate (a new one)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        root = args.dataroot or Path(temporary) / "sem"
        if args.dataroot is None:
            start = time.perf_counter()
            code = simulate(["--dataroot", str(root), "--num_shapes", "60", "--num_real", "400", "--num_test", "20"])
            if code:
                return code
            print(f"made at {(60 * 8 + 420) / (time.perf_counter() - start):.0f} images/s\n")
        return compare(DatasetLayout(root))


def compare_geometry(table: Table, cases: list[np.ndarray]) -> None:
    """Adds the depth maps of the four cases. All have the same shapes, so lengths are measured in the first."""
    u = np.concatenate([(level - maps) / (level - 30) for level, maps in zip((140, 150, 160, 170), cases, strict=True)])
    table.add("mean(u)", float(u.mean()), 0.3476, 0.05 * 0.3476)
    table.add("std(u)", float(u.std()), 0.4282, 0.05 * 0.4282)
    table.add("fraction of background pixels", float((u == 0).mean()), 0.51, 0.02)
    maps, u = cases[0], u[: len(cases[0])]
    table.add("RMSE of the mean map of u", float(np.sqrt(((u - u.mean(axis=0)) ** 2).mean())), 0.09, 0.02)
    for threshold, width, height in ((0, 35, 56), (0.5, 29, 50)):
        boxes = np.array([[np.ptp(indices) + 1 for indices in np.nonzero(shape > threshold)] for shape in u])
        table.add(f"u > {threshold}: width of the box [px]", float(boxes[:, 1].mean()), width, 1)
        table.add(f"u > {threshold}: height of the box [px]", float(boxes[:, 0].mean()), height, 1)
    inside = np.stack([distance_transform_edt(shape > 0) for shape in u])
    for n, contest in enumerate(WALL):
        ring = np.abs(inside - n - 1) < 0.5  # a pixel next to the border has the distance 1
        table.add(f"depth, case 1, {n} px inside the hole", float(maps[ring].mean()), contest, 5)


def compare(layout: DatasetLayout) -> int:
    table = Table()
    print(f"{'':<44}{'here':>9}{'contest':>9}{'':>9}")
    depth, sem, real = layout.depth(), layout.simulated_sem(), layout.sem()
    compare_geometry(table, [read_images([f for f in depth if f.class_folder == f"Case_{n}"]) for n in (1, 2, 3, 4)])
    by_class: dict[str, dict[int, np.ndarray]] = {"simulation": {}, "real": {}}
    for n in range(4):
        by_class["simulation"][n] = read_images([f for f in sem if f.class_folder == f"Case_{n + 1}"])
        by_class["real"][n] = read_images([f for f in real if f.class_folder == f"Depth_{110 + 10 * n}"])
    for domain, classes in by_class.items():
        for n, images in classes.items():
            mean, std = MEAN_STD[domain][n]
            pixels = images.reshape(len(images), -1)
            table.add(f"{domain} {n + 1}: mean of an image", float(pixels.mean(1).mean()), mean, 0.05 * mean)
            table.add(f"{domain} {n + 1}: std of an image", float(pixels.std(1).mean()), std, 0.05 * std)
            table.add(
                f"{domain} {n + 1}: 10 % percentile", float(np.percentile(pixels, 10, axis=1).mean()), LOW[domain][n], 5
            )
        medians = [np.median(images.reshape(len(images), -1), axis=1).mean() for images in classes.values()]
        table.add(f"{domain}: median", float(np.mean(medians)), MEDIAN[domain], 0.1 * MEDIAN[domain])
        table.add(
            f"{domain}: lag-1 autocorrelation", lag_1(np.concatenate(list(classes.values()))), LAG_1[domain], 0.01
        )
    pairs = read_images(sem).reshape(-1, 2, 72, 48)  # itr0 and itr1 follow each other by name
    table.add("mean |itr0 - itr1|", float(np.abs(pairs[:, 0] - pairs[:, 1]).mean()), 9.9, 0.99)
    for name, (half, contest_profile) in PROFILES.items():
        images = by_class["simulation"][0] if name.startswith("simulation") else by_class["real"][3]
        values = zip(("centre", *DISTANCES), profile(images, half), contest_profile, strict=True)
        for position, simulated, contest in values:
            inside = position == "centre" or float(position) <= 0
            unit = "" if position == "centre" else " px"
            table.add(f"{name}: grey at {position}{unit}", simulated, contest, 3 if inside else 10)
    print(f"\n{table.n_missed} values are outside their tolerance" if table.n_missed else "\nall within tolerance")
    return int(table.n_missed > 0)


if __name__ == "__main__":
    sys.exit(main())
