"""What each kind of training would use of a data set, and what would keep it from starting."""

from dataclasses import dataclass, field

from ..batches import height_width, level_from_folder
from ..data_options import DataOptions
from ..dataset_layout import ImageFile, stratified_subset
from ..errors import DataError
from .folder_statistics import FolderStatistics, size_text
from .inventory import Inventory

SYSTEMS = {  # who learns from which kind of batches
    "unpaired": ("cycle_gan",),
    "paired": ("unet_regressor", "autoencoder", "scale_invariant_depth", "hole_segmenter"),
    "labelled": ("background_classifier",),
    "domains": ("depth_pipeline",),
}
ENOUGH = 2  # stems: one to learn from, one to judge the training by


@dataclass
class Plan:
    """The images of each domain that one kind of training would use. `lacks` says what the data set has not, and is
    empty if it suffices; `stops` what is wrong with what it has."""

    images: dict[str, list[ImageFile]]
    missing: list[str] = field(default_factory=list)
    blockers: list[str] = field(default_factory=list)


def plans(inventory: Inventory, options: DataOptions) -> dict[str, Plan]:
    """A plan for each kind of batches, by the listing alone."""
    count = options.max_dataset_size
    none = {
        role: f"no images in {inventory.folders[role]}" if role in inventory.folders else "nothing to learn from"
        for role in ("sem", "depth")
        if not inventory.files(role)
    }
    real, depth = (stratified_subset(inventory.files(role), count) for role in ("sem", "depth"))
    unpaired = Plan({"sem": real, "depth": depth}, list(dict.fromkeys(none.values())))

    pairs, alone, _ = inventory.pairs()
    sem = stratified_subset(list(pairs), count)
    maps = sorted({pairs[file] for file in sem}, key=lambda file: file.name)
    paired = Plan({inventory.paired_with_depth: sem, "depth": maps})
    without = f"{len(alone)} of {len(pairs) + len(alone)} SEM images have no depth map of their name (remove those)"
    if not pairs:
        paired.missing.append("no SEM images with depth maps of their names")
    elif alone:  # images that were never meant to be pairs lack something; simulated ones have lost it
        (paired.blockers if inventory.layout.contest else paired.missing).append(without)
    elif len({file.group for file in sem}) < ENOUGH:
        paired.missing.append("one stem only; a second is needed to judge the training by")

    labelled = Plan({"sem": real}, [none["sem"]] if "sem" in none else _unlabelled(real))
    domains = Plan(paired.images | labelled.images, paired.missing + labelled.missing, list(paired.blockers))
    return {"unpaired": unpaired, "paired": paired, "labelled": labelled, "domains": domains}


def add_blockers(plan: Plan, surveys: dict[str, FolderStatistics], options: DataOptions, alike: bool) -> None:
    """Adds to `plan.stops` what the images that were read say; `alike`: all domains must be of one size."""
    crop = height_width(options.crop_size) if "crop" in options.preprocess else None
    shapes = {}
    for role, files in plan.images.items():
        if not files:
            continue
        survey = surveys[role]
        bad = survey.unusable(options)
        read = [file.name for file in files if file.name in survey.infos]
        unusable = [name for name in read if name in bad]
        name = survey.domain.name
        if read and len(unusable) == len(read):
            plan.blockers.append(f"no image of {name} can be used")
            continue
        if unusable and options.on_bad_image == "error":
            plan.blockers.append(f"{len(unusable)} of {len(read)} images of {name} cannot be used")
        blank = [one for one in read if one not in bad and survey.infos[one].constant]
        if 2 * len(blank) > len(read):
            plan.blockers.append(
                f"{len(blank)} of {len(read)} images of {name} are constant: there is nothing to learn"
            )
        shapes[name] = survey.common_size(options)
        if crop and any(have < want for have, want in zip(shapes[name], crop, strict=True)):
            plan.blockers.append(f"images of {name} are {size_text(shapes[name])}, smaller than --crop_size")
    if alike and len(set(shapes.values())) > 1:
        said = ", ".join(f"{name} {size_text(shape)}" for name, shape in shapes.items())
        plan.blockers.append(f"images of different sizes ({said}); say --preprocess resize --load_size H,W")


def _unlabelled(files: list[ImageFile]) -> list[str]:
    try:
        for file in files:
            level_from_folder(file)
    except DataError:
        return ["real images lie in no folders Depth_110, Depth_120, ... that say how deep they are"]
    classes = [file.class_folder for file in files]
    return ["one image a class; a second is needed to judge the training by"] if len(set(classes)) == len(files) else []
