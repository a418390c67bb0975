"""A model that comes with the toolkit is found by its name, unless a run of the user has that name."""

import json
from pathlib import Path

import pytest

from data import DataOptions
from models import MODELS
from options import Options, OptionsError, parse_test

PRETRAINED = Path(__file__).parents[2] / "pretrained"


def predict(*argv: str) -> Options:
    """The options that test.py parses from `argv`."""
    return parse_test(list(argv), DataOptions, {name: model.Options for name, model in MODELS.items()})


def test_the_name_alone_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    opt = predict("--name", "holes")
    assert opt.run.path == PRETRAINED / "holes" and opt.run.model == "depth_pipeline" and not opt.note_lines


def test_a_run_of_that_name_comes_first_and_is_pointed_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "checkpoints/holes").mkdir(parents=True)
    (tmp_path / "checkpoints/holes/opt.json").write_text(json.dumps({"model": "unet_regressor"}))
    opt = predict("--name", "holes")
    assert opt.run.path == Path("checkpoints/holes") and opt.run.model == "unet_regressor"
    assert opt.note_lines == (
        "note: checkpoints/holes is tested, not the model of this name that comes with the toolkit",
    )


def test_a_folder_that_was_named_is_the_only_one_that_is_looked_at(tmp_path: Path) -> None:
    with pytest.raises(OptionsError, match=r"holes/opt\.json is not there"):
        predict("--name", "holes", "--checkpoints_dir", str(tmp_path))
