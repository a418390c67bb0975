"""The `opt.json` of a run: reading it, and comparing it with the options of this command."""

import json
import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import OptionsError
from .option import Option
from .parsed_options import Options
from .parsing import VALUES, to_one_line, to_text

# Options that name the run or say what to do with it. A continued run does not inherit them.
PER_COMMAND = ("name", "suffix", "checkpoints_dir", "config", "continue_train", "overwrite", "dry_run")


@dataclass(frozen=True)
class Difference:
    """One option whose value differs from that in the run's opt.json.

    `alters_run`: it may change, but the run is then no longer the one that it was.
    """

    name: str
    saved: Any
    now: Any
    may_change: bool
    alters_run: bool = False

    def __str__(self) -> str:
        return to_one_line(f"--{self.name}: {to_text(self.saved)} in opt.json, {to_text(self.now)} now")


def read_opt_json(path: Path, as_typed: str) -> dict[str, Any]:
    """The flat dict of options in a run's `opt.json`; `as_typed` names the run in an error."""
    where = f"{as_typed}: {to_one_line(str(path))}"
    if not path.exists() and any(path.parent.glob("*.pth")):
        raise OptionsError(
            f"{where} is not there, but weights are; train.py --init_from {to_one_line(shlex.quote(str(path.parent)))} "
            "--name NEW starts a run from them (with --lr 0 --n_epochs 1 --n_epochs_decay 0 they stay as they are)"
        )
    try:
        saved = json.loads(path.read_text(encoding="utf-8-sig"))
    except (FileNotFoundError, NotADirectoryError):
        raise OptionsError(
            f"{where} is not there; train the run first, or use --checkpoints_dir, or --name holes for the pretrained "
            "model that comes with the toolkit"
        ) from None
    except OSError as error:
        raise OptionsError(f"{where} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise OptionsError(f"{where} is not JSON; was it written by this toolkit?") from None
    if not isinstance(saved, dict) or not isinstance(saved.get("model"), str):
        raise OptionsError(f"{where} names no model; was it written by this toolkit?")
    saved["model"] = VALUES["model"].get(saved["model"], saved["model"])
    return saved


def compare(saved: dict[str, Any], opt: Options) -> list[Difference]:
    """The options of `opt` that differ from a saved `to_dict()`, except those that belong to one command.

    An option that the saved run does not have counts as its default. Former names and values are understood.
    """
    differences = []
    values = opt.to_dict()
    for option in opt.declared:
        if option.name in PER_COMMAND:
            continue
        before, now = _read_saved_value(saved, option), values[option.name]
        may_change = option.may_change or option.alters_run
        if not _is_same(before, now):
            differences.append(Difference(option.name, before, now, may_change, option.alters_run))
    return differences


def check_model_options(saved: dict[str, Any], opt: Options) -> None:
    """Raises OptionsError if an option of the model was typed with another value than the run has.

    Options that only a training uses may differ: one command line serves both programs.
    """
    names = {option.name for option in opt.declared if option.group == "model"} & opt.typed
    wrong = [each for each in compare(saved, opt) if each.name in names and not each.alters_run]
    if wrong:
        raise OptionsError(f"{'; '.join(map(str, wrong))}: the run's networks are as in opt.json; leave the option out")


def _read_saved_value(saved: dict[str, Any], option: Option) -> Any:
    for key in (option.name, option.former):
        if key and key in saved:
            value = saved[key]
            return VALUES.get(option.name, {}).get(value, value) if isinstance(value, str) else value
    return list(option.default) if isinstance(option.default, tuple) else option.default


def _is_same(before: Any, now: Any) -> bool:
    # A shell completes ./sem to ./sem/, which is the same folder.
    if isinstance(before, str) and isinstance(now, str) and "/" in before + now:
        return os.path.normpath(before) == os.path.normpath(now)
    return bool(before == now)
