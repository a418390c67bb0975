"""Trains a system on a data set: python train.py --dataroot ./sem --name metrology

The whole step is read in four hops: this loop -> models/cycle_gan.py -> models/losses.py -> models/networks/*.
"""

import signal

if __name__ == "__main__":  # until a run can be saved, Ctrl-C just ends the program
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import math
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from tqdm import tqdm

from data import BATCHES, DataError, DataOptions, Layout
from models import SYSTEMS, ModelError, Predictor, System, build, check_members, load_weights, lr_factor
from options import Options, OptionsError, compare, parse_train
from util import checkpoint
from util.device import choose_device
from util.display import Display
from util.epoch_log import EpochLog
from util.errors import UtilError
from util.loss_log import LossLog
from util.run_folder import RunFolder
from util.signals import StopRequest


@dataclass
class Position:
    """Where a run stands: the epoch in progress (from 1), its finished batches, all steps, the seconds spent on the
    epoch, and the best figure that an epoch was judged by."""

    epoch: int = 1
    batches: int = 0
    step: int = 0
    seconds: float = 0.0
    best: float = math.inf


def train(opt: Options) -> int:
    """Trains the run that `opt` describes from its start, or from where it stopped; returns the exit status."""
    loop, last = opt.loop, opt.loop.n_epochs + opt.loop.n_epochs_decay
    device = choose_device(opt.run.gpu_ids)
    torch.manual_seed(opt.run.seed)  # initial weights and dropout; the batches draw from a generator of their own
    system = build(opt.run.model, opt.model, device, opt.run.seed)
    if not system.batches:
        return combine(opt, device)
    layout = Layout(opt.data.dataroot)
    if loop.dry_run:
        batches = BATCHES[system.batches](layout, opt.data, loop.batch_size, opt.run.seed)
        print(opt.report())
        losses = system.step(next(iter(batches.loader(1))))
        said = " ".join(f"{name}: {float(value):.3f}" for name, value in losses.items())
        print(f"dry run: {len(batches)} batches an epoch; one step: {said}")
        return 0

    with ExitStack() as held:
        run = held.enter_context(RunFolder(opt.run.checkpoints_dir, opt.run.name))
        stop = held.enter_context(StopRequest())
        at, log_state = begin(opt, run, system)
        if at.epoch > last:
            print(f"{run.path} is finished: {last} epochs. To go on raise --n_epochs; to test it: test.py")
            return 0
        batches = BATCHES[system.batches](layout, opt.data, loop.batch_size, opt.run.seed)
        if at.step == 0:
            run.begin(opt.to_dict())  # now that the data can be read: bad data leaves no run behind
        print(opt.report())
        print(f"{run.path}: epochs {at.epoch} to {last} of {len(batches)} steps", flush=True)
        log, epochs, reference = LossLog(run.path, at.step), EpochLog(run.path, at.epoch), batches.reference()
        log.load_state_dict(log_state, device)
        display = held.enter_context(Display(run.path, opt.run.name, opt.display, opt.changed(), system.levels))
        saved_at = time.monotonic()
        system.train()

        while at.epoch <= last:
            factor = lr_factor(loop.lr_policy, at.epoch, loop.n_epochs, loop.n_epochs_decay, loop.lr_decay_iters)
            system.set_learning_rate(factor)
            began, first = time.monotonic() - at.seconds, at.batches
            for batch in tqdm(
                batches.loader(at.epoch, first),
                f"epoch {at.epoch}/{last}", initial=first, total=len(batches), unit="step", leave=False, disable=None,
            ):  # fmt: skip
                log.add(system.step(batch))
                at.batches, at.step, at.seconds = at.batches + 1, at.step + 1, time.monotonic() - began
                if at.step % loop.print_freq == 0:
                    tqdm.write(log.write(at.epoch, at.step, at.seconds / at.batches))
                    display.show(log.columns)
                if display.due(at.step):
                    display.show(log.columns, pictures(system))
                minutes = (time.monotonic() - saved_at) / 60
                if at.step % loop.save_latest_freq == 0 or 0 < loop.save_minutes <= minutes or stop.signum:
                    save(run, system, at, log, "latest")
                    saved_at = time.monotonic()
                if stop.signum:
                    print(f"{run.path}: stopped in epoch {at.epoch} and saved; go on with --continue_train")
                    return stop.exit_code

            if log.step <= at.step - len(batches):
                log.write(at.epoch, at.step, at.seconds / at.batches)  # short epochs: a line each, if no more
            figures = system.criterion(reference)
            judged = next(iter(figures.values()))
            improved = judged < at.best
            at.best = judged if improved else at.best
            line = epochs.write(at.epoch, at.step, at.seconds, factor * opt.model.lr, figures)
            print(f"End of epoch {at.epoch} / {last} \t {line}{' (best)' * improved}", flush=True)
            finished, at.epoch, at.batches, at.seconds = at.epoch, at.epoch + 1, 0, 0.0
            kept = finished % loop.save_epoch_freq == 0 or finished == last
            if kept or improved:
                save(run, system, at, log, "latest", *["best"] * improved, *[str(finished)] * kept)
            display.end_epoch(finished, at.step, log.columns, epochs.columns, pictures(system))
    print(f"{run.path}: finished. To test it: python test.py --dataroot {layout.root} --name {opt.run.name}")
    return 0


