"""The versions that a result was made with: Python, the packages that compute, and the checkout's commit."""

import platform
import subprocess
from importlib import metadata
from pathlib import Path

PACKAGES = ("torch", "numpy", "scikit-image")
CHECKOUT = Path(__file__).parents[2]


def versions() -> dict[str, str]:
    """Versions by name; `commit` only in a git checkout, with `, changed` behind it where tracked files differ."""
    found = {"Python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found | ({"commit": commit} if (commit := _commit(CHECKOUT)) else {})


def _commit(checkout: Path) -> str:
    if not (checkout / ".git").exists():
        return ""
    try:
        name, changed = (_git(checkout, *what) for what in (("rev-parse", "HEAD"), ("status", "--porcelain", "-uno")))
    except (OSError, subprocess.SubprocessError):  # no git, or none that may read there
        return ""
    return f"{name}{', changed' if changed else ''}"


def _git(checkout: Path, *what: str) -> str:
    command = ["git", "-C", str(checkout), *what]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
