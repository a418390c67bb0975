"""Simulated pairs beside real images."""

import numpy as np
import pytest

from data import DataError, DataOptions, DatasetLayout, simulate
from data.batches import sim_to_real
from data.batches.sim_to_real import IMAGES_PER_EPOCH, SimToRealDataset
from data.instrument_fit import normalise_maps

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
    fitted, again = batches(root).fitted_renderings, batches(root).fitted_renderings
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
    monkeypatch.setattr(sim_to_real, "render_shapes", lambda _, library, *rest: rendered.append(library) or NONE)
    monkeypatch.setattr(sim_to_real, "match_brightness", lambda images, *rest: images)
    data = batches(root)
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


def test_domains_of_two_sizes_are_refused_with_what_to_do(root, tmp_path):
    from PIL import Image

    for name in ("simulation_data", "test"):
        (tmp_path / name).symlink_to(root / name)
    for path in (root / "train/SEM").rglob("*.png"):
        other = tmp_path / path.relative_to(root)
        other.parent.mkdir(parents=True, exist_ok=True)
        Image.open(path).resize((40, 72)).save(other)
    with pytest.raises(DataError, match=r"72x48 and real ones 72x40; use --preprocess resize"):
        batches(tmp_path)
