"""Lists the image files of a data set in the contest layout or the classic layout, which its folders tell."""

import csv
import math
import os
import shlex
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from .csv_table import read_rows
from .errors import DataError
from .foreign_formats import describe_foreign_names
from .image_names import NameIndex, find_folder, fold, select_signal, with_unique_stems
from .io import SUFFIXES, file_of, images_of, stem_of
from .neighbours import contains_only_images, describe_misspelt, describe_near, is_classic, is_contest

SIMULATE_HINT = (
    "use --dataroot with the folder of your data set, or make a simulated data set with "
    "`python -m data.simulate --dataroot {root}`"
)
LAYOUT_HINT = (
    "or arrange the images in train/SEM + simulation_data/Depth (contest layout) or trainA + trainB (classic layout)"
)
HINT = f"{SIMULATE_HINT}, {LAYOUT_HINT}"
PAIRS_HINT = (
    "this model trains on pairs of simulated SEM images and depth maps of the same name; "
    "`python train.py -h` lists models that need none"
)
PLAIN_FOLDER_HINT = "for test.py, --dataroot may also be a plain folder of SEM images"
RESULTS_FILES = {"metrics.json", "index.html"}  # in a folder of results, whose depth maps are no images to test
SequenceT = TypeVar("SequenceT", bound=Any)  # a list or an array


@dataclass(frozen=True, slots=True)
class ImageFile:
    """One image: `name` is its path, with ::p003 for one image of a multi-image file; `class_folder` is the folder of
    its depth or case, '' if there is none; `group` is its site or stem; `prefix` comes before the stem of its results.

    `name` is text because a `Path` takes four times the memory and a data set may have 260,000 images.
    """

    name: str
    class_folder: str
    group: str
    prefix: str = ""

    @property
    def path(self) -> Path:
        """The file that holds the image."""
        return Path(file_of(self.name))

    @property
    def stem(self) -> str:
        """The name of its results: the file's stem, with _p003 for one image of a multi-image file."""
        return self.prefix + stem_of(self.name)


