"""A visdom server that is killed, stopped, restarted or hostile costs a training nothing but two lines."""

import random
import socket
import struct
import threading
import time

import pytest

from data.simulate import main as simulate
from tests.reliability.promise import promise
from tests.reliability.runs import SHORT, TINY, Run


class Server:
    """A server on loopback that treats each connection as `fault` says; `shut` and `open` it as often as you like."""

    def __init__(self, fault):
        self.fault, self.rng, self.port = fault, random.Random(fault), 0
        self.elsewhere = []
        self.open()

    def open(self):
        self.socket = socket.create_server(("127.0.0.1", self.port))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._serve, args=(self.socket,), daemon=True).start()

    def shut(self):
        self.socket.close()

    def _serve(self, listening):
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=self._treat, args=(connection,), daemon=True).start()

    def _treat(self, connection):
        try:
            head = connection.recv(1 << 20)
            if head.startswith(b"GET /elsewhere") or head.startswith(b"POST /elsewhere"):
                self.elsewhere.append(head)
            getattr(self, self.fault)(connection)
            connection.close()
        except OSError:
            pass

    def good(self, connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        connection.recv(1 << 24)

    def silent(self, connection):
        time.sleep(30)

    def reset(self, connection):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def garbage(self, connection):
        connection.sendall(self.rng.randbytes(5000))

    def errors(self, connection):
        connection.sendall(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n")

    def redirect(self, connection):
        where = f"http://127.0.0.1:{self.port}/elsewhere"
        connection.sendall(f"HTTP/1.1 307 There\r\nLocation: {where}\r\nContent-Length: 0\r\n\r\n".encode())

    def endless(self, connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(2000):
            connection.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")

    def drip(self, connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        for _ in range(300):
            connection.sendall(b"x")
            time.sleep(0.1)

    def script(self, connection):
        body = b"<script>alert(1)</script>" * 1000
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


FAULTS = ("silent", "garbage", "redirect", "endless", "reset", "errors", "drip", "script")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("visdom")
    assert simulate(["--dataroot", str(place / "sem"), "--num_shapes", "2", "--num_real", "24", "--num_test", "0"]) == 0
    return place


def run(place, name, port, epochs):
    where = ["--dataroot", place / "sem", "--checkpoints_dir", place, "--name", name, *TINY.split(), *SHORT.split()]
    return Run("train", [*where, "--display_id", "1", "--display_port", port, "--n_epochs", epochs], place)


def assert_untroubled(one):
    assert one.wait() == 0 and "Traceback" not in one.said, one.said
    assert one.said.count("no live plots") <= 2, one.said


@pytest.mark.slow
@promise("visdom hostile (silent, garbage, endless, redirecting, ...): no crash, at most two lines", 4, 40)
def test_a_hostile_server_costs_nothing(place, count):
    for n in range(count):
        server = Server(FAULTS[n % len(FAULTS)])
        with run(place, f"{server.fault}_{n}", server.port, 3) as one:
            assert_untroubled(one)
        assert not server.elsewhere
        server.shut()


@pytest.mark.slow
@promise("visdom killed and restarted in the middle of a training: no crash, at most two lines", 1, 10)
def test_a_server_may_come_and_go(place, count):
    for n in range(count):
        server = Server("good")
        with run(place, f"killed_{n}", server.port, 6) as one:
            assert one.wait_for("End of epoch 1")
            server.shut()
            assert one.wait_for("End of epoch 3")
            server.open()
            assert_untroubled(one)
        server.shut()
