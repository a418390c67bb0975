"""Two processes that share every batch train the network that one process trains."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from data import simulate

ROOT = Path(__file__).parents[3]
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
SMALL = ["--n_epochs", "2", "--n_epochs_decay", "0", "--batch_size", "4", "--display_id", "0", "--precision", "fp32"]
SMALL += ["--max_dataset_size", "10"]
GAN = ["--ngf", "4", "--ndf", "4", "--netG", "resnet_6blocks", "--netD", "n_layers", "--n_layers_D", "2"]

# The step of CycleGAN in float64, without pool: `python this.py STEPS FILE` writes the weights after so many steps.
STEPS = """
import sys, torch
from models import MODELS, build
from util.run import DistributedContext
name, steps, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
with DistributedContext() as context:
    torch.manual_seed(0)
    options = MODELS[name].Options
    small = dict(ngf=16, ndf=4, pool_size=0, width=4, num_downs=2, norm="instance")
    small = {key: value for key, value in small.items() if key in options.__dataclass_fields__}
    model = build(name, options(**small), torch.device("cpu"))
    for network in model.networks.values():
        network.double()
    if context.world_size > 1:
        model.wrap_ddp()
    for k in range(steps):
        g = torch.Generator().manual_seed(k)
        batch = {key: 255 * torch.rand(4, 1, 40, 32, dtype=torch.float64, generator=g) for key in ("sem", "depth")}
        losses = context.all_reduce_mean(model.step(context.shard_batch(batch)))
    if context.is_main:
        weights = {f"{n} {key}": value for n, net in model.networks.items() for key, value in net.state_dict().items()}
        torch.save({"weights": weights, "losses": losses}, path)
"""


def command(arguments, replicas, **more):
    start = [*TORCHRUN] if replicas else [sys.executable]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen([*start, *map(str, arguments)], cwd=ROOT, env=env, text=True, **more)


def run(arguments, replicas=False):
    process = command(arguments, replicas, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, out + err
    return out


@pytest.fixture(scope="module")
def dataroot(tmp_path_factory):
    root = tmp_path_factory.mktemp("data") / "sem"
    simulate.main(["--dataroot", str(root), "--num_shapes", "4", "--num_real", "16", "--num_test", "4"])
    return root


@pytest.mark.parametrize("name", ["cycle_gan", "unet_regressor"])
def test_two_halves_of_a_batch_are_the_whole_one(tmp_path, name):
    program = tmp_path / "steps.py"
    program.write_text(STEPS)
    run([program, name, 5, tmp_path / "one.pt"])
    run([program, name, 5, tmp_path / "two.pt"], replicas=True)
    one, two = (torch.load(tmp_path / f"{count}.pt", weights_only=True) for count in ("one", "two"))
    for key, loss in one["losses"].items():
        assert two["losses"][key].item() == pytest.approx(loss.item(), rel=1e-9), key
    moved = 0.0
    for key, weight in one["weights"].items():
        if not norm_eats(key, one["weights"]):
            assert (two["weights"][key] - weight).abs().max() < 1e-9, key
            moved = max(moved, float(weight.abs().max()))
    assert moved > 0


def norm_eats(key, weights):
    """Whether it is a bias before an instance norm: its gradient is rounding noise, which Adam makes steps of."""
    return key.endswith("bias") and weights[key.removesuffix("bias") + "weight"].shape[0] > 1


@pytest.mark.slow
def test_a_run_of_two_processes_goes_on_where_it_was_stopped(tmp_path, dataroot):
    data = ["train.py", "--dataroot", dataroot, "--checkpoints_dir", tmp_path, *SMALL, *GAN]
    out = run([*data, "--name", "whole"], replicas=True)
    assert out.count("End of epoch 2 / 2") == 1, "the first process speaks, and no other"
    run([*data, "--name", "parts", "--n_epochs", "1"], replicas=True)
    run([*data, "--name", "parts", "--n_epochs", "2", "--continue_train"], replicas=True)
    for key in ("G_A", "D_B"):
        whole, parts = (
            torch.load(tmp_path / name / f"latest_net_{key}.pth", weights_only=True) for name in ("whole", "parts")
        )
        assert all(torch.equal(whole[name], parts[name]) for name in whole)


@pytest.mark.slow
def test_a_signal_stops_all_processes_after_a_save(tmp_path, dataroot):
    options = ["--dataroot", dataroot, "--checkpoints_dir", tmp_path, *SMALL, *GAN, "--n_epochs", "2000"]
    with command(["train.py", *options, "--name", "run"], replicas=True, stdout=subprocess.PIPE) as process:
        for line in process.stdout:
            if "End of epoch 2 /" in line:
                break
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        rest = process.stdout.read()
        process.wait(timeout=60)
        assert time.monotonic() - began < 40
    assert "stopped in epoch" in rest
    assert process.returncode != 0
    assert (tmp_path / "run" / "state.pt").exists()


def test_a_batch_that_cannot_be_shared_is_refused(tmp_path, dataroot):
    options = ["--dataroot", dataroot, "--checkpoints_dir", tmp_path, *SMALL, "--batch_size", "3", "--name", "odd"]
    process = command(["train.py", *options], replicas=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    _, err = process.communicate(timeout=120)
    assert process.returncode != 0
    assert "--batch_size 3: must be a multiple of the 2 processes" in err
