"""What is made of the exam's results."""

import numpy as np
import pytest

from benchmarks import blind_benchmark, error_budget


def maps(count=12, offset=(0, 0), level_off=0.0, noise=0.0):
    """Predictions of round holes that are moved, of the wrong level, or noisy; with intervals for that noise."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:40, :32]
    away = np.hypot(rows - 20, columns - 16)
    u = np.clip((12 - away) / 5, 0, 1)
    truth = np.stack([150 - 120 * u] * count)
    moved = np.roll(u, offset, axis=(0, 1))
    depth = np.stack([150 + level_off - (120 + level_off) * moved] * count) + noise * rng.normal(size=truth.shape)
    interval = np.full(truth.shape, max(1.645 * noise, 0.1))
    known = np.arange(count) % 2 == 0
    nearest = np.where(known, 0.3, 5.0)
    return {
        "depth": depth,
        "truth": truth,
        "interval": interval,
        "level": truth.max((1, 2)) + level_off,
        "known": known,
        "nearest": nearest,
    }


def part(said, name):
    return float(said[name])


@pytest.mark.parametrize(
    ("change", "name"),
    [({"offset": (1, 0)}, "centring"), ({"level_off": 10.0}, "case"), ({"noise": 2.0}, "background")],
)
def test_a_part_of_the_error_is_found_where_it_was_put(change, name):
    said = error_budget.budget(maps(**change))
    others = [part(said, other) for other in ("case", "centring", "wall", "floor", "background") if other != name]
    assert part(said, name) > max(map(abs, others))
    assert part(said, name) > 1


def test_the_parts_add_up():
    said = error_budget.budget(maps(offset=(1, 1), level_off=10.0, noise=1.0))
    squares = [part(said, name) * abs(part(said, name)) for name in ("case", "centring", "wall", "floor", "background")]
    assert sum(squares) == pytest.approx(part(said, "all") ** 2, rel=0.01)


def test_normal_errors_lie_on_the_diagonal():
    held = error_budget.holds(maps(60, noise=2.0))
    assert np.allclose(held, error_budget.SHARES, atol=0.02)


def test_a_plot_is_drawn(tmp_path):
    error_budget.plot({"a": maps(noise=1.0)}, tmp_path / "x.png")
    assert (tmp_path / "x.png").stat().st_size > 5000


def test_a_table_of_nothing_has_a_head_alone(tmp_path):
    lines = blind_benchmark.table(tmp_path, ["built_in_0"]).splitlines()
    assert lines[0].startswith("| cell | mean map | depth pipeline |") and lines[2] == ""
