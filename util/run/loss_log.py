"""The losses of a run: loss_log.txt in the format of the public toolkit, losses.csv for programs."""

import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..errors import RunError
from ..files import WarnOnError, append_bytes, read_numbers, write_bytes

CSV_STEP = re.compile(r"\d+,(\d+),")
Reduce = Callable[[dict[str, Tensor]], dict[str, Tensor]]
TEXT_STEP = re.compile(r"\(epoch: \d+, iters: (\d+), ")


def format_losses(losses: Mapping[str, Any]) -> str:
    """Losses () by name with three decimals, or as many as show three significant digits, never with an exponent."""
    return " ".join(f"{name}: {_format(float(value))}" for name, value in losses.items())


def _format(value: float) -> str:
    decimals = 2 - math.floor(math.log10(abs(value))) if 0 < abs(value) < math.inf else 3
    return f"{value:.{max(3, decimals)}f}"


class LossLog:
    """Averages losses over the steps since the last line. Lines after `step` are removed when the log is opened.

    `columns` holds the values of losses.csv by column name; it is empty before the first line.
    """

    def __init__(self, folder: Path, step: int = 0) -> None:
        self.text, self.table = folder / "loss_log.txt", folder / "losses.csv"
        self.sums: dict[str, Tensor] = {}
        self.count = 0
        self.unchecked: list[tuple[int, dict[str, Tensor]]] = []
        self.new_rows: list[list[str]] = []  # not yet on the disk
        self.new_lines: list[str] = []
        self.writing = WarnOnError("the loss log")
        self._keep(step)
        self.columns = self._read()

    @property
    def step(self) -> int:
        """The step of the last line; 0 before the first."""
        return int(self.columns["step"][-1]) if "step" in self.columns else 0

    def add(self, losses: dict[str, Tensor], step: int = 0) -> None:
        """Adds the losses () of one step, on their device, without synchronising with it."""
        self.unchecked.append((step, losses))
        if next(iter(losses.values())).device.type == "cpu":
            self.check()
        self.sums = {name: self.sums[name] + value if self.count else value.clone() for name, value in losses.items()}
        self.count += 1

    def check(self) -> None:
        """Raises RunError, which names the loss and its step, if a loss since the last check is not finite."""
        unchecked, self.unchecked = self.unchecked, []
        if not unchecked:
            return
        values = torch.stack([torch.stack(list(losses.values())) for _, losses in unchecked])
        for (step, losses), row in zip(unchecked, values.tolist(), strict=True):
            for name, value in zip(losses, row, strict=True):
                if not math.isfinite(value):
                    raise RunError(
                        f"loss {name} is {value} at step {step}: the training stops; earlier checkpoints are "
                        "kept. Start again with a lower --lr, or with --precision fp32 if it was bf16"
                    )

    def write(self, epoch: int, step: int, seconds: float, reduce: Reduce = lambda sums: sums) -> str:
        """Appends one line and returns it: mean losses since the last line. `seconds` is the time of one step [s].

        `reduce` combines the sums of several processes.
        """
        self.check()
        means = {name: (value / self.count).item() for name, value in reduce(self.sums).items()}
        self.sums, self.count = {}, 0
        row = [str(epoch), str(step), f"{seconds:.4f}", *(f"{value:.6g}" for value in means.values())]
        line = f"(epoch: {epoch}, iters: {step}, time: {seconds:.3f}) {format_losses(means)}"
        header = ["epoch", "step", "seconds", *means]
        if self.columns and list(self.columns) != header:  # start a damaged table again
            self.columns = {}
            self.table.unlink(missing_ok=True)
        self.new_rows += [row] if self.columns else [header, row]
        self.new_lines.append(line)
        self.columns = self.columns or {name: [] for name in header}
        for column, value in zip(self.columns.values(), row, strict=True):
            column.append(float(value))
        with self.writing:
            self._append(self.table, [",".join(row) for row in self.new_rows])
            self.new_rows = []
            self._append(self.text, self.new_lines)
            self.new_lines = []
        return line

    @staticmethod
    def _append(path: Path, lines: list[str]) -> None:
        append_bytes(path, "".join(f"{line}\n" for line in lines).encode())

    def _read(self) -> dict[str, list[float]]:
        rows = read_numbers(self.table)
        return {name: [row[name] for row in rows] for name in (rows[0] if rows else ())}

    def state_dict(self) -> dict[str, object]:
        """The running sums, so that a resumed run logs the same values as an uninterrupted one."""
        return {"sums": self.sums, "count": self.count}

    def load_state_dict(self, state: dict, device: torch.device) -> None:
        """Restores the sums that `state_dict` returned; an empty state changes nothing."""
        self.sums = {name: value.to(device) for name, value in state.get("sums", {}).items()}
        self.count = state.get("count", 0)

    def _keep(self, step: int) -> None:
        # A kill may cut the last line of either file, or come between the two writes: check each file on its own.
        for path, step_of in ((self.table, CSV_STEP), (self.text, TEXT_STEP)):
            if not path.exists():
                continue
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
            header = lines[:1] if path == self.table else []
            matches = ((line, step_of.match(line)) for line in lines[len(header) :] if line.endswith("\n"))
            kept = [line for line, match in matches if match and int(match[1]) <= step]
            if kept:
                write_bytes(path, "".join([*header, *kept]).encode())
            else:  # only a header, which may be cut: the first line writes it again
                path.unlink()
