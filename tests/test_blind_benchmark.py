"""The tables and the plot of the blind benchmark's results."""

import numpy as np
import pytest

from benchmarks import blind_benchmark, blind_report, error_budget


def make_maps(count=12, offset=(0, 0), level_off=0.0, noise=0.0):
    """Predictions of round holes that are moved, have the wrong level, or are noisy; with intervals for that noise."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:40, :32]
    distance = np.hypot(rows - 20, columns - 16)
    u = np.clip((12 - distance) / 5, 0, 1)
    truth = np.stack([150 - 120 * u] * count)
    moved = np.roll(u, offset, axis=(0, 1))
    depth = np.stack([150 + level_off - (120 + level_off) * moved] * count) + noise * rng.normal(size=truth.shape)
    depth_u90 = np.full(truth.shape, max(1.645 * noise, 0.1))
    in_library = np.arange(count) % 2 == 0
    nearest = np.where(in_library, 0.3, 5.0)
    return {
        "depth": depth,
        "truth": truth,
        "depth_u90": depth_u90,
        "level": truth.max((1, 2)) + level_off,
        "in_library": in_library,
        "nearest": nearest,
    }


def part(texts, name):
    return float(texts[name])


@pytest.mark.parametrize(
    ("change", "name"),
    [({"offset": (1, 0)}, "centring"), ({"level_off": 10.0}, "case"), ({"noise": 2.0}, "background")],
)
def test_a_simulated_error_is_attributed_to_its_part(change, name):
    texts = error_budget.split_error(make_maps(**change))
    rest = [part(texts, other) for other in ("case", "centring", "wall", "floor", "background") if other != name]
    assert part(texts, name) > max(map(abs, rest))
    assert part(texts, name) > 1


def test_the_parts_add_up():
    texts = error_budget.split_error(make_maps(offset=(1, 1), level_off=10.0, noise=1.0))
    squares = [
        part(texts, name) * abs(part(texts, name)) for name in ("case", "centring", "wall", "floor", "background")
    ]
    assert sum(squares) == pytest.approx(part(texts, "all") ** 2, rel=0.01)


def test_normal_errors_lie_on_the_diagonal():
    measured = error_budget.coverage(make_maps(60, noise=2.0))
    assert np.allclose(measured, error_budget.STATED, atol=0.02)


def test_a_plot_is_drawn(tmp_path):
    error_budget.plot({"a": make_maps(noise=1.0)}, tmp_path / "x.png")
    assert (tmp_path / "x.png").stat().st_size > 5000


def test_a_table_of_nothing_has_a_head_alone(tmp_path):
    lines = blind_report.to_markdown(tmp_path, ["built_in_0"]).splitlines()
    assert lines[0].startswith("| cell | mean map | depth pipeline |") and lines[2] == ""


@pytest.mark.parametrize("cell", [{}, {"domain": "slow"}, {"renderer": "horizon.py"}])
def test_the_data_set_of_a_cell_is_made(cell, tmp_path):
    images = {"stems": 2, "real": 4, "test": 1, "seed": 3}
    blind_benchmark.make_dataset(tmp_path, images | cell, blind_benchmark.HERE / "development")
    assert len(list((tmp_path / "sem/test/SEM").glob("*.png"))) == 1
