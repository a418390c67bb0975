"""Trains a system on a data set: python train.py --dataroot ./sem --name metrology

The whole step is read in four hops: this loop -> models/cycle_gan.py -> models/losses.py -> models/networks/*.
"""

import signal

if __name__ == "__main__":  # until a run can be saved, Ctrl-C just ends the program
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import sys
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from tqdm import tqdm

from data import DATASETS, DataError, DataOptions, DatasetLayout
from models import MODELS, BaseModel, ModelError, Predictor, build, check_members, lr_factor
from options import Options, OptionsError, compare, parse_train
from util import RunError, UtilError
from util.files import explain_error, make_output_safe
from util.monitor import TrainingMonitor, require_trackers
from util.run import (
    DistributedContext,
    EpochLog,
    LossLog,
    RunFolder,
    StopRequest,
    TrainingProgress,
    checkpoint,
    choose_device,
    require_disk_space,
    restore_training,
    save_training,
    scratch_folder,
    set_deterministic,
    tensor_bytes,
    tune_malloc,
    use_bf16,
)


def train(opt: Options, replicas: DistributedContext) -> int:
    """Trains the run that `opt` describes from its start, or from where it stopped; returns the exit status."""
    loop, last = opt.loop, opt.loop.n_epochs + opt.loop.n_epochs_decay
    require_trackers(opt.display.track)
    if opt.data.preprocess == "none" and {"load_size", "crop_size"} & opt.changed().keys():
        print("note: --load_size and --crop_size do nothing without --preprocess; images keep their size")
    device = choose_device(opt.run.gpu_ids)
    set_deterministic(opt.run.deterministic)
    torch.manual_seed(opt.run.seed)  # initial weights and dropout; the batches draw from a generator of their own
    system = build(opt.run.model, opt.model, device, opt.run.seed)
    if not system.dataset_kind:
        return combine(opt, device)
    replicas.check(loop.batch_size)
    system.check_epochs(last)
    tune_malloc()
    system.enable_acceleration(use_bf16(device, opt.run.precision), opt.run.compile)
    layout = DatasetLayout(opt.data.dataroot)
    if loop.dry_run:
        saved = RunFolder(opt.run.checkpoints_dir, opt.run.name).options
        if loop.continue_train and saved is not None:
            check_changes(saved, opt, Path(opt.run.checkpoints_dir, opt.run.name))
        batches = DATASETS[system.dataset_kind](layout, opt.data, loop.batch_size, opt.run.seed)
        print(opt.report())
        losses = system.step(next(iter(batches.loader(1))))
        said = " ".join(f"{name}: {float(value):.3f}" for name, value in losses.items())
        print(f"dry run: {len(batches)} batches an epoch; one step of untrained networks: {said}")
        return 0

    with ExitStack() as held:
        folder = Path(opt.run.checkpoints_dir, opt.run.name)
        run = held.enter_context(
            RunFolder(opt.run.checkpoints_dir, opt.run.name) if replicas.is_main else scratch_folder()
        )
        stop = held.enter_context(StopRequest())
        goes_on = replicas.broadcast(begin(opt, run) if replicas.is_main else None)
        at, losses = restore_training(folder, replicas, system) if goes_on else (TrainingProgress(loop.epoch_count), {})
        if goes_on and opt.loop.epoch_count not in (1, at.epoch):
            print(f"note: --epoch_count {opt.loop.epoch_count} is for a new run; this one goes on in epoch {at.epoch}")
        if at.epoch > last:
            print(f"{folder} is finished: {last} epochs. To go on raise --n_epochs; to test it: test.py")
            return 0
        batches = DATASETS[system.dataset_kind](layout, opt.data, loop.batch_size, opt.run.seed)
        if at.steps_per_epoch not in (0, len(batches)):
            print(
                f"note: the data set has changed: {len(batches)} steps an epoch, {at.steps_per_epoch} when the run was stopped"
            )
        at.steps_per_epoch = len(batches)
        kept = sum(n % loop.save_epoch_freq == 0 for n in range(at.epoch, last)) + 2  # the last one, and the best
        weights = tensor_bytes({name: network.state_dict() for name, network in system.networks.items()})
        if replicas.is_main:
            require_disk_space(run.path, weights, 2 * weights, kept)  # Adam keeps two moments of each
        if at.step == 0:
            run.begin(opt.to_dict())  # now that the data can be read: bad data leaves no run behind
        print(opt.report())
        print(f"{folder}: epochs {at.epoch} to {last} of {len(batches)} steps", flush=True)
        log, epochs, eval_set = LossLog(run.path, at.step), EpochLog(run.path, at.epoch), batches.eval_set()
        if losses:
            log.load_state_dict(losses, device)
        shown = opt.display if replicas.is_main else replace(opt.display, html=False, display_id=0, track=())
        display = held.enter_context(
            TrainingMonitor(run.path, opt.run.name, shown, opt.changed(), system.plot_layout, system.levels, at.step)
        )
        saved_at = time.monotonic()
        system.train()
        if replicas.world_size > 1:
            system.wrap_ddp()
        stop.ready = True

        while at.epoch <= last:
            factor = lr_factor(loop.lr_policy, at.epoch, loop.n_epochs, loop.n_epochs_decay, loop.lr_decay_iters)
            system.set_learning_rate(factor)
            began, first = time.monotonic() - at.seconds, at.batches
            for batch in tqdm(
                batches.loader(at.epoch, first), f"epoch {at.epoch}/{last}", initial=first, total=len(batches),
                unit="step", leave=False, disable=None if replicas.is_main else True,
            ):  # fmt: skip
                log.add(system.step(replicas.shard_batch(batch)), at.step + 1)
                at.batches, at.step, at.seconds = at.batches + 1, at.step + 1, time.monotonic() - began
                if at.step % loop.print_freq == 0:
                    tqdm.write(log.write(at.epoch, at.step, at.seconds / at.batches, replicas.all_reduce_mean))
                    display.show(log.columns)
                if display.images_due(at.step):
                    display.show(log.columns, pictures(system))
                minutes = (time.monotonic() - saved_at) / 60
                due, stop.signum = replicas.all_reduce_max(
                    at.step % loop.save_latest_freq == 0 or 0 < loop.save_minutes <= minutes, stop.signum
                )
                if due or stop.signum:
                    save_training(run, replicas, system, at, log, "latest")
                    saved_at = time.monotonic()
                if stop.signum:
                    print(f"{folder}: stopped in epoch {at.epoch} and saved; go on with --continue_train")
                    return stop.exit_code

            if log.step <= at.step - len(batches):  # short epochs: a line each, if no more
                log.write(at.epoch, at.step, at.seconds / at.batches, replicas.all_reduce_mean)
            system.end_epoch(eval_set)
            figures = replicas.broadcast(system.evaluate(eval_set))
            judged = next(iter(figures.values()))
            improved = judged < at.best
            at.best = judged if improved else at.best
            line = epochs.write(at.epoch, at.step, at.seconds, factor * opt.model.lr, figures)
            print(f"End of epoch {at.epoch} / {last} \t {line}{' (best)' * improved}", flush=True)
            finished, at.epoch, at.batches, at.seconds = at.epoch, at.epoch + 1, 0, 0.0
            kept = finished % loop.save_epoch_freq == 0 or finished == last
            if kept or improved:
                save_training(run, replicas, system, at, log, "latest", *["best"] * improved, *[str(finished)] * kept)
            display.end_epoch(finished, at.step, log.columns, epochs.columns, pictures(system))
    where = f" --checkpoints_dir {folder.parent}" if "checkpoints_dir" in opt.changed() else ""
    print(f"{folder}: finished. To test it: python test.py --dataroot {layout.root} --name {opt.run.name}{where}")
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
        if opt.loop.continue_train and run.options is not None and run.holds(opt.model.members):
            print(f"{run.path} is finished: a combination has nothing to learn. To test it: test.py")
            return 0
        if not opt.loop.overwrite and not opt.loop.continue_train:
            run.refuse_overwrite()
        run.begin(opt.to_dict())
        for member in members:
            run.copy_member(member, opt.model.member_epoch)
    Predictor.load(run.path)
    print(f"{run.path}: {len(members)} members. To test it: python test.py --name {opt.run.name}")
    return 0


