"""Trains a system on a data set: python train.py --dataroot ./sem --name metrology

The whole step is read in four hops: this loop -> models/cycle_gan.py -> models/losses.py -> models/networks/*.
"""

import sys
import time
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from data import BATCHES, DataError, DataOptions, Layout
from models import SYSTEMS, ModelError, System, build, lr_factor
from options import Options, OptionsError, parse_train
from util import LossLog, RunFolder, StopRequest, TrainingPage, UtilError, choose_device


@dataclass
class Position:
    """Where a run stands: the epoch in progress (the first is 1), its finished batches, and all steps so far."""

    epoch: int = 1
    batches: int = 0
    step: int = 0


def train(opt: Options) -> int:
    """Trains the run that `opt` describes from its start, or from where it stopped; returns the exit status."""
    print(opt.report())
    loop, last = opt.loop, opt.loop.n_epochs + opt.loop.n_epochs_decay
    device = choose_device(opt.run.gpu_ids)
    torch.manual_seed(opt.run.seed)  # initial weights and dropout; the batches draw from a generator of their own
    system = build(opt.run.model, opt.model, device, opt.run.seed)
    layout = Layout(opt.data.dataroot)
    if loop.dry_run:
        return dry_run(opt, system, layout)

    with RunFolder(opt.run.checkpoints_dir, opt.run.name).claimed(opt) as run, StopRequest() as stop:
        at = resume(run, system) if loop.continue_train else Position(epoch=loop.epoch_count)
        if at.epoch > last:
            print(
                f"{run.path} is finished after {last} epochs; nothing to train. Longer: raise --n_epochs. Next: test.py"
            )
            return 0
        batches = BATCHES[system.batches](layout, opt.data, loop.batch_size, opt.run.seed)
        log = LossLog(run.path, after=at.step)
        page = TrainingPage(run.path, opt)
        system.train()

        while at.epoch <= last and not stop.signum:
            factor = lr_factor(loop.lr_policy, at.epoch, loop.n_epochs, loop.n_epochs_decay, loop.lr_decay_iters)
            system.set_learning_rate(factor)
            for batch in progress(batches.loader(at.epoch, at.batches), at, last):
                log.add(system.step(batch))
                at.batches, at.step = at.batches + 1, at.step + 1
                if at.step % loop.print_freq == 0:
                    log.write(at.epoch, at.step, at.batches)
                if due(at, saved_at, loop):
                    save(run, "latest", system, at)
                if stop.signum:
                    break
            else:
                log.write(at.epoch, at.step, at.batches)
                page.add_images(at.epoch, system.snapshot())
                at.epoch, at.batches = at.epoch + 1, 0
        save(run, "latest", system, at)
    return stop.exit_code if stop.signum else 0
