"""Which test images test.py takes, by the rules of its own reader, and the command that tests them."""

import shlex
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from ..batches import InferenceImages
from ..data_options import DataOptions
from ..dataset_layout import ImageFile
from ..errors import DataError
from ..io import range_text
from .folder_statistics import FolderStatistics
from .image_info import NO_PIXEL_SIZE
from .inventory import Inventory

RENAME = ", once those that share their name are renamed"


@dataclass(frozen=True)
class Testable:
    """Test images that were read, why test.py skips some of them (`skipped`), or why it does not start (`problem`).

    `pixel_nm` is given, or the size that most images state; 0 where none does. `n_out_of_range` of the skipped images
    need another --grey_range. `n_without_size` state no pixel size, if that is what keeps all readable ones from being
    tested. `names_collide`: images share their name, and need another one first.
    """

    images: Collection[str]
    pixel_nm: float = 0.0
    skipped: dict[str, str] = field(default_factory=dict)
    n_out_of_range: int = 0
    n_without_size: int = 0
    names_collide: bool = False
    problem: str = ""

    @property
    def is_ready(self) -> bool:
        """Whether test.py takes all of them."""
        return not (self.problem or self.skipped or self.names_collide)

    def parts(self) -> list[str]:
        """How many images can be tested, and how many with another --grey_range; none if nothing can be tested."""
        n_usable = 0 if self.problem else len(self.images) - len(self.skipped)
        count = f"{n_usable:,} of {len(self.images):,} images as {'it is' if n_usable == 1 else 'they are'}"
        count = "the image as it is" if len(self.images) == n_usable == 1 else count
        out_of_range = f"{self.n_out_of_range:,} with such a --grey_range"
        return [count] * bool(n_usable) + [out_of_range] * bool(self.n_out_of_range)

    def verdict(self, root: Path, options: DataOptions, given_nm: float, sampled: str) -> str:
        """One line about a folder of test images alone, with the command that tests them; `given_nm` is --pixel_nm."""
        if self.problem:
            return f"not ready to test: {self.problem}"
        parts = self.parts()
        if len(self.skipped) < len(self.images):
            parts[0] += f"{sampled}, with {command(root, options, given_nm)}"
        if self.is_ready:
            return f"ready to test: {parts[0]}{'' if self.pixel_nm else '; add --pixel_nm N for results in nm'}"
        if self.n_without_size:
            with_size = command(root, options, self.pixel_nm)
            parts.append(f"{self.n_without_size:,} more with {with_size}, if that is the pixel size of all")
        return f"not ready to test all: {'; '.join(parts) or 'no image can be used'}{RENAME * self.names_collide}"


def find_testable(
    inventory: Inventory, folder: FolderStatistics, options: DataOptions, pixel_nm: float, pictures: Path
) -> Testable:
    """What test.py does with the measured images of `folder`; `pixel_nm` [nm] is --pixel_nm, 0 where it is not given.

    Pictures of annotation that is refused go into `pictures`.
    """
    layout = inventory.layout
    names_collide = folder.image_set.name in inventory.name_collisions()
    if names_collide:  # test.py does not start before they are renamed
        images = InferenceImages(folder.image_set.files, options, find_bars=layout.plain)
    else:
        images = InferenceImages.of(layout, options, "test", 0)
    images.pictures = pictures
    try:
        nm = pixel_nm or images.pixel_nm()
    except DataError as error:
        return Testable(folder.infos, problem=str(error))

    def reason(file: ImageFile) -> str:
        if folder.infos[file.name].reason:
            return folder.infos[file.name].reason
        try:
            images.read_image(file)
        except DataError as error:
            return str(error)
        return ""

    files = [file for file in images.files if file.name in folder.infos]
    with ThreadPoolExecutor() as pool:
        reasons = zip(files, pool.map(reason, files), strict=True)
        skipped = {file.name: text for file, text in reasons if text}
    n_out_of_range = sum(folder.infos[name].out_of_range for name in skipped)
    sizes = [folder.pixel_size_of[name] for name in skipped if not folder.infos[name].reason]
    n_without_size = len(sizes) if nm and not pixel_nm and set(sizes) == {NO_PIXEL_SIZE} else 0
    return Testable(folder.infos, nm, skipped, n_out_of_range, n_without_size, names_collide)


def command(root: Path, options: DataOptions, pixel_nm: float) -> str:
    """The command that tests the images of `root` as they were checked; `pixel_nm` is left out where it is 0."""
    flags = [f"--dataroot {shlex.quote(str(root))} --name holes"]
    if options.grey_range:
        flags.append(f"--grey_range {range_text(options.grey_range)}")
    if options.data_bar >= 0:
        flags.append(f"--data_bar {options.data_bar}")
    if options.signal:
        flags.append(f"--signal {shlex.quote(options.signal)}")
    if pixel_nm:
        flags.append(f"--pixel_nm {pixel_nm:g}")
    return f"`python test.py {' '.join(flags)}`"