def combine(opt: Options, device: torch.device) -> int:
    """A system that has nothing to learn: the runs that it is made of are gathered in its own folder."""
    members = [Path(opt.run.checkpoints_dir, name) for name in opt.model.members]
    for member in members:
        checkpoint.require(member, opt.model.member_epoch)
    check_members(members, opt.model, opt.to_dict(), device)
    if opt.loop.dry_run:
        print(f"dry run: {len(members)} members that go together")
        return 0
    with RunFolder(opt.run.checkpoints_dir, opt.run.name) as run:
        if opt.loop.continue_train and run.options is not None:
            print(f"{run.path} is finished: a combination has nothing to learn. To test it: test.py")
            return 0
        if not opt.loop.overwrite:
            run.protect()
        run.begin(opt.to_dict())
        for member in members:
            run.gather(member, opt.model.member_epoch)
    Predictor.load(run.path)
    print(f"{run.path}: {len(members)} members. To test it: python test.py --name {opt.run.name}")
    return 0


def begin(opt: Options, run: RunFolder, system: System) -> tuple[Position, dict[str, Any]]:
    """A new run, or the one that the folder holds, restored: where it stands, and the losses not yet logged."""
    saved = run.options
    if opt.loop.continue_train and saved is None:
        print(f"{run.path}: no run there yet; it starts anew")
    if not opt.loop.continue_train or saved is None or not run.has_weights:
        killed_at_once = opt.loop.continue_train and saved is not None and not run.has_weights
        if not opt.loop.overwrite and not killed_at_once:
            run.protect()
        return Position(epoch=opt.loop.epoch_count), {"sums": {}, "count": 0}
    differences = compare(saved, opt)
    for difference in differences:
        print(f"changed since the run began: {difference}")
    fixed = [str(difference) for difference in differences if not difference.may_change]
    if fixed:
        raise UtilError(f"{run.path}: {'; '.join(fixed)}: must stay as it was; leave it out, or choose another --name")
    state = checkpoint.load_state(run.path)
    system.load_networks({name: load_weights(run.path / f"latest_net_{name}.pth") for name in system.networks})
    system.load_state_dict(state["system"])
    torch.set_rng_state(state["random"])
    if torch.cuda.is_available() and state["random_cuda"]:
        torch.cuda.set_rng_state_all(state["random_cuda"])
    run.record(opt.to_dict())
    return Position(**state["position"]), state["losses"]


def save(run: RunFolder, system: System, at: Position, log: LossLog, *tags: str) -> None:
    """Writes the weights under each tag and all that an exact resume needs, as one whole."""
    state = {
        "system": system.state_dict(),
        "position": asdict(at),
        "losses": log.state_dict(),
        "random": torch.get_rng_state(),
        "random_cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
    }
    checkpoint.save(run.path, tags, {name: network.state_dict() for name, network in system.networks.items()}, state)


def pictures(system: System) -> dict[str, NDArray]:
    """The first image of each kind of the last step, (H, W) [grey level 0..255]."""
    return {name: image[0, 0].cpu().numpy() for name, image in system.snapshot().items()}


def main(argv: list[str]) -> int:
    """The command; returns the exit status: 0 done, 1 failed, 2 usage or bad input, 130 and 143 interrupted."""
    try:
        return train(parse_train(argv, DataOptions, {name: system.Options for name, system in SYSTEMS.items()}))
    except (OptionsError, DataError, ModelError, UtilError) as error:
        print(f"train.py: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"train.py: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
