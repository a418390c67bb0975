"""Live plots as a user sees them: a real server on loopback, a real training, a real browser."""

import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

import train
from data.simulate import main as simulate
from tests.browser import content, needs_browser

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    folder = tmp_path_factory.mktemp("visdom")
    command = [sys.executable, "-m", "util.visdom_server", "--port", str(port), "--env_path", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}", timeout=2).close()
                break
            except OSError:
                if server.poll() is not None:
                    pytest.skip(f"no visdom server here: {server.stderr.read().strip()}")
                time.sleep(0.5)
        yield port
        server.send_signal(signal.SIGINT)


@pytest.mark.parametrize("form", ["localhost:{port}", "http://127.0.0.1:{port}/", "127.0.0.1:{port}"])
def test_addresses_as_people_write_them_reach_a_server(port, form):
    from util.monitor import VisdomAddress, connect

    client = connect(VisdomAddress.parse(form.format(port=port), 8097), "main")
    window = client.text("words")
    assert client.get_window_data(window) and client.win_exists(window)


@needs_browser
def test_a_training_is_seen_in_the_browser(port, tmp_path):
    assert (
        simulate(["--dataroot", str(tmp_path / "sem"), "--num_shapes", "1", "--num_real", "4", "--num_test", "0"]) == 0
    )
    network = ["--netG", "resnet_6blocks", "--ngf", "2", "--ndf", "2", "--gpu_ids", "-1", "--batch_size", "2"]
    length = ["--n_epochs", "3", "--n_epochs_decay", "0", "--print_freq", "1", "--display_freq", "2"]
    where = ["--dataroot", str(tmp_path / "sem"), "--checkpoints_dir", str(tmp_path), "--name", "seen"]
    assert train.main([*where, *network, *length, "--display_port", str(port)]) == 0
    page = content(f"http://127.0.0.1:{port}/env/main")
    for text in (
        "seen: adversarial",
        "seen: cycle and identity",
        "seen: w1_distance",
        "D_A",
        "cycle_B",
        "real_A fake_B rec_A | real_B fake_A rec_B",
    ):
        assert text in page
    assert page.count('class="trace scatter') >= 8 and "data:image/png;base64," in page


def test_the_server_listens_on_loopback_only(port):
    if not Path("/proc/net/tcp").exists():
        pytest.skip("no /proc/net/tcp to look at")
    lines = [line.split() for name in ("tcp", "tcp6") for line in Path("/proc/net", name).read_text().splitlines()[1:]]
    listening = [line[1] for line in lines if line[3] == "0A" and line[1].endswith(f":{port:04X}")]
    assert listening == [f"0100007F:{port:04X}"]


def test_a_port_that_is_taken_is_one_line(port):
    command = [sys.executable, "-m", "util.visdom_server", "--port", str(port)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and f"--port {port}: in use" in done.stderr
