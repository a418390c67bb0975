"""What a dataroot holds by its listing alone: domains, partners, twins, and files that are passed over."""

import os
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

from ..batches import CACHE_FOLDER
from ..dataset_layout import DatasetLayout, ImageFile
from ..errors import DataError
from ..io import SUFFIXES, file_of

CONTEST = {
    "sem": "train/SEM",
    "depth": "simulation_data/Depth",
    "simulated_sem": "simulation_data/SEM",
    "test_sem": "test/SEM",
    "test_depth": "test/Depth",
}
CLASSIC = {"sem": "trainA", "depth": "trainB", "test_sem": "testA", "test_depth": "testB"}
PLAIN = {"test_sem": "."}
TRUTH = "test_depth"  # its pixels are nobody's but test.py's
RECORDS = ("train/average_depth.csv", "dataset.json")


@dataclass(frozen=True)
class ImageSet:
    """The images of one of a data set's folders."""

    role: str
    name: str
    files: list[ImageFile]

    def classes(self) -> Counter[str]:
        """Images of each class, '' where there are none."""
        return Counter(file.class_folder for file in self.files)

    def groups(self) -> Counter[tuple[str, str]]:
        """Images of each (class, site or stem)."""
        return Counter((file.class_folder, file.group) for file in self.files)


class Inventory:
    """`domains` by role, and what their names tell. Raises DataError if a folder cannot be read or there is no image.

    A folder that is missing, or empty, is no domain.
    """

    def __init__(self, layout: DatasetLayout) -> None:
        self.layout = layout
        self.kind = "contest's" if layout.contest else "plain" if layout.plain else "classic"
        self.folders = CONTEST if layout.contest else PLAIN if layout.plain else CLASSIC
        self.paired_with_depth = "simulated_sem" if layout.contest else "sem"
        self.domains: dict[str, ImageSet] = {}
        for role, name in self.folders.items():
            folder = layout.root / name
            labelled = layout.contest and not role.startswith("test")
            files = list(layout.scan(folder, labelled)) if folder.is_dir() else []
            if files:
                self.domains[role] = ImageSet(role, name, files)
        if not self.domains:
            raise DataError(f"{layout.root}: holds no image in {', '.join(self.folders.values())}")

    def files(self, role: str) -> list[ImageFile]:
        """The images of a domain; none if it is missing."""
        return self.domains[role].files if role in self.domains else []

    def pairs(self) -> tuple[dict[ImageFile, ImageFile], list[str], list[str]]:
        """(SEM image: its depth map), SEM images without one, depth maps without any."""
        maps = {self._place(file, "depth", file.stem): file for file in self.files("depth")}
        found: dict[ImageFile, ImageFile] = {}
        alone = []
        for file in self.files(self.paired_with_depth):
            stem = file.group if self.layout.contest else file.stem
            place = self._place(file, self.paired_with_depth, stem)
            if place in maps:
                found[file] = maps[place]
            else:
                alone.append(file.name)
        taken = set(found.values())
        return found, alone, [file.name for file in maps.values() if file not in taken]

    def name_collisions(self) -> dict[str, list[str]]:
        """By domain: images that share folder and stem with another (of the test images: the stem), whose partner or
        result would be the same."""
        found = {}
        for domain in self.domains.values():
            places = defaultdict(list)
            for file in domain.files:
                folder = "" if domain.role.startswith("test") else os.path.dirname(file.name)
                places[os.path.join(folder, file.stem)].append(file.name)
            if alike := [name for names in places.values() if len(names) > 1 for name in names]:
                found[domain.name] = alike
        return found

    def test_without_truth(self) -> tuple[list[str], list[str]]:
        """Test images without a true depth map and maps without an image, if there are any maps."""
        sem, depth = ({file.stem: file.name for file in self.files(role)} for role in ("test_sem", TRUTH))
        if not depth:
            return [], []
        return [sem[stem] for stem in sem if stem not in depth], [depth[stem] for stem in depth if stem not in sem]

    def sites(self) -> tuple[set[str], set[str]] | None:
        """Sites of train/average_depth.csv that have no image, and sites with images that it leaves out; None without
        the file. Raises DataError if it cannot be understood."""
        if not (self.layout.root / RECORDS[0]).exists():
            return None
        there = {
            f"{file.class_folder.lower()}_{file.group}" for file in self.files("sem") if file.group.startswith("site_")
        }
        named = {site.lower() for site in self.layout.average_depth()}
        return named - there, there - named

    def ignored_files(self) -> dict[str, list[str]]:
        """Files below the dataroot that are neither images of a domain nor known records, by the reason."""
        listed = {os.path.normpath(file_of(file.name)) for domain in self.domains.values() for file in domain.files}
        listed |= {os.path.normpath(self.layout.root / name) for name in RECORDS}
        found = defaultdict(list)
        for place, folders, names in os.walk(self.layout.root):
            folders[:] = [name for name in folders if name != CACHE_FOLDER]
            inside = os.path.relpath(place, self.layout.root).split(os.sep)
            hidden = next((part for part in inside if part.startswith(".") and part not in (".", "..")), "")
            for name in names:
                path = os.path.normpath(os.path.join(place, name))
                if path in listed:
                    continue
                ending = os.path.splitext(name)[1].lower()
                if hidden or name.startswith("."):
                    reason = f"in {hidden}" if hidden else "hidden"
                elif ending in SUFFIXES:
                    reason = "images outside the folders that are read"
                else:
                    reason = f"{ending or 'without'} ending"
                found[reason].append(path)
        return dict(found)

    def _place(self, file: ImageFile, role: str, stem: str) -> tuple[Path, str]:
        return file.path.relative_to(self.layout.root / self.folders[role]).parent, stem
