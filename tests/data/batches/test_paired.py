"""Pairs belong together, and nothing of what is held out is learned from."""

import numpy as np
import pytest
from PIL import Image

from data import DataError, DataOptions, DatasetLayout, LabelledDataset, PairedDataset
from data.simulate import main as simulate


@pytest.fixture(scope="module")
def layout(tmp_path_factory):
    root = tmp_path_factory.mktemp("data") / "sem"
    assert simulate(["--dataroot", str(root), "--stems", "3", "--real", "240", "--test", "0"]) == 0
    return DatasetLayout(root)


def epoch(batches, number=1):
    return [{name: part.numpy() for name, part in batch.items()} for batch in batches.loader(number)]


def test_every_training_pair_comes_once_an_epoch_with_its_own_depth_and_level(layout):
    batches = PairedDataset(layout, DataOptions(), 8, 0)
    seen = epoch(batches)
    depth = np.concatenate([one["depth"][:, 0] for one in seen])
    level = np.concatenate([one["level"] for one in seen])
    assert (depth.max(axis=(1, 2)) == level).all()
    dark = np.concatenate([one["sem"][:, 0] for one in seen]) < 70
    floor = depth < 60  # a dark pixel of the image lies over the floor of its own depth map
    assert all(np.mean(d & f) / np.mean(d | f) > 0.6 for d, f in zip(dark, floor, strict=True))
    assert len(level) == len(batches.train_indices) == 16
    assert not np.array_equal(seen[0]["sem"], epoch(batches, 2)[0]["sem"])


def test_held_out_stems_are_whole(layout):
    batches = PairedDataset(layout, DataOptions(), 8, 0)
    files = list(layout.pairs())
    stems = [{files[n].group for n in part} for part in (batches.train_indices, batches.val_indices)]
    assert not stems[0] & stems[1] and len(stems[1]) == 1
    assert len(batches.train_indices) + len(batches.val_indices) == len(files)
    held = batches.eval_set()
    assert len(held["sem"]) == 8 and sorted(set(held["level"].tolist())) == [140, 150, 160, 170]


def test_a_pair_without_its_depth_is_named(layout, tmp_path):
    for name in ("trainA", "trainB"):
        (tmp_path / name).mkdir()
    sem, depth = layout.simulated_sem()[0].path, layout.depth()[0].path
    (tmp_path / "trainA/one.png").write_bytes(sem.read_bytes())
    (tmp_path / "trainB/other.png").write_bytes(depth.read_bytes())
    with pytest.raises(DataError, match=r"one\.png: has no depth map .*trainB/one"):
        PairedDataset(DatasetLayout(tmp_path), DataOptions(), 1, 0)


def test_labels_are_levels_and_sites_stay_together(layout):
    batches = LabelledDataset(layout, DataOptions(), 8, 0)
    files = layout.sem()
    parts = batches.train_indices, batches.val_indices
    sites = [{(files[n].class_folder, files[n].group) for n in part} for part in parts]
    assert not sites[0] & sites[1]
    assert set(batches.eval_set()["level"].tolist()) == {140, 150, 160, 170}
    for one in epoch(batches):
        assert set(one) == {"sem", "level"} and one["level"].dtype == np.int64


def test_one_site_a_class_is_held_out_by_image_with_a_warning(tmp_path, capsys):
    root = tmp_path / "sem"
    assert simulate(["--dataroot", str(root), "--stems", "1", "--real", "12", "--test", "0"]) == 0
    batches = LabelledDataset(DatasetLayout(root), DataOptions(), 8, 0)
    assert "too few sites" in capsys.readouterr().out
    assert len(batches.val_indices) == 4 and set(batches.eval_set()["level"].tolist()) == {140, 150, 160, 170}


def test_images_in_no_class_folder_are_named(tmp_path, layout):
    for name in ("trainA", "trainB"):
        (tmp_path / name).mkdir()
    (tmp_path / "trainA/one.png").write_bytes(layout.sem()[0].path.read_bytes())
    with pytest.raises(DataError, match=r"one\.png: is not in a folder Depth_110"):
        LabelledDataset(DatasetLayout(tmp_path), DataOptions(), 1, 0)


@pytest.mark.parametrize("sizes, held", [((17, 15), 4), ((30, 2), 2), ((10, 8, 7, 3), 3), ((6,) * 16, 12)])
def test_no_more_than_a_third_of_a_class_is_held_out(tmp_path, sizes, held):
    for depth in (110, 120):
        for site, count in enumerate(sizes):
            folder = tmp_path / f"train/SEM/Depth_{depth}/site_{site:05d}"
            folder.mkdir(parents=True)
            for n in range(count):
                Image.fromarray(np.full((72, 48), 100 + n, np.uint8)).save(folder / f"SEM_{site:03d}{n:03d}.png")
    batches = LabelledDataset(DatasetLayout(tmp_path), DataOptions(dataroot=str(tmp_path), cache=False), 4, 0)
    assert len(batches.val_indices) == 2 * held and len(batches.train_indices) == 2 * (sum(sizes) - held)
