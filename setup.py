"""Installs the packages as `semdepth.models`, `semdepth.data`, ..., and the command `semdepth`."""

import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

PACKAGES = ("models", "data", "options", "util")
packages = [name for package in PACKAGES for name in (package, *(f"{package}.{p}" for p in find_packages(package)))]
BESIDE = ("train.py", "test.py", "pretrained")  # what lies beside the packages, in the checkout as in the wheel


class BuildWithPrograms(build_py):
    """Copies the two programs and the pretrained model into the wheel, where the command `semdepth` finds them."""

    def run(self):
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib, "semdepth")
        for name in BESIDE:
            if Path(name).is_dir():
                shutil.copytree(name, target / name, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".lock"))
            else:
                shutil.copy(name, target / name)


EXTRAS = {
    "export": [
        "onnx",  # the format
        "onnxscript",  # how PyTorch writes it
        "onnxruntime",  # reads it back, to check it
    ],
    "ray": ["ray[data]"],  # prediction on many machines
    "track": [
        "tensorboard",  # --track tensorboard
        "wandb",  # --track wandb, offline
    ],
}

setup(
    name="semdepth",
    version="0.1.0",
    description="Depth maps of etched holes from scanning-electron-microscope images, learned unpaired",
    long_description=Path(__file__).with_name("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.11",
    packages=[f"semdepth.{name}" for name in packages],
    package_dir={f"semdepth.{package}": package for package in PACKAGES},
    package_data={"": ["*.css", "*.js", "*.json", "*.pyi", "py.typed"]},
    cmdclass={"build_py": BuildWithPrograms},
    entry_points={"console_scripts": ["semdepth = semdepth.util.command_line:main"]},
    install_requires=[  # the least versions are those of tests/lowest.txt
        "torch>=2.7",  # the networks and their training
        "torchvision>=0.22",  # ResNet18; resolves together with torch
        "numpy>=1.26",  # arrays at every border between packages
        "pillow>=10.1",  # PNG, JPEG, BMP, WebP, GIF
        "tifffile>=2026.3.3",  # every TIFF; older versions read headers of fewer instruments
        "imagecodecs>=2026.1.14",  # how TIFFs are packed, JPEG 2000, JPEG XL; newer versions need numpy 2
        "scikit-image>=0.22",  # connected components, resizing; brings scipy
        "statsmodels>=0.14.5",  # analysis of variance, REML; older versions break beside scipy 1.16
        "tqdm>=4.65",  # progress bars
        "dominate>=2.8",  # the pages
        "matplotlib>=3.8",  # loss curves and figures
        "lazy-loader>=0.4",  # packages that load torch only when it is used; scikit-image needs it, too
        "pyyaml>=6.0.1",  # --config FILE.yaml
        # 0.2.4, the newest for Python 3.11, builds only beside setuptools < 81: the Makefile installs it there.
        "visdom>=0.3; python_version >= '3.12'",  # live plots
        "tornado>=6.5.10,<6.6",  # visdom's web server; from 6.6 on it answers 403 for every page
    ],
    extras_require={
        **EXTRAS,
        "test": [
            "pytest",  # the tests
            "pytest-xdist",  # several at a time, one a core
            "hypothesis",  # damaged files, tried by the thousand
            "ruff",  # style
            "mypy",  # types
            "build",  # the wheel that a test installs
            *(package for extra in EXTRAS.values() for package in extra),
        ],
    },
)
