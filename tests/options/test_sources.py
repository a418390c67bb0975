"""Where options come from: command line over --config over the run's opt.json over defaults; and how runs compare."""

import json
import pickle
from dataclasses import FrozenInstanceError, dataclass, field
from pathlib import Path

import pytest

from options import Options, OptionsError, compare, parse_test, parse_train


@dataclass(frozen=True)
class Data:
    """data"""

    dataroot: str = field(default="./sem", metadata={"help": "folder", "inherit": True})
    load_size: tuple[int, ...] = field(default=(72, 48), metadata={"help": "H,W", "inherit": True})
    flip: bool = field(default=True, metadata={"help": "mirror"})
    max_dataset_size: int = field(default=0, metadata={"help": "0 = all"})
    num_threads: int = field(default=0, metadata={"help": "workers", "may_change": True})


@dataclass(frozen=True)
class Gan:
    """cycle_gan: unpaired"""

    ngf: int = field(default=64, metadata={"help": "width", "bounds": (1, None)})
    lr: float = field(default=2e-4, metadata={"help": "rate"})
    lambda_identity: float = field(default=0.5, metadata={"help": "identity"})
    dropout: bool = field(default=False, metadata={"help": "dropout"})


@dataclass(frozen=True)
class Vote:
    """vote"""

    members: tuple[str, ...] = field(default=(), metadata={"help": "runs"})


LEFT_BEHIND = ("--max_dataset_size", "5", "--seed", "3", "--num_threads", "2", "--n_epochs", "3")
MODELS = {"cycle_gan": Gan, "vote": Vote}


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def train(*argv: str) -> Options:
    """The options that train.py parses from `argv`."""
    return parse_train(list(argv), data=Data, models=MODELS)


def test(*argv: str) -> Options:
    """The options that test.py parses from `argv`."""
    return parse_test(list(argv), data=Data, models=MODELS)


test.__test__ = False  # type: ignore[attr-defined]


def config(text: str) -> str:
    """The name of a config file that holds `text`."""
    Path("settings.yaml").write_text(text, encoding="utf-8")
    return "settings.yaml"


def saved(*argv: str) -> Options:
    """A run as train.py leaves it: its folder with opt.json."""
    opt = train(*argv)
    folder = Path(opt.run.checkpoints_dir, opt.run.name)
    folder.mkdir(parents=True)
    (folder / "opt.json").write_text(json.dumps(opt.to_dict()), encoding="utf-8")
    return opt


def refusal(program: object, *argv: str) -> str:
    """The one line that `argv` is refused with."""
    with pytest.raises(OptionsError) as error:
        program(*argv)  # type: ignore[operator]
    assert "\n" not in str(error.value)
    return str(error.value)


def test_the_command_line_wins_over_the_config_file() -> None:
    path = config("batchSize: 4\nniter: 7\nload_size: [80, 56]\nno_flip: true\nlr: 1e-4\nname: 2026-11-23\n")
    opt = train("--config", path, "--batch_size", "2")
    assert (opt.loop.batch_size, opt.loop.n_epochs, opt.data.load_size) == (2, 7, (80, 56))
    assert (opt.data.flip, opt.model.lr, opt.run.name) == (False, 1e-4, "2026-11-23")


def test_a_flag_without_value_is_true_in_a_config_file() -> None:
    assert train("--config", config("dropout:\n")).model.dropout is True


def test_the_config_file_may_choose_the_model() -> None:
    assert train("--config", config("model: vote\nmembers: [a, b]\n")).model == Vote(("a", "b"))


def test_a_config_file_serves_both_programs() -> None:
    saved("--name", "m")
    path = config("name: m\nn_epochs: 7\nresults_dir: ./out\n")
    assert train("--config", path).loop.n_epochs == 7
    opt = test("--config", path)
    assert opt.test.results_dir == "./out"
    assert opt.notes == ("settings.yaml line 2: n_epochs 7: belongs to train.py; ignored",)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("batch: 4\n", "settings.yaml line 1: batch: unknown option; did you mean --batch_size?"),
        ("lr: 1\nbatchSize: 0\n", "settings.yaml line 2: batchSize 0: must be at least 1"),
        ("ngf: 8\nngf: 9\n", "settings.yaml line 1: ngf 8 and settings.yaml line 2: ngf 9: given twice"),
        ("niter: 8\nn_epochs: 9\n", "settings.yaml line 1: niter 8 and settings.yaml line 2: n_epochs 9: one option"),
        ("loop:\n  lr: 1\n", "settings.yaml line 1: loop: unknown option"),
        ("lr:\n  a: 1\n", "settings.yaml line 1: lr: must be one value or a list"),
        ("- lr\n", "--config settings.yaml: must be a flat mapping"),
        ("lr: [1\n", "--config settings.yaml: line 2 is not YAML"),
        ("config: other.yaml\n", "--config settings.yaml: a file of options cannot name another"),
        ("lr:\n", "settings.yaml line 1: lr : must be a number"),
        ("? [1, 2]\n: 3\n", "settings.yaml line 1: a key must be the name of an option"),
    ],
)
def test_mistakes_in_a_config_file_name_its_line(text: str, line: str) -> None:
    assert refusal(train, "--config", config(text)).startswith(line)


