"""Whether a training starts anew in its folder or continues the run that the folder holds."""

import difflib
import re
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..errors import UtilError
from .epoch_log import read_epochs
from .run_folder import RunFolder

Compare = Callable[[dict[str, Any]], Sequence[Any]]
SEPARATORS = re.compile(r"[\W_]+")  # between the words of a name
MIN_WORD, MAX_SLIP = 4, 3  # letters of a word that can be misspelt; letters that a slip adds, drops or changes


def saved_options(run: Path) -> dict[str, Any]:
    """The options of the run in a folder, as its opt.json holds them; empty where they cannot be read."""
    try:
        options = RunFolder(str(run.parent), run.name).options
    except (OSError, UtilError):
        return {}
    return options if isinstance(options, dict) else {}


def require_learned(model: Any, run: Path, tag: str) -> None:
    """Raises UtilError where the weights of a run, saved as `tag`, are from before it learned depths."""
    if model.has_learned:
        return
    if tag != "latest":
        raise UtilError(f"{run}: epoch {tag} is from before depths are learned; use a later --which_epoch")
    saved, epochs = saved_options(run), [int(row["epoch"]) for row in read_epochs(run / "epochs.csv") if "epoch" in row]
    total, finished = int(saved.get("n_epochs", 0)) + int(saved.get("n_epochs_decay", 0)), max(epochs, default=0)
    raise UtilError(
        f"{run}: training stopped in epoch {finished + 1} of {total}, before depths are learned: continue it with "
        "train.py --continue_train"
    )


def require_run(folder: Path, loop: Any) -> None:
    """Raises UtilError where --continue_train names no run, but almost one that is there; `loop` has continue_train."""
    if not loop.continue_train or folder.exists() or not folder.parent.is_dir():
        return
    runs = sorted(path.parent.name for path in folder.parent.glob("*/opt.json"))
    near = next((name for name in runs if _is_misspelt(folder.name, name)), "")
    if near:
        raise UtilError(
            f"{folder}: no run there to continue; did you mean --name {near}? To start a new run of this name, leave "
            "--continue_train out"
        )


def _is_misspelt(name: str, other: str) -> bool:
    """Whether a name is another one but for case, separators, or one slip in one of its words.

    Numbers and short words tell the runs of a loop apart, as in run_1 and run_2 or fold_a and fold_b.
    """
    words, other_words = ([word for word in SEPARATORS.split(text.lower()) if word] for text in (name, other))
    if "".join(words) == "".join(other_words):
        return True
    pairs = [pair for pair in zip(words, other_words, strict=False) if pair[0] != pair[1]]
    if len(words) != len(other_words) or len(pairs) != 1:
        return False
    word, meant = pairs[0]
    same = sum(block.size for block in difflib.SequenceMatcher(None, word, meant, False).get_matching_blocks())
    is_word = word.isalpha() and meant.isalpha() and min(len(word), len(meant)) >= MIN_WORD
    return is_word and len(word) + len(meant) - 2 * same <= MAX_SLIP


def continues(run: RunFolder, compare: Compare, loop: Any) -> Sequence[Any] | None:
    """The options that differ from those of the run in the folder, which goes on; None where a new one starts there.

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
        return None
    differences = compare(saved)
    check_changes(differences, run.path)
    return differences


def record_changes(run: RunFolder, opt: Any, differences: Sequence[Any], epoch: int) -> None:
    """Writes the options of a run that goes on at `epoch`; prints, and keeps in opt.json, what alters the run."""
    if "epoch_count" in opt.typed and opt.loop.epoch_count != epoch:
        print(f"note: --epoch_count {opt.loop.epoch_count} is for a new run; this one continues at {epoch}")
    altered = [difference for difference in differences if difference.alters_run]
    if altered:
        names = ", ".join(f"--{difference.name}" for difference in altered)
        print(f"note: from epoch {epoch} on {names} differ: it is no longer the run that it was; opt.json records it")
    changes = {difference.name: {"before": difference.saved, "now": difference.now} for difference in altered}
    run.record(opt.to_dict(), {"epoch": epoch, **changes} if altered else None)


def test_command(opt: Any) -> str:
    """What tests the run, to be copied; `opt` are the options of its training."""
    where = ["--checkpoints_dir", opt.run.checkpoints_dir] if "checkpoints_dir" in opt.changed() else []
    return shlex.join(["python", "test.py", "--dataroot", opt.data.dataroot, "--name", opt.run.name, *where])


def check_changes(differences: Sequence[Any], folder: Path) -> None:
    """Prints what has changed since the run began; UtilError where it must stay."""
    for difference in differences:
        print(f"changed since the run began: {difference}")
    fixed = [str(difference) for difference in differences if not difference.may_change]
    if fixed:
        raise UtilError(f"{folder}: {'; '.join(fixed)}: must stay as it was; leave it out, or choose another --name")
