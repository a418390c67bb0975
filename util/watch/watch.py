"""A watch: predicts the images of a folder as they come, until a signal ends it."""

import hashlib
import os
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tqdm import tqdm

from ..files import counted
from ..page import results_page
from ..results import InferenceLoop, ResultsPlace
from ..run import StopRequest, print_lines
from ..scoring import describe_test, test_facts
from .changed_files import ChangedFiles
from .folder_watcher import PATIENCE, FolderWatcher, NewFile
from .journal import MAX_LATEST, Journal
from .latest_results import LatestResults
from .live_writer import LiveWriter

INTERVAL = 0.05  # [s] between two looks at the folder
KNOWN = {
    "content": "the same image as {}; not predicted again",
    "name": "its results would overwrite those of {}; rename it",
}


class Watch:
    """Predicts, by `predictor` in a loop that `new_loop(opt)` makes, the `images` of a folder.

    `images` knows which images a file holds (`files_in`), reads them (`read`), and says the pixel size (`used_nm`).
    Results go to `place`. `weights` are the files of the model.
    """

    def __init__(
        self,
        opt: Any,
        place: ResultsPlace,
        predictor: Any,
        images: Any,
        new_loop: Callable[[Any], InferenceLoop],
        weights: list[Path],
    ) -> None:
        self.opt, self.place, self.predictor, self.images, self.new_loop = opt, place, predictor, images, new_loop
        self.weights = hashlib.sha256(b"".join(path.read_bytes() for path in weights)).hexdigest()
        self.latest = LatestResults()
        self.loop = new_loop(opt)
        o = opt.test
        self.writer = LiveWriter(place.folder, o.nm_per_grey, predictor.levels, o.pixel_nm, o.export)
        self.earlier: list[str] = []  # the latest files of earlier watches
        self.journal: Journal
        self.watcher: FolderWatcher

    def run(self) -> int:
        """Watches until SIGINT, SIGTERM or SIGHUP; returns the exit status."""
        with StopRequest() as stop, self.writer as writer:
            stop.ready = True
            metrics = self._facts() | {"options": self.place.options}
            self.journal = writer.open(self._head(), self.opt.test.overwrite, metrics)
            self.earlier = list(self.journal.latest)
            self._set_pixel_nm(self.journal.pixel_nm)
            ignored = [self.place.folder.parent, Path(self.opt.test.results_dir)]
            self.watcher = FolderWatcher(self.images.folder, self.images.suffixes, ignored, self.journal.files)
            there = f", {counted(self.journal.count, 'image')} there" if self.journal.count else ""
            print(f"watching {self.images.folder}{there}; results: {self.place.folder}; Ctrl-C ends", flush=True)
            with tqdm(desc="predicted", unit="image", disable=None) as bar:
                was_lost, changed = False, ChangedFiles(self.journal, self.images.folder)
                while not stop.signum:
                    files = self.watcher.finished(self.opt.test.batch_size)
                    bar.update(self._predict(files))
                    if not files:
                        self._name_changed(changed.next())
                        time.sleep(INTERVAL)
                    was_lost = self._name_lost(was_lost)
            self._finish()
        return stop.exit_code

    def _head(self) -> dict[str, Any]:
        """What all results of one folder must have in common."""
        data = os.path.realpath(self.images.folder)
        return {"data": data, "epoch": self.opt.test.epoch, "weights": self.weights, "options": self.place.options}

    def _facts(self) -> dict[str, Any]:
        return test_facts(self.opt, self.predictor, self.loop, self.images, None)

    def _set_pixel_nm(self, pixel_nm: float | None) -> None:
        """The pixel size [nm] that is used from now on; None is what --pixel_nm says."""
        if pixel_nm is not None and not self.opt.test.pixel_nm:
            self.images.pixel_size = pixel_nm
            self.opt = self.opt.with_test(pixel_nm=pixel_nm)
            self.writer.set_pixel_nm(pixel_nm)
            self.loop = self.new_loop(self.opt)

    def _predict(self, files: list[NewFile]) -> int:
        """Predicts the images of some files, and commits their results; returns how many have results."""
        accepted = self._accept(files)
        images = [image for _, own in accepted for image in own]
        problems: dict[str, str] = {}
        for start in range(0, len(images), self.opt.test.batch_size):
            problems |= self._predict_images(images[start : start + self.opt.test.batch_size])
        usable = []
        for file, own in accepted:
            stems = [image.stem for image in own]
            if all(stem in problems for stem in stems):
                self._refuse(file, problems[stems[0]])
            else:
                usable.append((file, stems))
        if usable:
            self.writer.commit(usable, problems)
        for file, stems in usable:
            self.watcher.close(file)
            print_problems(problems[stem] for stem in stems if stem in problems)
        return len(images) - len(problems)

    def _accept(self, files: list[NewFile]) -> list[tuple[NewFile, list[Any]]]:
        """The files that are to be predicted, with their images; those that were predicted before are named."""
        accepted: list[tuple[NewFile, list[Any]]] = []
        taken: set[str] = set()
        for file in files:
            images = self.images.files_in(file.path)
            stems = {image.stem.casefold() for image in images}
            if not taken.isdisjoint({file.digest, *stems}):
                continue  # the next look tells, when the other one is done
            if known := self.journal.known_as(file.name, file.digest, stems):
                other, what = known
                if other != file.name:
                    self._name(file, f"{file.path}: {KNOWN[what].format(other)}", is_done=True)
                self.watcher.close(file)  # where it has changed since, ChangedFiles tells
            elif len(images) > 1 and file.age < PATIENCE:  # more images may follow
                self.watcher.wait_longer(file)
            else:
                taken |= {file.digest, *stems}
                accepted.append((file, images))
        return accepted

    def _predict_images(self, images: list[Any]) -> dict[str, str]:
        """Predicts images and writes their files; returns by stem why some have no results."""
        batches, skipped = self.images.read(images)
        if self.images.pixel_size is not None and self.journal.pixel_nm is None:
            self.journal.append([{"pixel_nm": self.images.pixel_size}])
            self._set_pixel_nm(self.images.pixel_size)
        for batch in batches:
            self.loop.step(batch, [self.writer, self.latest])
        problems = {image.stem: skipped[image.name] for image in images if image.name in skipped} | self.loop.skipped
        self.loop.skipped = {}
        return problems

    def _refuse(self, file: NewFile, problem: str) -> None:
        """Waits for a file that cannot be used and may still be written; else names it."""
        if file.age < PATIENCE:
            self.watcher.wait_longer(file)
        else:
            self._name(file, problem)
            self.watcher.close(file, is_refused=True)

    def _name(self, file: NewFile, problem: str, is_done: bool = False) -> None:
        """Says what is wrong with a file, once."""
        self._name_once({"file": file.name, "inode": file.inode, "problem": problem, "is_done": is_done})

    def _name_changed(self, names: list[str]) -> None:
        for name in names:
            path = os.path.join(self.images.folder, name)
            problem = f"{path}: changed after it was predicted; not predicted again, rename it"
            self._name_once({"file": name, "problem": problem})

    def _name_once(self, line: dict[str, Any]) -> None:
        if not self.journal.is_named(line["file"], line["problem"]):
            self.journal.append([line])
            print_problems([line["problem"]])

    def _name_lost(self, was_lost: bool) -> bool:
        """Says when the folder cannot be reached any more, and when it is back; returns whether it is away."""
        if self.watcher.is_lost != was_lost:
            state = "is back" if was_lost else "cannot be reached; the watch waits for it"
            print_problems([f"{self.images.folder}: {state}"])
        return self.watcher.is_lost

    def _finish(self) -> None:
        """Writes metrics.json and the page, and says what is there."""
        for file in self.watcher.finished(MAX_LATEST, is_last=True):
            if self.watcher.is_refused(file):
                _, problems = self.images.read(self.images.files_in(file.path))
                for problem in problems.values():
                    self._name(file, problem)
        if not self.journal.count:
            print("no image came; nothing is written")
            return
        facts = self._facts() | {"images": self.journal.count}
        self.latest.prepend(self._earlier_results())
        self.latest.count, self.latest.n_ood = self.journal.count, self.journal.n_ood
        self.latest.flagged = self.journal.flagged
        figures: dict[str, Any] = {"score": None, "measurement_errors": {}, "skipped": self.journal.problems()}
        figures |= {"flagged": self.latest.flagged.counts}
        self.writer.write_metrics(facts | figures | {"options": self.place.options})
        if self.latest.shown:
            results_page.write(
                self.writer.unfinished, self.latest, facts, figures, run=self.opt.run.path,
                layout=self.predictor.model.plot_layout, former_names=self.opt.former_names,
            )  # fmt: skip
            print_lines([*facts["notes"], *describe_test(self.latest, None, self.loop.large, self.opt)])
        print_lines(self.place.lines)
        print(f"{counted(self.journal.count, 'image')}; the page: {self.place.folder / 'index.html'}")

    def _earlier_results(self) -> list[Any]:
        """Results of the latest images of earlier watches, as far as their files are there and the page has room."""
        earlier = LatestResults()
        room = MAX_LATEST - len(self.latest.shown)
        paths = [os.path.join(self.images.folder, name) for name in self.earlier[-room:]] if room else []
        images = [image for path in paths if os.path.exists(path) for image in self.images.files_in(path)]
        for start in range(0, len(images), self.opt.test.batch_size):
            batches, _ = self.images.read(images[start : start + self.opt.test.batch_size])
            for batch in batches:
                self.loop.step(batch, [earlier])
        return earlier.shown[-room:]


def print_problems(problems: Iterable[str]) -> None:
    """One line each on the standard error stream."""
    print_lines((f"test.py: {problem}" for problem in problems), sys.stderr)
