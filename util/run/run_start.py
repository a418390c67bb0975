"""Whether a training starts anew in its folder or continues the run that the folder holds."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..errors import UtilError
from .run_folder import RunFolder

Compare = Callable[[dict[str, Any]], Sequence[Any]]


def saved_options(run: Path) -> dict[str, Any]:
    """The options of the run in a folder, as its opt.json holds them; empty where they cannot be read."""
    try:
        options = RunFolder(str(run.parent), run.name).options
    except (OSError, UtilError):
        return {}
    return options if isinstance(options, dict) else {}


def continues(run: RunFolder, options: dict[str, Any], compare: Compare, loop: Any) -> bool:
    """Whether the run that the folder holds goes on; else a new one may start there.

    `compare(saved)` gives the differences to the options of now; `loop` has continue_train and overwrite. Raises
    UtilError where a run would be overwritten, or where an option differs that must stay.
    """
    saved = run.options
    if loop.continue_train and saved is None:
        print(f"{run.path}: no run there yet; a new one starts")
    if not loop.continue_train or saved is None or not run.has_weights:
        killed_at_once = loop.continue_train and saved is not None and not run.has_weights
        if not loop.overwrite and not killed_at_once:
            run.refuse_overwrite()
        return False
    check_changes(compare(saved), run.path)
    run.record(options)
    return True


def check_changes(differences: Sequence[Any], folder: Path) -> None:
    """Prints what has changed since the run began; UtilError where it must stay."""
    for difference in differences:
        print(f"changed since the run began: {difference}")
    fixed = [str(difference) for difference in differences if not difference.may_change]
    if fixed:
        raise UtilError(f"{folder}: {'; '.join(fixed)}: must stay as it was; leave it out, or choose another --name")