class DatasetLayout:
    """The image files of one dataroot. Each list is read on demand, so that testing needs no training folders.

    `signal` names the detector whose SEM images are used where files are named hole_SE, hole_BSE; '' is all.
    """

    def __init__(self, dataroot: str | Path, signal: str = "") -> None:
        self.root, self.signal = Path(dataroot), signal
        simulate_hint = SIMULATE_HINT.format(root=shlex.quote(str(dataroot)))
        self.contest = self.plain = False
        if self.root.is_file():
            if not self.root.name.lower().endswith(SUFFIXES):
                reason = describe_foreign_names([self.root.name]) or f"not an image ({', '.join(SUFFIXES)})"
                raise DataError(f"{dataroot}: {reason}")
            self.plain = True
            return
        if not self.root.is_dir():
            is_file = self.root.name.lower().endswith(SUFFIXES)
            hint = "" if is_file else f"; {simulate_hint}"
            raise DataError(f"{dataroot}: no such {'file' if is_file else 'folder'}{describe_near(self.root) or hint}")
        self.contest = is_contest(self.root)
        classic = is_classic(self.root)
        # A plain folder of SEM images, or one file, is enough for testing, not for training.
        self.plain = not self.contest and not classic and bool(contains_only_images(str(self.root)))
        if not self.contest and not classic and not self.plain:
            if near := describe_near(self.root):
                raise DataError(f"{dataroot}: holds no data set in a known layout{near}")
            reason = "holds no data set in a known layout" if any(self.root.iterdir()) else "the folder is empty"
            hint = f"{simulate_hint}, {LAYOUT_HINT}; for test.py, a folder of images is enough"
            raise DataError(f"{dataroot}: {reason}; {describe_foreign_names(os.listdir(self.root)) or hint}")

    def sem(self) -> list[ImageFile]:
        """Training SEM images: train/SEM/<class>/<site>/*, or trainA/*."""
        files = self._files("train/SEM" if self.contest else "trainA", labelled=self.contest)
        return select_signal(files, self.signal)

    def depth(self) -> list[ImageFile]:
        """Training depth maps: simulation_data/Depth/<case>/<folder>/*, or trainB/*."""
        return self._files("simulation_data/Depth" if self.contest else "trainB", labelled=self.contest)

    def simulated_sem(self) -> list[ImageFile]:
        """Simulated SEM images, two noise realisations per stem: simulation_data/SEM/<case>/<folder>/*."""
        return self._files("simulation_data/SEM", labelled=True, hint=PAIRS_HINT)

    def pairs(self) -> dict[ImageFile, ImageFile]:
        """Each SEM image with its depth map: simulation_data/SEM/<case>/<folder>/<stem>_itr<n>.png
        and simulation_data/Depth/<case>/<folder>/<stem>.png, or trainA and trainB by name."""
        sem = self.simulated_sem() if self.contest else self.sem()
        folder = self.folder("simulation_data/Depth" if self.contest else "trainB")
        depth_maps = NameIndex({os.path.join(_subfolder(file, folder), file.stem): file for file in self.depth()})
        sem_folder = self.folder("simulation_data/SEM" if self.contest else "trainA")
        pairs = {}
        for file in sem:
            name = os.path.join(_subfolder(file, sem_folder), file.group if self.contest else file.stem)
            depth_map = depth_maps.find(name)
            if depth_map is None:
                hint = "" if self.contest else f"; {PAIRS_HINT}"
                raise DataError(f"{file.name}: has no depth map {folder / name}.*{hint}")
            pairs[file] = depth_map
        return pairs

    @property
    def training_folders(self) -> tuple[str, str]:
        """The names of the folders of SEM images and of depth maps."""
        return ("train/SEM", "simulation_data/Depth") if self.contest else ("trainA", "trainB")

    @property
    def paired_folders(self) -> tuple[str, str]:
        """The names of the folders of SEM images that have depth maps, and of these."""
        return ("simulation_data/SEM", "simulation_data/Depth") if self.contest else ("trainA", "trainB")

    def folder(self, name: str) -> Path:
        """The folder `name` of the data set as it is written there, in any case and Unicode form."""
        return find_folder(self.root, name)

    def test_folder(self, phase: str = "test") -> Path:
        """Folder of the SEM images to predict: <phase>/SEM, or <phase>A, or a plain folder."""
        if self.plain:
            return self.root if self.root.is_dir() else self.root.parent
        return self.folder(f"{phase}/SEM" if self.contest else f"{phase}A")

    def test_sem(self, phase: str = "test") -> list[ImageFile]:
        """SEM images to predict: those of the test folder, or of the file if the dataroot is one file."""
        if self.root.is_file():
            folder = self.test_folder()
            return select_signal(list(self._images([os.path.join(folder, self.root.name)], folder)), self.signal)
        name = self.test_folder(phase).relative_to(self.root)
        return select_signal(self._files(name, labelled=False, hint=PLAIN_FOLDER_HINT), self.signal)

    def test_depth(self, phase: str = "test") -> dict[str, Path]:
        """Ground-truth depth maps by stem, as names for `read_grey`; empty if there are none. Only test.py may read
        them. Where stems are equal, sub-folders are a part of them."""
        files, folder = self.test_depth_files(phase)
        return {file.stem: Path(file.name) for file in with_unique_stems(files, folder)}

    def test_depth_files(self, phase: str = "test") -> tuple[list[ImageFile], Path]:
        """The ground-truth depth maps of the test images, and their folder."""
        folder = self.folder(f"{phase}/Depth" if self.contest else f"{phase}B")
        return (list(self.scan(folder)) if folder.is_dir() else []), folder

    def truth_of(self, files: Iterable[ImageFile], phase: str = "test") -> dict[str, Path]:
        """The ground truth of test images by their stems, for those that have one: the depth map of the same
        sub-folder and name, else the only one of that name."""
        maps, folder = self.test_depth_files(phase)
        paths = NameIndex({os.path.join(_subfolder(file, folder), file.stem): Path(file.name) for file in maps})
        counts = Counter(fold(file.stem) for file in maps)
        unique = NameIndex({file.stem: Path(file.name) for file in maps if counts[fold(file.stem)] == 1})
        truth, test_folder = {}, self.test_folder(phase)
        for file in files:
            name = stem_of(file.name)
            path = paths.find(os.path.join(_subfolder(file, test_folder), name))
            if path is None and not file.prefix:  # another image of this name may be the one that it belongs to
                path = unique.find(name)
            if path is not None:
                truth[file.stem] = path
        return truth

    def average_depth(self) -> dict[str, float]:
        """Mean depth [grey level] by site, the key `depth_140_site_00233`, from train/average_depth.csv."""
        path = self.folder("train") / "average_depth.csv"
        depths: dict[str, float] = {}
        try:
            (_, *rows), to_number = read_rows(path)
            for site, value in rows:
                depths[site] = to_number(value)
        except FileNotFoundError:
            raise DataError(f"{path}: no such file") from None
        except OSError as error:
            raise DataError(f"{path}: cannot be read ({error.strerror})") from None
        except (ValueError, csv.Error):
            raise DataError(f"{path}: expected one header line, then rows `site,depth`") from None
        if len(depths) < len(rows):
            raise DataError(f"{path}: lists a site twice")
        invalid = next((site for site, value in depths.items() if not 0 < value < math.inf), None)
        if invalid is not None or not depths:
            raise DataError(f"{path}: {'no site' if invalid is None else f'{invalid} has no depth'} above 0")
        return depths

    def file_names(self, name: str | Path, hint: str = HINT) -> list[str]:
        """The image files below the folder `name` of the data set, sorted; raises DataError if there are none."""
        folder = self.folder(str(name))
        if self.root.is_file():
            raise DataError(f"{self.root}: one file, enough for testing; for training, --dataroot must be a folder")
        if not folder.is_dir():
            near = describe_near(self.root) or describe_misspelt(self.root, str(name))
            raise DataError(f"{folder}: no such folder{near or f'; {hint.format(root=shlex.quote(str(self.root)))}'}")
        return sorted(_image_names(folder)) or self._refuse_without_image(folder)

    def _files(self, name: str | Path, labelled: bool, hint: str = HINT) -> list[ImageFile]:
        folder = self.folder(str(name))
        files = self._images(self.file_names(name, hint), folder, labelled)
        return list(files) or self._refuse_without_image(folder)

    @staticmethod
    def _refuse_without_image(folder: Path) -> NoReturn:
        names = os.listdir(folder)
        foreign = describe_foreign_names(names) or ", ".join(SUFFIXES)
        raise DataError(f"{folder}: holds no image{', it is empty' * (not names)}; {foreign}")

    @classmethod
    def scan(cls, folder: Path, labelled: bool = False) -> Iterable[ImageFile]:
        """Images below `folder`, sorted by name; hidden folders such as .ipynb_checkpoints are ignored."""
        return cls._images(sorted(_image_names(folder)), folder, labelled)

    @staticmethod
    def _images(names: Iterable[str], folder: Path, labelled: bool = False) -> Iterator[ImageFile]:
        for name in names:
            *folders, file = name[len(str(folder)) + 1 :].split(os.sep)
            class_folder = folders[0] if labelled and folders else ""
            site = folders[-1] if len(folders) > 1 else ""
            stem = os.path.splitext(file)[0].split("_itr")[0]
            pages = images_of(name)
            for image in pages:
                page = f"_{image[len(name) + 2 :]}" if len(pages) > 1 else ""
                group = site if site.startswith("site_") else stem + page
                yield ImageFile(image, sys.intern(class_folder), sys.intern(group))


