"""The two layouts of a data set, recognised by their folders, as lists of files."""

import csv
import math
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .errors import DataError
from .io import SUFFIXES, file_of, images_of, stem_of

MAKE_ONE = "make a simulated data set with `python -m data.simulate --dataroot {root}`"
ALSO = "or lay it out as train/SEM + simulation_data/Depth (the contest's) or trainA + trainB (the classic one)"
PAIRS = "this model learns from pairs, simulated SEM images and the depth maps of the same name; a cycle_gan needs none"
PARTS = ("train", "test", "simulation_data", "SEM", "Depth", "trainA", "trainB", "testA", "testB")  # of a data set
TO_TEST = "to test, --dataroot may also be a plain folder of SEM images"


@dataclass(frozen=True, slots=True)
class ImageFile:
    """One image: its path as text (a `Path` takes four times the memory, and there may be 260,000), with ::p003 for one
    of a file of several; its class (folder of a depth or case, '' if none) and its group (site or stem)."""

    name: str
    class_folder: str
    group: str

    @property
    def path(self) -> Path:
        """The file that it lies in."""
        return Path(file_of(self.name))

    @property
    def stem(self) -> str:
        """What is named after it: the file's stem, with _p003 for one of several."""
        return stem_of(self.name)


class DatasetLayout:
    """The files of one dataroot. Each list is read when it is asked for, so that testing needs no training folders."""

    def __init__(self, dataroot: str | Path) -> None:
        self.root = Path(dataroot)
        make = MAKE_ONE.format(root=dataroot)
        self.contest = self.plain = False
        if self.root.is_file():
            if not self.root.name.lower().endswith(SUFFIXES):
                raise DataError(f"{dataroot}: not an image ({', '.join(SUFFIXES)})")
            self.plain = True
            return
        if not self.root.is_dir():
            raise DataError(f"{dataroot}: no such folder; {make}")
        self.contest = any((self.root / name).is_dir() for name in ("train", "test", "simulation_data"))
        classic = any(self.root.glob("*[AB]/"))
        # A plain folder of SEM images, or one file, can be tested; there is nothing in it to learn from.
        self.plain = not self.contest and not classic and bool(_holds_images(str(self.root)))
        if not self.contest and not classic and not self.plain:
            raise DataError(
                f"{dataroot}: holds no data set that is known; {make}, {ALSO}; to test, a folder of images does"
            )

    def sem(self) -> list[ImageFile]:
        """Training SEM images: train/SEM/<class>/<site>/*, or trainA/*."""
        return self._files("train/SEM" if self.contest else "trainA", labelled=self.contest)

    def depth(self) -> list[ImageFile]:
        """Depth maps to learn from: simulation_data/Depth/<case>/<folder>/*, or trainB/*."""
        return self._files("simulation_data/Depth" if self.contest else "trainB", labelled=self.contest)

    def simulated_sem(self) -> list[ImageFile]:
        """Simulated SEM images, two noise realisations a stem: simulation_data/SEM/<case>/<folder>/*."""
        return self._files("simulation_data/SEM", labelled=True, otherwise=PAIRS)

    def pairs(self) -> dict[ImageFile, ImageFile]:
        """SEM images and the depth map that each belongs to: simulation_data/SEM/<case>/<folder>/<stem>_itr<n>.png
        and simulation_data/Depth/<case>/<folder>/<stem>.png, or trainA and trainB by name."""
        sem = self.simulated_sem() if self.contest else self.sem()
        folder = self.root / ("simulation_data/Depth" if self.contest else "trainB")
        by_place = {(file.path.relative_to(folder).parent, file.stem): file for file in self.depth()}
        start = self.root / ("simulation_data/SEM" if self.contest else "trainA")
        found = {}
        for file in sem:
            place = file.path.relative_to(start).parent, file.group if self.contest else file.stem
            if place not in by_place:
                more = "" if self.contest else f"; {PAIRS}"
                raise DataError(f"{file.name}: has no depth map {folder / place[0] / place[1]}.*{more}")
            found[file] = by_place[place]
        return found

    def test_folder(self, phase: str = "test") -> Path:
        """Where the SEM images to predict lie: <phase>/SEM, or <phase>A, or a plain folder."""
        if self.plain:
            return self.root if self.root.is_dir() else self.root.parent
        return self.root / (f"{phase}/SEM" if self.contest else f"{phase}A")

    def test_sem(self, phase: str = "test") -> list[ImageFile]:
        """SEM images to predict: what lies in the test folder, or in the one file that the dataroot is."""
        if self.root.is_file():
            folder = self.test_folder()
            return list(self._images([os.path.join(folder, self.root.name)], folder))
        return self._files(self.test_folder(phase).relative_to(self.root), labelled=False, otherwise=TO_TEST)

    def test_depth(self, phase: str = "test") -> dict[str, Path]:
        """True depth maps by stem, as `read_grey` takes them; empty where there are none. Only the test script may
        ask."""
        folder = self.root / (f"{phase}/Depth" if self.contest else f"{phase}B")
        return {file.stem: Path(file.name) for file in self.scan(folder)} if folder.is_dir() else {}

    def average_depth(self) -> dict[str, float]:
        """Mean depth [grey level] by site, the key `depth_140_site_00233`, from train/average_depth.csv."""
        path = self.root / "train/average_depth.csv"
        found: dict[str, float] = {}
        try:
            _, *rows = csv.reader(path.read_text(encoding="utf-8").splitlines())
            for site, value in rows:
                found[site] = float(value)
        except FileNotFoundError:
            raise DataError(f"{path}: no such file") from None
        except (ValueError, csv.Error):
            raise DataError(f"{path}: expected rows `site,depth` below one header line") from None
        if len(found) < len(rows):
            raise DataError(f"{path}: names a site twice")
        wrong = next((site for site, value in found.items() if not 0 < value < math.inf), None)
        if wrong is not None or not found:
            raise DataError(f"{path}: {'no site' if wrong is None else f'{wrong} has no depth'} above 0")
        return found

    def _files(self, name: str | Path, labelled: bool, otherwise: str = f"{MAKE_ONE}, {ALSO}") -> list[ImageFile]:
        folder = self.root / name
        if self.root.is_file():
            raise DataError(f"{self.root}: one file, which can be tested; to learn from, --dataroot is a folder")
        if not folder.is_dir():
            raise DataError(f"{folder}: no such folder; {otherwise.format(root=self.root)}")
        files = list(self.scan(folder, labelled))
        if not files:
            raise DataError(f"{folder}: holds no image ({', '.join(SUFFIXES)})")
        return files

    @classmethod
    def scan(cls, folder: Path, labelled: bool = False) -> Iterable[ImageFile]:
        """Images below `folder` by name; hidden folders such as .ipynb_checkpoints are passed over."""
        return cls._images(sorted(_names(folder)), folder, labelled)

    @staticmethod
    def _images(names: Iterable[str], folder: Path, labelled: bool = False) -> Iterator[ImageFile]:
        for name in names:
            *folders, file = name[len(str(folder)) + 1 :].split(os.sep)
            label = folders[0] if labelled and folders else ""
            site = folders[-1] if len(folders) > 1 else ""
            stem = os.path.splitext(file)[0].split("_itr")[0]
            several = images_of(name)
            for image in several:
                page = f"_{image[len(name) + 2 :]}" if len(several) > 1 else ""
                group = site if site.startswith("site_") else stem + page
                yield ImageFile(image, sys.intern(label), sys.intern(group))


