"""Both layouts of a dataroot, and the messages when something is missing."""

import numpy as np
import pytest
from PIL import Image

from data import DataError, DataOptions, DatasetLayout
from data import InferenceImages as Images
from data.dataset_layout import even_subset, stratified_subset


def put(path, grey=100, mode="L", size=(48, 72)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size, grey).convert(mode).save(path)


@pytest.fixture
def contest(tmp_path):
    for level in (110, 120, 130, 140):
        for site in range(2):
            for n in range(3):
                put(tmp_path / f"train/SEM/Depth_{level}/site_{site:05d}/SEM_{n:06d}.png", mode="RGB" if n else "L")
    put(tmp_path / "train/SEM/Depth_140/site_00000/.ipynb_checkpoints/SEM_000165-checkpoint.png")
    for case in (1, 2, 3, 4):
        for stem in range(3):
            put(tmp_path / f"simulation_data/Depth/Case_{case}/80/stem_{stem}.png")
            for itr in (0, 1):
                put(tmp_path / f"simulation_data/SEM/Case_{case}/80/stem_{stem}_itr{itr}.png")
    for n in range(4):
        put(tmp_path / f"test/SEM/{n:06d}.png")
    (tmp_path / "train/average_depth.csv").write_text("0,1\ndepth_140_site_00233,138.966170\n")
    return tmp_path


def test_the_contests_layout(contest):
    layout = DatasetLayout(contest)
    assert len(layout.sem()) == 24  # without the stray checkpoint
    assert {file.class_folder for file in layout.sem()} == {"Depth_110", "Depth_120", "Depth_130", "Depth_140"}
    assert {file.group for file in layout.sem()} == {"site_00000", "site_00001"}
    assert len(layout.depth()) == 12 and len(layout.simulated_sem()) == 24
    assert {file.group for file in layout.simulated_sem()} == {"stem_0", "stem_1", "stem_2"}
    assert [file.path.name for file in layout.test_sem()] == [f"{n:06d}.png" for n in range(4)]
    assert layout.test_depth() == {}
    assert layout.average_depth() == {"depth_140_site_00233": pytest.approx(138.96617)}


def test_the_classic_layout(tmp_path):
    for folder in ("trainA", "trainB", "testA", "testB"):
        put(tmp_path / folder / "one.png")
    layout = DatasetLayout(tmp_path)
    assert len(layout.sem()) == len(layout.depth()) == len(layout.test_sem()) == 1
    assert list(layout.test_depth()) == ["one"]


def test_a_missing_dataroot_is_named_with_the_command_that_makes_one(tmp_path):
    with pytest.raises(DataError, match=r"sem: no such folder; .*python -m data.simulate --dataroot \S*sem"):
        DatasetLayout(tmp_path / "sem")


def test_a_folder_without_a_data_set_says_what_is_known(tmp_path):
    with pytest.raises(DataError, match=r"trainA \+ trainB"):
        DatasetLayout(tmp_path)


def test_a_missing_folder_is_named(contest):
    import shutil

    shutil.rmtree(contest / "simulation_data")
    with pytest.raises(DataError, match=r"simulation_data/Depth: no such folder; .*data.simulate"):
        DatasetLayout(contest).depth()


def test_an_empty_folder_is_named(tmp_path):
    (tmp_path / "trainA").mkdir()
    with pytest.raises(DataError, match="trainA: holds no image"):
        DatasetLayout(tmp_path).sem()


def test_a_limit_draws_evenly_over_classes_and_groups(contest):
    chosen = stratified_subset(DatasetLayout(contest).sem(), 8)
    assert sorted(file.class_folder for file in chosen) == sorted(
        ["Depth_110", "Depth_120", "Depth_130", "Depth_140"] * 2
    )
    assert {file.group for file in chosen if file.class_folder == "Depth_110"} == {"site_00000", "site_00001"}
    assert len(stratified_subset(DatasetLayout(contest).sem(), 7)) == 7
    assert len(stratified_subset(DatasetLayout(contest).sem(), 1000)) == 24


