"""Shows that the blind benchmark is still the one that was frozen: python benchmarks/freeze.py [--record]

Compares hashes with those in exam/frozen.json: of the simulator's default parameters, of the leaderboard's baselines
with their budgets, and of the blind benchmark's cells and foreign domains. --record writes that file, once, before the
first candidate exists.
"""

import argparse
import hashlib
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml

sys.path.insert(0, str(Path(__file__).parents[1]))  # the packages are beside this folder

from data.grey_levels import FLOOR, LEVELS
from data.simulator.hole_geometry import CENTRE_X, CENTRE_Y
from data.simulator.instrument import REAL, SIMULATION
from data.simulator.population import CONTEST

EXAM = Path(__file__).with_name("exam")
FROZEN = EXAM / "frozen.json"
FROZEN_NAMES = {"architecture": "layers"}  # options that had another name when the baselines were frozen


def subjects() -> dict[str, Any]:
    """What is frozen, by name. The names are those of frozen.json."""
    baselines = yaml.safe_load(Path(__file__).with_name("leaderboard.yaml").read_text())["models"]
    return {
        "simulator: simulation instrument": asdict(SIMULATION),
        "simulator: real instrument": asdict(REAL),
        "simulator: population": asdict(CONTEST),
        "simulator: centre, floor, levels": [CENTRE_X, CENTRE_Y, FLOOR, LEVELS],
        **{
            f"baseline: {name}": {FROZEN_NAMES.get(option, option): value for option, value in budget.items()}
            for name, budget in baselines.items()
        },
        "exam: cells": yaml.safe_load((EXAM / "exam.yaml").read_text()),
        **{f"exam: {path.stem}": json.loads(path.read_text()) for path in sorted(EXAM.glob("*_*.json"))},
    }


def hashes() -> dict[str, str]:
    """SHA-256 of each subject as JSON with sorted keys."""
    return {
        name: hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
        for name, content in subjects().items()
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--record", action="store_true", help="freeze the present state; refused if it was done before")
    if parser.parse_args().record:
        if FROZEN.exists():
            print(f"freeze.py: {FROZEN} exists; the blind benchmark is frozen only once", file=sys.stderr)
            return 2
        FROZEN.write_text(json.dumps(hashes(), indent=1) + "\n")
    recorded, now = json.loads(FROZEN.read_text()), hashes()
    for name in sorted(recorded.keys() | now.keys()):
        same = recorded.get(name) == now.get(name)
        print(f"{'same' if same else 'CHANGED':8}{now.get(name, 'missing')[:16]}  {name}")
    return int(recorded != now)


if __name__ == "__main__":
    sys.exit(main())
