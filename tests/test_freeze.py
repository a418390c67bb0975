"""The blind benchmark is the one that was frozen, and its foreign domains differ from the simulator's defaults."""

import json

import yaml

from benchmarks import freeze
from data.simulator.instrument import REAL, Instrument
from data.simulator.population import CONTEST, Population


def test_nothing_frozen_has_changed(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["freeze.py"])
    assert freeze.main() == 0, capsys.readouterr().out


def test_a_change_is_reported(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["freeze.py"])
    monkeypatch.setattr(freeze, "CENTRE_X", 23.0)
    assert freeze.main() == 1
    assert "CHANGED" in capsys.readouterr().out


def test_it_is_frozen_only_once(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["freeze.py", "--record"])
    before = freeze.FROZEN.read_bytes()
    assert freeze.main() == 2 and freeze.FROZEN.read_bytes() == before


def test_the_domain_of_every_cell_exists_and_is_foreign():
    cells = yaml.safe_load((freeze.EXAM / "exam.yaml").read_text())["cells"]
    domains = {cell["domain"] for cell in cells.values() if "domain" in cell}
    assert len(domains) == 2
    for domain in domains:
        instrument = Instrument.from_json(freeze.EXAM / f"{domain}_instrument.json")
        population = Population.from_json(freeze.EXAM / f"{domain}_population.json")
        typed = json.loads((freeze.EXAM / f"{domain}_instrument.json").read_text())
        assert len(typed) > 10 and all(getattr(instrument, name) != getattr(REAL, name) for name in typed)
        assert population != CONTEST
