"""The epochs of a training: steps, logs, plots, checkpoints, validation. It is handed all that it uses."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from tqdm import tqdm

from ..files import counted
from .distributed import DistributedContext
from .epoch_log import EpochLog
from .loss_log import LossLog
from .run_folder import RunFolder
from .signals import StopRequest
from .training_state import TrainingProgress, save_training


class TrainingLoop:
    """`run(...)` trains from where `progress` stands to the last epoch, and returns the exit status.

    `model` has step, evaluate, preview, end_epoch, prepare_save and set_learning_rate; `dataset` has loader, eval_set
    and a length; `monitor` shows the training; `options` are those of the training; `lr_factor(policy, epoch, n_epochs,
    n_epochs_decay, decay_iters)` [0..1] times the model's initial learning rate is that of an epoch.
    """

    def __init__(
        self,
        model: Any,
        dataset: Any,
        run: RunFolder,
        context: DistributedContext,
        monitor: Any,
        stop: StopRequest,
        options: Any,
        lr_factor: Callable[[str, int, int, int, int], float],
    ) -> None:
        self.model, self.dataset, self.run_folder, self.context = model, dataset, run, context
        self.monitor, self.stop, self.options = monitor, stop, options
        self.lr_factor, self.last = lr_factor, options.last_epoch

    def run(self, progress: TrainingProgress, log: LossLog, epoch_log: EpochLog, folder: Path) -> int:
        """Trains epoch after epoch; 0 when the last one is finished, else the status of the signal that came."""
        self.progress, self.log, self.epoch_log, o = progress, log, epoch_log, self.options
        print(
            f"{folder}: epochs {progress.epoch} to {self.last}, {counted(len(self.dataset), 'step')} each", flush=True
        )
        self.eval_set, self.saved_at = self.dataset.eval_set(), time.monotonic()
        self.model.train()
        if self.context.world_size > 1:
            self.model.wrap_ddp()
        self.stop.ready = True
        while progress.epoch <= self.last:
            factor = self.lr_factor(o.lr_policy, progress.epoch, o.n_epochs, o.n_epochs_decay, o.lr_decay_iters)
            self.model.set_learning_rate(factor)
            if not self._train_epoch():
                print(f"{folder}: stopped in epoch {progress.epoch} and saved; continue with --continue_train")
                return self.stop.exit_code
            self._end_epoch(factor * self.model.options.lr)
        return 0

    def _train_epoch(self) -> bool:
        """Whether the epoch was finished; else a signal came, and the training is saved."""
        p, total = self.progress, len(self.dataset)
        start = time.monotonic() - p.seconds
        bar = tqdm(
            self.dataset.loader(p.epoch, p.batches), f"epoch {p.epoch}/{self.last}", initial=p.batches, total=total,
            unit="step", leave=False, disable=None if self.context.is_main else True,
        )  # fmt: skip
        for batch in bar:
            self.log.add(self.model.step(self.context.shard_batch(batch)), p.step + 1)
            p.batches, p.step, p.seconds = p.batches + 1, p.step + 1, time.monotonic() - start
            if p.step % self.options.print_freq == 0:
                tqdm.write(self._write_losses())
                self.monitor.show(self.log.columns)
            if self.monitor.images_due(p.step):
                self.monitor.show(self.log.columns, _first_images(self.model.get_visuals()))
            self._save_if_due()
            if self.stop.signum:
                return False
        if self.log.step <= p.step - total:  # a short epoch gets one line
            self._write_losses()
        return True

    def _write_losses(self) -> str:
        p = self.progress
        return self.log.write(p.epoch, p.step, p.seconds / p.batches, self.context.all_reduce_mean)

    def _save_if_due(self) -> None:
        """Saves `latest` by steps, by minutes, or because a signal came to any of the processes."""
        minutes, o = (time.monotonic() - self.saved_at) / 60, self.options
        by_time = 0 < o.save_minutes <= minutes
        by_step = self.progress.step % o.save_latest_freq == 0
        due, self.stop.signum = self.context.all_reduce_max(by_step or by_time, self.stop.signum)
        if due or self.stop.signum:
            self._save("latest")
            self.saved_at = time.monotonic()

    def _save(self, *tags: str) -> None:
        save_training(self.run_folder, self.context, self.model, self.progress, self.log, *tags)

    def _end_epoch(self, lr: float) -> None:
        """Validates, logs, and saves `latest`, and `best` and the epoch's number where they are due."""
        p = self.progress
        self.model.end_epoch(self.eval_set)
        metrics = self.context.broadcast(self.model.evaluate(self.eval_set))
        validation = next(iter(metrics.values()))
        improved = validation < p.best
        p.best = validation if improved else p.best
        line = self.epoch_log.write(p.epoch, p.step, p.seconds, lr, metrics)
        print(f"End of epoch {p.epoch} / {self.last} \t {line}{' (best)' * improved}", flush=True)
        finished, p.epoch, p.batches, p.seconds = p.epoch, p.epoch + 1, 0, 0.0
        kept = finished % self.options.save_epoch_freq == 0 or finished == self.last
        if kept or improved:
            self.model.prepare_save(self.eval_set, kept)
            self._save("latest", *["best"] * improved, *[str(finished)] * kept)
        images = _first_images(self.model.preview(self.eval_set))
        self.monitor.end_epoch(finished, p.step, self.log.columns, self.epoch_log.columns, images)


def _first_images(visuals: dict[str, Any]) -> dict[str, NDArray]:
    """The first image (H, W) of each kind, of tensors (N, 1, H, W), both [grey level 0..255]."""
    return {name: images[0, 0].float().cpu().numpy() for name, images in visuals.items()}
