"""Live plots against servers that are good, dead, stuck, or come late. All on loopback."""

import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from models import MODELS
from util.monitor import live_plots
from util.monitor.live_plots import LivePlots, enlarge, thin_curves

LOSSES = {"epoch": [1.0, 1.0], "step": [100.0, 200.0], "seconds": [0.1, 0.1], "G_A": [0.5, 0.4], "cycle_A": [2.0, 1.0]}
IMAGES = {name: np.full((72, 48), 90.0) for name in ("real_A", "fake_B", "real_B", "fake_A")}


class Recorder(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.got.append((self.path, body))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    servers = []

    def start(port=0):
        http = ThreadingHTTPServer(("127.0.0.1", port), Recorder)
        http.got = []
        threading.Thread(target=http.serve_forever, daemon=True).start()
        servers.append(http)
        return http

    yield start
    for http in servers:
        http.shutdown()
        http.server_close()


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def plots(port):
    return LivePlots(
        "http://127.0.0.1",
        port,
        "main",
        "my run",
        1,
        4,
        "Look at the page.",
        MODELS["cycle_gan"].load_class().plot_layout,
    )


def wait_for(condition, seconds=15):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def windows(http):
    return {body["win"]: body for _, body in list(http.got) if "win" in body}


def test_curves_images_and_alarms_have_windows_of_their_own(server):
    http = server()
    one = plots(http.server_port)
    one.show(LOSSES, IMAGES, {"<b>": "try & see"})
    wait_for(lambda: len(windows(http)) == 4)
    one.close()
    found = windows(http)
    assert set(found) == {"1_my_run_adversarial", "1_my_run_cycle_and_identity", "1_my_run_images", "1_my_run_alarms"}
    assert found["1_my_run_adversarial"]["data"][0]["y"] == [0.5, 0.4]
    assert found["1_my_run_alarms"]["data"][0]["content"] == "<p>&lt;b&gt;: try &amp; see</p>"


def test_the_last_lines_are_drawn_before_it_closes(server):
    http = server()
    one = plots(http.server_port)
    one.show(LOSSES)
    wait_for(lambda: len(windows(http)) == 2)
    more = {name: [*values, values[-1] + 1] for name, values in LOSSES.items()}
    one.show(more)
    one.close()
    assert windows(http)["1_my_run_adversarial"]["data"][0]["y"] == [0.5, 0.4, 1.4]


def test_no_server_is_one_warning_and_a_server_that_comes_late_has_the_whole_curve(server, capsys, monkeypatch):
    monkeypatch.setattr(live_plots, "RETRY", 0.2)
    port = free_port()
    one = plots(port)
    for _ in range(5):
        one.show(LOSSES)
        time.sleep(0.3)
    http = server(port)
    wait_for(lambda: len(windows(http)) == 2)
    one.close()
    assert windows(http)["1_my_run_adversarial"]["data"][0]["y"] == [0.5, 0.4]
    out, err = capsys.readouterr()
    said = [line for line in (out + err).splitlines() if line]
    assert len(said) == 1 and f"127.0.0.1:{port}" in said[0] and said[0].endswith("Look at the page.")


def test_a_server_that_dies_and_comes_back_has_the_whole_curve(server, capsys, monkeypatch):
    monkeypatch.setattr(live_plots, "RETRY", 0.2)
    monkeypatch.setattr(live_plots, "PAUSE_RATIO", 1)
    first = server()
    one = plots(first.server_port)
    one.show(LOSSES)
    wait_for(lambda: len(windows(first)) == 2)
    first.shutdown()
    first.server_close()
    more = {name: [*values, values[-1] + 1] for name, values in LOSSES.items()}
    one.show(more)
    said = []
    wait_for(lambda: said.append("".join(capsys.readouterr())) or "no live plots" in "".join(said))
    again = server(first.server_port)
    wait_for(lambda: len(windows(again)) == 2)
    one.close()
    assert windows(again)["1_my_run_adversarial"]["data"][0]["y"] == [0.5, 0.4, 1.4]
    assert "".join([*said, *capsys.readouterr()]).count("no live plots") == 1


def test_a_server_that_never_answers_holds_nothing_up(capsys):
    with socket.socket() as stuck:
        stuck.bind(("127.0.0.1", 0))
        stuck.listen()
        one = plots(stuck.getsockname()[1])
        began = time.monotonic()
        for _ in range(1000):
            one.show(LOSSES, IMAGES)
        assert time.monotonic() - began < 0.5
        wait_for(lambda: "no answer" in "".join(capsys.readouterr()))
        began = time.monotonic()
        one.close()
        assert time.monotonic() - began < sum(live_plots.TIMEOUT) + 1


def test_long_curves_are_thinned_and_keep_their_ends():
    many = {name: list(np.arange(100_000.0)) for name in ("epoch", "step", "seconds", "G_A")}
    steps, curves = thin_curves(many, ["G_A"])
    assert len(steps) == live_plots.MAX_POINTS and curves.shape == (len(steps), 1)
    assert steps[0] == 0 and steps[-1] == 99_999


def test_pixels_are_repeated_not_blurred():
    assert enlarge(np.array([[0.0, 255.0]])).tolist() == [[0, 0, 0, 255, 255, 255]] * 3
