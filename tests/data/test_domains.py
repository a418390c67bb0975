"""Simulated pairs beside real images."""

import numpy as np
import pytest

from data import DataError, DataOptions, DatasetLayout, simulate
from data.batches.sim_to_real import EPOCH, SimToRealDataset


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("data") / "sem"
    simulate.main(["--dataroot", str(root), "--stems", "9", "--real", "40", "--test", "0"])
    return root


def batches(root, **changes):
    options = DataOptions(dataroot=str(root), **changes)
    return SimToRealDataset(DatasetLayout(root), options, 8, seed=3)


def test_a_batch_has_a_pair_and_a_real_image_with_its_level(root):
    found = batches(root)
    batch = found[5]
    assert {key: value.shape for key, value in batch.items()} == {
        **dict.fromkeys(("sem", "depth", "real"), (8, 1, 72, 48)),
        **dict.fromkeys(("level", "real_level"), (8,)),
    }
    assert (batch["depth"].max(axis=(1, 2, 3)) == batch["level"]).all()
    assert all(np.array_equal(batch[key], found[5][key]) for key in batch), "batch k is always the same"
    assert not np.array_equal(batch["real"], found[6]["real"])


def test_an_epoch_is_as_long_whatever_the_data_sets_size(root):
    assert len(batches(root)) == EPOCH // 8


def test_nothing_is_mirrored_since_that_would_move_the_centre(root):
    found = batches(root, flip=True)
    stored = {image.tobytes() for image in found.pairs.images["depth"]}
    assert all(image.astype(np.uint8).tobytes() in stored for image in found[0]["depth"])


def test_the_reference_holds_each_shape_once_at_its_deepest(root):
    reference = batches(root).reference()
    assert len(reference["library"]) == 9 and (reference["library_level"] == 170).all()
    assert 0 < reference["library_held_out"].sum() < 9
    assert 0 < reference["real_held_out"].sum() < len(reference["real"])


def test_domains_of_two_sizes_are_refused_with_what_to_do(root, tmp_path):
    from PIL import Image

    for name in ("simulation_data", "test"):
        (tmp_path / name).symlink_to(root / name)
    for path in (root / "train/SEM").rglob("*.png"):
        other = tmp_path / path.relative_to(root)
        other.parent.mkdir(parents=True, exist_ok=True)
        Image.open(path).resize((40, 72)).save(other)
    with pytest.raises(DataError, match=r"72x48 and real ones 72x40; say --preprocess resize"):
        batches(tmp_path)
