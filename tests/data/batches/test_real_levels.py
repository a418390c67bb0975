"""The levels of real images, by folders and average_depth.csv."""

import shutil

import numpy as np
import pytest
from PIL import Image

from data import DataError, DataOptions, DatasetLayout, check_training, simulate
from data.batches import UNKNOWN, grouped_by_site, levels_of_folders
from data.batches.sim_to_real import SimToRealDataset
from models import MODEL_OPTIONS

DEPTH_PIPELINE = MODEL_OPTIONS["depth_pipeline"]()


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    root = tmp_path_factory.mktemp("data") / "sem"
    simulate.main(["--dataroot", str(root), "--num_shapes", "3", "--num_real", "4", "--num_test", "0"])
    return root / "simulation_data"


def make(root, folders, rows=""):
    """A data set whose real images are in `folders` of train/SEM, three in each."""
    for number, folder in enumerate(folders):
        path = root / "train/SEM" / folder
        path.mkdir(parents=True, exist_ok=True)
        for n in range(3):
            Image.fromarray(np.random.default_rng(n).integers(90, 110, (72, 48), np.uint8)).save(
                path / f"{number}{n}.png"
            )
    if rows:
        (root / "train/average_depth.csv").write_text(f"site,depth\n{rows}\n")
    return DatasetLayout(root)


def levels(layout):
    return levels_of_folders(layout, grouped_by_site(layout.sem()))


@pytest.mark.parametrize(
    "folders, rows, expected",
    [
        (["Depth_120"], "", {"Depth_120": 150}),
        (["depth_110/site_00000", "Depth_140"], "", {"depth_110": 140, "Depth_140": 170}),
        (["Depth_110", "Depth_140"], "depth_110_site_0,200", {"Depth_110": 140, "Depth_140": 170}),
        ([""], "", {"": UNKNOWN}),
        (["wafer7"], "", {"wafer7": UNKNOWN}),
        (["site_00000", "site_00001"], "", {"": UNKNOWN}),
        (["a", "b/site_00000"], "", {"a": UNKNOWN, "b": UNKNOWN}),
        (["a/site_0", "a/site_1", "b/site_0"], "a_site_0,108\nA_site_1,111\nb_site_0,139.6", {"a": 140, "b": 170}),
        (["site_0", "site_1"], "site_0,118\nsite_1,122", {"": 150}),
        (["wafer7"], "wafer7,119.6", {"wafer7": 150}),
        (["a", "Depth_140"], "a,110", {"a": 140, "Depth_140": 170}),
    ],
)
def test_folders_or_the_table_tell_the_levels(tmp_path, folders, rows, expected):
    assert levels(make(tmp_path, folders, rows)) == expected


@pytest.mark.parametrize(
    "folders, rows, message",
    [
        (["Depth_110", "wafer7"], "", r"SEM/wafer7: names no depth, other folders do"),
        (["Depth110"], "", r"SEM/Depth110: names no depth; expected a name such as Depth_110"),
        (
            ["wafer7/site_3"],
            "wafer8_site_3,120",
            r"average_depth.csv: has no row such as wafer7_site_3 for .*wafer7",
        ),
        (["Depth_500"], "", r"Depth_500: depth 500, but depth maps have room for 225 grey levels.*--nm_per_grey"),
        (["a"], "a,400", r"SEM/a: depth 400, but"),
    ],
)
def test_what_tells_no_depth_is_one_line(tmp_path, folders, rows, message):
    with pytest.raises(DataError, match=message) as caught:
        levels(make(tmp_path, folders, rows))
    assert "\n" not in str(caught.value)


def test_sites_of_very_different_depth_in_one_folder_are_named(tmp_path, capsys):
    assert levels(make(tmp_path, ["a/site_0", "a/site_1"], "a_site_0,110\na_site_1,140")) == {"a": 155}
    assert "sites of train/SEM/a have depths from 110 to 140" in capsys.readouterr().out


@pytest.mark.parametrize(
    "folders, expected",
    [
        ([""], {"levels": (150,), "relative_depth": True}),
        (["Depth_120"], {"levels": (150,)}),
        (["Depth_110", "Depth_140"], {"levels": (140, 170)}),
        (["Depth_110", "Depth_120", "Depth_130", "Depth_140"], {"levels": (140, 150, 160, 170)}),
    ],
)
def test_a_model_gets_the_levels_of_1_2_and_4_folders(simulated, tmp_path, folders, expected):
    make(tmp_path, folders)
    (tmp_path / "simulation_data").symlink_to(simulated)
    options = DataOptions(dataroot=str(tmp_path), cache=False)
    assert check_training(options, DEPTH_PIPELINE) == expected
    assert check_training(options, MODEL_OPTIONS["background_classifier"](label_source="simulation")) == {}
    assert check_training(options, MODEL_OPTIONS["cycle_gan"]()) == {}
    dataset = SimToRealDataset(DatasetLayout(tmp_path), options, 4, 0)
    wanted = {UNKNOWN} if "relative_depth" in expected else set(expected["levels"])
    assert set(dataset.eval_set()["real_level"].tolist()) == wanted


def test_the_nominal_level_is_that_of_the_only_simulated_case(simulated, tmp_path):
    make(tmp_path, [""])
    for name in ("SEM", "Depth"):
        shutil.copytree(simulated / name / "Case_3", tmp_path / "simulation_data" / name / "Case_3")
    options = DataOptions(dataroot=str(tmp_path), cache=False)
    assert check_training(options, DEPTH_PIPELINE) == {"levels": (160,), "relative_depth": True}


def test_unknown_depth_is_said(simulated, tmp_path, capsys):
    make(tmp_path, ["wafer7"])
    (tmp_path / "simulation_data").symlink_to(simulated)
    SimToRealDataset(DatasetLayout(tmp_path), DataOptions(dataroot=str(tmp_path), cache=False), 4, 0)
    output = capsys.readouterr().out
    assert "absolute depth cannot be known" in output and "--reference_depth" in output
