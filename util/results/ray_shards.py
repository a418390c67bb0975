"""Shards on the workers of a Ray cluster, through Ray Data: an extra, for millions of images and many machines."""

import logging
import os
from collections.abc import Iterator
from typing import Any

from ..errors import UtilError
from .shards import Shard, as_row


def run(shards: list[Shard], worker: type, arguments: tuple[Any, ...], address: str, workers: int) -> Iterator[Any]:
    """What `worker(*arguments)(row)` returns for the row of each shard, as they are done.

    `address` is local, or Ray's own: auto, ray://HOST:PORT. Ray calls a worker that dies again elsewhere.
    """
    try:
        import ray
        import ray.data
    except ImportError:
        raise UtilError("--ray: Ray is not installed; pip install 'ray[data]'") from None
    os.environ.setdefault("RAY_AUTH_MODE", "disabled" if address == "local" else "token")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing leaves the machine
    logging.getLogger("ray").setLevel(logging.ERROR)
    try:
        if address == "local":
            ray.init(num_cpus=workers, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
        else:
            ray.init(address, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, ValueError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise UtilError(f"--ray {address}: no cluster there ({reason}); say local, auto or ray://HOST:PORT") from None

    class Bound:  # arguments that travel with the class are there when Ray starts it again
        def __init__(self) -> None:
            self.worker = worker(*arguments)

        def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
            return self.worker(row)

    try:
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        context.print_on_execution_start = False
        gpus = 1 if ray.cluster_resources().get("GPU") else 0
        data = ray.data.from_items([as_row(shard) for shard in shards], override_num_blocks=len(shards))
        pool = ray.data.ActorPoolStrategy(size=min(workers, len(shards)))
        yield from data.map(Bound, compute=pool, num_cpus=1, num_gpus=gpus).iter_rows()  # type: ignore[arg-type]
    finally:
        ray.shutdown()
