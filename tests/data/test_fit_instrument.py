"""The command that fits an instrument: what it reads, what it writes, and what it refuses in one line."""

import shutil

import numpy as np
import pytest
import tifffile
from PIL import Image

from data import fit_instrument, simulate
from data.instrument_fit import QUICK
from data.simulator import Instrument

SMALL = ["--num_shapes", "4", "--num_real", "16", "--num_test", "0"]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("data") / "sem"
    assert simulate.main(["--dataroot", str(root), *SMALL]) == 0
    return root


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(fit_instrument, "FULL", QUICK)


def run(*arguments):
    return fit_instrument.main([str(argument) for argument in arguments])


def test_a_data_set_gives_an_instrument_that_data_simulate_reads(root, tmp_path, capsys):
    assert run(root, "--out", tmp_path / "fit") == 0
    printed = capsys.readouterr().out
    assert "shapes: 4 depth maps" in printed and "escape_gain" in printed and "not determined" in printed
    assert Instrument.from_json(tmp_path / "fit/instrument.json").pixel_nm == Instrument().pixel_nm
    assert Image.open(tmp_path / "fit/instrument_fit.png").size == (1600, 900)
    assert len(list((tmp_path / "fit").iterdir())) == 2
    made = ["--dataroot", str(tmp_path / "other"), "--real_instrument", str(tmp_path / "fit/instrument.json"), *SMALL]
    assert simulate.main(made) == 0


def test_a_plain_folder_is_of_one_depth_with_the_simulators_shapes(root, tmp_path, capsys):
    folder = tmp_path / "images"
    folder.mkdir()
    for n, path in enumerate(sorted((root / "train/SEM").rglob("*.png"))[:6]):
        shutil.copy(path, folder / f"{n}.png")
    assert run(folder, "--out", tmp_path / "fit", "--pixel_nm", "1.5") == 0
    printed = capsys.readouterr().out
    assert "no folder names a depth" in printed and "shapes: those of the simulator" in printed
    assert Instrument.from_json(tmp_path / "fit/instrument.json").pixel_nm == 1.5


@pytest.mark.parametrize(
    ("images", "extra", "message"),
    [
        ("nowhere", [], "no such folder"),
        ("empty", [], "the folder is empty"),
        ("flat", [], "0 of 5 SEM images show a hole"),
        ("flat", ["--dataroot", "empty"], "the folder is empty"),
        ("large", ["--dataroot", "sem"], "72x48 where SEM images are 80x60"),
    ],
)
def test_what_cannot_be_fitted_is_said_in_one_line(root, tmp_path, capsys, monkeypatch, images, extra, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sem").symlink_to(root)
    (tmp_path / "empty").mkdir()
    for name, size in (("flat", (72, 48)), ("large", (80, 60))):
        (tmp_path / name).mkdir()
        for n in range(5):
            Image.fromarray(np.full(size, 100 + n, np.uint8)).save(tmp_path / name / f"{n}.png")
    assert run(images, "--out", "fit", *extra) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and error.startswith("data.fit_instrument: ")
    assert message in error and not (tmp_path / "fit").exists()


def test_the_pixel_size_is_that_of_all_images_or_given(root, tmp_path, capsys):
    folder = tmp_path / "images"
    folder.mkdir()
    for n, path in enumerate(sorted((root / "train/SEM").rglob("*.png"))[:6]):
        tifffile.imwrite(folder / f"{n}.tif", np.asarray(Image.open(path)), resolution=(5e6, 5e6), resolutionunit=3)
    assert run(folder, "--out", tmp_path / "fit") == 0
    assert Instrument.from_json(tmp_path / "fit/instrument.json").pixel_nm == pytest.approx(2)
    shutil.copy(path, folder / "none.png")
    tifffile.imwrite(folder / "0.tif", tifffile.imread(folder / "0.tif"), resolution=(1e7, 1e7), resolutionunit=3)
    capsys.readouterr()
    assert run(folder, "--out", tmp_path / "other") == 2 and not (tmp_path / "other").exists()
    error = capsys.readouterr().err
    assert "2 of 7 images without the commonest pixel size" in error
    assert "0.tif: pixel size 1 nm; the commonest: 2 nm" in error and "none.png: states no pixel size" in error
    assert run(folder, "--out", tmp_path / "other", "--pixel_nm", "3") == 0
    assert Instrument.from_json(tmp_path / "other/instrument.json").pixel_nm == 3


@pytest.mark.parametrize("flag", [["--pixel_nm", "0"], ["--pixel_nm", "wide"], ["--pixel_nm", "2,08"], []])
def test_the_command_line_is_checked_first(flag, tmp_path, capsys):
    out = ["--out", str(tmp_path)] if flag else []
    with pytest.raises(SystemExit) as stop:
        fit_instrument.main(["x", *out, *flag])
    error = capsys.readouterr().err
    assert stop.value.code == 2 and error.count("\n") == 1 and ("use a point: 2.08" in error) == ("2,08" in flag)
