"""Trains the model in pretrained/holes again: python benchmarks/pretrained.py, about 20 minutes on one core.

It is the recommended pipeline, trained on a simulated data set of its own. Only what test.py needs is kept: not the
training state, and none of the real images that matched a simulated shape. With --calibrate no network is trained: the
training images are matched again, and the look-up, the intervals and the OOD thresholds are calibrated, in two minutes.
"""

import argparse
import shutil
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1]))  # the packages are beside this folder

from benchmarks.leaderboard import ON_CPU, ROOT, run_command
from data import DATASETS, DataOptions, DatasetLayout
from models.depth_pipeline import DepthPipeline
from models.pipeline import RendererPairs
from models.registry import load

NAME = "holes"
WORK = Path("benchmarks/runs/pretrained")  # relative, so that opt.json contains no path of this machine
DATA = ("--num_shapes", 200, "--num_real", 800, "--num_test", 200, "--seed", 7000)
TARGET = ROOT / "pretrained" / NAME


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--calibrate", action="store_true", help="train nothing; match and calibrate again")
    args = parser.parse_args()
    run_command("data.simulate", "--dataroot", WORK / "sem", *DATA)
    run = ("--dataroot", WORK / "sem", "--name", NAME)
    if args.calibrate:
        calibrate()
    else:
        train(run)
    run_command("test.py", *run, "--checkpoints_dir", "pretrained", "--results_dir", WORK / "results")
    return 0


def train(run: tuple[object, ...]) -> None:
    options = ("--model", "depth_pipeline", "--save_epoch_freq", 1000, *ON_CPU)
    run_command("train.py", *run, "--checkpoints_dir", WORK, *options, "--continue_train")
    source = ROOT / WORK / NAME
    shutil.rmtree(TARGET, ignore_errors=True)
    TARGET.mkdir(parents=True)
    shutil.copy(source / "opt.json", TARGET)
    for path in source.glob("latest_net_*.pth"):
        shutil.copy(path, TARGET)
    torch.save(RendererPairs().state_dict(), TARGET / "latest_net_P.pth")


@torch.no_grad()
def calibrate() -> None:
    torch.set_num_threads(1)
    model, saved = load(TARGET, "latest", torch.device("cpu"))
    assert isinstance(model, DepthPipeline)
    options = DataOptions(dataroot=str(ROOT / WORK / "sem"))
    layout = DatasetLayout(options.dataroot)
    eval_set = DATASETS[model.dataset_kind](layout, options, saved["batch_size"], saved["seed"]).eval_set()
    model.train(False)
    model.match_real_images(eval_set)
    model.calibrate(eval_set)
    for name in ("L", "T"):
        torch.save(model.networks[name].state_dict(), TARGET / f"latest_net_{name}.pth")


if __name__ == "__main__":
    sys.exit(main())
