"""A run's own `opt.json`: found, read, and compared with what is asked for now."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import OptionsError
from .parsed_options import Options
from .parsing import VALUES, one_line, to_text

OF_ONE_COMMAND = ("name", "suffix", "checkpoints_dir", "config", "continue_train", "overwrite", "dry_run")


@dataclass(frozen=True)
class Difference:
    """One option that a run was started with and that is asked for differently now."""

    name: str
    saved: Any
    now: Any
    may_change: bool

    def __str__(self) -> str:
        return one_line(f"--{self.name}: {to_text(self.saved)} in opt.json, {to_text(self.now)} now")


def read_opt_json(path: Path, as_typed: str) -> dict[str, Any]:
    """The flat dict of options in a run's `opt.json`."""
    shown = f"{as_typed}: {one_line(str(path))}"
    try:
        saved = json.loads(path.read_text(encoding="utf-8-sig"))
    except (FileNotFoundError, NotADirectoryError):
        raise OptionsError(f"{shown} is not there; train.py writes it, --checkpoints_dir says where") from None
    except OSError as error:
        raise OptionsError(f"{shown} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise OptionsError(f"{shown} is not JSON; was it written by this toolkit?") from None
    if not isinstance(saved, dict) or not isinstance(saved.get("model"), str):
        raise OptionsError(f"{shown} names no model; was it written by this toolkit?")
    saved["model"] = VALUES["model"].get(saved["model"], saved["model"])
    return saved


def compare(saved: dict[str, Any], opt: Options) -> list[Difference]:
    """Where `opt` departs from a saved `to_dict()`, but for what belongs to one command alone.

    An option that the saved run did not know stood at its default.
    """
    differences = []
    for option in opt.declared:
        if option.name in OF_ONE_COMMAND:
            continue
        default = list(option.default) if isinstance(option.default, tuple) else option.default
        was = saved.get(option.name, saved.get(option.former, default))
        now = opt.to_dict()[option.name]
        if not _same(was, now):
            differences.append(Difference(option.name, was, now, option.may_change))
    return differences


def _same(was: Any, now: Any) -> bool:
    # A shell completes ./sem to ./sem/, which is the same folder.
    if isinstance(was, str) and isinstance(now, str) and "/" in was + now:
        return os.path.normpath(was) == os.path.normpath(now)
    return bool(was == now)
