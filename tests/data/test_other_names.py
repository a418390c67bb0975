"""Names as other people's programs and file systems write them, and paths that are one level off."""

import shutil
import unicodedata

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter

from data import DATASETS, DataError, DataOptions, DatasetLayout, InferenceImages, check_training, counted
from data.batches.base import validation_split
from data.check.__main__ import main as check
from data.dataset_layout import ImageFile
from data.exchanged_domains import are_exchanged, flat_fraction
from data.header import ImageHeader
from data.image_names import sites_of
from data.simulate import main as simulate


def put(path, grey=100):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (48, 72), grey).save(path)


def put_signal(path, signal):
    """The text that a JEOL microscope writes beside an image."""
    path.write_text(f"$CM_FORMAT JEOL/EM\n$CM_SIGNAL {signal}\n$CM_ACCEL_VOLT 5\n")


def images_of(root, signal=""):
    return InferenceImages.of(DatasetLayout(root, signal), DataOptions(dataroot=str(root)), "test", 0)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    root = tmp_path_factory.mktemp("made") / "sem"
    assert simulate(["--dataroot", str(root), "--num_shapes", "2", "--num_real", "16", "--num_test", "2"]) == 0
    return root


def test_unicode_forms_and_case_of_names_find_their_partners(tmp_path):
    composed, decomposed = (unicodedata.normalize(form, "Prüfling") for form in ("NFC", "NFD"))
    for folder, name in (("A", composed), ("B", decomposed)):
        put(tmp_path / f"train{folder}/{name}.png")
        put(tmp_path / f"test{folder}/{name}.png")
    put(tmp_path / "trainA/Hole_1.PNG")
    put(tmp_path / "trainB/hole_1.png")
    put(tmp_path / "testA/Hole_1.PNG")
    put(tmp_path / "testB/hole_1.png")
    pairs = DatasetLayout(tmp_path).pairs()
    assert {(sem.path.name, depth.path.name) for sem, depth in pairs.items()} == {
        ("Hole_1.PNG", "hole_1.png"),
        (f"{composed}.png", f"{decomposed}.png"),
    }
    images = images_of(tmp_path)
    assert set(images.truth) == {"Hole_1", composed} and not images.unscored


def test_an_exact_name_wins_over_one_in_another_case(tmp_path):
    for name in ("hole", "HOLE"):
        put(tmp_path / f"testB/{name}.png")
    put(tmp_path / "testA/hole.png")
    assert images_of(tmp_path).truth["hole"].name == "hole.png"


def test_two_partners_that_differ_in_case_alone_are_not_guessed(tmp_path):
    for name in ("hole", "HOLE"):
        put(tmp_path / f"testB/{name}.png")
    put(tmp_path / "testA/Hole.png")
    images = images_of(tmp_path)
    assert not images.truth and len(images.unscored) == 1


@pytest.mark.parametrize("names", [("TrainA", "TrainB", "TestA"), ("traina", "trainb", "testa")])
def test_folders_in_another_case_are_found(tmp_path, names):
    for name in names:
        put(tmp_path / name / "one.png")
    layout = DatasetLayout(tmp_path)
    assert len(layout.sem()) == len(layout.depth()) == len(layout.test_sem()) == 1


def test_equal_names_in_sub_folders_keep_both_results_and_their_own_truth(tmp_path):
    for grey, lot in ((10, "a"), (20, "b")):
        put(tmp_path / f"testA/{lot}/1.png", grey)
        put(tmp_path / f"testB/{lot}/1.png", grey)
    put(tmp_path / "testA/a/2.png")
    images = images_of(tmp_path)
    assert [file.stem for file in images.files] == ["a_1", "2", "b_1"]
    assert {stem: path.parent.name for stem, path in images.truth.items()} == {"a_1": "a", "b_1": "b"}
    assert len(images.unscored) == 1 and images.unscored[0].endswith("2.png")
    batches = list(images.batches(4, ahead=False))
    assert sorted(stem for batch in batches for stem in batch.stems) == ["2", "a_1", "b_1"]
    for batch in batches:
        assert batch.truth is None or np.array_equal(batch.images, batch.truth)


