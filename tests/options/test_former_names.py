"""Options that were renamed: their former names, and former values, are still accepted everywhere."""

import json
from pathlib import Path
from typing import Any

import pytest

from data import DataOptions
from models import MODELS
from options import Options, compare, parse_test, parse_train

COMPONENTS = {name: model.Options for name, model in MODELS.items()}
# model, (former name, text of the value), name of today, value
RENAMED = [
    ("autoencoder", ("layers", "convolutional"), "architecture", "convolutional"),
    ("background_classifier", ("labels", "simulation"), "label_source", "simulation"),
    ("unet_regressor", ("depth", "2"), "num_downs", 2),
    ("hole_segmenter", ("depth", "2"), "num_downs", 2),
    ("scale_invariant_depth", ("depth", "2"), "num_downs", 2),
    ("depth_pipeline", ("match_epochs", "11,21"), "match_after_epochs", (11, 21)),
    ("depth_pipeline", ("matched_epochs", "3"), "renderer_finetune_epochs", 3),
]


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def train(*argv: str) -> Options:
    """The options that train.py parses from `argv`."""
    return parse_train(list(argv), DataOptions, COMPONENTS)


def predict(*argv: str) -> Options:
    """The options that test.py parses from `argv`."""
    return parse_test(list(argv), DataOptions, COMPONENTS)


def write_opt_json(values: dict[str, Any]) -> None:
    """A run folder `old` whose opt.json holds `values`."""
    path = Path("checkpoints/old/opt.json")
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(values))


@pytest.mark.parametrize(("model", "former", "name", "value"), RENAMED)
def test_the_former_name_is_accepted_on_the_command_line_and_in_yaml(model, former, name, value) -> None:
    Path("settings.yaml").write_text(f"model: {model}\n{former[0]}: {former[1]}\n")
    for opt in (train("--model", model, f"--{former[0]}", former[1]), train("--config", "settings.yaml")):
        assert getattr(opt.model, name) == value
        assert name in opt.typed and former[0] not in opt.to_dict()
    both = train("--config", "settings.yaml", f"--{name}", former[1])
    assert getattr(both.model, name) == value, "the command line may use the name of today"


@pytest.mark.parametrize(("model", "former", "name", "value"), RENAMED)
def test_an_old_run_is_continued_and_tested_without_a_difference(model, former, name, value) -> None:
    today = train("--name", "old", "--model", model, f"--{name}", former[1], "--n_epochs", "7")
    values = today.to_dict()
    saved = {former[0] if key == name else key: values[key] for key in values}
    write_opt_json(saved)
    opt = train("--name", "old", "--continue_train")
    assert getattr(opt.model, name) == value and opt.loop.n_epochs == 7
    assert compare(saved, opt) == []
    assert [str(difference) for difference in compare(saved, train("--model", model, "--n_epochs", "7"))] == [
        f"--{name}: {former[1]} in opt.json, {_default_text(model, name)} now"
    ]
    assert getattr(predict("--name", "old").model, name) == value


def _default_text(model: str, name: str) -> str:
    value = getattr(COMPONENTS[model](), name)
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def test_an_old_fusion_is_an_ensemble() -> None:
    typed = train("--name", "old", "--model", "fusion", "--members", "a,b")
    assert typed.run.model == typed.to_dict()["model"] == "ensemble"
    assert typed == train("--name", "old", "--model", "ensemble", "--members", "a,b")
    Path("settings.yaml").write_text("model: fusion\nmembers: [a, b]\n")
    assert train("--config", "settings.yaml").run.model == "ensemble"

    saved = typed.to_dict() | {"model": "fusion"}
    write_opt_json(saved)
    opt = train("--name", "old", "--continue_train")
    assert (opt.run.model, opt.model.members, compare(saved, opt)) == ("ensemble", ("a", "b"), [])
    for argv in ((), ("--model", "fusion"), ("--model", "ensemble")):
        assert predict("--name", "old", *argv).run.model == "ensemble"


@pytest.mark.parametrize(
    ("flag", "value"),
    [("--quantise", True), ("--no_quantise", False), ("--quantise=no", False), ("--no_quantise=no", True)],
)
def test_the_former_name_of_snap_background_is_accepted(flag: str, value: bool) -> None:
    write_opt_json(train("--name", "old").to_dict())
    assert predict("--name", "old", flag).test.snap_background is value
    Path("settings.yaml").write_text(f"{flag[2:].replace('=', ': ')}{'' if '=' in flag else ':'}\n")
    assert predict("--name", "old", "--config", "settings.yaml").test.snap_background is value


def test_help_lists_former_names(capsys: pytest.CaptureFixture[str]) -> None:
    for parse, model, word in (
        (train, "autoencoder", "also --layers"),
        (train, "unet_regressor", "also --depth"),
        (train, "depth_pipeline", "also --match_epochs"),
        (predict, "cycle_gan", "also --quantise"),
    ):
        with pytest.raises(SystemExit):
            parse("-h", "--model", model)
        assert word in " ".join(capsys.readouterr().out.split())


def test_help_of_a_former_model_name_shows_the_model(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        train("-h", "--model", "fusion")
    assert "--members" in capsys.readouterr().out
