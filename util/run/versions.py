"""The versions that produced a result: Python, the numerical packages, the commit of the checkout."""

import platform
import subprocess
from importlib import metadata
from pathlib import Path

PACKAGES = ("torch", "numpy", "scikit-image")
CHECKOUT = Path(__file__).parents[2]


def versions() -> dict[str, str]:
    """Versions by name. `commit` exists only in a git checkout; `, changed` follows it if tracked files differ."""
    numbers = {"Python": platform.python_version()}
    for name in PACKAGES:
        try:
            numbers[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return numbers | ({"commit": commit} if (commit := _commit(CHECKOUT)) else {})


def _commit(checkout: Path) -> str:
    if not (checkout / ".git").exists():
        return ""
    try:
        name, changed = _git(checkout, "rev-parse", "HEAD"), _git(checkout, "status", "--porcelain", "-uno")
    except (OSError, subprocess.SubprocessError):  # git is missing, or may not read the checkout
        return ""
    return f"{name}{', changed' if changed else ''}"


def _git(checkout: Path, *arguments: str) -> str:
    command = ["git", "-C", str(checkout), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
