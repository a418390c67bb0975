"""Flags without effect are still accepted, and the programs print a note about them."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from data import DataOptions
from options import Options, OptionsError, parse_test, parse_train

NOTE = "test.py draws no live plots"
DISPLAY_FLAGS = (
    *("--display_id", "0", "--display_server", "http://h", "--display_env", "e", "--display_port", "8098"),
    *("--display_ncols", "2", "--display_freq", "10", "--update_html_freq", "5", "--no_html", "--use_wandb"),
)


@dataclass(frozen=True)
class Gan:
    """cycle_gan: unpaired"""

    ngf: int = field(default=64, metadata={"help": "width"})


@pytest.fixture(autouse=True)
def _run_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path("checkpoints/metrology/opt.json")
    path.parent.mkdir(parents=True)
    saved = train("--display_port", "9000").to_dict() | {"display_winsize": 256}  # as earlier versions wrote it
    path.write_text(json.dumps(saved))


def train(*argv: str) -> Options:
    """The options that train.py parses from `argv`."""
    return parse_train(list(argv), DataOptions, {"cycle_gan": Gan})


def predict(*argv: str) -> Options:
    """The options that test.py parses from `argv`."""
    return parse_test(list(argv), DataOptions, {"cycle_gan": Gan})


def test_test_says_in_one_line_that_display_flags_have_no_effect() -> None:
    assert predict("--display_port", "8097", "--display_freq", "10").note_lines == (
        f"note: --display_port 8097, --display_freq 10: {NOTE}; they have no effect",
    )
    assert predict("--no_html").note_lines == (f"note: --no_html: {NOTE}; it has no effect",)
    (line,) = predict(*DISPLAY_FLAGS).note_lines
    assert all(word in line for word in DISPLAY_FLAGS)


def test_display_flags_of_the_config_file_and_the_command_line_share_the_line() -> None:
    Path("settings.yaml").write_text("display_id: 0\ndisplay_ncols: 2\n")
    assert predict("--config", "settings.yaml", "--display_ncols", "3").note_lines == (
        f"note: settings.yaml line 1: display_id 0, --display_ncols 3: {NOTE}; they have no effect",
    )


def test_without_display_flags_there_is_no_note() -> None:
    assert predict().note_lines == () and predict("--num_test", "3").note_lines == ()


def test_train_uses_the_display_flags_without_a_note() -> None:
    opt = train(*DISPLAY_FLAGS)
    assert (opt.display.display_port, opt.display.track, opt.note_lines) == (8098, ("wandb",), ())


@pytest.mark.parametrize("parse", [train, predict])
def test_a_wrong_value_of_a_display_flag_is_still_an_error(parse) -> None:
    with pytest.raises(OptionsError, match="--display_port x: must be a whole number"):
        parse("--display_port", "x")


@pytest.mark.parametrize("parse", [train, predict])
def test_the_size_of_windows_is_accepted_with_one_note(parse) -> None:
    opt = parse("--display_winsize", "256")
    assert opt.note_lines == ("note: --display_winsize 256: windows keep the size of the images",)
    assert "display_winsize" not in opt.to_dict()
    with pytest.raises(OptionsError, match="--display_winsize wide: must be a whole number"):
        parse("--display_winsize", "wide")


def test_the_report_ends_with_the_notes() -> None:
    opt = train("--display_winsize", "512", "--phase", "train")
    assert len(opt.note_lines) == 2 and tuple(opt.report().splitlines()[-3:-1]) == opt.note_lines


def test_a_run_with_the_size_of_windows_in_its_opt_json_is_continued() -> None:
    opt = train("--continue_train")
    assert opt.display.display_port == 9000 and opt.note_lines == ()


def test_the_options_know_which_of_them_were_typed() -> None:
    Path("settings.yaml").write_text("niter: 7\n")
    opt = train("--continue_train", "--config", "settings.yaml", "--epoch_count", "2")
    assert opt.typed == {"continue_train", "config", "n_epochs", "epoch_count"}
    assert predict().typed == frozenset()


def test_help_of_test_lists_no_display_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        predict("-h")
    text = capsys.readouterr().out
    assert "\ndisplay options of train.py are accepted and have no effect\n" in text
    assert "--display" not in text and "--track" not in text and "--snap_background" in text
    with pytest.raises(SystemExit):
        train("-h")
    text = capsys.readouterr().out
    assert "--display_port" in text and "--display_winsize" not in text and "no effect" not in text
