"""Shows that the exam is still the one that was frozen: python benchmarks/freeze.py [--record]

Hashes of the simulator's default parameters, of the ladder's baselines with their budgets, and of the exam's cells and
foreign domains, beside those recorded in exam/frozen.json. --record writes that file, once: before a candidate exists.
"""

import argparse
import hashlib
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml

sys.path.insert(0, str(Path(__file__).parents[1]))  # the rooms lie beside this folder

from data.grey_levels import FLOOR, LEVELS
from data.simulator.hole_geometry import CENTRE_X, CENTRE_Y
from data.simulator.instrument import REAL, SIMULATION
from data.simulator.population import CONTEST

EXAM = Path(__file__).with_name("exam")
FROZEN = EXAM / "frozen.json"


def subjects() -> dict[str, Any]:
    """What is frozen, by name."""
    ladder = yaml.safe_load(Path(__file__).with_name("leaderboard.yaml").read_text())["systems"]
    return {
        "simulator: simulation instrument": asdict(SIMULATION),
        "simulator: real instrument": asdict(REAL),
        "simulator: population": asdict(CONTEST),
        "simulator: centre, floor, levels": [CENTRE_X, CENTRE_Y, FLOOR, LEVELS],
        **{f"baseline: {name}": budget for name, budget in ladder.items()},
        "exam: cells": yaml.safe_load((EXAM / "exam.yaml").read_text()),
        **{f"exam: {path.stem}": json.loads(path.read_text()) for path in sorted(EXAM.glob("*_*.json"))},
    }


def hashes() -> dict[str, str]:
    """SHA-256 of each subject as JSON with sorted keys."""
    return {
        name: hashlib.sha256(json.dumps(one, sort_keys=True).encode()).hexdigest() for name, one in subjects().items()
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--record", action="store_true", help="freeze what stands now; refused if it was done before")
    if parser.parse_args().record:
        if FROZEN.exists():
            print(f"freeze.py: {FROZEN} exists; an exam is frozen once", file=sys.stderr)
            return 2
        FROZEN.write_text(json.dumps(hashes(), indent=1) + "\n")
    recorded, now = json.loads(FROZEN.read_text()), hashes()
    for name in sorted(recorded.keys() | now.keys()):
        same = recorded.get(name) == now.get(name)
        print(f"{'same' if same else 'CHANGED':8}{now.get(name, 'missing')[:16]}  {name}")
    return int(recorded != now)


if __name__ == "__main__":
    sys.exit(main())
