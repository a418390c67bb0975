"""The losses of a run: loss_log.txt in the lines that users know, losses.csv for programs."""

import csv
import re
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from .atomic import write_bytes

CSV_STEP = re.compile(r"\d+,(\d+),")
Reduce = Callable[[dict[str, Tensor]], dict[str, Tensor]]
TEXT_STEP = re.compile(r"\(epoch: \d+, iters: (\d+), ")


class LossLog:
    """Averages losses over the steps since the last line. Opened after step n it drops what was logged beyond n.

    `columns` holds what losses.csv holds, by name; empty before the first line.
    """

    def __init__(self, folder: Path, step: int = 0) -> None:
        self.text, self.table = folder / "loss_log.txt", folder / "losses.csv"
        self.sums: dict[str, Tensor] = {}
        self.count = 0
        self._keep(step)
        self.columns = self._read()

    @property
    def step(self) -> int:
        """The step of the last line; 0 before the first."""
        return int(self.columns["step"][-1]) if self.columns else 0

    def add(self, losses: dict[str, Tensor]) -> None:
        """Adds the losses () of one step, on their device, without waiting for them."""
        self.sums = {name: self.sums[name] + value if self.count else value.clone() for name, value in losses.items()}
        self.count += 1

    def write(self, epoch: int, step: int, seconds: float, reduce: Reduce = lambda sums: sums) -> str:
        """Appends one line, and returns it: means over the steps since the last; `seconds` is the time of one step.

        `reduce` makes one sum of those of several processes.
        """
        means = {name: (value / self.count).item() for name, value in reduce(self.sums).items()}
        self.sums, self.count = {}, 0
        new = not self.columns
        with self.table.open("a", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            if new:
                self.columns = {name: [] for name in ("epoch", "step", "seconds", *means)}
                writer.writerow(self.columns)
            row = [str(epoch), str(step), f"{seconds:.4f}", *(f"{value:.6g}" for value in means.values())]
            writer.writerow(row)
        for column, value in zip(self.columns.values(), row, strict=True):
            column.append(float(value))
        values = " ".join(f"{name}: {value:.3f}" for name, value in means.items())
        line = f"(epoch: {epoch}, iters: {step}, time: {seconds:.3f}) {values}"
        with self.text.open("a") as log:
            log.write(f"{line}\n")
        return line

    def _read(self) -> dict[str, list[float]]:
        if not self.table.exists():
            return {}
        with self.table.open(newline="") as file:
            rows = list(csv.DictReader(file))
        return {name: [float(row[name]) for row in rows] for name in (rows[0] if rows else ())}

    def state_dict(self) -> dict[str, object]:
        """The running sums, so that a resumed run logs what the unbroken one logs."""
        return {"sums": self.sums, "count": self.count}

    def load_state_dict(self, state: dict, device: torch.device) -> None:
        """Puts back what `state_dict` gave."""
        self.sums = {name: value.to(device) for name, value in state["sums"].items()}
        self.count = state["count"]

    def _keep(self, step: int) -> None:
        # A kill may cut the last line of either file, or come between the two: each is judged by its own steps.
        for path, step_of in ((self.table, CSV_STEP), (self.text, TEXT_STEP)):
            if not path.exists():
                continue
            lines = path.read_text().splitlines(keepends=True)
            head = lines[:1] if path == self.table else []
            found = ((line, step_of.match(line)) for line in lines[len(head) :] if line.endswith("\n"))
            kept = [line for line, match in found if match and int(match[1]) <= step]
            if kept:
                write_bytes(path, "".join([*head, *kept]).encode())
            else:  # a header alone may be cut, too: the first line writes it anew
                path.unlink()
