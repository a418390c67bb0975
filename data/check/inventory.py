"""Lists what a dataroot holds, without opening images: folders, pairs, name collisions, and ignored files."""

import os
from collections import Counter, defaultdict
from dataclasses import dataclass

from ..batches import CACHE_FOLDER, grouped_by_site
from ..dataset_layout import DatasetLayout, ImageFile
from ..errors import DataError
from ..header import texts_read
from ..image_names import NameIndex, fold, select_signal, with_unique_stems
from ..io import SUFFIXES, file_of

# Folders by the role of their images.
CONTEST = {
    "sem": "train/SEM",
    "depth": "simulation_data/Depth",
    "simulated_sem": "simulation_data/SEM",
    "test_sem": "test/SEM",
    "test_depth": "test/Depth",
}
CLASSIC = {"sem": "trainA", "depth": "trainB", "test_sem": "testA", "test_depth": "testB"}
PLAIN = {"test_sem": "."}
TRUTH = "test_depth"  # only test.py may use its pixels
RECORDS = ("train/average_depth.csv", "dataset.json")


@dataclass(frozen=True)
class ImageSet:
    """The images of one folder of a data set."""

    role: str
    name: str
    files: list[ImageFile]

    def classes(self) -> Counter[str]:
        """Number of images of each class; the class is '' where there are none."""
        return Counter(file.class_folder for file in self.files)

    def groups(self) -> Counter[tuple[str, str]]:
        """Number of images of each (class, site or stem)."""
        return Counter((file.class_folder, file.group) for file in self.files)


class Inventory:
    """The `image_sets` of a data set by role. A missing or empty folder has none.

    DataError if a folder cannot be read or if there is no image.
    """

    def __init__(self, layout: DatasetLayout) -> None:
        self.layout = layout
        self.layout_name = "contest's" if layout.contest else "plain" if layout.plain else "classic"
        self.folders = CONTEST if layout.contest else PLAIN if layout.plain else CLASSIC
        self.paired_with_depth = "simulated_sem" if layout.contest else "sem"
        self.image_sets: dict[str, ImageSet] = {}
        for role, name in self.folders.items():
            folder = layout.folder(name)
            labelled = layout.contest and not role.startswith("test")
            files = list(layout.scan(folder, labelled)) if folder.is_dir() else []
            if layout.root.is_file():
                files = layout.test_sem()
            elif files and role in ("sem", "test_sem"):
                files = select_signal(files, layout.signal)
            if files:
                self.image_sets[role] = ImageSet(role, name, files)
        if not self.image_sets:
            raise DataError(f"{layout.root}: holds no image in {', '.join(self.folders.values())}")

    def files(self, role: str) -> list[ImageFile]:
        """The images of a role; none if its folder is missing."""
        return self.image_sets[role].files if role in self.image_sets else []

    def pairs(self) -> tuple[dict[ImageFile, ImageFile], list[str], list[str]]:
        """(SEM image: its depth map), names of SEM images without a depth map, of depth maps without a SEM image."""
        maps = {self._pair_name(file, "depth", file.stem): file for file in self.files("depth")}
        index = NameIndex(maps)
        pairs: dict[ImageFile, ImageFile] = {}
        unpaired = []
        for file in self.files(self.paired_with_depth):
            stem = file.group if self.layout.contest else file.stem
            depth_map = index.find(self._pair_name(file, self.paired_with_depth, stem))
            if depth_map is None:
                unpaired.append(file.name)
            else:
                pairs[file] = depth_map
        used = set(pairs.values())
        return pairs, unpaired, [file.name for file in maps.values() if file not in used]

    def name_collisions(self) -> dict[str, list[str]]:
        """By folder: images with the same subfolder and stem as another image.

        Their partners or results would have the same name.
        """
        collisions = {}
        for image_set in self.image_sets.values():
            by_name = defaultdict(list)
            for file in image_set.files:
                by_name[os.path.join(os.path.dirname(file.name), fold(file.stem))].append(file.name)
            if colliding := [name for names in by_name.values() if len(names) > 1 for name in names]:
                collisions[image_set.name] = colliding
        return collisions

    def test_without_truth(self) -> tuple[list[str], list[str]]:
        """Test images without a true depth map, and true depth maps without a test image; none without any map."""
        depth = [file.name for file in self.files(TRUTH)]
        if not depth or self.name_collisions():
            return [], []
        files = with_unique_stems(self.files("test_sem"), self.layout.test_folder())
        truth = self.layout.truth_of(files)
        used = set(map(str, truth.values()))
        return [file.name for file in files if file.stem not in truth], [name for name in depth if name not in used]

    def sites(self) -> tuple[set[str], set[str]] | None:
        """Sites in train/average_depth.csv without an image, and sites with images that are not in the file.

        None without the file. DataError if it cannot be read.
        """
        if not (self.layout.root / RECORDS[0]).exists():
            return None
        files = grouped_by_site(self.files("sem"))
        with_images = {
            f"{file.class_folder.lower()}_{file.group}".lstrip("_") for file in files if file.group.startswith("site_")
        }
        folders = {file.class_folder.lower() for file in files}
        listed = {site.lower() for site in self.layout.average_depth()} - folders
        return listed - with_images, with_images - listed

    def header_texts(self) -> list[str]:
        """Text files that are read as headers of the images beside them."""
        files = {file.path for images in self.image_sets.values() for file in images.files}
        return [str(path.with_name(name)) for path in files for name in texts_read(path)]

    def ignored_files(self) -> dict[str, list[str]]:
        """Files below the dataroot that are not read, neither as images, headers nor known records, by reason."""
        images = {os.path.normpath(file_of(file.name)) for images in self.image_sets.values() for file in images.files}
        stems = {os.path.splitext(path)[0] for path in images}
        used = images | {os.path.normpath(path) for path in (*self.header_texts(), *self._records())}
        ignored = defaultdict(list)
        for directory, folders, names in os.walk(self.layout.root):
            folders[:] = [name for name in folders if name != CACHE_FOLDER]
            parts = os.path.relpath(directory, self.layout.root).split(os.sep)
            hidden = next((part for part in parts if part.startswith(".") and part not in (".", "..")), "")
            for name in names:
                path = os.path.normpath(os.path.join(directory, name))
                if path in used:
                    continue
                stem, ending = os.path.splitext(path)
                if hidden or name.startswith("."):
                    reason = f"in {hidden}" if hidden else "hidden"
                elif ending.lower() in SUFFIXES:
                    reason = "images outside the folders that are read"
                else:
                    reason = f"{ending.lower() or 'without'} ending"
                    reason += ", in which no pixel size is looked for" * (ending.lower() == ".csv" and stem in stems)
                ignored[reason].append(path)
        return dict(ignored)

    def _records(self) -> list[str]:
        return [str(self.layout.root / name) for name in RECORDS]

    def _pair_name(self, file: ImageFile, role: str, stem: str) -> str:
        folder = file.path.relative_to(self.layout.folder(self.folders[role])).parent
        return os.path.normpath(folder / stem)
