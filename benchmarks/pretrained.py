"""Trains the model in pretrained/holes again: python benchmarks/pretrained.py, about 20 minutes on one core.

It is the recommended pipeline, trained on a simulated data set of its own. Only what test.py needs is kept: not the
training state, and none of the real images that matched a simulated shape. With --ood no network is trained: only the
thresholds of the OOD score are set again, from the same training images, in a minute.
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
    parser.add_argument("--ood", action="store_true", help="train nothing; set the thresholds of the OOD score again")
    args = parser.parse_args()
    run_command("-m", "data.simulate", "--dataroot", WORK / "sem", *DATA)
    run = ("--dataroot", WORK / "sem", "--name", NAME)
    if args.ood:
        calibrate_ood()
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


def calibrate_ood() -> None:
    torch.set_num_threads(1)
    model, saved = load(TARGET, "latest", torch.device("cpu"))
    assert isinstance(model, DepthPipeline)
    options = DataOptions(dataroot=str(ROOT / WORK / "sem"))
    layout = DatasetLayout(options.dataroot)
    dataset = DATASETS[model.dataset_kind](layout, options, saved["batch_size"], saved["seed"])
    model.pairs.is_real.fill_(True)  # as in the training, whose pairs are not kept
    model.calibration.calibrate_ood(dataset.eval_set()["real"], strength=0.3)
    torch.save(model.uncertainty.state_dict(), TARGET / "latest_net_T.pth")
    print(f"thresholds of chi-square, sigma and trimmed chi-square: {model.uncertainty.ood_thresholds.tolist()}")


if __name__ == "__main__":
    sys.exit(main())
