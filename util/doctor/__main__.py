"""Checks whether a training would work on this machine: python -m util.doctor

Checks versions, processor, GPUs, memory, disk space and live plots. Then trains tiny networks for seconds in a
temporary folder. Exit status: 0 a training would work (perhaps without live plots), 1 something is broken, 2 usage.
"""

import argparse
import importlib
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from ..errors import UtilError
from ..files import ArgumentParser
from . import hardware, requirements, trial_run

MIN_FREE = 10**9  # [bytes] free; below it the check gives advice
INSTALL = "`make setup` installs it"
SERVER = "`python -m util.visdom_server` starts one; training works without it"


@dataclass(frozen=True)
class Finding:
    """The result of one check: its subject, a message, advice if something is wrong, and whether it failed."""

    subject: str
    message: str
    advice: str = ""
    failed: bool = False

    def __str__(self) -> str:
        mark = "BROKEN" if self.failed else "note" if self.advice else "ok"
        line = f"{mark:<7}{self.subject:<14} {self.message}{'; ' * bool(self.message and self.advice)}{self.advice}"
        return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)


def run_checks(server: str, port: int, training: bool) -> Iterator[Finding]:
    """Yields the findings of all checks."""
    missing = False
    for finding in (*check_versions(), *check_torch()):
        missing = missing or finding.failed
        yield finding
    yield from check_hardware()
    yield check_plots(server, port)
    yield check_assets()
    if not training:
        yield Finding("training", "not tried")
    elif not trial_run.has_programs():
        yield Finding("training", "not tried: train.py and test.py are in the checkout, not in the installed package")
    elif missing:
        yield Finding("training", "not tried: a package that it needs is missing, see above")
    else:
        yield check_training()


def check_versions() -> Iterator[Finding]:
    """Checks Python and each package: installed, and in the range that setup.py requires."""
    try:
        packages = requirements.required_packages()
    except UtilError as error:
        yield Finding("packages", str(error), "run this command in the checkout", True)
        return
    for package in packages:
        if not package.version:
            yield Finding(
                package.name, "missing", INSTALL if package.needed else f"no live plots; {INSTALL}", package.needed
            )
        else:
            advice = f"{package.required} is required, other versions are untested; {INSTALL}"
            yield Finding(package.name, package.version, "" if package.fits else advice)
    extras = [f"{name} {requirements.installed(name) or 'missing'}" for name in requirements.OPTIONAL]
    yield Finding("optional", f"{', '.join(extras)} (export to ONNX, --ray)")


def check_torch() -> Iterator[Finding]:
    """Checks that torch and torchvision load, with all their libraries."""
    for name in ("torch", "torchvision"):
        if find_spec(name):
            try:
                importlib.import_module(name)
            except Exception as error:  # a library is missing, damaged, or of another build
                reason = str(error).strip().splitlines()[-1:] or [type(error).__name__]
                yield Finding(
                    name, f"cannot be loaded ({reason[0]})", "install it again: delete .venv, then `make setup`", True
                )


def check_hardware() -> Iterator[Finding]:
    """Checks processor, GPUs, memory, disk space and compiler."""
    features = " ".join(hardware.features()) or "no AVX2, AVX-512 or AMX"
    yield Finding("processor", f"{hardware.processor()}, {hardware.cores()} of {os.cpu_count()} cores; {features}")
    yield check_gpus()
    total, free = hardware.memory()
    yield check_space("memory", total, free, "use a smaller --batch_size, or close other programs")
    if hardware.SHARED.is_dir():
        shared = shutil.disk_usage(hardware.SHARED)
        yield Finding("shared memory", f"{gigabytes(shared.total)}, {gigabytes(shared.free)} free")
    disk = shutil.disk_usage(".")
    yield check_space("disk here", disk.total, disk.free, "free disk space, or use another --checkpoints_dir")
    compiler = next(filter(None, map(shutil.which, (os.environ.get("CXX", ""), "g++", "clang++", "c++"))), "")
    yield Finding("C++ compiler", compiler or "none", "" if compiler else "only --compile needs one")


