"""Rules beyond the bounds of a single option: the form of a name, and options that depend on one another."""

import os
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from .errors import OptionsError
from .parsed_options import Options

Values = Mapping[str, Any]  # the options of a command by name


class Need(NamedTuple):
    """Options of the program that has the options `group` which count only where `is_met(values)`; `words` say when."""

    group: str
    names: tuple[str, ...]
    is_met: Callable[[Values], bool]
    words: str


NEEDS = (
    Need("test", ("field_threshold", "field_area", "field_scale"), lambda v: v["field"], "without --field"),
    Need("test", ("ray_workers", "shard_size"), lambda v: bool(v["ray"]), "without --ray"),
    Need(
        "test",
        ("snap_background", "background_levels", "background_tolerance", "nm_per_grey", "pixel_nm", "lines"),
        lambda v: v["direction"] == "AtoB",
        "with --which_direction BtoA",
    ),
    Need("test", ("hole_centre",), lambda v: v["snap_background"], "with --no_snap_background"),
    Need("test", ("background_levels",), lambda v: "levels" not in v, "with a model that has levels of its own"),
    Need("loop", ("lr_decay_iters",), lambda v: v["lr_policy"] == "step", "without --lr_policy step"),
    Need(
        "loop",
        ("load_size",),
        lambda v: "resize" in v.get("preprocess", ""),
        "without --preprocess resize or resize_and_crop",
    ),
    Need(
        "loop",
        ("crop_size",),
        lambda v: "crop" in v.get("preprocess", ""),
        "without --preprocess crop or resize_and_crop",
    ),
    Need("loop", ("n_layers_D",), lambda v: v["netD"] == "n_layers", "without --netD n_layers"),
    Need("loop", ("init_gain",), lambda v: v["init_type"] != "kaiming", "with --init_type kaiming"),
    Need("loop", ("width",), lambda v: v.get("architecture") != "dense", "with --architecture dense"),
    Need("loop", ("image_size",), lambda v: v["architecture"] == "dense", "without --architecture dense"),
    Need(
        "loop", ("renderer_finetune_epochs",), lambda v: bool(v["match_after_epochs"]), "without --match_after_epochs"
    ),
)
MAX_NAME_BYTES = 100
MIN_PIXEL_NM = 0.01  # [nm] a TIFF cannot store a smaller pixel size


def check_name(name: str, as_typed: str) -> None:
    """Checks that a run name is one plain folder name, so that no run writes outside its folder."""
    if name in ("", ".", "..") or "/" in name or "\\" in name:
        raise OptionsError(f"{as_typed}: must be one plain folder name, without separators")
    if name.startswith("-") or not name.isprintable() or name != name.strip():
        raise OptionsError(
            f"{as_typed}: must not start with a dash, contain control characters, or start or end with a blank"
        )
    if len(os.fsencode(name)) > MAX_NAME_BYTES:
        raise OptionsError(f"{as_typed}: must be at most {MAX_NAME_BYTES} bytes long")


def note_unmet_needs(values: Values, typed: Mapping[str, str], groups: Collection[str]) -> list[str]:
    """A note for the `typed` options (as they were typed, by name) that have no effect with these values of all options
    of the program whose options have these groups."""
    notes = []
    for need in NEEDS:
        flags = [typed[name] for name in need.names if name in typed]
        if flags and need.group in groups and not need.is_met(values):
            notes.append(f"{', '.join(flags)}: no effect {need.words}")
    return notes


def check(opt: Options, as_typed: Callable[[str], str]) -> None:
    """Checks a complete set of options; `as_typed(name)` returns an option as it was typed."""
    name_as_typed = f"{as_typed('name')} with {as_typed('suffix')}" if opt.run.suffix else as_typed("name")
    check_name(opt.run.name, name_as_typed)
    ids = opt.run.gpu_ids
    if not re.fullmatch(r"auto|-1|[0-9]{1,4}(,[0-9]{1,4})*", ids):
        raise OptionsError(f"{as_typed('gpu_ids')}: must be auto, -1 for the CPU, or GPU numbers such as 0 or 0,1")
    if len(set(ids.split(","))) < len(ids.split(",")):
        raise OptionsError(f"{as_typed('gpu_ids')}: names a GPU twice")
    grey_range = getattr(opt.groups.get("data"), "grey_range", None)
    if grey_range and grey_range[0] >= grey_range[-1]:
        raise OptionsError(f"{as_typed('grey_range')}: LOW must be below HIGH")
    if "loop" in opt.groups:
        _check_loop(opt, as_typed)
    if "test" in opt.groups:
        _check_test(opt, as_typed)


