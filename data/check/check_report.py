"""What `data.check` prints."""

import math
from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any

from ..batches import MIN_SIDE, InferenceImages, height_width
from ..data_options import DataOptions
from ..errors import DataError, printable
from ..io import file_of
from .folder_statistics import FolderStatistics, size_text
from .image_info import NOT_SAID, percentiles
from .inventory import TRUTH, ImageSet, Inventory
from .training_plan import SYSTEMS, Plan

MOST = 10  # files, classes or levels that are named, of more
SHARES = {"1 %": 0.01, "50 %": 0.5, "99 %": 0.99}


class Report:
    """Sections of a report about a data set; nothing is printed that could move the terminal's cursor."""

    def __init__(self, inventory: Inventory, surveys: dict[str, FolderStatistics], options: DataOptions) -> None:
        self.inventory, self.surveys, self.options = inventory, surveys, options

    def domains(self) -> None:
        """Each folder: images, classes, sites or stems, sizes, kinds, grey levels, background levels."""
        layout = self.inventory.layout
        print(f"{printable(str(layout.root))}: the {self.inventory.kind} layout")
        for role, survey in self.surveys.items():
            domain = survey.domain
            print(f"\n{domain.name}: {self._amount(survey)}")
            if role == TRUTH:
                ranged = sum(facts.out_of_range for facts in survey.infos.values())
                unread = len(survey.bad()) - ranged
                failing = f"{unread:,} cannot be read" if unread else "all can be read"
                needs = f", {ranged:,} need another --grey_range" if ranged else ""
                self._line("truth", f"{failing}{needs}; nothing else was looked at")
                continue
            if any(domain.classes()):
                self._line("classes", counted(domain.classes()))
            sites, alone = self._sites(domain)
            if sites:
                none = f", and {alone:,} images of none" if alone else ""
                self._line("sites", f"{len(sites):,}, of {span(sites.values())} images each{none}")
            else:
                stems = Counter(group for _, group in domain.groups().elements())
                shared = f"{len(stems):,}, of {span(stems.values())} images each"
                self._line("stems", shared if len(stems) < len(domain.files) else "")
            self._line("sizes", counted({size_text(shape): n for shape, n in survey.sizes().items()}))
            self._line("kinds", counted(survey.kinds()))
            self._line("values", "; ".join(f"{kind} {ends(*values)}" for kind, values in survey.values().items()))
            self._widths(survey.widths(), "; test.py takes --pixel_nm" * (role == "test_sem"))
            if survey.histogram.sum():
                found = percentiles(survey.histogram, SHARES.values())
                shares = ", ".join(f"{name} {level}" for name, level in zip(SHARES, found, strict=True))
                self._line("grey levels", f"mean {survey.mean():.1f}; percentiles {shares}")
            if role == "depth" and survey.usable():
                self._line("background", counted(survey.levels()))

    def names(self) -> None:
        """What the names tell: partners, twins, sites of average_depth.csv, files that are passed over."""
        print("\nnames")
        pairs, sem, depth = self.inventory.pairs()
        self._line("pairs", f"{len(pairs):,} SEM images with a depth map")
        self._some("SEM images without a depth map", sem)
        self._some("depth maps without a SEM image", depth)
        sem, depth = self.inventory.test_without_truth()
        self._some("test images without a true depth map, which test.py refuses", sem)
        self._some("true depth maps without a test image", depth)
        for name, name_collisions in self.inventory.name_collisions().items():
            self._some(f"images of {name} that share their name", name_collisions)
        try:
            sites = self.inventory.sites()
        except DataError as error:
            self._line("sites", str(error))
        else:
            if sites is not None:
                self._line("sites", "those of train/average_depth.csv" if not any(sites) else "")
                self._some("sites of train/average_depth.csv without an image", sites[0])
                self._some("sites with images that train/average_depth.csv leaves out", sites[1])
        for reason, names in self.inventory.ignored_files().items():
            self._some(f"files passed over, {reason}", names)

    def contents(self, name_collisions: list[list[str]]) -> None:
        """Files of the same bytes, and test images that were trained on."""
        print("\ncontents")
        more = sum(len(names) - 1 for names in name_collisions)
        self._line("same bytes", f"copies of another file: {more:,}" if more else "none")
        self._list(" = ".join(names[:3]) + " = ..." * (len(names) > 3) for names in name_collisions)
        known: dict[bytes, str] = {}
        for role in ("sem", "simulated_sem"):
            if role in self.surveys:
                known |= {facts.pixel_digest: name for name, facts in self.surveys[role].usable().items()}
        tested = self.surveys["test_sem"].usable() if "test_sem" in self.surveys else {}
        again = [
            f"{name} = {known[facts.pixel_digest]}" for name, facts in tested.items() if facts.pixel_digest in known
        ]
        if tested and known:
            self._line("overlap", f"{len(again):,} of {len(tested):,} test images show what a training image shows")
            self._list(again)

    def files(self) -> None:
        """Files that cannot be used, and suspicious ones."""
        print("\nfiles")
        for survey in self.surveys.values():
            name = survey.domain.name
            every = survey.unusable(self.options)
            bad = {one: reason for one, reason in every.items() if not survey.infos[one].out_of_range}
            if bad:
                self._line("bad", f"{len(bad):,} of {len(survey.infos):,} in {name} cannot be used")
                self._list(bad.values())
            self._other_sizes(survey)
            odd = survey.suspicious()
            if odd:
                self._line("suspicious", f"{len(odd):,} of {len(survey.infos):,} in {name}")
                self._list(f"{one}: {'; '.join(reasons)}" for one, reasons in odd.items())
        self._grey_range()
        if not any(survey.unusable(self.options) or survey.suspicious() for survey in self.surveys.values()):
            self._line("all", f"can be used, and none looks suspicious{self._read()}")

    def verdict(self, planned: dict[str, Plan]) -> int:
        """What each kind of training would use, then one line: whether it would start; returns the exit status."""
        print("a training would use")
        for kind, plan in planned.items():
            systems = ", ".join(SYSTEMS[kind])
            if plan.missing or plan.blockers:
                self._line(kind, f"nothing: {'; '.join(plan.missing + plan.blockers)} ({systems})")
                continue
            parts = []
            for role, files in plan.images.items():
                bad = self.surveys[role].unusable(self.options)
                parts.append(f"{sum(file.name not in bad for file in files):,} of {self.surveys[role].domain.name}")
            shape = self.surveys[next(iter(plan.images))].common_size(self.options)
            self._line(kind, f"{', '.join(parts)}, {self._prepared(shape)} ({systems})")
        stops = list(dict.fromkeys(line for plan in planned.values() if not plan.missing for line in plan.blockers))
        ready = [name for kind, plan in planned.items() if not plan.missing + plan.blockers for name in SYSTEMS[kind]]
        if stops:
            others = f"; as it is, it suffices for {', '.join(ready)}" if ready else ""
            print(f"not ready: {'; '.join(stops)}{self._advice(stops)}{others}{self._to_test()}")
        elif not ready:
            missing = dict.fromkeys(line for plan in planned.values() for line in plan.missing)
            print(f"not ready: {'; '.join(missing)}{self._to_test()}")
        else:
            print(f"ready to train{self._read()}: --model {', '.join(ready)}")
        return int(bool(stops) or not ready)

    def _amount(self, survey: FolderStatistics) -> str:
        """`43 images in 36 files: 42 read, 1 cannot be`."""
        every, tried = len(survey.domain.files), len(survey.infos)
        files = len({file_of(file.name) for file in survey.domain.files})
        said = f"{every:,} images" + (f" in {files:,} files" if files < every else "")
        failed = 0 if survey.domain.role == TRUTH else sum(not one.kind for one in survey.infos.values())
        unread = f", {failed:,} cannot be" if failed else ""
        if tried < every:
            return f"{said}, {tried - failed:,} read{unread}, spread evenly; --all reads every one"
        return f"{said}, {f'{tried - failed:,} read{unread}' if failed else 'all read'}"

    def _sites(self, domain: ImageSet) -> tuple[Counter[str], int]:
        """Images of each site, and those of none: of test images as test.py has it, else by folders site_00233."""
        if domain.role == "test_sem":
            site_of = InferenceImages([], self.options, folder=self.inventory.layout.test_folder()).site_of
            sites = Counter(map(site_of, domain.files))
        else:
            folders = (
                file.group.startswith("site_")
                and file.path.parent.name == file.group
                and f"{file.class_folder}/{file.group}"
                for file in domain.files
            )
            sites = Counter(site or "" for site in folders)
        return sites, sites.pop("", 0)

    def _widths(self, widths: Counter[str], advice: str) -> None:
        if not widths:
            return
        if set(widths) == {NOT_SAID}:
            self._line("pixels", f"no file says how wide they are{advice}")
            return
        self._line("pixels", counted(widths))
        if len(widths.keys() - {NOT_SAID}) > 1:
            self._line("", "warning: their widths differ, and a model knows holes by their size in pixels")
        if missing := widths[NOT_SAID]:
            self._line("", f"warning: of {missing:,} images no file says how wide they are{advice}")

    def _other_sizes(self, survey: FolderStatistics) -> None:
        if survey.domain.role == "test_sem" and len(survey.sizes()) > 1:
            usual = survey.common_size(DataOptions())
            others = sum(count for size, count in survey.sizes().items() if size != usual)
            self._line(
                "other sizes",
                f"{others:,} in {survey.domain.name} are not {size_text(usual)}; test.py takes each as one hole, or "
                "as a field of many with --field",
            )

    def _grey_range(self) -> None:
        """What --grey_range is missing for, one line a folder and kind, and one that could be said."""
        seen: list[float] = []
        for survey in self.surveys.values():
            for kind, values in survey.values(out_of_range=True).items():
                count = sum(one.out_of_range and one.bit_depth == kind for one in survey.infos.values())
                where = f"{count:,} of {len(survey.infos):,} in {survey.domain.name}, {kind}, {ends(*values)}"
                given = ",".join(map(str, self.options.grey_range))
                wrong = f"lie outside --grey_range {given}" if given else "need --grey_range"
                self._line("grey range", f"{where}: {wrong}")
                seen += values
        if seen:
            seen += self.options.grey_range
            low = math.floor(min(seen))
            high = max(math.ceil(max(seen)), low + 1)
            self._line(
                "",
                f"proposed: --grey_range{'=' if low < 0 else ' '}{low},{high}, from the least and greatest value "
                "observed: a proposal only.",
            )
            self._line(
                "",
                "What means black and white the instrument says; values outside are refused, in images to come, too.",
            )

    def _to_test(self) -> str:
        """What can be done with test images while nothing can be trained."""
        if "test_sem" not in self.surveys:
            return ""
        survey = self.surveys["test_sem"]
        fit = sum(min(facts.shape) >= MIN_SIDE for facts in survey.usable().values())
        later = sum(facts.out_of_range for facts in survey.infos.values())
        ways = [f"{fit:,} of {len(survey.infos):,} images as they are"] if fit else []
        ways += [f"{later:,} with such a --grey_range"] if later else []
        alike = survey.domain.name in self.inventory.name_collisions()
        rename = ", once those that share their name are renamed" * alike
        return f"; but {survey.domain.name} can be tested: {', '.join(ways)}{rename}" if ways else ""

    def _read(self) -> str:
        read = sum(len(survey.infos) for survey in self.surveys.values())
        there = sum(len(survey.domain.files) for survey in self.surveys.values())
        return "" if read == there else f", as far as {read:,} of {there:,} images tell"

    def _advice(self, stops: list[str]) -> str:
        """What mends images that cannot be used, if those are what stops a training."""
        if not any("be used" in stop for stop in stops):
            return ""
        reasons = [reason for survey in self.surveys.values() for reason in survey.unusable(self.options).values()]
        if any("--grey_range" in reason for reason in reasons):
            return "; say --grey_range LOW,HIGH, here and to train.py"
        resize = ", or say --preprocess resize --load_size H,W" * any("where others are" in one for one in reasons)
        skip = ", or say --on_bad_image skip" * (self.options.on_bad_image != "skip")
        return f"; mend or remove them{resize}{skip}"

    def _prepared(self, shape: tuple[int, ...]) -> str:
        how = "resized to " if "resize" in self.options.preprocess else "as they are, "
        crop = f", cropped to {size_text(height_width(self.options.crop_size))}"
        return f"{how}{size_text(shape)}{crop if 'crop' in self.options.preprocess else ''}"

    def _line(self, what: str, said: str) -> None:
        if said:
            print(f"  {what:<12} {printable(said)}")

    def _some(self, what: str, names: Iterable[str]) -> None:
        names = sorted(names)
        if names:
            self._line("", f"{what}: {len(names):,}, such as {names[0]}")

    def _list(self, lines: Iterable[str]) -> None:
        lines = list(lines)
        for line in lines[:MOST]:
            print(f"    {printable(line)}")
        if len(lines) > MOST:
            print(f"    and {len(lines) - MOST:,} more")


def counted(numbers: dict[Any, int]) -> str:
    """`72x48: 400, 72x40: 2`, the commonest first where there are too many for all."""
    most = dict(Counter(numbers).most_common(MOST))
    shown = ", ".join(f"{what}: {n:,}" for what, n in (sorted(most.items()) if len(numbers) <= MOST else most.items()))
    return shown + (f", and {len(numbers) - MOST:,} other" if len(numbers) > MOST else "")


def ends(low: float, high: float) -> str:
    """`18 to 37959`."""
    return f"{low:.6g} to {high:.6g}"


def span(counts: Collection[int]) -> str:
    """`3 to 31`."""
    least, most = min(counts), max(counts)
    return f"{least}" if least == most else f"{least} to {most}"
