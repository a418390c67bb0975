"""Compares the packages that setup.py requires with the installed ones."""

import ast
import platform
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from ..errors import UtilError

SETUP = Path(__file__).parents[2] / "setup.py"  # in a checkout; an installed package has metadata instead
PLOTS = ("visdom", "tornado")  # training works without live plots
OPTIONAL = ("onnx", "onnxruntime", "ray")


@dataclass(frozen=True)
class Package:
    """The installed version ('' if missing), the required range, whether it fits, and whether training needs it."""

    name: str
    version: str
    required: str
    fits: bool
    needed: bool


def required_packages() -> list[Package]:
    """Python, and the packages for training and its plots. Raises UtilError if the required ones are not known."""
    try:
        from packaging.requirements import Requirement
        from packaging.specifiers import SpecifierSet
    except ImportError:  # comes with matplotlib and scikit-image
        return [Package("packaging", "", "", False, True)]
    requirements = _read_requirements()
    python, python_range = platform.python_version(), requirements["python_requires"]
    fits = SpecifierSet(python_range).contains(python, prereleases=True)
    packages = [Package("Python", python, python_range, fits, True)]
    for line in requirements["install_requires"]:
        requirement = Requirement(line)
        name, marker, plots = requirement.name, requirement.marker, requirement.name in PLOTS
        applies = marker is None or marker.evaluate({"extra": ""})
        if applies or plots:
            version, specifier = installed(name), requirement.specifier if applies else SpecifierSet()
            fits = bool(version) and specifier.contains(version, prereleases=True)
            packages.append(Package(name, version, str(specifier), fits, not plots))
    return packages


def installed(name: str) -> str:
    """The version of an installed package, '' if it is missing."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _read_requirements() -> dict[str, Any]:
    """`install_requires` and `python_requires`."""
    if SETUP.is_file():
        return _arguments(SETUP.read_text(encoding="utf-8"))
    try:
        python = metadata.metadata("semdepth")["Requires-Python"]
        return {"install_requires": metadata.requires("semdepth") or [], "python_requires": python}
    except metadata.PackageNotFoundError:
        raise UtilError("no setup.py and no installed semdepth: the required packages are not known") from None


def _arguments(program: str) -> dict[str, Any]:
    nodes = ast.walk(ast.parse(program))
    call = next(node for node in nodes if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "setup")
    names = ("install_requires", "python_requires")
    return {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords if keyword.arg in names}