def test_equal_names_of_which_one_has_truth_share_no_truth(tmp_path):
    for lot in ("a", "b"):
        put(tmp_path / f"testA/{lot}/1.png")
    put(tmp_path / "testB/a/1.png")
    images = images_of(tmp_path)
    assert list(images.truth) == ["a_1"] and len(images.unscored) == 1


def test_names_that_differ_in_case_alone_in_one_folder_are_refused(tmp_path):
    put(tmp_path / "testA/hole.png")
    put(tmp_path / "testA/HOLE.png")
    with pytest.raises(DataError, match="two images of one name"):
        images_of(tmp_path)


def test_detectors_of_one_site_are_named_and_chosen(tmp_path, capsys):
    for name in ("site1_SE", "site1_BSE", "site2_SE", "site2_bse", "site3_InLens", "plain"):
        put(tmp_path / f"testA/{name}.png")
    for name in ("site1", "site2"):
        put(tmp_path / f"testB/{name}.png")
    assert len(images_of(tmp_path).files) == 6
    assert capsys.readouterr().out.count("2 sites have images of several detectors (BSE, SE)") == 1
    images = images_of(tmp_path, signal="SE")
    assert set(images.truth) == {"site1_SE", "site2_SE"} == {file.stem for file in images.files}
    assert {file.stem for file in images_of(tmp_path, signal="Bse").files} == {"site1_BSE", "site2_bse"}
    assert capsys.readouterr().out == ""
    with pytest.raises(DataError, match=r"--signal TLD: no image of .*testA is of it; there are .*InLens, SE, bse"):
        images_of(tmp_path, signal="TLD")


def test_headers_state_the_detector_where_names_do_not(tmp_path):
    for name, signal in (("a", "SEI"), ("b", "BEI"), ("c_BEI", "SEI"), ("d", "")):
        put(tmp_path / f"testA/{name}.png")
        put_signal(tmp_path / f"testA/{name}.txt", signal)
    assert [file.stem for file in images_of(tmp_path, signal="SEI").files] == ["a"]
    assert [file.stem for file in images_of(tmp_path, signal="bei").files] == ["b", "c_BEI"]
    with pytest.raises(DataError, match=r"no image of .*testA is of it; there are BEI, SEI; --signal none uses all"):
        images_of(tmp_path, signal="LEI")


def test_the_signal_of_a_single_file_is_looked_at(tmp_path):
    for name, signal in (("a", "SEI"), ("b", "")):
        put(tmp_path / f"{name}.png")
        put_signal(tmp_path / f"{name}.txt", signal)
    assert len(images_of(tmp_path / "a.png", signal="SEI").files) == 1
    with pytest.raises(DataError, match=r"--signal BEI: no image of \S+ is of it; there are SEI"):
        images_of(tmp_path / "a.png", signal="BEI")
    with pytest.raises(DataError, match=r"is of it; neither names .* nor headers state a detector; --signal none"):
        images_of(tmp_path / "b.png", signal="BEI")


def test_pages_of_one_file_are_chosen_by_its_name(tmp_path):
    frames = [Image.new("L", (48, 72), grey) for grey in (100, 110)]
    for name in ("a_SE", "a_BSE"):
        frames[0].save(tmp_path / f"{name}.tif", save_all=True, append_images=frames[1:])
    assert [file.stem for file in images_of(tmp_path, signal="SE").files] == ["a_SE_p000", "a_SE_p001"]


def test_a_signal_that_no_training_image_has_is_told_before_anything_slow(made):
    with pytest.raises(DataError, match=r"--signal SE: no image"):
        check_training(DataOptions(dataroot=str(made), signal="SE"))


def test_all_detectors_of_one_site_are_on_one_side_of_the_validation_split(tmp_path):
    files = [
        ImageFile(f"{name}{page}", "", group)
        for site in range(8)
        for name, page, group in (
            (f"hole{site}_SE.png", "", f"hole{site}_SE"),
            (f"hole{site}_bse.png", "", f"hole{site}_bse"),
            (f"stack{site}_SE.tif", "::p000", f"stack{site}_SE_p000"),
            (f"stack{site}_BSE.tif", "::p000", f"stack{site}_BSE_p000"),
        )
    ]
    sites = sites_of(files)
    assert len(set(sites)) == 16 and all(sites.count(site) == 2 for site in sites)
    is_validation = dict(zip([file.name for file in files], validation_split(sites), strict=True))
    for site in range(8):
        assert is_validation[f"hole{site}_SE.png"] == is_validation[f"hole{site}_bse.png"]


