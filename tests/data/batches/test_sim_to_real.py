"""Simulated pairs beside real images."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import tifffile
from PIL import Image

from data import DataError, DataOptions, DatasetLayout, simulate
from data.batches import fitted_domain
from data.batches.sim_to_real import IMAGES_PER_EPOCH, SimToRealDataset
from data.instrument_fit import Reshaping, normalise_maps

NONE = np.zeros((0, 72, 48), np.uint8), np.zeros((0, 72, 48), np.float16), np.zeros(0, np.int64)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("data") / "sem"
    simulate.main(["--dataroot", str(root), "--stems", "9", "--real", "40", "--test", "0"])
    return root


def batches(root, **changes):
    options = DataOptions(dataroot=str(root), **changes)
    return SimToRealDataset(DatasetLayout(root), options, 8, seed=3)


def test_a_batch_has_a_pair_and_a_real_image_with_its_level(root):
    data = batches(root)
    batch = data[5]
    assert {key: value.shape for key, value in batch.items()} == {
        **dict.fromkeys(("sem", "depth", "real", "fitted", "fitted_u"), (8, 1, 72, 48)),
        **dict.fromkeys(("level", "real_level", "fitted_level"), (8,)),
    }
    assert (batch["depth"].max(axis=(1, 2, 3)) == batch["level"]).all()
    assert all(np.array_equal(batch[key], data[5][key]) for key in batch), "batch k is always the same"
    assert not np.array_equal(batch["real"], data[6]["real"])


def test_an_epoch_is_as_long_whatever_the_data_sets_size(root):
    assert len(batches(root)) == IMAGES_PER_EPOCH // 8


def test_nothing_is_mirrored_since_that_would_move_the_centre(root):
    data = batches(root, flip=True)
    stored = {image.tobytes() for image in data.pairs.images["depth"]}
    assert all(image.astype(np.uint8).tobytes() in stored for image in data[0]["depth"])


def test_the_eval_set_holds_each_shape_once_at_its_deepest(root):
    eval_set = batches(root).eval_set()
    assert len(eval_set["library"]) == 9 and (eval_set["library_level"] == 170).all()
    assert 0 < eval_set["library_held_out"].sum() < 9
    assert 0 < eval_set["real_held_out"].sum() < len(eval_set["real"])


def test_renderings_by_a_fitted_instrument_are_always_the_same(root):
    fitted, again = batches(root, cache=False).fitted_renderings, batches(root, cache=False).fitted_renderings
    assert {name: (values.dtype, values.shape[1:]) for name, values in fitted.items()} == {
        "fitted": (np.uint8, (72, 48)),
        "fitted_u": (np.float16, (72, 48)),
        "fitted_level": (np.int64, ()),
        "reshaped": (np.bool_, ()),
    }
    assert len(fitted["fitted"]) and set(fitted["fitted_level"]) == {140, 150, 160, 170}
    assert all(np.array_equal(fitted[name], again[name]) for name in fitted)
    assert fitted["fitted_u"].min() == 0 and 0.95 < np.median(fitted["fitted_u"].max(axis=(1, 2))) < 1.3


def test_no_held_out_shape_is_rendered(root, monkeypatch):
    rendered = []
    monkeypatch.setattr(fitted_domain, "render_shapes", lambda _, library, *rest: rendered.append(library) or NONE)
    monkeypatch.setattr(fitted_domain, "match_brightness", lambda images, *rest: images)
    data = batches(root, cache=False)
    eval_set = data.eval_set()
    held_out = eval_set["library_held_out"]
    assert np.array_equal(rendered[0], normalise_maps(eval_set["library"][~held_out])) and held_out.any()
    assert data.fitted_renderings is data.fitted_renderings and len(rendered) == 1, "they are made once"


def test_images_without_a_hole_leave_no_rendering_and_one_line(root, capsys):
    data = batches(root)
    data.real.images["sem"] = np.full_like(data.real.images["sem"], 100)
    eval_set = data.eval_set()
    assert [eval_set[name].shape for name in ("fitted", "fitted_u", "fitted_level")] == [(0, 72, 48), (0, 72, 48), (0,)]
    lines = [line for line in capsys.readouterr().out.splitlines() if "fitted instrument" in line]
    assert len(lines) == 1 and "0 of 32 SEM images show a hole" in lines[0]


def test_an_instrument_is_fitted_once(root, tmp_path, monkeypatch, capsys):
    """The next start reads what the first has made, and says the same of the real holes."""
    root = shutil.copytree(root, tmp_path / "sem", ignore=shutil.ignore_patterns(".semdepth_cache"))
    fit_instrument, walls = fitted_domain.fit_instrument, Reshaping(0.6, 0.95)
    steep = lambda *arguments: replace(fit_instrument(*arguments), reshaping=walls)  # noqa: E731
    monkeypatch.setattr(fitted_domain, "fit_instrument", steep)
    first, printed = batches(root).fitted_renderings, capsys.readouterr().out
    assert f"the real holes are not those of the library: {walls.describe()}" in printed and first["reshaped"]
    monkeypatch.setattr(fitted_domain, "fit_instrument", lambda *_: pytest.fail("fitted again"))
    again = batches(root).fitted_renderings
    assert capsys.readouterr().out == printed
    assert first.keys() == again.keys()
    for name, values in first.items():
        assert values.dtype == again[name].dtype and np.array_equal(values, again[name])


def test_a_table_of_depths_that_cannot_be_used_is_said_in_one_line(root, tmp_path, capsys):
    shutil.copytree(root, tmp_path / "sem", ignore=shutil.ignore_patterns(".semdepth_cache"))
    table = tmp_path / "sem/train/average_depth.csv"
    for damage in (lambda: table.write_text("site,depth\ndepth_110_site_00000,deep\n"), table.unlink, table.mkdir):
        damage()
        capsys.readouterr()
        assert batches(tmp_path / "sem").average_depth == {}
        lines = [line for line in capsys.readouterr().out.splitlines() if "average_depth" in line]
        assert len(lines) == table.exists()
        assert all(line.startswith("depths are those of the folders' names: ") for line in lines)


def write_widths(folder, widths_nm):
    """Every image of a folder becomes a TIFF that states one of the widths [nm], in turns; None states none."""
    for n, path in enumerate(sorted(folder.rglob("*.png"))):
        nm = widths_nm[n % len(widths_nm)]
        stated = {"resolution": (1e7 / nm, 1e7 / nm), "resolutionunit": 3} if nm else {}
        tifffile.imwrite(path.with_suffix(".tif"), np.asarray(Image.open(path)), **stated)
        path.unlink()


@pytest.mark.parametrize(
    ("real", "simulated", "changes", "expected", "reason"),
    [
        ([None], [None], {}, 2.08, ""),
        ([1.5], [None], {}, 1.5, ""),
        ([1.5], [1.5], {}, 1.5, ""),
        ([1.5, 1.5, 3], [None], {}, 2.08, "real images do not all state one pixel size"),
        ([1.5, None], [None], {}, 2.08, "real images do not all state one pixel size"),
        ([1.5], [1.5, 2], {}, 2.08, "simulated images do not all state one pixel size"),
        ([1.5], [2], {}, 2.08, "simulated images state a pixel size of 2 nm, real ones 1.5 nm"),
        ([None], [2], {}, 2.08, "simulated images state a pixel size of 2 nm, real ones none"),
        ([1.5], [None], {"preprocess": "resize", "load_size": (72, 48)}, 2.08, "--preprocess resizes"),
    ],
)
def test_the_pixel_size_of_a_fit_is_what_headers_state(
    root, tmp_path, monkeypatch, capsys, real, simulated, changes, expected, reason
):
    shutil.copytree(root, tmp_path / "sem", ignore=shutil.ignore_patterns(".semdepth_cache"))
    write_widths(tmp_path / "sem/train/SEM", real)
    write_widths(tmp_path / "sem/simulation_data/SEM", simulated)
    used, fit_instrument = [], fitted_domain.fit_instrument
    monkeypatch.setattr(
        fitted_domain, "fit_instrument", lambda *arguments: used.append(arguments[4]) or fit_instrument(*arguments)
    )
    assert len(batches(tmp_path / "sem", **changes).fitted_renderings["fitted"])
    assert used == [pytest.approx(expected)]
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("pixel size: ")]
    assert len(lines) == bool(reason)
    assert all(reason in line and "2.08 nm is used" in line and "data.check" in line for line in lines)


def test_domains_of_two_sizes_are_refused_with_what_to_do(root, tmp_path):
    for name in ("simulation_data", "test"):
        (tmp_path / name).symlink_to(root / name)
    for path in (root / "train/SEM").rglob("*.png"):
        other = tmp_path / path.relative_to(root)
        other.parent.mkdir(parents=True, exist_ok=True)
        Image.open(path).resize((40, 72)).save(other)
    with pytest.raises(DataError, match=r"72x48 and real ones 72x40; use --preprocess resize"):
        batches(tmp_path)