def _check_loop(opt: Options, as_typed: Callable[[str], str]) -> None:
    loop = opt.loop
    total = loop.n_epochs + loop.n_epochs_decay
    if total < 1:
        raise OptionsError(
            f"{as_typed('n_epochs')} and {as_typed('n_epochs_decay')}: must together be at least 1 epoch"
        )
    if loop.epoch_count > total:
        raise OptionsError(
            f"{as_typed('epoch_count')}: must be at most the {total} epoch{'s' * (total > 1)} of the run"
        )
    if loop.continue_train and loop.overwrite:
        raise OptionsError(
            f"{as_typed('continue_train')} and {as_typed('overwrite')} exclude each other; use one of them"
        )


def _check_test(opt: Options, as_typed: Callable[[str], str]) -> None:
    test = opt.test
    if not re.fullmatch(r"latest|best|[1-9][0-9]{0,6}", test.epoch):
        raise OptionsError(f"{as_typed('epoch')}: must be latest, best or the number of an epoch")
    if test.snap_background and not test.background_levels:
        raise OptionsError(
            f"{as_typed('background_levels')}: must name a level; use --no_snap_background to keep the background"
        )
    if 0 < test.pixel_nm < MIN_PIXEL_NM:
        raise OptionsError(f"{as_typed('pixel_nm')}: must be at least {MIN_PIXEL_NM} nm, or 0 for unknown")
    if test.export and (test.ray or test.direction == "BtoA"):
        conflict = "ray" if test.ray else "direction"
        raise OptionsError(
            f"{as_typed('export')}: needs depth maps in files of their own, so not with {as_typed(conflict)}"
        )
    if test.field_area and test.field_area[0] > test.field_area[1]:
        raise OptionsError(f"{as_typed('field_area')}: MIN must be at most MAX")
    if "reference_depth" in opt.typed and not test.reference_depth:
        raise OptionsError(f"{as_typed('reference_depth')}: must be above 0; leave it out if no depth is known")
    if test.reference_site and not test.reference_depth:
        raise OptionsError(f"{as_typed('reference_site')}: needs --reference_depth, the known depth of this site in nm")
    if test.reference_depth:
        for name, conflicts in (
            ("nm_per_grey", "nm_per_grey" in opt.typed),
            ("direction", test.direction == "BtoA"),
            ("ray", bool(test.ray)),
        ):
            if conflicts:
                raise OptionsError(f"{as_typed('reference_depth')} and {as_typed(name)} exclude each other; use one")
    if test.field:
        _check_field(opt, as_typed)
    if test.watch:
        _check_watch(opt, as_typed)


def _check_field(opt: Options, as_typed: Callable[[str], str]) -> None:
    for name, conflicts in (("direction", opt.test.direction == "BtoA"), ("ray", bool(opt.test.ray))):
        if conflicts:
            raise OptionsError(f"{as_typed('field')} and {as_typed(name)} exclude each other; use one of them")
    if not opt.test.snap_background:
        raise OptionsError(
            f"{as_typed('field')} needs the level of the top surface in each crop; "
            f"leave {as_typed('snap_background')} out"
        )


def _check_watch(opt: Options, as_typed: Callable[[str], str]) -> None:
    for name, conflicts in (
        ("dataroot", "dataroot" in opt.typed),
        ("direction", opt.test.direction == "BtoA"),
        ("field", opt.test.field),
        ("ray", bool(opt.test.ray)),
        ("num_test", bool(opt.test.num_test)),
        ("signal", bool(opt.data.signal)),
        ("reference_depth", bool(opt.test.reference_depth)),
    ):
        if conflicts:
            raise OptionsError(f"{as_typed('watch')} and {as_typed(name)} exclude each other; use one of them")
    if not os.path.isdir(opt.test.watch):
        raise OptionsError(f"{as_typed('watch')}: no such folder; make it first, or name the one that the tool fills")
