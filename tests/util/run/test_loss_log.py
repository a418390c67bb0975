"""The loss log: the public toolkit's lines, and each step logged once."""

import re

import pytest
import torch

from util.run.loss_log import LossLog, format_losses


def losses(value):
    return {"D_A": torch.tensor(float(value)), "cycle_A": torch.tensor(2.0 * value)}


def run(log, steps, every=2):
    for step in steps:
        log.add(losses(step))
        if step % every == 0:
            log.write(1 + step // 10, step, 0.125)


def test_lines_are_those_of_the_public_toolkit(tmp_path):
    log = LossLog(tmp_path)
    run(log, [1, 2])
    line = (tmp_path / "loss_log.txt").read_text()
    assert line == "(epoch: 1, iters: 2, time: 0.125) D_A: 1.500 cycle_A: 3.000\n"
    assert re.match(r"\(epoch: (\d+), iters: (\d+), time: [\d.]+", line)
    assert log.columns == {"epoch": [1], "step": [2], "seconds": [0.125], "D_A": [1.5], "cycle_A": [3]}


def test_values_are_means_since_the_last_line(tmp_path):
    log = LossLog(tmp_path)
    run(log, [1, 2, 3, 4])
    assert log.columns["D_A"] == [1.5, 3.5]


def test_a_resumed_run_logs_what_an_unbroken_one_does(tmp_path):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    whole.mkdir(), broken.mkdir()
    run(LossLog(whole), range(1, 13))
    first = LossLog(broken)
    run(first, range(1, 6))
    state = first.state_dict()
    run(first, range(6, 10))  # after the save at step 5, before the kill
    second = LossLog(broken, 5)
    second.load_state_dict(state, torch.device("cpu"))
    run(second, range(6, 13))
    for name in ("loss_log.txt", "losses.csv"):
        assert (broken / name).read_text() == (whole / name).read_text()


@pytest.mark.parametrize("name", ["loss_log.txt", "losses.csv"])
def test_a_line_that_a_kill_cut_is_dropped(tmp_path, name):
    run(LossLog(tmp_path), range(1, 9))
    path = tmp_path / name
    path.write_text(path.read_text()[:-4])
    log = LossLog(tmp_path, 8)
    run(log, [9, 10])
    assert log.columns["step"][-1] == 10
    assert "iters: 10," in (tmp_path / "loss_log.txt").read_text().splitlines()[-1]


def test_a_line_missing_from_one_file_does_not_shift_the_other(tmp_path):
    run(LossLog(tmp_path), range(1, 9))
    text = tmp_path / "loss_log.txt"
    lines = text.read_text().splitlines(keepends=True)
    text.write_text("".join([lines[0], *lines[2:]]))
    LossLog(tmp_path, 6)
    assert re.findall(r"iters: (\d+)", text.read_text()) == ["2", "6"]


def test_an_empty_table_begins_anew(tmp_path):
    (tmp_path / "losses.csv").write_text("")
    log = LossLog(tmp_path, 4)
    assert log.columns == {}
    run(log, [5, 6])
    assert log.columns["step"] == [6]


@pytest.mark.parametrize(
    "value, text",
    [
        (12.3456, "12.346"),
        (0.5, "0.500"),
        (0.0123456, "0.0123"),
        (0.000123, "0.000123"),
        (-2e-7, "-0.000000200"),
        (0.0, "0.000"),
        (float("nan"), "nan"),
    ],
)
def test_small_losses_keep_three_significant_digits(value, text):
    assert format_losses({"G": value}) == f"G: {text}"