def test_an_unreadable_config_file_is_named() -> None:
    assert refusal(train, "--config", "no.yaml") == "--config no.yaml: cannot be read: No such file or directory"
    Path("binary.yaml").write_bytes(b"\xff\xfe\x00")
    assert refusal(train, "--config", "binary.yaml") == "--config binary.yaml: is not UTF-8 text"
    assert train("--config", config("")).changed().keys() == {"config"}


def test_test_takes_the_model_and_the_kind_of_data_from_the_run_and_nothing_of_the_loop() -> None:
    saved("--name", "m", "--ngf", "8", "--load_size", "80,56", "--dataroot", "./other", *LEFT_BEHIND)
    opt = test("--name", "m", "--which_epoch", "20", "--how_many", "all")
    assert (opt.model.ngf, opt.data.load_size, opt.data.dataroot) == (8, (80, 56), "./other")
    assert (opt.data.max_dataset_size, opt.data.num_threads, opt.run.seed) == (0, 0, 0)
    assert (opt.test.epoch, opt.test.num_test, opt.test.background_levels) == ("20", 0, (140, 150, 160, 170))
    with pytest.raises(AttributeError):
        _ = opt.loop


def test_the_command_line_and_the_config_file_win_over_the_saved_options() -> None:
    saved("--dataroot", "./saved", "--ngf", "8")
    assert test("--config", config("dataroot: ./config\n")).data.dataroot == "./config"
    assert test("--config", "settings.yaml", "--dataroot", "./typed").data.dataroot == "./typed"
    assert test("--config", "settings.yaml").model.ngf == 8


def test_the_run_brings_its_own_model() -> None:
    saved("--model", "vote", "--members", "a,b")
    opt = test()
    assert (opt.run.model, opt.model) == ("vote", Vote(("a", "b")))
    assert refusal(test, "--model", "cycle_gan") == "--model cycle_gan: the run is vote; leave the option out"
    assert refusal(test, "--ngf", "8").startswith("--ngf 8: belongs to --model cycle_gan")


def test_a_run_is_found_by_its_suffix() -> None:
    saved("--name", "m", "--suffix", "w{ngf}", "--ngf", "8")
    assert test("--name", "m_w8").model.ngf == 8
    assert test("--name", "m", "--suffix", "w{ngf}", "--ngf", "8").run.name == "m_w8"
    assert test("--name", "m", "--suffix", "w8").run.name == "m_w8"


@pytest.mark.parametrize(
    ("argv", "line"),
    [
        (["--n_epochs", "3"], "--n_epochs belongs to train.py"),
        (["--epoch", "newest"], "--epoch newest: must be latest, best or the number of an epoch"),
        (["--which_epoch", "0"], "--which_epoch 0: must be latest, best or the number of an epoch"),
        (["--load_iter", "3"], "--load_iter 3: weights are kept by epoch"),
        (["--aspect_ratio", "2"], "--aspect_ratio 2: results keep the shape"),
        (["--phase", "val"], "--phase val: test.py reads the test part"),
        (["--which_direction", "both"], "--which_direction both: must be AtoB or BtoA"),
        (["--background_levels", "140,300"], "--background_levels 140,300: must be at most 255"),
        (["--background_levels", ""], "--background_levels : must name a level"),
        (["--nm_per_grey", "0"], "--nm_per_grey 0: must be at least"),
        (["--pixel_nm", "-1"], "--pixel_nm -1: must be at least 0"),
        (["--pixel_nm", "1e-3"], "--pixel_nm 1e-3: must be at least 0.01 nm, or 0 for unknown"),
        (["--export", "obj"], "--export obj: must be gwy, stl or ply"),
        (
            ["--export", "stl", "--ray", "local"],
            "--export stl: needs depth maps in files of their own, so not with --ray",
        ),
        (
            ["--export", "stl", "--direction", "BtoA"],
            "--export stl: needs depth maps in files of their own, so not with",
        ),
        (["--name", "../m"], "--name ../m: must be one plain folder name"),
        (["--name", "none"], "--name none: checkpoints/none/opt.json is not there"),
        (["--batchSize", "0"], "--batchSize 0: must be at least 1"),
    ],
)
def test_each_mistake_at_test_gets_one_line(argv: list[str], line: str) -> None:
    saved()
    assert refusal(test, *argv).startswith(line)


def test_files_for_other_programs_are_a_list() -> None:
    saved()
    assert (test().test.export, test().test.pixel_nm) == ((), 0)
    assert test("--export", "gwy, stl").test.export == ("gwy", "stl")