def check_gpus() -> Finding:
    """Checks which GPUs torch can use, and whether there is one that it cannot use."""
    if not find_spec("torch"):
        return Finding("GPU", "not known without torch")
    try:
        names = [f"{name}, {gigabytes(memory)}" for name, memory in hardware.gpus()]
    except Exception as error:  # the driver does not match
        return Finding("GPU", str(error).splitlines()[0], "use --gpu_ids -1 to train on the CPU")
    if not names and shutil.which("nvidia-smi"):
        return Finding("GPU", "none that torch can use", "there is a driver; check that torch's build matches it")
    return Finding("GPU", "; ".join(names) or "none; training works on the CPU")


def check_plots(server: str, port: int) -> Finding:
    """Checks whether a visdom server answers, with a time limit."""
    try:
        importlib.import_module("visdom")  # takes a second, which must not count as the server's time
        from ..monitor import TIMEOUT, VisdomAddress, connect
    except Exception as error:
        return Finding("live plots", f"visdom cannot be loaded ({type(error).__name__})", "training works without it")
    try:
        address = VisdomAddress.parse(server, port)
    except UtilError as error:
        return Finding("live plots", str(error), "train.py refuses it, too")
    answers: list[str] = []

    def ask() -> None:
        try:
            connect(address, "main")
            answers.append("")
        except Exception as error:  # whatever the server does
            answers.append(f"no answer ({type(error).__name__})")

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(sum(TIMEOUT) + 1)
    reason = answers[0] if answers else "no answer in time"
    return Finding("live plots", f"{address}: {reason or 'a server answers'}", SERVER if reason else "")


def check_assets() -> Finding:
    """Checks that visdom's server can start without a network."""
    try:
        from ..visdom_server import assets

        spec = find_spec("visdom")
        static = spec and spec.origin and Path(spec.origin).with_name("static")
        if static and assets.complete(static, requirements.installed("visdom")):
            return Finding("visdom's page", "complete; its server starts offline")
    except OSError as error:
        return Finding("visdom's page", f"cannot be read ({error.strerror})", "training works without it")
    return Finding("visdom's page", "incomplete", "`python -m util.visdom_server --prepare` downloads the files")


def check_training() -> Finding:
    """Trains tiny networks for seconds, and tests them."""
    print("training for some seconds ...", flush=True)
    try:
        speed = trial_run.try_training()
    except UtilError as error:
        return Finding("training", str(error), "fix this; `make setup` reinstalls the packages", True)
    except OSError as error:
        path = f"{error.filename}: " if error.filename else ""
        return Finding("training", f"{path}{error.strerror or error}", "free disk space there, or set TMPDIR", True)
    return Finding("training", f"works: {speed:.1f} steps a second with tiny networks; the default ones are far larger")


def check_space(subject: str, total: int, free: int | None, advice: str) -> Finding:
    """Reports total and free space [bytes], with advice if little is left."""
    remaining = "" if free is None else f", {gigabytes(free)} free"
    return Finding(subject, gigabytes(total) + remaining, advice if free is not None and free < MIN_FREE else "")


def gigabytes(count: int) -> str:
    """A number of bytes as text, such as `12.3 GB`."""
    return f"{count / 1e9:,.1f} GB"


def port_number(text: str) -> int:
    """A port, 1 to 65535."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65_535:
        raise argparse.ArgumentTypeError(f"{text!r}: must be 1 to 65535")
    return int(text)


def main(argv: list[str] | None = None) -> int:
    """The command; returns the exit status."""
    parser = ArgumentParser("python -m util.doctor", __doc__)
    parser.add_argument("--display_server", default="http://localhost", help="address of visdom (http://localhost)")
    parser.add_argument("--display_port", type=port_number, default=8097, metavar="N", help="its port (8097)")
    parser.add_argument("--no_training", action="store_true", help="check only, without a training")
    args = parser.parse_args(argv)
    n_failed = 0
    try:
        for finding in run_checks(args.display_server, args.display_port, not args.no_training):
            print(finding, flush=True)
            n_failed += finding.failed
        print(f"{n_failed} broken: see above" if n_failed else "nothing is broken", flush=True)
    except BrokenPipeError:  # for example `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("doctor: interrupted", file=sys.stderr)
        return 130
    return int(n_failed > 0)


if __name__ == "__main__":
    sys.exit(main())
