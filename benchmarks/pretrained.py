"""Trains the model in pretrained/holes anew: python benchmarks/pretrained.py, about 20 minutes on one core.

The recommended pipeline on a simulated data set of its own. What is kept is what test.py needs: no state of the
training, and none of the real images that it was matched with.
"""

import shutil
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1]))  # the packages are beside this folder

from benchmarks.leaderboard import ROOT, program
from models.pipeline.renderer_pairs import RendererPairs

NAME = "holes"
WORK = Path("benchmarks/runs/pretrained")  # relative, so that opt.json names no machine's paths
DATA = ("--stems", 200, "--real", 800, "--test", 200, "--seed", 7000)


def main() -> int:
    program("-m", "data.simulate", "--dataroot", WORK / "sem", *DATA)
    where = ("--dataroot", WORK / "sem", "--name", NAME)
    model = ("--model", "depth_pipeline", "--save_epoch_freq", 1000, "--gpu_ids", -1)
    program("train.py", *where, "--checkpoints_dir", WORK, *model, "--continue_train")
    kept = ROOT / "pretrained" / NAME
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    run = ROOT / WORK / NAME
    shutil.copy(run / "opt.json", kept)
    for path in run.glob("latest_net_*.pth"):
        shutil.copy(path, kept)
    torch.save(RendererPairs().state_dict(), kept / "latest_net_P.pth")
    program("test.py", *where, "--checkpoints_dir", "pretrained", "--results_dir", WORK / "results")
    return 0


if __name__ == "__main__":
    sys.exit(main())