def test_what_the_public_test_accepts_is_accepted() -> None:
    saved()
    argv = "--eval --aspect_ratio 1.0 --no_dropout --phase test --display_id 0 --gpu_ids -1 --no_html --how_many inf"
    opt = test(*argv.split(), "--dataset_mode", "unaligned", "--batch_size", "1", "--no_quantise", "--nThreads", "1")
    assert (opt.display.display_id, opt.display.html, opt.test.num_test, opt.test.snap_background) == (
        0,
        False,
        0,
        False,
    )


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"model": 3}', "\ufffd"])
def test_a_broken_opt_json_is_named(text: str) -> None:
    saved()
    Path("checkpoints/metrology/opt.json").write_text(text, encoding="utf-8")
    assert refusal(test).startswith("--name metrology (the default name): checkpoints/metrology/opt.json ")


def test_a_wrong_value_in_opt_json_is_named() -> None:
    run = saved().to_dict()
    Path("checkpoints/metrology/opt.json").write_text(json.dumps({**run, "ngf": -1}), encoding="utf-8")
    assert refusal(test) == "checkpoints/metrology/opt.json: ngf -1: must be at least 1"
    Path("checkpoints/metrology/opt.json").write_text(json.dumps({**run, "model": "x"}), encoding="utf-8")
    assert refusal(test).startswith("checkpoints/metrology/opt.json: unknown model x; known are cycle_gan, vote")


def test_to_dict_survives_json_and_is_flat() -> None:
    values = train("--load_size", "80,56").to_dict()
    assert json.loads(json.dumps(values)) == values
    assert values["model"] == "cycle_gan" and values["load_size"] == [80, 56]


def test_options_cannot_be_assigned_and_can_be_copied() -> None:
    opt = train("--ngf", "8")
    with pytest.raises(FrozenInstanceError):
        opt.loop.n_epochs = 3  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        opt.notes = ()  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(opt)) == opt


def test_the_report_shows_changed_options_beside_their_defaults() -> None:
    lines = train("--ngf", "8", "--load_size", "80").report().splitlines()
    assert any(line.split() == ["ngf:", "8", "(default:", "64)"] for line in lines)
    assert any(line.split() == ["load_size:", "80", "(default:", "72,48)"] for line in lines)
    assert sum("(default: " in line for line in lines) == 2
    assert "training loop" in lines and "cycle_gan: unpaired" in lines


def test_a_continued_run_may_change_its_length_saving_display_device_and_workers() -> None:
    before = json.loads(json.dumps(train("--ngf", "8").to_dict()))
    length_and_saving = ("--n_epochs", "3", "--save_epoch_freq", "1", "--continue_train")
    machine = ("--display_id", "0", "--gpu_ids", "-1", "--num_threads", "2")
    changes = compare(before, train("--ngf", "8", *length_and_saving, *machine))
    assert {change.name for change in changes} == {
        *("n_epochs", "save_epoch_freq", "display_id", "gpu_ids", "num_threads")
    }
    assert all(change.may_change for change in changes)


def test_a_run_that_goes_on_takes_its_saved_options(tmp_path: Path) -> None:
    (tmp_path / "checkpoints/mine").mkdir(parents=True)
    saved = train("--name", "mine", "--ngf", "8", "--n_epochs", "3", "--seed", "5").to_dict()
    (tmp_path / "checkpoints/mine/opt.json").write_text(json.dumps(saved | {"from_a_later_version": 1}))
    opt = train("--name", "mine", "--continue_train", "--n_epochs", "4")
    assert (opt.model.ngf, opt.run.seed, opt.loop.n_epochs) == (8, 5, 4)
    assert opt.loop.continue_train and [difference.name for difference in compare(saved, opt)] == ["n_epochs"]
    assert train("--name", "mine").model.ngf == 64 and train("--name", "other", "--continue_train").model.ngf == 64


def test_a_run_that_goes_on_is_of_its_saved_model(tmp_path: Path) -> None:
    (tmp_path / "checkpoints/mine").mkdir(parents=True)
    saved = train("--name", "mine", "--model", "vote", "--members", "a,b").to_dict()
    (tmp_path / "checkpoints/mine/opt.json").write_text(json.dumps(saved))
    opt = train("--name", "mine", "--continue_train")
    assert opt.run.model == "vote" and opt.model.members == ("a", "b")


def test_the_rest_must_match() -> None:
    before = json.loads(json.dumps(train("--ngf", "8", "--batch_size", "2").to_dict()))
    changes = compare(before, train("--load_size", "80", "--seed", "3"))
    assert {change.name for change in changes} == {"ngf", "batch_size", "load_size", "seed"}
    assert {change.name for change in changes if change.may_change} == {"batch_size"}
    assert all(change.alters_run == change.may_change for change in changes)
    assert str(changes[-1]) == "--ngf: 8 in opt.json, 64 now"


def test_a_completed_path_and_an_option_that_is_newer_than_the_run_are_no_difference() -> None:
    before = train("--dataroot", "./sem").to_dict()
    del before["lr"]
    assert compare(before, train("--dataroot", "sem/")) == []
    assert [change.name for change in compare(before, train("--lr", "1"))] == ["lr"]
