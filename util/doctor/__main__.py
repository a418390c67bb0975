"""Says whether a training would work on this machine: python -m util.doctor

Versions, processor, GPUs, memory, room, live plots; then a training of seconds with tiny networks, in a folder that is
removed. Exit status: 0 a training would work, with live plots or without, 1 something is broken, 2 usage.
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
from . import hardware, requirements, trial_run

LITTLE = 10**9  # bytes free, below which it is said
INSTALL = "`make setup` installs it"
SERVER = "`python -m util.visdom_server` starts one; training works without"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: what it is, what was found, and what to do if it is not as it should be."""

    what: str
    message: str
    advice: str = ""
    failed: bool = False

    def __str__(self) -> str:
        mark = "BROKEN" if self.failed else "note" if self.advice else "ok"
        line = f"{mark:<7}{self.what:<14} {self.message}{'; ' * bool(self.message and self.advice)}{self.advice}"
        return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)


def examine(server: str, port: int, training: bool) -> Iterator[Finding]:
    """What there is to say about this machine, the broken things among them."""
    missing = False
    for finding in (*versions(), *torch_works()):
        missing = missing or finding.failed
        yield finding
    yield from examine_hardware()
    yield plots(server, port)
    yield assets()
    if not training:
        yield Finding("training", "not tried")
    elif not trial_run.checkout():
        yield Finding("training", "not tried: train.py and test.py are in the checkout, not in the installed package")
    elif missing:
        yield Finding("training", "not tried: what it needs is missing, see above")
    else:
        yield trained()


def versions() -> Iterator[Finding]:
    """Python and each package: missing, or outside the range that setup.py asks for."""
    try:
        packages = requirements.required()
    except UtilError as error:
        yield Finding("packages", str(error), "run it in the checkout", True)
        return
    for one in packages:
        if not one.version:
            yield Finding(one.name, "missing", INSTALL if one.needed else f"no live plots; {INSTALL}", one.needed)
        else:
            advice = f"{one.wanted} is asked for, and nothing else is tested; {INSTALL}"
            yield Finding(one.name, one.version, "" if one.fits else advice)
    extras = [f"{name} {requirements.installed(name) or 'missing'}" for name in requirements.OPTIONAL]
    yield Finding("optional", f"{', '.join(extras)} (export to ONNX, --ray)")


def torch_works() -> Iterator[Finding]:
    """Whether torch and torchvision, whose libraries are many, can be loaded."""
    for name in ("torch", "torchvision"):
        if find_spec(name):
            try:
                importlib.import_module(name)
            except Exception as error:  # a library that is missing, damaged, or of another build
                reason = str(error).strip().splitlines()[-1:] or [type(error).__name__]
                yield Finding(
                    name, f"cannot be loaded ({reason[0]})", "install it anew: remove .venv, `make setup`", True
                )


def examine_hardware() -> Iterator[Finding]:
    """Processor, GPUs, memory, room on the disks, compiler."""
    known = " ".join(hardware.features()) or "no AVX2, AVX-512 or AMX"
    yield Finding("processor", f"{hardware.processor()}, {hardware.cores()} of {os.cpu_count()} cores; {known}")
    yield gpus()
    total, free = hardware.memory()
    yield roomy("memory", total, free, "use a smaller --batch_size, or end other programs")
    if hardware.SHARED.is_dir():
        shared = shutil.disk_usage(hardware.SHARED)
        yield Finding("shared memory", f"{gigabytes(shared.total)}, {gigabytes(shared.free)} free")
    disk = shutil.disk_usage(".")
    yield roomy("disk here", disk.total, disk.free, "make room, or choose --checkpoints_dir elsewhere")
    compiler = next(filter(None, map(shutil.which, (os.environ.get("CXX", ""), "g++", "clang++", "c++"))), "")
    yield Finding("C++ compiler", compiler or "none", "" if compiler else "--compile needs one; nothing else does")