def test_pages_of_two_detectors_show_one_site(tmp_path, monkeypatch):
    signals = {"::p000": "SE", "::p001": "InLens", "::p002": "SE", "::p003": "InLens"}
    monkeypatch.setattr("data.image_names.read_header", lambda name, **_: ImageHeader(signal=signals[name[-6:]]))
    files = [ImageFile(f"stack.tif{page}", "", f"stack_{page[2:]}") for page in signals]
    assert sites_of(files) == ["stack_0", "stack_0", "stack_1", "stack_1"]


@pytest.mark.parametrize("kind", ["paired", "labelled"])
def test_a_training_never_validates_on_another_detector_of_its_sites(tmp_path, kind):
    for site in range(9):
        for signal in ("SE", "BSE"):
            put(tmp_path / f"train/SEM/Depth_110/hole{site}_{signal}.png")
            put(tmp_path / f"simulation_data/SEM/Case_1/110/hole{site}_{signal}_itr0.png")
        put(tmp_path / f"simulation_data/Depth/Case_1/110/hole{site}.png")
    options = DataOptions(dataroot=str(tmp_path), cache=False)
    layout = DatasetLayout(tmp_path)
    batches = DATASETS[kind](layout, options, 1, 0)
    files = layout.sem() if kind == "labelled" else list(layout.pairs())
    parts = batches.train_indices, batches.val_indices
    training, validation = ({files[n].path.stem.split("_")[0] for n in part} for part in parts)
    assert validation and not training & validation


@pytest.mark.parametrize(
    "content",
    [
        "site;depth\r\ndepth_110_site_0;110,5\r\n",
        "\ufeffsite;depth\ndepth_110_site_0;110,5\n",
        "\ufeff0,1\ndepth_110_site_0,110.5\n",
        "site\tdepth\ndepth_110_site_0\t110,5\n\n",
    ],
)
def test_average_depths_as_a_spreadsheet_writes_them(tmp_path, content):
    (tmp_path / "train").mkdir()
    for encoding in ("utf-8", "utf-16"):
        text = content if encoding == "utf-8" else content.removeprefix("\ufeff")
        (tmp_path / "train/average_depth.csv").write_bytes(text.encode(encoding))
        assert DatasetLayout(tmp_path).average_depth() == {"depth_110_site_0": 110.5}


@pytest.mark.parametrize("wrong", ["train", "train/SEM", "simulation_data", "test", "simulation_data/Depth", ".."])
def test_a_path_one_level_off_names_the_folder_that_fits(made, wrong):
    with pytest.raises(DataError, match=r"use --dataroot (\S*/)?sem, which holds a data set"):
        DatasetLayout(made / wrong).pairs()


def test_a_misspelt_path_names_the_folder_that_fits(made):
    with pytest.raises(DataError, match=r"no such folder; use --dataroot \S*/sem, which holds"):
        DatasetLayout(made.with_name("sme"))