def test_a_bad_average_depth_is_one_line(contest):
    (contest / "train/average_depth.csv").write_text("0,1\nsite,deep\n")
    with pytest.raises(DataError, match=r"average_depth\.csv: expected one header line, then rows"):
        DatasetLayout(contest).average_depth()


def test_rgb_and_l_read_alike(contest):
    from data import read_grey

    assert np.array_equal(*(read_grey(file.path) for file in DatasetLayout(contest).sem()[:2]))


def test_a_plain_folder_of_images_can_be_tested_and_not_learned_from(tmp_path):
    put(tmp_path / "one.png")
    put(tmp_path / "two.tif")
    layout = DatasetLayout(tmp_path)
    assert [file.path.name for file in layout.test_sem()] == ["one.png", "two.tif"] and layout.test_depth() == {}
    with pytest.raises(DataError, match="simulation_data"):
        layout.depth()


def sites(root):
    images = Images.of(DatasetLayout(root), DataOptions(dataroot=str(root)), "test", 0)
    return {file.stem: images.site_of(file) for file in images.files}


def test_a_folder_of_nothing_but_folders_of_images_can_be_tested(contest):
    for file in list((contest / "train/SEM").rglob("SEM_*.png")):  # stems are numbered over all sites in the contest
        file.rename(file.with_name(f"{file.parent.parent.name}_{file.parent.name}_{file.name}"))
    (contest / "train/SEM/Depth_140/site_00009").mkdir()  # an empty one does not matter
    assert len(DatasetLayout(contest / "train/SEM").test_sem()) == 24
    found = sites(contest / "train/SEM/Depth_140")
    assert len(found) == 6 and set(found.values()) == {"depth_140_site_00000", "depth_140_site_00001"}
    assert set(sites(contest / "train/SEM/Depth_140/site_00001").values()) == {"depth_140_site_00001"}


def test_a_site_is_the_folder_below_the_one_that_was_asked_for(tmp_path):
    for name in ("lot_1/left/a", "lot_1/b", "c"):
        put(tmp_path / f"{name}.png")
    assert sites(tmp_path) == {"a": "lot_1/left", "b": "lot_1", "c": ""}


def test_a_data_set_or_a_folder_of_other_things_is_no_folder_of_images(contest, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    for name in ("a/x.png", "b/x.txt", "c/trainA/x.png", "c/trainB/x.png", "d/1/2/3/x.png"):
        put(other / name) if name.endswith("png") else (other / "b").mkdir() or (other / name).touch()
    put(contest / "test/Depth/000000.png")
    for folder in (contest.parent, contest / "test", contest / "train", other, other / "d"):
        with pytest.raises(DataError, match="holds no data set in a known layout"):
            DatasetLayout(folder)


def test_one_file_can_be_tested_and_not_learned_from(tmp_path, monkeypatch):
    put(tmp_path / "one.png")
    (tmp_path / "notes.txt").touch()
    monkeypatch.chdir(tmp_path)
    for root in (tmp_path / "one.png", "one.png"):
        assert sites(root) == {"one": ""} and DatasetLayout(root).test_depth() == {}
        with pytest.raises(DataError, match=r"one\.png: one file, enough for testing"):
            DatasetLayout(root).sem()
    with pytest.raises(DataError, match=r"notes\.txt: not an image"):
        DatasetLayout("notes.txt")


def test_an_even_subset_is_of_at_most_so_many_items():
    for count, maximum in ((10, 3), (9, 3), (3, 3), (2, 3), (0, 3), (7, 4)):
        subset = even_subset(list(range(count)), maximum)
        assert len(subset) <= maximum and (not count or subset[0] == 0) and len(set(np.diff(subset))) <= 1
        assert np.array_equal(even_subset(np.arange(count), maximum), subset)
    assert even_subset(list(range(10)), 3) == [0, 4, 8]
