"""Trains a model on a data set: python train.py --dataroot ./sem --name metrology

The whole step is read in four hops: this file -> models/cycle_gan.py -> models/losses.py -> models/networks/*.
"""

import signal

if __name__ == "__main__":  # until a run can be saved, Ctrl-C just ends the program
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import sys
from contextlib import ExitStack
from functools import partial
from typing import Any

import models  # models, and some of util.run, load torch where they are first used: bad input is named at once
import util.run
from data import DATASETS, BatchedDataset, DataError, DataOptions, DatasetLayout, check_training, describe_images
from options import Options, OptionsError, compare, parse_train
from util.files import counted, make_output_safe
from util.monitor import TrainingMonitor, check_display
from util.run import EpochLog, RunFolder, StopRequest, check_changes, checkpoint, choose_device, continues, print_lines
from util.run import record_changes, require_disk_space, require_run, run_program, scratch_folder, set_reproducible


def train(opt: Options) -> int:
    """Trains the run that `opt` describes from its start, or from where it stopped; returns the exit status."""
    check_display(opt.display)
    require_run(opt.run.path, opt.loop)
    if not models.MODELS[opt.run.model].is_trained:
        return combine(opt)
    opt = opt.with_model_defaults(check_training(opt.data, opt.model))  # bad data is an error before torch is loaded
    models.find_source(opt.loop.init_from, opt.run.checkpoints_dir)
    with ExitStack() as stack:
        context = stack.enter_context(util.run.DistributedContext())
        context.check(opt.loop.batch_size)
        print(f"{opt.run.path}: {opt.run.model} on {opt.data.dataroot}", flush=True)  # torch takes seconds to load
        model = new_model(opt)
        if opt.loop.dry_run:
            return dry_run(opt, model)
        folder = RunFolder(opt.run.checkpoints_dir, opt.run.name) if context.is_main else scratch_folder()
        return train_in(stack.enter_context(folder), opt, context, model, stack.enter_context(StopRequest()))


def new_model(opt: Options) -> "models.BaseModel":
    """The untrained model, on its device."""
    device = choose_device(opt.run.gpu_ids)
    set_reproducible(opt.run.seed, opt.run.deterministic)
    util.run.tune_malloc()
    model = models.build(opt.run.model, opt.model, device, opt.run.seed)
    model.check_training(opt.loop.last_epoch)
    return model.enable_acceleration(opt.run.precision, opt.run.compile, "training")


def train_in(
    run: RunFolder, opt: Options, context: "util.run.DistributedContext", model: "models.BaseModel", stop: StopRequest
) -> int:
    """Trains in a folder that is locked for it; returns the exit status."""
    progress, losses = start(opt, run, context, model)
    if progress.epoch > opt.loop.last_epoch:
        print(f"{opt.run.path} is finished: {counted(opt.loop.last_epoch, 'epoch')}. To train longer, raise --n_epochs")
        return 0
    dataset = new_dataset(opt, model)
    progress.begin(len(dataset))
    if context.is_main:
        require_disk_space(run.path, model.networks, opt.loop, progress.epoch)
    if progress.step == 0:
        run.begin(opt.to_dict(), describe_images(opt.data))  # the data could be read: bad data leaves no run behind
    print(opt.report())
    log, epoch_log = util.run.LossLog(run.path, progress.step), EpochLog(run.path, progress.epoch)
    log.load_state_dict(losses, model.device)
    display = opt.display if context.is_main else opt.display.off
    layout = model.plot_layout, model.levels
    with TrainingMonitor(run.path, opt.run.name, display, opt.changed(), *layout, progress.step) as monitor:
        loop = util.run.TrainingLoop(model, dataset, run, context, monitor, stop, opt.loop, models.lr_factor)
        status = loop.run(progress, log, epoch_log, opt.run.path)
    if not status:
        print(f"{opt.run.path}: finished. To test it: {util.run.test_command(opt)}")
    return status


def start(
    opt: Options, run: RunFolder, context: "util.run.DistributedContext", model: "models.BaseModel"
) -> tuple["util.run.TrainingProgress", dict[str, Any]]:
    """Where the training starts, and the losses that were not logged when it stopped."""
    changes = context.broadcast(continues(run, partial(compare, opt=opt), opt.loop) if context.is_main else None)
    if changes is None:
        initial = models.initialise_from(model, opt.loop.init_from, opt.run.checkpoints_dir)
        print_lines(initial if context.is_main else [])
        return util.run.TrainingProgress(opt.loop.epoch_count), {}
    progress, losses = util.run.restore_training(opt.run.path, context, model)
    record_changes(run, opt, changes, progress.epoch)
    return progress, losses


def new_dataset(opt: Options, model: "models.BaseModel") -> BatchedDataset:
    """The training data, in the kind of batches that the model takes."""
    layout = DatasetLayout(opt.data.dataroot, opt.data.signal)
    return DATASETS[model.dataset_kind](layout, opt.data, opt.loop.batch_size, opt.run.seed)


def dry_run(opt: Options, model: "models.BaseModel") -> int:
    """One step of the untrained networks, which writes nothing."""
    saved = RunFolder(opt.run.checkpoints_dir, opt.run.name).options
    if opt.loop.continue_train and saved is not None:
        check_changes(compare(saved, opt), opt.run.path)
    else:
        print_lines(models.initialise_from(model, opt.loop.init_from, opt.run.checkpoints_dir))
    dataset = new_dataset(opt, model)
    print(opt.report())
    losses = util.run.format_losses(model.step(next(iter(dataset.loader(1)))))
    print(f"dry run: {counted(len(dataset), 'batch')} an epoch; one step of untrained networks: {losses}")
    return 0


def combine(opt: Options) -> int:
    """An ensemble has nothing to learn: the runs that it is made of are copied into its own folder."""
    members = [opt.run.path.parent / name for name in opt.model.members]
    for member in members:
        checkpoint.require(member, opt.model.member_epoch)
    models.check_members(members, opt.model, opt.to_dict(), choose_device(opt.run.gpu_ids))
    if opt.loop.dry_run:
        print(f"dry run: {counted(len(members), 'member')} that fit together")
        return 0
    with RunFolder(opt.run.checkpoints_dir, opt.run.name) as run:
        run.gather(members, opt.model.member_epoch, opt.to_dict(), opt.loop)
    models.Predictor.load(opt.run.path)
    print(f"{opt.run.path}: {counted(len(members), 'member')}. To test it: {util.run.test_command(opt)}")
    return 0


def main(argv: list[str]) -> int:
    """The command; returns the exit status: 0 done, 1 failed, 2 usage or bad input, 130 and 143 interrupted."""
    refusals = (OptionsError, DataError, models.ModelError)
    return run_program("train.py", lambda: train(parse_train(argv, DataOptions, models.MODEL_OPTIONS)), refusals)


if __name__ == "__main__":
    make_output_safe()
    sys.exit(main(sys.argv[1:]))