@pytest.mark.parametrize(
    ("typed", "near"),
    [
        ("Messung Marz", "'{}/Messung März', which holds images"),
        ("Messung Marz/Los 7", "'{}/Messung März/Los 7', which holds images"),
        ("Messung März/Los 6", "'{}/Messung März/Los 7', which holds images"),
        ("sixten", "{}/sixteen, which holds images"),
        ("sixteen/S4080.tif", "{}/sixteen/S4800.tif, which is an image"),
        ("sixten/S4800.tif", "{}/sixteen/S4800.tif, which is an image"),
    ],
)
def test_a_misspelt_folder_or_image_names_the_one_that_fits(tmp_path, typed, near):
    for name in ("Messung März/Los 7/a.png", "sixteen/S4800.tif", "sixteen/other.tif"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    with pytest.raises(DataError) as error:
        DatasetLayout(tmp_path / typed)
    assert str(error.value).endswith(f"; use --dataroot {near.format(tmp_path)}")
    assert "data.simulate" not in str(error.value)


def test_no_data_set_is_made_at_the_path_of_an_image(tmp_path):
    with pytest.raises(DataError, match=r"far\.tif: no such file$"):
        DatasetLayout(tmp_path / "far.tif")


def test_a_misspelt_folder_of_a_data_set_is_named(made, tmp_path, capsys):
    root = shutil.copytree(made, tmp_path / "sem")
    (root / "simulation_data").rename(root / "simulation_date")
    line = "; if simulation_date is meant to be it, rename it to simulation_data"
    with pytest.raises(DataError, match=f"no such folder{line}"):
        DatasetLayout(root).depth()
    check([str(root), "--sheet", str(tmp_path / "sheet.png")])
    assert f"no images in simulation_data/Depth{line}" in capsys.readouterr().out


def test_a_path_with_a_blank_is_quoted_in_a_command(tmp_path):
    with pytest.raises(DataError, match=r"data.simulate --dataroot '\S*my data'"):
        DatasetLayout(tmp_path / "my data")


def test_exchanged_domains_do_not_train(made, tmp_path, capsys):
    for n, path in enumerate(sorted((made / "simulation_data/SEM").rglob("*.png"))[:8]):
        (tmp_path / "trainB").mkdir(exist_ok=True)
        shutil.copy(path, tmp_path / f"trainB/{n}.png")
    for n, path in enumerate(sorted((made / "simulation_data/Depth").rglob("*.png"))[:8]):
        (tmp_path / "trainA").mkdir(exist_ok=True)
        shutil.copy(path, tmp_path / f"trainA/{n}.png")
    options = DataOptions(dataroot=str(tmp_path), cache=False)
    for kind in ("unpaired", "paired"):
        with pytest.raises(DataError, match=r"trainA looks like depth maps.* exchanged"):
            DATASETS[kind](DatasetLayout(tmp_path), options, 1, 0)
    assert check([str(tmp_path), "--sheet", str(tmp_path / "sheet.png")]) == 1
    out = capsys.readouterr().out
    assert "trainA looks like depth maps" in out and "ready to train" not in out
    (tmp_path / "trainA").rename(tmp_path / "other")
    (tmp_path / "trainB").rename(tmp_path / "trainA")
    (tmp_path / "other").rename(tmp_path / "trainB")
    for kind in ("unpaired", "paired"):
        DATASETS[kind](DatasetLayout(tmp_path), options, 1, 0)
    assert check([str(tmp_path), "--sheet", str(tmp_path / "sheet.png")]) == 0


@pytest.mark.parametrize("kind", ["saturated", "filtered", "filtered and saturated"])
def test_true_sem_images_beside_measured_depth_maps_are_not_called_exchanged(kind):
    """SEM images of even areas; depth maps as an AFM measures them, with noise."""
    rng = np.random.default_rng(0)
    y, x = np.indices((72, 48))
    hole = np.hypot(x - 24, y - 36) < 12
    sem = np.where(hole, 60, 150) + gaussian_filter(rng.normal(0, 30, (72, 48)), 2) * ("filtered" in kind)
    if "saturated" in kind:
        sem = ((sem - 100) * 20).clip(0, 255)
    depth = np.where(hole, 40, 150) + rng.normal(0, 2, (72, 48))
    assert not are_exchanged([flat_fraction(sem)], [flat_fraction(depth)])
    plateau = np.where(hole, 40, 150)
    assert are_exchanged([flat_fraction(plateau)], [flat_fraction(depth)])


def test_results_that_lie_among_the_images_are_no_images(tmp_path):
    put(tmp_path / "a.png")
    put(tmp_path / "results/holes/test_latest/depth/a.png")
    for name in ("metrics.json", "index.html"):
        (tmp_path / "results/holes/test_latest" / name).write_text("")
    assert [file.stem for file in images_of(tmp_path).files] == ["a"]


def test_a_file_that_is_not_there_is_called_a_file(tmp_path):
    with pytest.raises(DataError, match=r"b.tif: no such file"):
        DatasetLayout(tmp_path / "b.tif")


def test_one_is_singular():
    assert [counted(count, "image") for count in (0, 1, 2, 1000)] == ["0 images", "1 image", "2 images", "1,000 images"]
