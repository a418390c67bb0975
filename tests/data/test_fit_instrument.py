"""The command that fits an instrument: what it reads, what it writes, and what it refuses in one line."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import tifffile
from PIL import Image

from data import DataOptions, fit_instrument, simulate
from data.instrument_fit import QUICK, Reshaping
from data.instrument_fit.fit_figure import describe, plain_number
from data.instrument_fit.fitting import STARTS, Effort
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


def check_table(printed):
    """Its rows have units and plain numbers, and the fit is called good."""
    head, *rows = printed.split("parameter ")[1].split("only together")[0].splitlines()
    assert head.split() == ["value", "standard", "error"] and "not a good fit" not in printed
    units = {row.split()[0]: row.split()[1] for row in rows if "[" in row}
    assert units["edge_depth_nm"] == "[nm]" and units["blur_y_px"] == "[px]" and units["gamma"] == "[1]"
    assert "e+" not in "".join(rows) and "e-" not in "".join(rows)
    assert [plain_number(x, 2) for x in (437.2, 0.0000371, 1e5, 0.0)] == ["440", "0.000037", "100000", "0"]


def test_a_data_set_gives_an_instrument_that_data_simulate_reads(root, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(fit_instrument, "FULL", Effort(STARTS[1:2], 8, 3, 8, 2, ()))
    assert run(root, "--out", tmp_path / "fit") == 0
    printed = capsys.readouterr().out
    check_table(printed)
    assert "shapes: 4 depth maps" in printed and "escape_gain" in printed and "not determined" in printed
    assert Instrument.from_json(tmp_path / "fit/instrument.json").pixel_nm == Instrument().pixel_nm
    assert Image.open(tmp_path / "fit/instrument_fit.png").size == (1600, 900)
    assert len(list((tmp_path / "fit").iterdir())) == 2
    made = ["--dataroot", str(tmp_path / "other"), "--real_instrument", str(tmp_path / "fit/instrument.json"), *SMALL]
    assert simulate.main(made) == 0


def test_other_walls_than_the_librarys_are_said(root, tmp_path, capsys, monkeypatch):
    walls, drawn = Reshaping(0.6, 0.95), []
    monkeypatch.setattr(fit_instrument, "draw_fit", lambda fit, _: drawn.append(fit) or b"")
    run(root, "--out", tmp_path)
    assert "not those of the library" not in capsys.readouterr().out
    monkeypatch.setattr(fit_instrument, "fit_instrument", lambda *_: replace(drawn[0], reshaping=walls))
    run(root, "--out", tmp_path)
    said = f"the real holes are not those of the library:\n{walls.describe()}\n"
    assert said in capsys.readouterr().out and said in "\n".join(describe(drawn[1])), "and in the picture"


def test_a_table_of_depths_that_cannot_be_used_is_said(root, tmp_path, capsys):
    shutil.copytree(root, tmp_path / "sem")
    table = tmp_path / "sem/train/average_depth.csv"
    table.write_text("site,depth\ndepth_110_site_00000,deep\n")
    fit_instrument.read_domain(DataOptions(dataroot=str(tmp_path / "sem")), 0)
    assert capsys.readouterr().out.count(f"depths are those of the folders' names: {table}: expected") == 1
    table.unlink()
    fit_instrument.read_domain(DataOptions(dataroot=str(tmp_path / "sem")), 0)
    assert "depths are those" not in capsys.readouterr().out


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
        ("nowhere", [], "no such folder; for IMAGES give the folder of your data set"),
        ("empty", [], "the folder is empty"),
        ("sem/train", [], "sem/train: is neither a data set nor a folder of images; for IMAGES give sem, which holds"),
        (
            "tested",
            [],
            "tested: has test images but no train/SEM; if all test images are of one depth",
        ),
        ("tested", ["--dataroot", "sem"], "one depth, for IMAGES give tested/test/SEM"),
        ("flat", [], "0 of 5 SEM images show a hole; expected at least 4; images of many holes cannot be fitted"),
        ("flat", ["--dataroot", "empty"], "the folder is empty"),
        ("large", ["--dataroot", "sem"], "72x48 where SEM images are 80x60"),
    ],
)
def test_what_cannot_be_fitted_is_said_in_one_line(root, tmp_path, capsys, monkeypatch, images, extra, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sem").symlink_to(root)
    (tmp_path / "empty").mkdir()
    (tmp_path / "tested/test/SEM").mkdir(parents=True)
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


def test_a_useless_fit_is_said_and_ends_with_1(root, tmp_path, capsys):
    """Images of a hole that is brighter than the surface, as no instrument shows it."""
    folder = tmp_path / "images"
    folder.mkdir()
    for n, path in enumerate(sorted((root / "train/SEM").rglob("*.png"))[:6]):
        grey = np.asarray(Image.open(path)).astype(float)
        Image.fromarray((np.where(grey < 90, 60, 190) + 0.05 * grey).astype(np.uint8)).save(folder / f"{n}.png")
    assert run(folder, "--out", tmp_path / "fit", "--pixel_nm", "2.08") == 1
    captured = capsys.readouterr()
    assert "\nnot a good fit: the profiles of a good one differ by 5 % at most\n" in captured.out
    assert captured.err.startswith(
        "data.fit_instrument: not a good fit, see instrument_fit.png; usual reasons are holes"
    )
    assert (tmp_path / "fit/instrument.json").exists()
