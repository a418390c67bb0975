"""Several processes that train one model stacked: `torchrun --nproc_per_node N train.py ...`."""

import os
import sys
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ..errors import UtilError

if TYPE_CHECKING:
    from torch import Tensor


class DistributedContext:
    """`with DistributedContext() as context:` connects this process with the others, if there are any.

    Only rank 0 (the main process) prints, writes, plots and evaluates. Every process must make the same calls in the
    same order. The environment's RANK and WORLD_SIZE are read; other text than whole numbers raises UtilError.
    """

    def __init__(self) -> None:
        variables = {name: os.environ.get(name, "") for name in ("RANK", "WORLD_SIZE")}
        if variables["WORLD_SIZE"] in ("", "1"):  # ignore RANK: a scheduler may have set it
            variables = {"RANK": "0", "WORLD_SIZE": "1"}
        if not all(text.isascii() and text.isdigit() for text in variables.values()):
            raise UtilError(
                f"environment RANK={variables['RANK']!r} and WORLD_SIZE={variables['WORLD_SIZE']!r}: expected "
                "whole numbers, as torchrun sets them; unset them to train in one process"
            )
        self.rank, self.world_size = int(variables["RANK"]), int(variables["WORLD_SIZE"])

    @property
    def is_main(self) -> bool:
        """Whether this is the main process (rank 0)."""
        return self.rank == 0

    def check(self, batch_size: int) -> None:
        """Raises UtilError unless the batch divides evenly among the processes."""
        if batch_size % self.world_size:
            raise UtilError(
                f"--batch_size {batch_size}: must be a multiple of the {self.world_size} processes, because they "
                "share each batch"
            )

    def shard_batch(self, batch: "dict[str, Tensor]") -> "dict[str, Tensor]":
        """The images of a batch that belong to this process. An uneven batch is padded with its first images."""
        if self.world_size == 1:
            return batch
        import torch  # here and below, because importing torch is slow

        size = len(next(iter(batch.values())))
        indices = torch.arange(self.rank, -(-size // self.world_size) * self.world_size, self.world_size) % size
        return {name: values[indices] for name, values in batch.items()}

    def all_reduce_mean(self, values: "dict[str, Tensor]") -> "dict[str, Tensor]":
        """The mean of each value () over all processes."""
        if self.world_size == 1 or not values:
            return values
        import torch

        stacked = torch.stack(list(values.values()))
        torch.distributed.all_reduce(stacked)
        return dict(zip(values, stacked / self.world_size, strict=True))

    def all_reduce_max(self, *numbers: int) -> list[int]:
        """The largest of each number over all processes."""
        if self.world_size == 1:
            return list(numbers)
        import torch

        stacked = torch.tensor(numbers)
        torch.distributed.all_reduce(stacked, torch.distributed.ReduceOp.MAX)
        return stacked.tolist()

    def broadcast(self, value: Any) -> Any:
        """The value of the main process, in all processes."""
        values = [value]
        if self.world_size > 1:
            import torch.distributed

            torch.distributed.broadcast_object_list(values)
        return values[0]

    def gather(self, value: Any) -> list[Any]:
        """The values of all processes in order of rank, in the main process; an empty list in the others."""
        if self.world_size == 1:
            return [value]
        import torch.distributed

        values: list[Any] | None = [None] * self.world_size if self.is_main else None
        torch.distributed.gather_object(value, values)
        return values or []

    def __enter__(self) -> "DistributedContext":
        if self.world_size > 1:
            import torch

            torch.distributed.init_process_group("cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo")
            if not self.is_main:
                self._stdout, sys.stdout = sys.stdout, open(os.devnull, "w")
        return self

    def __exit__(self, error_type: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.world_size > 1:
            if not self.is_main:
                sys.stdout.close()
                sys.stdout = self._stdout
            import torch.distributed

            if error_type is None:
                torch.distributed.barrier()  # a process that leaves early can crash the others
            torch.distributed.destroy_process_group()
