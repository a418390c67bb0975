"""Every file operation of a program fails once, or the program is killed there: nothing is lost, and one line says why.

As SQLite tests itself: the first operation, then the second, until a run passes without a fault.
"""

import errno
import os
import random
import re
import shutil

import pytest

from data.simulate import main as simulate
from tests.reliability.fault_programs import PROGRAMS, SIMULATED, digest, run, train_call
from tests.reliability.faults import KILL, Fault
from tests.reliability.promise import SOAK, promise
from tests.reliability.runs import finished

CODES = (KILL, errno.ENOSPC, errno.EIO, errno.EACCES)
PROBLEM = re.compile(r"(train\.py|test\.py|data\.simulate|util\.metrology): ")
TEMPORARY = re.compile(r"^\.|(\.unfinished|\.before)$")


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """A data set, a run, two tests of it and a record: what the programs start from. torch writes through Python to
    paths that are not ASCII."""
    inputs = tmp_path_factory.mktemp("Eingänge")
    assert simulate(["--dataroot", str(inputs / "sem"), *SIMULATED]) == 0
    module, arguments = train_call(1)(inputs, inputs / "runs")
    code, said = finished(module, arguments, inputs)
    assert code == 0, said
    where = ["--dataroot", inputs / "sem", "--checkpoints_dir", inputs / "runs", "--name", "run", "--gpu_ids", "-1"]
    for name, more in (("results", []), ("other_results", ["--nm_per_grey", "3"])):
        code, said = finished("test", [*where, "--results_dir", inputs / name, *more], inputs)
        assert code == 0, said
    record = ["--golden", "golden", "--record", inputs / "records/golden/record.sqlite"]
    results = inputs / "other_results/run/test_latest"
    assert finished("util.metrology.__main__", [results, *record], inputs)[0] == 0
    return inputs


class Trial:
    """A program, what is there before it, and what it makes where nothing fails."""

    def __init__(self, program, inputs, folder):
        self.program, self.inputs, self.place, self.log = program, inputs, folder / "Ort", folder / "operations"
        self.done = 130 if program.until else 0
        self.seen = set()  # what was on the disk after a fault, and the next run went on from it
        self.restore()
        self.before = program.state(self.place)
        self.restore()
        code, said, self.operations = self.fault(0, KILL)
        assert code == self.done, said
        self.after = program.state(self.place)

    def restore(self):
        shutil.rmtree(self.place, ignore_errors=True)
        self.program.before(self.inputs, self.place)

    def fault(self, number, code):
        """Exit status and output of the program with a fault, and the operations that failed."""
        self.log.unlink(missing_ok=True)
        fault = Fault(str(self.place), str(self.log), number, code, self.program.with_sqlite)
        status, said = run(self.program, self.inputs, self.place, fault)
        return status, said, self.log.read_text().splitlines()

    def check(self, number, code):
        """Whether there was an operation of that number; it failed, and nothing was lost."""
        self.restore()
        status, said, failed = self.fault(number, code)
        if not failed:
            assert status == self.done, said
            return False
        kind = os.strerror(code) if code else "killed"
        what = f"{kind} at {number}, {failed[0]}: exit status {status}\n{said[-1500:]}"
        assert "Traceback" not in said, what
        if code == KILL:
            assert status == -9, what
        elif status != self.done:
            self.check_message(status, said, failed, what)
        state = self.program.state(self.place)
        for unit in {*self.before, *self.after, *state}:
            found = state.get(unit)
            assert found in (self.before.get(unit), self.after.get(unit)), f"{unit} is neither old nor new; {what}"
        if status == self.done:
            assert state == self.after, what
        else:
            self.go_on(what)
        return True

    def check_message(self, status, said, failed, what):
        """One line of the program, which names a file that could not be used."""
        lines = [line for line in said.splitlines() if PROBLEM.match(line)]
        names = {name for line in failed for name in map(self.known_name, line.partition("/")[2].split("/"))}
        assert status in (1, 2) and len(lines) == 1, what
        assert any(name in lines[0] for name in names), what

    @staticmethod
    def known_name(name):
        """The name that a user knows of a file or folder: not that of a temporary one, nor that of a log of SQLite."""
        return re.sub(r"^\.|(-\w{8}|\.unfinished|\.before|-shm|-wal|-journal)$", "", name)

    def go_on(self, what):
        """The next run, without a fault, ends as if there had been none."""
        there = frozenset(
            (path.relative_to(self.place), digest(path.parent, (path.name,)))
            for path in self.place.rglob("*")
            if path.is_file() and not TEMPORARY.search(path.name)
        )
        if there in self.seen:
            return
        code, said = run(self.program, self.inputs, self.place)
        assert code == self.done and "Traceback" not in said, f"{what}\nthe next run: {said[-1500:]}"
        assert self.program.state(self.place) == self.after, f"{what}\nthe next run: {said[-1500:]}"
        left = [path for path in self.place.rglob("*") if path.name.endswith((".unfinished", ".before"))]
        assert not left, f"{left}; {what}"
        self.seen.add(there)


@pytest.mark.slow
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
@promise("{program.name}: each of its file operations fails (no room, I/O error, no right) or ends in SIGKILL", 2, 0)
def test_a_fault_at_every_step(program, inputs, tmp_path, count, record_property):
    trial = Trial(program, inputs, tmp_path)
    if SOAK:
        while all([trial.check(1 + count // len(CODES), code) for code in CODES]):
            count += len(CODES)
    else:
        rng = random.Random(program.name)
        numbers = rng.sample(range(1, len(trial.operations) + 1), count)
        for number, code in zip(numbers, rng.sample(CODES, count), strict=True):
            trial.check(number, code)
    record_property("count", count)
