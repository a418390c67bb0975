"""The command `semdepth`: the programs of the toolkit under one name, as `semdepth train --dataroot ./sem`.

Each program runs as in a checkout: the folder that holds `models`, `data`, `options`, `util` comes first on the path.
"""

import difflib
import runpy
import sys
from importlib import metadata
from pathlib import Path

FOLDER = Path(__file__).parents[1]  # of the checkout, or of the installed package
PROGRAMS = {  # name: (script or module, what it does)
    "train": ("train.py", "train a model on a data set"),
    "test": ("test.py", "turn SEM images into depth maps, and score them"),
    "simulate": ("data.simulate", "make a simulated data set"),
    "check": ("data.check", "say what a data set holds before anything is trained"),
    "fit-instrument": ("data.fit_instrument", "fit the simulator's instrument to real SEM images"),
    "metrology": ("util.metrology", "statistics of the holes of a test"),
    "compare": ("util.compare", "put several tests side by side"),
    "export": ("models.export", "write a trained model as ONNX"),
    "doctor": ("util.doctor", "say whether a training would work on this machine"),
    "visdom-server": ("util.visdom_server", "start the server of the live plots"),
}


def help_text() -> str:
    """The programs, a line each."""
    programs = "\n".join(f"  {name:<15}{purpose}" for name, (_, purpose) in PROGRAMS.items())
    return f"usage: semdepth PROGRAM [--option value ...]\n\n{programs}\n\n`semdepth PROGRAM -h` lists the options."


def main() -> int:
    """Runs the program that the command line names; returns 2 where there is none of that name."""
    name, *arguments = sys.argv[1:] or ["--help"]
    if name in ("-h", "--help", "help"):
        print(help_text())
        return 0
    if name == "--version":
        print(f"semdepth {metadata.version('semdepth')}")
        return 0
    if name not in PROGRAMS:
        near = difflib.get_close_matches(name.lower().replace("_", "-"), PROGRAMS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(PROGRAMS)}"
        print(f"semdepth: unknown program {name!r}; {hint}", file=sys.stderr)
        return 2
    program, _ = PROGRAMS[name]
    # From here on the packages go by their plain names; no module may exist under two names in one process.
    for module in [module for module in sys.modules if module.split(".")[0] == "semdepth"]:
        del sys.modules[module]
    sys.path.insert(0, str(FOLDER))
    sys.argv = [str(FOLDER / program) if program.endswith(".py") else program, *arguments]
    if program.endswith(".py"):
        runpy.run_path(str(FOLDER / program), run_name="__main__")
    else:
        runpy.run_module(program, run_name="__main__", alter_sys=True)
    return 0