def begin(opt: Options, run: RunFolder) -> bool:
    """Whether the run that the folder holds goes on; else a new one may begin there."""
    saved = run.options
    if opt.loop.continue_train and saved is None:
        print(f"{run.path}: no run there yet; it starts anew")
    if not opt.loop.continue_train or saved is None or not run.has_weights:
        killed_at_once = opt.loop.continue_train and saved is not None and not run.has_weights
        if not opt.loop.overwrite and not killed_at_once:
            run.refuse_overwrite()
        return False
    check_changes(saved, opt, run.path)
    run.record(opt.to_dict())
    return True


def check_changes(saved: dict[str, Any], opt: Options, folder: Path) -> None:
    """Prints what has changed since the run began; an error where it must stay."""
    differences = compare(saved, opt)
    for difference in differences:
        print(f"changed since the run began: {difference}")
    fixed = [str(difference) for difference in differences if not difference.may_change]
    if fixed:
        raise UtilError(f"{folder}: {'; '.join(fixed)}: must stay as it was; leave it out, or choose another --name")


def pictures(system: BaseModel) -> dict[str, NDArray]:
    """The first image of each kind of the last step, (H, W) [grey level 0..255]."""
    return {name: image[0, 0].cpu().numpy() for name, image in system.get_visuals().items()}


def main(argv: list[str]) -> int:
    """The command; returns the exit status: 0 done, 1 failed, 2 usage or bad input, 130 and 143 interrupted."""
    try:
        opt = parse_train(argv, DataOptions, {name: system.Options for name, system in MODELS.items()})
        with DistributedContext() as replicas:
            return train(opt, replicas)
    except (OptionsError, DataError, ModelError, UtilError) as error:
        print(f"train.py: {error}", file=sys.stderr)
        return 1 if isinstance(error, RunError) else 2
    except (OSError, MemoryError, RuntimeError, ValueError) as error:
        print(f"train.py: {explain_error(error)}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    make_output_safe()
    sys.exit(main(sys.argv[1:]))
