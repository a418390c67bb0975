"""Starts a visdom server on this machine only: python -m util.visdom_server [--port 8097]

It listens on loopback only. It needs the internet once, for the files of its page (util/visdom_server/assets.py).
Plots are saved in --env_path.
"""

import errno
import logging
import sys
from contextlib import redirect_stdout
from importlib.metadata import version
from pathlib import Path

from ..errors import UtilError
from ..files import ArgumentParser
from . import assets

ENVIRONMENTS = Path.home() / ".visdom"


def serve(port: int, env_path: Path) -> None:
    """Runs the server until it is interrupted. Raises UtilError if the port is in use."""
    prepare()
    from visdom.server.run_server import start_server

    env_path.mkdir(parents=True, exist_ok=True)
    try:
        with redirect_stdout(sys.stderr):  # visdom's own messages
            start_server(port, base_url="", env_path=str(env_path), bind_local=True, print_func=announce)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise UtilError(f"--port {port}: in use, perhaps by another visdom server; use another --port") from None


def announce(port: int) -> None:
    """Prints the server's address; visdom calls it once the server listens."""
    print(f"visdom: http://localhost:{port}, on this machine only; Ctrl-C stops it", file=sys.__stdout__, flush=True)


def prepare() -> None:
    """Downloads the files of visdom's page if they are missing."""
    try:
        import visdom
    except ImportError:
        raise UtilError("visdom is not installed; `make setup` installs it") from None
    static, installed = Path(visdom.__file__).with_name("static"), version("visdom")
    if not assets.complete(static, installed):
        print("visdom: downloading the files of its page (once)", flush=True)
        assets.install(static, installed)


def main(argv: list[str] | None = None) -> int:
    """The command; returns the exit status."""
    parser = ArgumentParser("python -m util.visdom_server", __doc__)
    parser.add_argument("--port", type=int, default=8097, help="port on loopback (8097)")
    parser.add_argument("--env_path", type=Path, default=ENVIRONMENTS, help="folder of saved plots (~/.visdom)")
    parser.add_argument(
        "--prepare",
        action="store_true",
        help="only download the files of the page",
    )
    args = parser.parse_args(argv)
    logging.disable(logging.WARNING)
    try:
        if args.prepare:
            prepare()
        else:
            serve(args.port, args.env_path)
    except (UtilError, OSError) as error:
        print(f"visdom_server: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
