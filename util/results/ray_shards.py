"""Shards made on the workers of a Ray cluster, through Ray Data: an extra, for millions of images on many machines."""

import logging
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from tqdm import tqdm

from ..errors import UtilError
from ..files import counted
from .shards import Shard, as_row, write_manifest


@dataclass(frozen=True)
class ShardTask:
    """What a worker does with a shard.

    `load_predictor()` gives the predictor, once a worker. `open_images(files, prefixes)` gives the images, whose
    `batches` name those that cannot be read in `skipped`. The final maps are written, or with `raw` those of the
    network. `refusals` are the errors that end one shard and no other.
    """

    load_predictor: Callable[[], Any]
    open_images: Callable[[tuple[str, ...], tuple[str, ...]], Any]
    batch_size: int
    raw: bool
    refusals: tuple[type[Exception], ...]


class ShardWorker:
    """On a Ray worker: makes shard after shard with one predictor."""

    def __init__(self, task: ShardTask, folder: Path) -> None:
        self.task, self.folder, self.predictor = task, folder, task.load_predictor()

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """Writes a shard without the images that cannot be read: `skipped` names these, a line each. The `error` of a
        shard that cannot be made at all does not stop the others."""
        shard = Shard(int(row["number"]), tuple(row["files"]), row["digest"], tuple(row["prefixes"]))
        images = self.task.open_images(shard.files, shard.prefixes)
        answer = {"number": shard.number, "images": 0, "skipped": "", "error": ""}
        errors: tuple[type[Exception], ...] = (*self.task.refusals, UtilError, OSError)
        try:
            shard.write(self.folder, self.maps(images), images.skipped.values())
        except errors as error:
            return answer | {"error": str(error)}
        return answer | {"images": len(shard.files), "skipped": "\n".join(images.skipped.values())}

    def maps(self, images: Any) -> Iterator[tuple[str, NDArray]]:
        """The maps (H, W) [grey level] by the stems of their images."""
        for batch in images.batches(self.task.batch_size, ahead=False):
            prediction = self.predictor.predict(batch.images)
            maps = prediction.raw_depth if self.task.raw else prediction.final
            if maps is None:
                raise UtilError("--ray writes depth maps, and this model predicts none")
            yield from zip(batch.stems, maps, strict=True)


class ShardedInference:
    """Makes the shards of a folder that are not there yet, `workers` at a time on the cluster at `address`."""

    def __init__(self, folder: Path, shards: list[Shard], address: str, workers: int) -> None:
        self.folder, self.shards, self.address, self.workers = folder, shards, address, workers
        self.skipped: list[str] = []

    def run(self, task: ShardTask, facts: dict[str, Any]) -> bool:
        """Whether all shards are there; then the manifest with the `facts` is written, and the count printed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        missing = [shard for shard in self.shards if not shard.is_done(self.folder)]
        present = [shard for shard in self.shards if shard not in missing]
        verb = "is" if len(present) == 1 else "are"
        print(f"{self.folder}: {len(present)} of {counted(len(self.shards), 'shard')} {verb} there already")
        self.skipped = [line for shard in present for line in shard.skipped(self.folder)]
        errors: list[str] = []
        arguments = (task, self.folder.resolve())
        total, done = (sum(len(shard.files) for shard in shards) for shards in (self.shards, present))
        with tqdm(total=total, initial=done, unit="image") as bar:
            for answer in run(missing, ShardWorker, arguments, self.address, self.workers) if missing else ():
                errors += [answer["error"]] * bool(answer["error"])
                self.skipped += answer["skipped"].splitlines()
                bar.update(answer["images"])
        if errors:
            print("\n".join(f"test.py: {error}" for error in errors), file=sys.stderr)
            return False
        count = write_manifest(self.folder, self.shards, facts)
        print(
            f"{counted(count, 'depth map')} in {counted(len(self.shards), 'archive')}: {self.folder / 'manifest.json'}"
        )
        return True


def run(shards: list[Shard], worker: type, arguments: tuple[Any, ...], address: str, workers: int) -> Iterator[Any]:
    """What `worker(*arguments)(row)` returns for the row of each shard, in the order in which they finish.

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
        raise UtilError(f"--ray {address}: no cluster there ({reason}); use local, auto or ray://HOST:PORT") from None

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
