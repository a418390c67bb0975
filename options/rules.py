"""Rules that no single bound can say: the form of a name, and options that depend on one another."""

import os
import re
from collections.abc import Callable

from .errors import OptionsError
from .parsed_options import Options

NAME_BYTES = 100
LEAST_PIXEL = 0.01  # [nm] finer ones fit into no TIFF


def check_name(name: str, quote: str) -> None:
    """A run name is one plain folder name, so that no run can reach outside its folder."""
    if name in ("", ".", "..") or "/" in name or "\\" in name:
        raise OptionsError(f"{quote}: must be one plain folder name, without separators")
    if name.startswith("-") or not name.isprintable() or name != name.strip():
        raise OptionsError(f"{quote}: must not start with a dash, nor hold control characters or blanks at its ends")
    if len(os.fsencode(name)) > NAME_BYTES:
        raise OptionsError(f"{quote}: must be at most {NAME_BYTES} bytes long")


def check(opt: Options, quote: Callable[[str], str]) -> None:
    """Checks a finished set of options; `quote(name)` shows an option as it was typed."""
    suffixed = f"{quote('name')} with {quote('suffix')}" if opt.run.suffix else quote("name")
    check_name(opt.run.name, suffixed)
    ids = opt.run.gpu_ids
    if not re.fullmatch(r"auto|-1|[0-9]{1,4}(,[0-9]{1,4})*", ids):
        raise OptionsError(f"{quote('gpu_ids')}: must be auto, -1 for the CPU, or GPU numbers such as 0 or 0,1")
    if len(set(ids.split(","))) < len(ids.split(",")):
        raise OptionsError(f"{quote('gpu_ids')}: names a GPU twice")
    grey_range = getattr(opt.groups.get("data"), "grey_range", None)
    if grey_range and grey_range[0] >= grey_range[-1]:
        raise OptionsError(f"{quote('grey_range')}: LOW must be below HIGH")
    if "loop" in opt.groups:
        _check_loop(opt, quote)
    if "test" in opt.groups:
        _check_test(opt, quote)


def _check_loop(opt: Options, quote: Callable[[str], str]) -> None:
    loop = opt.loop
    total = loop.n_epochs + loop.n_epochs_decay
    if total < 1:
        raise OptionsError(f"{quote('n_epochs')} and {quote('n_epochs_decay')}: must together be at least 1 epoch")
    if loop.epoch_count > total:
        raise OptionsError(f"{quote('epoch_count')}: must be at most the {total} epochs of the run")
    if loop.continue_train and loop.overwrite:
        raise OptionsError(f"{quote('continue_train')} and {quote('overwrite')} exclude each other; give one of them")


def _check_test(opt: Options, quote: Callable[[str], str]) -> None:
    if not re.fullmatch(r"latest|best|[1-9][0-9]{0,6}", opt.test.epoch):
        raise OptionsError(f"{quote('epoch')}: must be latest, best or the number of an epoch")
    if opt.test.quantise and not opt.test.background_levels:
        raise OptionsError(f"{quote('background_levels')}: must name a level; --no_quantise leaves the background")
    if 0 < opt.test.pixel_nm < LEAST_PIXEL:
        raise OptionsError(f"{quote('pixel_nm')}: must be at least {LEAST_PIXEL} nm, or 0 for unknown")
    if opt.test.export and (opt.test.ray or opt.test.direction == "BtoA"):
        other = "ray" if opt.test.ray else "direction"
        raise OptionsError(f"{quote('export')}: needs depth maps in files of their own, so not with {quote(other)}")
    if opt.test.field_area and opt.test.field_area[0] > opt.test.field_area[1]:
        raise OptionsError(f"{quote('field_area')}: LEAST must be at most GREATEST")
    if opt.test.field:
        _check_field(opt, quote)


def _check_field(opt: Options, quote: Callable[[str], str]) -> None:
    for name, hinders in (("direction", opt.test.direction == "BtoA"), ("ray", bool(opt.test.ray))):
        if hinders:
            raise OptionsError(f"{quote('field')} and {quote(name)} exclude each other; give one of them")
    if not opt.test.quantise:
        raise OptionsError(f"{quote('field')} needs to know the top surface of each crop; leave --no_quantise out")