def gpus() -> Finding:
    """The GPUs that torch can use, and whether there is one that it cannot."""
    if not find_spec("torch"):
        return Finding("GPU", "torch would tell")
    try:
        found = [f"{name}, {gigabytes(memory)}" for name, memory in hardware.gpus()]
    except Exception as error:  # a driver that does not fit
        return Finding("GPU", str(error).splitlines()[0], "--gpu_ids -1 keeps to the processor")
    if not found and shutil.which("nvidia-smi"):
        return Finding("GPU", "none that torch can use", "there is a driver: does torch's build fit it?")
    return Finding("GPU", "; ".join(found) or "none; none is needed")


def plots(server: str, port: int) -> Finding:
    """Whether a visdom server answers; one that accepts and never replies holds nothing up."""
    try:
        importlib.import_module("visdom")  # takes a second, which is not the server's
        from ..monitor import TIMEOUT, connect
    except Exception as error:
        return Finding("live plots", f"visdom cannot be loaded ({type(error).__name__})", "training works without")
    said: list[str] = []

    def ask() -> None:
        try:
            connect(server, port, "main")
            said.append("")
        except Exception as error:  # whatever a server does
            said.append(f"no answer ({type(error).__name__})")

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(sum(TIMEOUT) + 1)
    reason = said[0] if said else "no answer in time"
    return Finding("live plots", f"{server}:{port}: {reason or 'a server answers'}", SERVER if reason else "")


def assets() -> Finding:
    """Whether visdom's server can start without a network."""
    try:
        from ..visdom_server import assets

        spec = find_spec("visdom")
        there = spec and spec.origin and Path(spec.origin).with_name("static")
        if there and assets.complete(there, requirements.installed("visdom")):
            return Finding("visdom's page", "all files are there; its server starts offline")
    except OSError as error:
        return Finding("visdom's page", f"cannot be read ({error.strerror})", "training works without")
    return Finding("visdom's page", "incomplete", "`python -m util.visdom_server --prepare` brings the files")


def trained() -> Finding:
    """A training of seconds, and its test."""
    print("a training of seconds ...", flush=True)
    try:
        speed = trial_run.try_training()
    except UtilError as error:
        return Finding("training", str(error), "mend that; `make setup` renews what is installed", True)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return Finding("training", f"{where}{error.strerror or error}", "make room there, or set TMPDIR", True)
    return Finding("training", f"works: {speed:.1f} steps a second with tiny networks; the defaults' are far larger")


def roomy(what: str, total: int, free: int | None, advice: str) -> Finding:
    """Room, with advice where little is left."""
    left = "" if free is None else f", {gigabytes(free)} free"
    return Finding(what, gigabytes(total) + left, advice if free is not None and free < LITTLE else "")


def gigabytes(count: int) -> str:
    """`12.3 GB`."""
    return f"{count / 1e9:,.1f} GB"


def port_number(text: str) -> int:
    """A port, 1 to 65535."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65_535:
        raise argparse.ArgumentTypeError(f"{text!r}: must be 1 to 65535")
    return int(text)


def main(argv: list[str] | None = None) -> int:
    """The command; returns the exit status."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        "python -m util.doctor", description=__doc__, formatter_class=raw, allow_abbrev=False
    )
    parser.add_argument("--display_server", default="http://localhost", help="address of visdom (http://localhost)")
    parser.add_argument("--display_port", type=port_number, default=8097, metavar="N", help="its port (8097)")
    parser.add_argument("--no_training", action="store_true", help="only look; train nothing")
    given = parser.parse_args(argv)
    broken = 0
    try:
        for finding in examine(given.display_server, given.display_port, not given.no_training):
            print(finding, flush=True)
            broken += finding.failed
        print(f"{broken} broken: see above" if broken else "nothing is broken", flush=True)
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("doctor: interrupted", file=sys.stderr)
        return 130
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())