def _subfolder(file: ImageFile, folder: Path) -> str:
    """The path of the file's folder below `folder`; '' for `folder` itself."""
    return str(file.path.relative_to(folder).parent).removeprefix(os.curdir)


def _image_names(folder: Path) -> Iterator[str]:
    """Image files below `folder`. Links to folders are followed; each folder is visited once."""

    def raise_data_error(error: OSError) -> None:
        raise DataError(f"{error.filename}: cannot be read ({error.strerror})") from None

    visited: set[str] = set()
    for directory, folders, files in os.walk(folder, onerror=raise_data_error, followlinks=True):
        folders[:] = [name for name in folders if not name.startswith(".")]
        real_path = os.path.realpath(directory)
        if real_path in visited or RESULTS_FILES.issubset(files):  # a link to a folder around it, or results of test.py
            folders.clear()
            continue
        visited.add(real_path)
        yield from (
            os.path.join(directory, name) for name in files if name.lower().endswith(SUFFIXES) and name[0] != "."
        )


def even_subset(items: SequenceT, maximum: int) -> SequenceT:
    """At most `maximum` of the items of a list or an array, evenly spaced."""
    return items[:: max(1, -(-len(items) // maximum))]


def stratified_subset(files: list[ImageFile], count: int) -> list[ImageFile]:
    """`count` of the files (all if 0): equally many of each class where it has enough, spread over its groups."""
    if not count or count >= len(files):
        return files
    classes: dict[str, list[ImageFile]] = {}
    for file in files:
        classes.setdefault(file.class_folder, []).append(file)
    subset: list[ImageFile] = []
    queues = sorted(classes.values(), key=len)
    for n_left, queue in zip(range(len(queues), 0, -1), queues, strict=True):
        quota = min(len(queue), (count - len(subset) + n_left - 1) // n_left)
        subset += [queue[n * len(queue) // quota] for n in range(quota)]
    return sorted(subset, key=lambda file: file.name)
