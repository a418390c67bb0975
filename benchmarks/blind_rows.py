"""What the blind benchmark trains: its rows, and the folder of its data sets, runs and results."""

from benchmarks.leaderboard import ROOT
from benchmarks.leaderboard_row import CENTRE, CLASSIFIER, MASK, REGRESSION, Row

WORK = ROOT / "benchmarks/runs/blind_benchmark"
ROWS = {
    "pipeline": Row("depth pipeline", ("depth_pipeline",)),
    "unet": Row("U-Net regression", (REGRESSION,)),
    "best": Row(
        "3 of each, soft votes, recentred", (REGRESSION, CLASSIFIER, MASK), "", "soft", 3, CENTRE, "_recentred"
    ),
    "cyclegan": Row("CycleGAN, recentred", ("cycle_gan",)),
}
