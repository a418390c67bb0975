"""Addresses of a visdom server as people write them reach it, or are refused in one line before a training."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import train
from util import UtilError
from util.monitor import VisdomAddress, connect


@pytest.mark.parametrize(
    ("server", "port", "expected"),
    [
        ("http://localhost", 8097, "http://localhost:8097"),
        ("localhost", 8098, "http://localhost:8098"),
        ("localhost:9000", 8097, "http://localhost:9000"),
        ("localhost:9000", 9000, "http://localhost:9000"),
        ("http://host:8097/", 8097, "http://host:8097"),
        ("http://host/base", 8097, "http://host:8097/base"),
        ("http://host:9000/base/", 8097, "http://host:9000/base"),
        ("https://host:443/a/b", 8097, "https://host:443/a/b"),
        ("HTTPS://Host", 443, "https://host:443"),
        ("192.168.0.7:8100", 8097, "http://192.168.0.7:8100"),
        ("[::1]:8099", 8097, "http://[::1]:8099"),
        ("http://[::1]:8099/base", 8097, "http://[::1]:8099/base"),
        ("http://[fe80::2]", 8097, "http://[fe80::2]:8097"),
    ],
)
def test_an_address_is_understood(server, port, expected):
    assert str(VisdomAddress.parse(server, port)) == expected


@pytest.mark.parametrize(
    ("server", "port", "reason"),
    [
        ("::1", 8097, r"brackets, as in http://\[::1\]:8097"),
        ("http://host:9000", 9001, "name one port"),
        ("host:0", 8097, "name one port"),
        ("host:99999", 8097, "ange"),
        ("host:port", 8097, "expected http://HOST"),
        ("ftp://host", 8097, "expected http://HOST"),
        ("http://", 8097, "expected http://HOST"),
        ("my host", 8097, "expected http://HOST"),
        ("http://me:secret@host", 8097, "user name"),
        ("http://host/base?x=1", 8097, "not supported"),
        ("http://[::1", 8097, "expected http://HOST"),
        ("/base", 8097, "expected http://HOST"),
    ],
)
def test_what_is_no_address_is_refused_in_one_line(server, port, reason):
    with pytest.raises(UtilError, match=reason) as error:
        VisdomAddress.parse(server, port)
    assert "--display_server" in str(error.value) and "\n" not in str(error.value)


def test_a_training_with_such_an_address_does_not_start(tmp_path, capsys):
    arguments = ["--dataroot", str(tmp_path), "--checkpoints_dir", str(tmp_path / "runs")]
    assert train.main([*arguments, "--display_server", "ftp://host"]) == 2
    assert "--display_server ftp://host: expected" in capsys.readouterr().err and not (tmp_path / "runs").exists()
    assert train.main([*arguments, "--display_server", "ftp://host", "--display_id", "-1"]) == 2  # live plots are off
    assert "display_server" not in capsys.readouterr().err


def test_the_path_of_an_address_is_that_of_the_requests():
    paths = []

    class Recorder(BaseHTTPRequestHandler):
        def do_POST(self):
            paths.append(self.path)
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Recorder) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        connect(VisdomAddress.parse(f"127.0.0.1:{server.server_port}/base/", 8097), "main").text("words")
        server.shutdown()
    assert paths and all(path.startswith("/base/") for path in paths)
