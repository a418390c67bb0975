"""Prediction batch by batch: the network works on one batch while the one before is post-processed and written."""

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol

from numpy.typing import NDArray
from tqdm import tqdm

from ..files import explain_error
from .image_result import ImageResult


class Collector(Protocol):
    """Takes the results batch by batch."""

    def add(self, results: list[ImageResult], /) -> object: ...


class InferenceLoop:
    """`infer(images)` applies the network; `build(batch, output)` makes results of its output, which every collector
    then gets. A batch has `stems` and `images` (N, H, W).

    `refusal` is the error of a model that cannot take images of this size: such images are skipped, and named in
    `skipped`. `large` are the stems of the images of more than `large_px` pixels. `count` is the number of results.
    """

    def __init__(
        self,
        infer: Callable[[NDArray], Any],
        build: Callable[[Any, Any], list[ImageResult]],
        refusal: type[Exception],
        large_px: int,
    ) -> None:
        self.infer, self.build, self.refusal, self.large_px = infer, build, refusal, large_px
        self.skipped: dict[str, str] = {}
        self.large: list[str] = []
        self.count, self.seconds, self.network_seconds = 0, 0.0, 0.0

    def speed(self) -> dict[str, float]:
        """Images a second, with everything and of the network alone."""
        return {
            "images_per_second": round(self.count / max(self.seconds, 1e-9), 1),
            "network_images_per_second": round(self.count / max(self.network_seconds, 1e-9), 1),
        }

    def run(self, batches: Iterable[Any], total: int, collectors: Sequence[Collector]) -> None:
        """Predicts every batch; `total` images are expected."""
        start = time.monotonic()
        pending: Future[None] | None = None
        with (
            ThreadPoolExecutor(1) as background,
            tqdm(total=total, desc="predicting", unit="image", disable=None) as bar,
        ):
            for batch in batches:
                output = self._infer(batch)
                if output is None:
                    continue
                if pending:
                    pending.result()  # one batch waits at most, so that memory does not grow
                pending = background.submit(self._collect, batch, output, collectors)
                bar.update(len(batch.stems))
            if pending:
                pending.result()
        self.seconds = time.monotonic() - start

    def step(self, batch: Any, collectors: Sequence[Collector]) -> None:
        """Predicts one batch, and returns when the collectors have its results."""
        start = time.monotonic()
        output = self._infer(batch)
        if output is not None:
            self._collect(batch, output, collectors)
        self.seconds += time.monotonic() - start

    def _infer(self, batch: Any) -> Any:
        """What the network gives for the batch; None if it cannot take images of this size."""
        start = time.monotonic()
        try:
            output = self.infer(batch.images)
        except (self.refusal, MemoryError, RuntimeError) as error:
            if not isinstance(error, self.refusal) and len(batch.stems) > 1:
                raise  # a smaller batch would do
            reason = error if isinstance(error, self.refusal) else explain_error(error)
            self.skipped |= {stem: f"{stem}: {reason}" for stem in batch.stems}
            return None
        self.network_seconds += time.monotonic() - start
        if batch.images[0].size > self.large_px:
            self.large += batch.stems
        return output

    def _collect(self, batch: Any, output: Any, collectors: Sequence[Collector]) -> None:
        results = self.build(batch, output)
        for collector in collectors:
            collector.add(results)
        self.count += len(results)
