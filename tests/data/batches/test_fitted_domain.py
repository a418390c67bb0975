"""Renderings by a fitted instrument are kept: never those of other images, and never in the way."""

from dataclasses import replace

import numpy as np
import pytest

from data.batches import fitted_domain
from data.batches.fitted_domain import FittedDomain
from data.instrument_fit import code_digest

SIZE = (8, 6)
DOMAIN = FittedDomain(
    np.arange(4 * 48, dtype=np.uint8).reshape(4, *SIZE),
    np.array([0, 1, 0, 1]),
    np.array([110.0, 120.0]),
    np.linspace(0, 1, 3 * 48, dtype=np.float32).reshape(3, *SIZE),
    2.08,
    0,
)
OTHERS = {
    "real": DOMAIN.real[::-1],
    "index": np.array([0, 1, 1, 0]),
    "depth_nm": np.array([110.0, 120.5]),
    "shapes": DOMAIN.shapes[:2],
    "pixel_nm": 2.0,
    "seed": 1,
}
LINE = "damaged, or made from other images or by another version; it is made again"


@pytest.fixture
def made(monkeypatch):
    """The domains that were fitted to."""
    domains = []

    def make(self):
        domains.append(self)
        rng = np.random.default_rng(len(domains))
        return {
            "images": rng.integers(0, 212, (5, *SIZE), dtype=np.uint8),
            "u": rng.random((5, *SIZE)).astype(np.float16),
            "index": np.arange(5) % 2,
            "reshaping": np.array([1 / 3, 0.1 + 0.2]),
        }

    monkeypatch.setattr(FittedDomain, "_make", make)
    return domains


def test_what_is_read_back_is_exactly_what_was_made(made, tmp_path):
    path = tmp_path / "cache/fitted.pack"
    (first, reshaping), (again, again_reshaping) = DOMAIN.render(path), DOMAIN.render(path)
    assert len(made) == 1 and reshaping == again_reshaping and reshaping.wall == 1 / 3
    assert first.keys() == again.keys() == {"images", "u", "index"}
    for name, values in first.items():
        assert values.dtype == again[name].dtype and np.array_equal(values, again[name])
    assert [file.name for file in path.parent.iterdir()] == ["fitted.pack"], "nothing unfinished is left"


@pytest.mark.parametrize("field", OTHERS)
def test_another_domain_is_fitted_anew_with_one_line(made, tmp_path, capsys, field):
    path, other = tmp_path / "fitted.pack", replace(DOMAIN, **{field: OTHERS[field]})
    DOMAIN.render(path)
    assert LINE not in capsys.readouterr().out
    other.render(path)
    assert len(made) == 2 and capsys.readouterr().out.count(f"{path}: {LINE}") == 1
    other.render(path)
    assert len(made) == 2 and LINE not in capsys.readouterr().out


@pytest.mark.parametrize("name", ["code_digest", "N_FITTED", "QUICK"])
def test_another_fit_is_made_anew(made, tmp_path, monkeypatch, name):
    monkeypatch.setattr(fitted_domain, "MIN_REAL_OF_FIT", 1 if name == "N_FITTED" else 32)
    monkeypatch.setattr(fitted_domain, "MIN_STEMS_OF_FIT", 1)
    DOMAIN.render(tmp_path / "fitted.pack")
    changed = {"code_digest": lambda: b"other", "N_FITTED": 7, "QUICK": fitted_domain.FULL}
    monkeypatch.setattr(fitted_domain, name, changed[name])
    DOMAIN.render(tmp_path / "fitted.pack")
    assert len(made) == 2


def test_the_digest_is_that_of_the_code(monkeypatch, tmp_path):
    present = code_digest()
    monkeypatch.setattr("data.instrument_fit.source_code.PACKAGES", (tmp_path,))
    assert len({present, code_digest(), (tmp_path / "fitting.py").write_text("x = 1") and code_digest()}) == 3


@pytest.mark.parametrize("damage", ["empty", "cut", "longer", "a bit", "foreign"])
def test_a_damaged_file_is_made_again_with_one_line(made, tmp_path, capsys, damage):
    path = tmp_path / "fitted.pack"
    DOMAIN.render(path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= damage == "a bit"
    other = {"empty": b"", "cut": content[:-9], "longer": content + b"0", "foreign": b"PK of another program" * 9}
    path.write_bytes(other.get(damage, content))
    DOMAIN.render(path)
    assert len(made) == 2 and capsys.readouterr().out.count(LINE) == 1
    DOMAIN.render(path)
    assert len(made) == 2 and LINE not in capsys.readouterr().out


def test_a_folder_that_cannot_be_written_is_said_in_one_line(made, tmp_path, capsys):
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert len(DOMAIN.render(tmp_path / "cache/fitted.pack")[0]["images"]) == 5
    printed = capsys.readouterr().out
    assert printed.count("no cache in") == 1 and LINE not in printed


def test_without_a_cache_nothing_is_kept(made):
    DOMAIN.render(None)
    DOMAIN.render(None)
    assert len(made) == 2
