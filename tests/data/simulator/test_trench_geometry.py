"""Trenches and lines: their widths, their roughness, and that holes at other sizes are the same holes."""

import json

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import label

from data.simulate import main
from data.simulator.hole_geometry import inset, normalised_depth, random_hole
from data.simulator.image_formation import clean_signal
from data.simulator.instrument import SIMULATION
from data.simulator.simulation_config import SimulationConfig
from data.simulator.trench_geometry import (
    CORRELATION_LENGTH,
    HURST_EXPONENT,
    ROUGHNESS_SIGMA,
    TRENCH_MARGIN,
    edge_roughness,
    normalised_trench_depth,
    random_line,
    random_trench,
)
from util.metrology.hole_measurement import measure_holes


@pytest.mark.parametrize("size", [(72, 48), (64, 64), (96, 144)])
@pytest.mark.parametrize("draw", [random_trench, random_line])
def test_widths_follow_from_the_walls(draw, size, monkeypatch):
    monkeypatch.setattr(
        "data.simulator.trench_geometry.ROUGHNESS_SIGMA", 0
    )  # rough edges have another width at every height
    rng = np.random.default_rng(0)
    for _ in range(10):
        trench = draw(rng)
        measured = measure_holes(normalised_trench_depth(trench, size)[None] * 100, lines=trench.line)
        for fraction, name, tolerance in ((0.5, "half", 0.1), (0.1, "top", 0.35), (0.9, "bottom", 0.35)):
            walls = [inset(fraction, wall, trench.toe, trench.shoulder) for wall in trench.walls]
            true = (trench.width + (sum(walls) if trench.line else -sum(walls))) / np.cos(trench.tilt)
            assert measured[f"cd_{name}_x_nm"][0] == pytest.approx(true, abs=tolerance)


@pytest.mark.parametrize("draw", [random_trench, random_line])
def test_an_image_is_a_window_onto_an_endless_array(draw):
    trench = draw(np.random.default_rng(1))
    wide = normalised_trench_depth(trench, (72, 144), 40)
    assert wide.shape == (152, 224) and (wide[40:-40, 40:-40] == normalised_trench_depth(trench, (72, 144))).all()
    etched = (wide > 0.5).mean(axis=0)
    assert etched[:20].max() == 1 and etched[-20:].max() == 1, "neighbours beyond the border"


@pytest.mark.parametrize("draw", [random_trench, random_line])
def test_all_floors_of_an_array_are_as_bright(draw):
    u = normalised_trench_depth(draw(np.random.default_rng(1)), (96, 240), TRENCH_MARGIN)
    signal, u = (
        image[TRENCH_MARGIN:-TRENCH_MARGIN, TRENCH_MARGIN:-TRENCH_MARGIN]
        for image in (clean_signal(110 * u, SIMULATION), u)
    )
    parts, count = label(u > 0.99)
    floors = [signal[parts == n].mean() for n in range(1, count + 1) if (parts == n).sum() > 300]
    assert len(floors) >= 4 and max(floors) < 1.1 * min(floors)


def test_edges_are_as_rough_as_they_are_said_to_be():
    rng = np.random.default_rng(0)
    edges = np.array([edge_roughness(400, 0.5, rng) for _ in range(400)])
    assert edges.std() == pytest.approx(ROUGHNESS_SIGMA, rel=0.05)
    power = np.mean(np.abs(np.fft.rfft(edges * np.hanning(400), axis=1)) ** 2, axis=0)
    k = 2 * np.pi * np.fft.rfftfreq(400, 0.5)
    expected = (1 + (k * CORRELATION_LENGTH) ** 2) ** (-0.5 - HURST_EXPONENT)
    middle = slice(10, 60)
    slope = np.polyfit(np.log(expected[middle]), np.log(power[middle]), 1)[0]
    assert slope == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("size", [(144, 96), (36, 32), (256, 256)])
def test_a_hole_at_another_size_is_the_same_hole(size):
    shape = random_hole(np.random.default_rng(3))
    scale = min(size[0] / 72, size[1] / 48)
    small, large = (measure_holes(100 * normalised_depth(shape, image_size)[None]) for image_size in ((72, 48), size))
    for name in ("cd_half_x_nm", "cd_half_y_nm", "cd_top_nm"):
        assert large[name] / scale == pytest.approx(small[name], rel=0.03)
    assert normalised_depth(shape, size).shape == size


def test_an_old_record_is_of_holes_of_the_contests_size(tmp_path, capsys):
    flags = ["--dataroot", str(tmp_path / "sem"), "--num_shapes", "1", "--num_real", "4", "--num_test", "1"]
    assert main(flags) == 0
    record = json.loads((tmp_path / "sem/dataset.json").read_text())
    config = SimulationConfig.of(record["config"])
    del record["config"]["feature"], record["config"]["size"]
    assert SimulationConfig.of(record["config"]) == config
    (tmp_path / "sem/dataset.json").write_text(json.dumps(record))
    assert main(flags) == 0 and "already exists" in capsys.readouterr().out


@pytest.mark.parametrize("size", ["31,48", "72", "72,1025", "72,x", "72,48,1"])
def test_a_size_that_cannot_be_is_one_line(size, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--size", size])
    assert stopped.value.code == 2 and "is not H,W with sides from 32 to 1024" in capsys.readouterr().err


def test_trenches_as_a_data_set(tmp_path):
    for feature in ("trench", "line"):
        flags = ["--num_shapes", "1", "--num_real", "4", "--num_test", "2", "--feature", feature, "--size", "64,64"]
        assert main(["--dataroot", str(tmp_path / feature), *flags]) == 0
    depth = np.asarray(Image.open(tmp_path / "trench/test/Depth/000000.png"))
    sem = np.asarray(Image.open(tmp_path / "trench/test/SEM/000000.png").convert("L")).astype(float)
    assert depth.shape == (64, 64) and depth.max() in (140, 150, 160, 170) and depth.min() == 30
    rows = sem[:, (depth < 40).all(axis=0)].mean(axis=1)
    assert rows[:4].mean() == pytest.approx(rows[30:34].mean(), rel=0.1), "no darker at its ends, where it continues"
