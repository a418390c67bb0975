"""The packages that setup.py asks for, beside those that are installed."""

import ast
import platform
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from ..errors import UtilError

SETUP = Path(__file__).parents[2] / "setup.py"  # in the checkout; a wheel keeps the same in its metadata
PLOTS = ("visdom", "tornado")  # training goes on without live plots
OPTIONAL = ("onnx", "onnxruntime", "ray")


@dataclass(frozen=True)
class Package:
    """What is installed, '' if it is missing; the range that is asked for; whether training needs it."""

    name: str
    version: str
    wanted: str
    fits: bool
    needed: bool


def required() -> list[Package]:
    """Python, and the packages that training needs or shows its plots with. Raises UtilError if nothing says which."""
    try:
        from packaging.requirements import Requirement
        from packaging.specifiers import SpecifierSet
    except ImportError:  # comes with matplotlib and scikit-image
        return [Package("packaging", "", "", False, True)]
    asked = _asked()
    python, wanted = platform.python_version(), asked["python_requires"]
    found = [Package("Python", python, wanted, SpecifierSet(wanted).contains(python, prereleases=True), True)]
    for line in asked["install_requires"]:
        one = Requirement(line)
        applies, plots = one.marker is None or one.marker.evaluate({"extra": ""}), one.name in PLOTS
        if applies or plots:
            version, specifier = installed(one.name), one.specifier if applies else SpecifierSet()
            fits = bool(version) and specifier.contains(version, prereleases=True)
            found.append(Package(one.name, version, str(specifier), fits, not plots))
    return found


def installed(name: str) -> str:
    """Version of an installed package, '' if it is missing."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _asked() -> dict[str, Any]:
    """`install_requires` and `python_requires`."""
    if SETUP.is_file():
        return _arguments(SETUP.read_text(encoding="utf-8"))
    try:
        python = metadata.metadata("semdepth")["Requires-Python"]
        return {"install_requires": metadata.requires("semdepth") or [], "python_requires": python}
    except metadata.PackageNotFoundError:
        raise UtilError("neither a setup.py nor an installed semdepth says which packages are asked for") from None


def _arguments(program: str) -> dict[str, Any]:
    nodes = ast.walk(ast.parse(program))
    call = next(node for node in nodes if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "setup")
    wanted = ("install_requires", "python_requires")
    return {one.arg: ast.literal_eval(one.value) for one in call.keywords if one.arg in wanted}
