"""Prints the report of `data.check`."""

from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from ..batches import InferenceImages, height_width
from ..data_options import DataOptions
from ..errors import DataError, counted, printable
from ..io import file_of
from .folder_statistics import FolderStatistics, size_text
from .grey_range_report import grey_range_lines, limits_text
from .image_info import percentiles
from .instrument_report import instrument_lines
from .inventory import TRUTH, ImageSet, Inventory
from .testable import RENAME, Testable, find_testable
from .training_plan import DESCRIPTIONS, Plan

MAX_ITEMS = 10  # files, classes or levels that are listed
PERCENTILES = {"1 %": 0.01, "50 %": 0.5, "99 %": 0.99}


class Report:
    """The sections of a report about a data set. Names are escaped, so that none can move the terminal's cursor."""

    def __init__(
        self,
        inventory: Inventory,
        statistics: dict[str, FolderStatistics],
        options: DataOptions,
        pixel_nm: float,
        pictures: Path,
    ) -> None:
        self.inventory, self.statistics, self.options = inventory, statistics, options
        self.pixel_nm, self.pictures = pixel_nm, pictures  # [nm] of --pixel_nm, or 0; folder of refused annotation

    def print_folders(self) -> None:
        """Prints for each folder: images, classes, sites or stems, sizes, pixel formats, grey and background levels."""
        layout = self.inventory.layout
        print(f"{printable(str(layout.root))}: the {self.inventory.layout_name} layout")
        for role, folder in self.statistics.items():
            images = folder.image_set
            print(f"\n{images.name}: {self._amount(folder)}")
            if role == TRUTH:
                n_out_of_range = sum(info.out_of_range for info in folder.infos.values())
                n_unreadable = len(folder.bad()) - n_out_of_range
                readable = f"{n_unreadable:,} cannot be read" if n_unreadable else "all can be read"
                grey_range = f", {n_out_of_range:,} need another --grey_range" if n_out_of_range else ""
                self._line("ground truth", f"{readable}{grey_range}; nothing else was checked")
                continue
            if any(images.classes()):
                self._line("classes", count_text(images.classes()))
            sites, n_without_site = self._sites(images)
            if sites:
                rest = f", and {counted(n_without_site, 'image')} of none" if n_without_site else ""
                self._line("sites", f"{len(sites):,}, of {range_text(sites.values())} each{rest}")
            else:
                stems = Counter(group for _, group in images.groups().elements())
                text = f"{len(stems):,}, of {range_text(stems.values())} each"
                self._line("stems", text if len(stems) < len(images.files) else "")
            self._line("sizes", count_text({size_text(shape): n for shape, n in folder.sizes().items()}))
            self._line("kinds", count_text(folder.pixel_formats()))
            ranges = folder.value_ranges().items()
            self._line("values", "; ".join(f"{bit_depth} {limits_text(*limits)}" for bit_depth, limits in ranges))
            for label, text in instrument_lines(folder):
                self._line(label, text)
            if folder.histogram.sum():
                levels = percentiles(folder.histogram, PERCENTILES.values())
                text = ", ".join(f"{name} {level}" for name, level in zip(PERCENTILES, levels, strict=True))
                self._line("grey levels", f"mean {folder.mean():.1f}; percentiles {text}")
            if role == "depth" and folder.usable():
                self._line("background", count_text(folder.levels()))

    def print_names(self) -> None:
        """Prints what the file names tell: pairs, name collisions, sites of average_depth.csv, ignored files."""
        print("\nnames")
        pairs, sem, depth = self.inventory.pairs()
        self._line("pairs", f"{counted(len(pairs), 'SEM image')} with a depth map")
        self._example("SEM images without a depth map", sem)
        self._example("depth maps without a SEM image", depth)
        sem, depth = self.inventory.test_without_truth()
        self._example("test images without a true depth map, which test.py cannot score", sem)
        self._example("true depth maps without a test image", depth)
        for folder, names in self.inventory.name_collisions().items():
            self._example(f"images of {folder} that share their name", names)
        try:
            sites = self.inventory.sites()
        except DataError as error:
            self._line("sites", str(error))
        else:
            if sites is not None:
                self._line("sites", "those of train/average_depth.csv" if not any(sites) else "")
                self._example("sites of train/average_depth.csv without an image", sites[0])
                self._example("sites with images that are missing in train/average_depth.csv", sites[1])
        self._example("texts read as the headers of images", self.inventory.header_texts())
        for reason, names in self.inventory.ignored_files().items():
            self._example(f"files skipped, {reason}", names)

    def print_duplicates(self, duplicates: list[list[str]]) -> None:
        """Prints files of the same bytes, and test images that are also training images."""
        print("\ncontents")
        n_copies = sum(len(names) - 1 for names in duplicates)
        self._line("same bytes", f"copies of another file: {n_copies:,}" if n_copies else "none")
        self._list(" = ".join(names[:3]) + " = ..." * (len(names) > 3) for names in duplicates)
        trained: dict[bytes, str] = {}
        for role in ("sem", "simulated_sem"):
            if role in self.statistics:
                trained |= {info.pixel_digest: name for name, info in self.statistics[role].usable().items()}
        tested = self.statistics["test_sem"].usable() if "test_sem" in self.statistics else {}
        overlap = [
            f"{name} = {trained[info.pixel_digest]}" for name, info in tested.items() if info.pixel_digest in trained
        ]
        if tested and trained:
            self._line("overlap", f"test images that are also training images: {len(overlap):,} of {len(tested):,}")
            self._list(overlap)

    def print_bad_images(self) -> None:
        """Prints images that cannot be used, and suspicious ones."""
        print("\nfiles")
        for folder in self.statistics.values():
            name, n_read = folder.image_set.name, len(folder.infos)
            unusable = folder.unusable(self.options).items()
            reasons = [reason for image, reason in unusable if not folder.infos[image].out_of_range]
            if reasons:
                self._line("bad", f"{len(reasons):,} of {n_read:,} in {name} cannot be used")
                self._list(reasons)
            self._other_sizes(folder)
            suspicious = folder.suspicious()
            if suspicious:
                self._line("suspicious", f"{len(suspicious):,} of {n_read:,} in {name}")
                self._list(f"{image}: {'; '.join(warnings)}" for image, warnings in suspicious.items())
        lines = list(grey_range_lines(self.statistics.values(), self.options))
        for line in lines:
            self._line("grey range" if line is lines[0] else "", line)
        if not any(folder.unusable(self.options) or folder.suspicious() for folder in self.statistics.values()):
            self._line("all", f"can be used, and none looks suspicious{self._sampled()}")

    def print_verdict(self, plans: dict[str, Plan]) -> int:
        """Prints which kinds of data set are ready for a training, then the verdict; returns the exit status."""
        if self.inventory.image_sets.keys() <= {"test_sem", TRUTH} and "test_sem" in self.statistics:
            return self._print_test_verdict()
        print("kinds of data set for training")
        for kind, plan in plans.items():
            if not plan.ready:
                self._line(kind, f"not ready: {'; '.join(plan.missing + plan.blockers)} ({DESCRIPTIONS[kind]})")
                continue
            parts = []
            for role, files in plan.images.items():
                unusable = self.statistics[role].unusable(self.options)
                n_usable = sum(file.name not in unusable for file in files)
                parts.append(f"{n_usable:,} of {self.statistics[role].image_set.name}")
            size = self.statistics[next(iter(plan.images))].common_size(self.options)
            self._line(kind, f"ready: {', '.join(parts)}, {self._preprocessing(size)} ({DESCRIPTIONS[kind]})")
        blockers = list(dict.fromkeys(line for plan in plans.values() if not plan.missing for line in plan.blockers))
        ready = [kind for kind, plan in plans.items() if plan.ready]
        if blockers:
            partly = f"; as it is, ready for: {', '.join(ready)}" if ready else ""
            print(f"not ready: {'; '.join(blockers)}{self._advice(blockers)}{partly}{self._testable_text()}")
        elif not ready:
            missing = dict.fromkeys(line for plan in plans.values() for line in plan.missing)
            print(f"not ready: {'; '.join(missing)}{self._testable_text()}")
        else:
            print(f"ready to train{self._sampled()}: {', '.join(ready)}")
        print("`python train.py -h` lists which --model learns from which kind of data set")
        return int(bool(blockers) or not ready)

    def _amount(self, folder: FolderStatistics) -> str:
        """`43 images in 36 files: 42 read, 1 cannot be`."""
        n_images, n_tried = len(folder.image_set.files), len(folder.infos)
        n_files = len({file_of(file.name) for file in folder.image_set.files})
        text = counted(n_images, "image") + (f" in {counted(n_files, 'file')}" if n_files < n_images else "")
        is_truth = folder.image_set.role == TRUTH
        n_failed = 0 if is_truth else sum(not info.pixel_format for info in folder.infos.values())
        read = f"{n_tried - n_failed:,} read" + (f", {n_failed:,} cannot be" if n_failed else "")
        if n_tried < n_images:
            return f"{text}, {read}, spread evenly; --all reads every one"
        return f"{text}, {read if n_failed else 'all read'}"

    def _sites(self, images: ImageSet) -> tuple[Counter[str], int]:
        """(images of each site, number of images without); test.py defines sites of test images, else the folders."""
        if images.role == "test_sem":
            site_of = InferenceImages([], self.options, folder=self.inventory.layout.test_folder()).site_of
            sites = Counter(map(site_of, images.files))
        else:
            folders = (
                file.group.startswith("site_")
                and file.path.parent.name == file.group
                and f"{file.class_folder}/{file.group}"
                for file in images.files
            )
            sites = Counter(site or "" for site in folders)
        return sites, sites.pop("", 0)

    def _other_sizes(self, folder: FolderStatistics) -> None:
        if folder.image_set.role == "test_sem" and len(folder.sizes()) > 1:
            common_size = folder.common_size(DataOptions())
            n_others = sum(count for size, count in folder.sizes().items() if size != common_size)
            self._line(
                "other sizes",
                f"{n_others:,} in {folder.image_set.name} are not {size_text(common_size)}; test.py takes each as one "
                "hole, or as a field of view of many with --field",
            )

    def _print_test_verdict(self) -> int:
        """The verdict about a folder of test images alone: whether test.py takes all; returns the exit status."""
        print("for training: no (no training images)")
        testable, infos = self._testable(), self.statistics["test_sem"].infos
        reasons = [reason for name, reason in testable.skipped.items() if not infos[name].reason]
        if reasons:
            print(f"test.py skips, of the images that can be read: {len(reasons):,}")
            self._list(reasons)
        verdict = testable.verdict(self.inventory.layout.root, self.options, self.pixel_nm, self._sampled())
        print("\n".join(map(printable, verdict.splitlines())))
        return int(not testable.is_ready)

    def _testable_text(self) -> str:
        """Which test images can be tested, for data sets with which nothing can be trained."""
        if "test_sem" not in self.statistics:
            return ""
        testable, name = self._testable(), self.statistics["test_sem"].image_set.name
        parts = testable.parts()
        return f"; but {name} can be tested: {', '.join(parts)}{RENAME * testable.names_collide}" if parts else ""

    def _testable(self) -> Testable:
        folder = self.statistics["test_sem"]
        return find_testable(self.inventory, folder, self.options, self.pixel_nm, self.pictures)

    def _sampled(self) -> str:
        n_read = sum(len(folder.infos) for folder in self.statistics.values())
        n_images = sum(len(folder.image_set.files) for folder in self.statistics.values())
        return "" if n_read == n_images else f", judged by {n_read:,} of {n_images:,} images"

    def _advice(self, blockers: list[str]) -> str:
        """How to fix images that cannot be used, if they prevent a training."""
        if not any("be used" in blocker for blocker in blockers):
            return ""
        reasons = [reason for folder in self.statistics.values() for reason in folder.unusable(self.options).values()]
        if any("--grey_range" in reason for reason in reasons):
            return "; use --grey_range LOW,HIGH, here and with train.py"
        has_other_sizes = any("where others are" in reason for reason in reasons)
        resize = ", or use --preprocess resize --load_size H,W" * has_other_sizes
        skip = ", or use --on_bad_image skip" * (self.options.on_bad_image != "skip")
        return f"; fix or remove them{resize}{skip}"

    def _preprocessing(self, size: tuple[int, ...]) -> str:
        resized = "resized to " if "resize" in self.options.preprocess else "as they are, "
        crop = f", cropped to {size_text(height_width(self.options.crop_size))}"
        return f"{resized}{size_text(size)}{crop if 'crop' in self.options.preprocess else ''}"

    def _line(self, label: str, text: str) -> None:
        if text:
            print(f"  {label:<12} {printable(text)}")

    def _example(self, label: str, names: Iterable[str]) -> None:
        names = sorted(names)
        if names:
            self._line("", f"{label}: {len(names):,}, such as {names[0]}")

    def _list(self, lines: Iterable[str]) -> None:
        lines = list(lines)
        for line in lines[:MAX_ITEMS]:
            print(f"    {printable(line)}")
        if len(lines) > MAX_ITEMS:
            print(f"    and {len(lines) - MAX_ITEMS:,} more")


def count_text(counts: dict[Any, int]) -> str:
    """Counts such as `72x48: 400, 72x40: 2`; of more than MAX_ITEMS the largest."""
    largest = dict(Counter(counts).most_common(MAX_ITEMS))
    items = sorted(largest.items()) if len(counts) <= MAX_ITEMS else largest.items()
    text = ", ".join(f"{name}: {n:,}" for name, n in items)
    return text + (f", and {len(counts) - MAX_ITEMS:,} other" if len(counts) > MAX_ITEMS else "")


def range_text(counts: Collection[int]) -> str:
    """`3 to 31 images`."""
    low, high = min(counts), max(counts)
    return counted(low, "image") if low == high else f"{low} to {counted(high, 'image')}"