def _holds_images(folder: str, levels: int = 2) -> bool | None:
    """Whether a folder holds images, or nothing but folders of images, so many levels below; None if it is empty."""
    folders, others = [], False
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir():
                    folders.append(entry)
                elif entry.name.lower().endswith(SUFFIXES):
                    return True
                else:
                    others = True
    except OSError as error:
        raise DataError(f"{folder}: cannot be read ({error.strerror})") from None
    if others or any(entry.name in PARTS for entry in folders) or (folders and not levels):
        return False
    found = None
    for entry in folders:
        below = _holds_images(entry.path, levels - 1)
        if below is False:
            return False
        found = found or below
    return found


def _names(folder: Path) -> Iterator[str]:
    """Image files below `folder`, links to folders followed, each folder once."""

    def refuse(error: OSError) -> None:
        raise DataError(f"{error.filename}: cannot be read ({error.strerror})") from None

    seen: set[str] = set()
    for place, folders, files in os.walk(folder, onerror=refuse, followlinks=True):
        folders[:] = [name for name in folders if not name.startswith(".")]
        if (real := os.path.realpath(place)) in seen:  # a link to a folder that it lies in
            folders.clear()
            continue
        seen.add(real)
        yield from (os.path.join(place, name) for name in files if name.lower().endswith(SUFFIXES) and name[0] != ".")


def stratified_subset(files: list[ImageFile], count: int) -> list[ImageFile]:
    """`count` of the files (all if 0), the same number of each class as far as they go, spread over their groups."""
    if not count or count >= len(files):
        return files
    classes: dict[str, list[ImageFile]] = {}
    for file in files:
        classes.setdefault(file.class_folder, []).append(file)
    chosen: list[ImageFile] = []
    queues = sorted(classes.values(), key=len)
    for left, queue in zip(range(len(queues), 0, -1), queues, strict=True):
        share = min(len(queue), (count - len(chosen) + left - 1) // left)
        chosen += [queue[n * len(queue) // share] for n in range(share)]
    return sorted(chosen, key=lambda file: file.name)
