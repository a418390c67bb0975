"""What --watch goes with."""

import pytest

import models
from data import DataOptions
from options import OptionsError, parse_test


def parse(*argv):
    return parse_test(["--name", "holes", *argv], DataOptions, models.MODEL_OPTIONS)


def test_the_watched_folder_is_the_data_set(tmp_path):
    opt = parse("--watch", str(tmp_path))
    assert opt.data.dataroot == opt.test.watch == str(tmp_path)
    assert parse("--dataroot", "there").data.dataroot == "there"


@pytest.mark.parametrize(
    "flags",
    [
        "--dataroot sem",
        "--which_direction BtoA",
        "--field",
        "--ray local",
        "--num_test 5",
        "--signal SE",
        "--reference_depth 100",
    ],
)
def test_what_needs_all_images_at_once_is_refused(tmp_path, flags):
    with pytest.raises(OptionsError) as error:
        parse("--watch", str(tmp_path), *flags.split())
    line = str(error.value)
    assert line == f"--watch {tmp_path} and {flags} exclude each other; use one of them"


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(OptionsError, match="new: no such folder; make it first"):
        parse("--watch", str(tmp_path / "new"))
