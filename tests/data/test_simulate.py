"""The data set that `python -m data.simulate` makes."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data import DatasetLayout, read_grey
from data.simulate import ShapeSampler, main
from data.simulator.instrument import REAL
from data.simulator.simulation_config import SimulationConfig

SMALL = ["--num_shapes", "3", "--num_real", "16", "--num_test", "8"]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("data") / "sem"
    assert main(["--dataroot", str(root), *SMALL]) == 0
    return root


def digest(root):
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return hashlib.sha256(
        b"".join(path.relative_to(root).as_posix().encode() + path.read_bytes() for path in files)
    ).hexdigest()


def test_it_is_the_contests_layout(root):
    layout = DatasetLayout(root)
    assert len(layout.simulated_sem()) == 24 and len(layout.depth()) == 12
    assert len(layout.sem()) == 16 and len(layout.test_sem()) == 8 and len(layout.test_depth()) == 8
    assert {file.class_folder for file in layout.sem()} == {f"Depth_{depth}" for depth in (110, 120, 130, 140)}
    assert all(70 < value < 150 for value in layout.average_depth().values())
    with Image.open(layout.sem()[0].path) as image:
        assert image.size == (48, 72)
    assert {Image.open(file.path).mode for file in layout.sem()} == {"RGB", "L"}
    record = json.loads((root / "dataset.json").read_text())
    assert record["config"]["real_instrument"] == REAL.to_dict() and record["config"]["seed"] == 0
    assert record["files"]["train/SEM"] == 16 and record["files"]["simulation_data/Depth"] == 12


def test_every_sem_image_has_maximum_212_and_every_map_its_level(root):
    layout = DatasetLayout(root)
    assert {int(read_grey(file.path).max()) for file in [*layout.sem(), *layout.simulated_sem()]} == {212}
    for file in layout.depth():
        assert read_grey(file.path).max() == 130 + 10 * int(file.class_folder.removeprefix("Case_"))


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(root, tmp_path):
    assert main(["--dataroot", str(tmp_path / "again"), *SMALL]) == 0
    assert main(["--dataroot", str(tmp_path / "other"), *SMALL, "--seed", "1"]) == 0
    assert digest(root) == digest(tmp_path / "again") != digest(tmp_path / "other")


@pytest.mark.parametrize("kind", ["SEM", "Depth"])
def test_the_defaults_make_what_they_made_before_there_was_a_choice_of_shape_and_size(root, kind):
    before = read_grey(Path(__file__).parent / f"default/{kind}.png").astype(int)
    off = np.abs(read_grey(root / f"test/{kind}/000003.png") - before)
    assert off.max() <= 1 and (off > 0).mean() < 0.01, "a grey level is how another machine may round"


def test_the_two_noise_realisations_differ_and_share_their_hole(root):
    first, second = (read_grey(file.path).astype(float) for file in DatasetLayout(root).simulated_sem()[:2])
    assert 5 < np.abs(first - second).mean() < 15


def test_the_overlap_is_the_share_of_real_shapes_in_the_library():
    for overlap in (0.0, 0.7, 1.0):
        shapes = ShapeSampler(5, overlap, 0)
        inside = np.mean([shapes.draw_real(1, n) in shapes.library for n in range(400)])
        assert inside == pytest.approx(overlap, abs=0.06)


def test_typed_again_it_changes_nothing(root, capsys):
    before = digest(root)
    assert main(["--dataroot", str(root), *SMALL]) == 0
    assert "already exists" in capsys.readouterr().out
    assert main(["--dataroot", str(root), *SMALL, "--seed", "5"]) == 2
    assert "other parameters" in capsys.readouterr().err
    assert digest(root) == before


def test_a_record_of_fewer_parameters_is_still_known(tmp_path):
    root = tmp_path / "sem"
    small = ["--num_shapes", "1", "--num_real", "4", "--num_test", "1"]
    assert main(["--dataroot", str(root), *small]) == 0
    record = json.loads((root / "dataset.json").read_text())
    del record["config"]["real_population"], record["config"]["real_instrument"]["gamma"]
    (root / "dataset.json").write_text(json.dumps(record))
    assert main(["--dataroot", str(root), *small]) == 0


OLD = {"num_shapes": "stems", "num_real": "real", "num_test": "test", "feature": "shape"}


def test_a_record_of_an_older_version_is_read_and_nothing_is_made_again(tmp_path, capsys):
    root = tmp_path / "sem"
    older = ["--stems", "1", "--real", "4", "--test", "1", "--shape", "trench"]
    newer = ["--num_shapes", "1", "--num_real", "4", "--num_test", "1", "--feature", "trench"]
    assert main(["--dataroot", str(root), *older]) == 0
    written = json.loads((root / "dataset.json").read_text())
    assert OLD.keys() <= written["config"].keys() and not set(OLD.values()) & written["config"].keys()
    config = SimulationConfig.of(written["config"])
    assert (config.num_shapes, config.num_real, config.num_test, config.feature) == (1, 4, 1, "trench")
    older_config = {OLD.get(name, name): value for name, value in written["config"].items()}
    assert SimulationConfig.of(older_config) == config
    for record in ({"recipe": older_config}, {"recipe": written["config"]}, {"config": written["config"]}):
        (root / "dataset.json").write_text(json.dumps({**record, "files": written["files"]}))
        before = digest(root)
        for flags in (older, newer):
            assert main(["--dataroot", str(root), *flags]) == 0
            assert "already exists" in capsys.readouterr().out and digest(root) == before
    assert main(["--dataroot", str(root), *newer, "--num_real", "5"]) == 2


@pytest.mark.parametrize("text", ["{}", "[]", "5", "null", '{"config": []}', '{"config": {}, "files": {}}', "{"])
def test_a_record_that_is_none_is_named(tmp_path, capsys, text):
    (tmp_path / "dataset.json").write_text(text)
    assert main(["--dataroot", str(tmp_path), *SMALL]) == 2
    assert "dataset.json: not a record of this command" in capsys.readouterr().err


def test_another_population_changes_only_the_real_images_shapes(root, tmp_path):
    (tmp_path / "narrow.json").write_text('{"half_width": [13, 0.3]}')
    narrow = tmp_path / "sem"
    more = ["--shape_overlap", "0", "--real_population", str(tmp_path / "narrow.json")]
    assert main(["--dataroot", str(narrow), *SMALL, *more]) == 0
    assert digest(narrow / "simulation_data") == digest(root / "simulation_data")
    folders = [[read_grey(path) for path in DatasetLayout(folder).test_depth().values()] for folder in (root, narrow)]
    hole_fraction = [np.mean([depth < depth.max() for depth in maps]) for maps in folders]
    assert hole_fraction[1] < 0.85 * hole_fraction[0]


def test_a_strangers_folder_is_left_alone(tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("keep")
    assert main(["--dataroot", str(tmp_path), *SMALL]) == 2
    assert "not empty" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    "flags, message",
    [
        (["--num_shapes", "0"], "'0' is not a whole number from 1"),
        (["--num_real", "many"], "'many' is not a whole number from 4"),
        (["--shape_overlap", "1.5"], "'1.5' is not a fraction from 0 to 1"),
        (["--shape_overlap", "nan"], "'nan' is not a fraction from 0 to 1"),
        (["--num_shape", "3"], "--num_shape: unknown option; did you mean --num_shapes?"),
    ],
)
def test_a_bad_argument_exits_with_2_in_one_line(tmp_path, capsys, flags, message):
    with pytest.raises(SystemExit) as stop:
        main(["--dataroot", str(tmp_path / "sem"), *flags])
    assert stop.value.code == 2 and not (tmp_path / "sem").exists()
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


def test_a_missing_instrument_exits_with_2(tmp_path, capsys):
    assert main(["--dataroot", str(tmp_path / "sem"), *SMALL, "--real_instrument", str(tmp_path / "no.json")]) == 2
    assert "no such file" in capsys.readouterr().err and not (tmp_path / "sem").exists()


def test_a_data_set_that_lost_an_image_is_not_called_complete(tmp_path, capsys):
    root = tmp_path / "sem"
    assert main(["--dataroot", str(root), "--num_shapes", "1", "--num_real", "4", "--num_test", "1"]) == 0
    (root / "test/SEM/000000.png").unlink()
    assert main(["--dataroot", str(root), "--num_shapes", "1", "--num_real", "4", "--num_test", "1"]) == 2
    assert "images are missing" in capsys.readouterr().err


def test_an_interrupted_run_leaves_nothing(tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("data.simulate._write_test", interrupt)
    assert main(["--dataroot", str(tmp_path / "sem"), *SMALL]) == 130
    assert not list(tmp_path.iterdir())
