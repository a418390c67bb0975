"""Several processes that train one system together, as `torchrun --nproc_per_node N train.py ...` starts them."""

import os
import sys
from types import TracebackType
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from ..errors import UtilError


class DistributedContext:
    """`with Replicas() as replicas:` joins the other processes, if there are any; the first of them leads.

    The lead alone speaks and writes. Every process must make the same calls in the same order.
    """

    def __init__(self) -> None:
        said = {name: os.environ.get(name, "") for name in ("RANK", "WORLD_SIZE")}
        if said["WORLD_SIZE"] in ("", "1"):  # whatever RANK says: a scheduler may leave it
            said = {"RANK": "0", "WORLD_SIZE": "1"}
        if not all(text.isascii() and text.isdigit() for text in said.values()):
            raise UtilError(
                f"RANK={said['RANK']!r} and WORLD_SIZE={said['WORLD_SIZE']!r} in the environment: expected whole "
                "numbers, as torchrun sets them; unset them to train in one process"
            )
        self.rank, self.world_size = int(said["RANK"]), int(said["WORLD_SIZE"])

    @property
    def is_main(self) -> bool:
        """Whether this process is the first."""
        return self.rank == 0

    def check(self, batch_size: int) -> None:
        """Refuses a batch that cannot be shared evenly."""
        if batch_size % self.world_size:
            raise UtilError(
                f"--batch_size {batch_size}: must be a multiple of the {self.world_size} processes, which share each batch"
            )

    def shard_batch(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """This process's images of a batch. One that cannot be divided evenly is filled up with its first."""
        if self.world_size == 1:
            return batch
        size = len(next(iter(batch.values())))
        places = torch.arange(self.rank, -(-size // self.world_size) * self.world_size, self.world_size) % size
        return {name: values[places] for name, values in batch.items()}

    def all_reduce_mean(self, values: dict[str, Tensor]) -> dict[str, Tensor]:
        """The mean of each value () over all processes."""
        if self.world_size == 1 or not values:
            return values
        together = torch.stack(list(values.values()))
        dist.all_reduce(together)
        return dict(zip(values, together / self.world_size, strict=True))

    def all_reduce_max(self, *numbers: int) -> list[int]:
        """The largest of each number over all processes."""
        if self.world_size == 1:
            return list(numbers)
        together = torch.tensor(numbers)
        dist.all_reduce(together, dist.ReduceOp.MAX)
        return together.tolist()

    def broadcast(self, value: Any) -> Any:
        """The lead's value."""
        said = [value]
        if self.world_size > 1:
            dist.broadcast_object_list(said)
        return said[0]

    def gather(self, value: Any) -> list[Any]:
        """The values of all processes by rank, for the lead; empty for the others."""
        if self.world_size == 1:
            return [value]
        values: list[Any] | None = [None] * self.world_size if self.is_main else None
        dist.gather_object(value, values)
        return values or []

    def __enter__(self) -> "DistributedContext":
        if self.world_size > 1:
            dist.init_process_group("cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo")
            if not self.is_main:
                self._stdout, sys.stdout = sys.stdout, open(os.devnull, "w")
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.world_size > 1:
            if not self.is_main:
                sys.stdout.close()
                sys.stdout = self._stdout
            if kind is None:
                dist.barrier()  # who leaves while another still listens can be aborted in its clean-up
            dist.destroy_process_group()
