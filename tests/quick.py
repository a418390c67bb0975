"""Runs the tests of what changed since the last commit: python tests/quick.py, or `make quick`.

A changed file runs the tests of its package, which stand in the folder of the same name, and the rules of the house;
a changed test runs itself. Tests marked slow are left to `make test`.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
ALWAYS = "tests/test_structure.py"
ENTRY_POINTS = {
    "train.py": "tests/test_bridges.py",
    "test.py": "tests/test_bridges.py",
    "setup.py": "tests/test_wheel.py",
}


def changed_files() -> list[str]:
    """Paths of the files that differ from the last commit, and of those that git does not know yet."""
    command = ["git", "status", "--porcelain", "--untracked-files=all", "--no-renames"]
    lines = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [line[3:].strip('"') for line in lines]


def tests_of(path: str) -> str | None:
    """The test file or folder that belongs to a changed file; None where there is none."""
    if path in ENTRY_POINTS:
        return ENTRY_POINTS[path]
    if path.startswith("tests/") and Path(path).name.startswith("test_"):
        return path if (ROOT / path).exists() else None
    folder = Path(path).parent
    while folder.parts and path.endswith((".py", ".js", ".css")):
        if folder.parts[0] != "tests" and (ROOT / "tests" / folder).is_dir():
            return f"tests/{folder}"
        folder = folder.parent
    return None


def main() -> int:
    """The exit status of pytest."""
    tests = sorted({found for path in changed_files() if (found := tests_of(path))} | {ALWAYS})
    folders = [test for test in tests if not any(test.startswith(f"{other}/") for other in tests)]
    print("tests of what changed:", *folders, flush=True)
    parallel = ["-n", "auto", "--dist", "loadfile", "--no-loadscope-reorder"]
    command = [sys.executable, "-m", "pytest", *parallel, "-m", "not slow", *folders]
    return subprocess.run(command, cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1"}).returncode


if __name__ == "__main__":
    sys.exit(main())
