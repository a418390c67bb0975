"""Simulated pairs beside real images."""

import numpy as np
import pytest

from data import DataError, DataOptions, DatasetLayout, simulate
from data.batches.sim_to_real import IMAGES_PER_EPOCH, SimToRealDataset


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
        **dict.fromkeys(("sem", "depth", "real"), (8, 1, 72, 48)),
        **dict.fromkeys(("level", "real_level"), (8,)),
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
