"""Processes that are forked from one that has imported what train.py and test.py load when they first use it."""

import multiprocessing

LOADED = (
    "torch",
    "torch._dynamo",  # by the first optimiser
    "matplotlib.figure",
    "skimage.transform",
    "train",
    "test",
    "data.simulate",
    "models.cycle_gan",
    "models.predictor",
    "util.run.training_loop",
)
FORKSERVER = multiprocessing.get_context("forkserver")
FORKSERVER.set_forkserver_preload([*LOADED])
