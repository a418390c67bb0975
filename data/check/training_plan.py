"""Which images each kind of data set would use, and what prevents a training from starting."""

from dataclasses import dataclass, field

from ..batches import UNKNOWN, grouped_by_site, height_width, levels_of_folders
from ..data_options import DataOptions
from ..dataset_layout import DatasetLayout, ImageFile, stratified_subset
from ..errors import DataError
from ..exchanged_domains import are_exchanged, exchanged_message
from ..image_names import sites_of
from ..neighbours import describe_misspelt
from .folder_statistics import FolderStatistics, size_text
from .inventory import Inventory

DESCRIPTIONS = {  # by the keys of data.DATASETS
    "unpaired": "SEM images and depth maps that need not belong together",
    "paired": "SEM images, each with its depth map",
    "labelled": "real SEM images in folders that tell their depth",
    "sim_to_real": "simulated pairs, and real SEM images, best in folders that tell their depth",
}
SAME_SIZE = ("paired", "sim_to_real")  # kinds whose folders must all hold images of one size
MIN_GROUPS = 2  # stems: one for training, one for validation


@dataclass
class Plan:
    """The images by role that one kind of data set would use.

    `missing` says what the data set lacks; `blockers` says what is wrong with what it has. A training can start if both
    are empty.
    """

    images: dict[str, list[ImageFile]]
    missing: list[str] = field(default_factory=list)
    blockers: list[str] = field(default_factory=list)

    @property
    def ready(self) -> bool:
        """Whether a training can start."""
        return not self.missing and not self.blockers


def make_plans(inventory: Inventory, options: DataOptions) -> dict[str, Plan]:
    """A plan for each kind of data set, from the names of the files only."""
    count = options.max_dataset_size
    empty = {role: _no_images(inventory, role) for role in ("sem", "depth") if not inventory.files(role)}
    real, depth = (stratified_subset(inventory.files(role), count) for role in ("sem", "depth"))
    unpaired = Plan({"sem": real, "depth": depth}, list(dict.fromkeys(empty.values())))

    pairs, no_depth, _ = inventory.pairs()
    sem = stratified_subset(list(pairs), count)
    maps = sorted({pairs[file] for file in sem}, key=lambda file: file.name)
    paired = Plan({inventory.paired_with_depth: sem, "depth": maps})
    if not pairs:
        paired.missing.append("no SEM images with depth maps of the same name")
    elif no_depth:  # in the contest's layout every simulated image should have a map; elsewhere images may be unpaired
        n_images = len(pairs) + len(no_depth)
        message = f"{len(no_depth)} of {n_images} SEM images have no depth map of the same name (remove those)"
        (paired.blockers if inventory.layout.contest else paired.missing).append(message)
    elif len(set(sites_of(sem))) < MIN_GROUPS:
        paired.missing.append("only one stem; a second one is needed for validation")

    problems, has_levels = _find_label_problems(inventory.layout, real)
    labelled = Plan({"sem": real}, [empty["sem"]] if "sem" in empty else problems)
    if not problems and not has_levels:
        labelled.missing.append("nothing tells the depth of real images: folders Depth_110, Depth_120, ... would")
        problems = [] if inventory.layout.contest else labelled.missing
    missing = [empty["sem"]] if "sem" in empty else problems
    domains = Plan(paired.images | labelled.images, paired.missing + missing, list(paired.blockers))
    return {"unpaired": unpaired, "paired": paired, "labelled": labelled, "sim_to_real": domains}


def _no_images(inventory: Inventory, role: str) -> str:
    if role not in inventory.folders:
        return "no training images"
    name = inventory.folders[role]
    return f"no images in {name}{describe_misspelt(inventory.layout.root, name)}"


def add_blockers(
    plan: Plan, statistics: dict[str, FolderStatistics], options: DataOptions, require_same_size: bool
) -> None:
    """Adds to `plan.blockers` what the measured images tell."""
    crop = height_width(options.crop_size) if "crop" in options.preprocess else None
    sizes = {}
    for role, files in plan.images.items():
        if not files:
            continue
        folder = statistics[role]
        unusable = folder.unusable(options)
        measured = [file.name for file in files if file.name in folder.infos]
        n_unusable = sum(image in unusable for image in measured)
        name = folder.image_set.name
        if measured and n_unusable == len(measured):
            plan.blockers.append(f"no image of {name} can be used")
            continue
        if n_unusable and options.on_bad_image == "error":
            plan.blockers.append(f"{n_unusable} of {len(measured)} images of {name} cannot be used")
        n_constant = sum(image not in unusable and folder.infos[image].constant for image in measured)
        if 2 * n_constant > len(measured):
            plan.blockers.append(
                f"constant images of {name}, from which there is nothing to learn: {n_constant} of {len(measured)}"
            )
        sizes[name] = folder.common_size(options)
        if crop and any(length < wanted for length, wanted in zip(sizes[name], crop, strict=True)):
            plan.blockers.append(f"images of {name} are {size_text(sizes[name])}, smaller than --crop_size")
    _add_exchanged(plan, statistics)
    if require_same_size and len(set(sizes.values())) > 1:
        text = ", ".join(f"{name} {size_text(size)}" for name, size in sizes.items())
        plan.blockers.append(f"images of different sizes ({text}); use --preprocess resize --load_size H,W")


def _add_exchanged(plan: Plan, statistics: dict[str, FolderStatistics]) -> None:
    """Adds to `plan.blockers` each folder of SEM images that is exchanged with that of the depth maps."""
    flat = {
        role: [usable[file.name].flat for file in files if file.name in usable]
        for role, files in plan.images.items()
        if files and (usable := statistics[role].usable())
    }
    for role in flat.keys() - {"depth"}:
        if "depth" in flat and are_exchanged(flat[role], flat["depth"]):
            names = (statistics[name].image_set.name for name in (role, "depth"))
            plan.blockers.append(exchanged_message(*names))


def _find_label_problems(layout: DatasetLayout, files: list[ImageFile]) -> tuple[list[str], bool]:
    """What is missing for a training on the levels of real images, and whether these levels are known."""
    try:
        levels = levels_of_folders(layout, grouped_by_site(files))
    except DataError as error:
        return [str(error)], False
    if len(levels) == len(files):
        return ["only one image per class; a second one is needed for validation"], True
    return [], UNKNOWN not in levels.values()
