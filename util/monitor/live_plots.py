"""Live plots in visdom. A separate thread draws them, so that training never waits for a plot.

Each drawing sends the whole loss log, so that a server that starts late, or again, shows complete curves. A server
that is dead, dies or never answers causes one warning.
"""

import html
import logging
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from ..drawing import image_rows, loss_groups
from ..run import EPOCH_COLUMNS
from .visdom_address import VisdomAddress

TIMEOUT = (1.0, 2.0)  # [s] to connect, to answer
PAUSE_RATIO = 100  # pause after a drawing, relative to its duration: plots take less than 1 % of the time
MIN_PAUSE = 1.0  # [s] between two drawings
MAX_ANSWER = 1 << 16  # [bytes] read from a server's answer
RETRY = 10.0  # [s] before a server that failed is tried again
MAX_POINTS = 2000  # of a curve; more are not visible and slow to send
ZOOM = 3  # [px] on the screen for each pixel of an image


class LivePlots:
    """`show` passes on what to draw and returns at once; `close` waits up to 3 s for the last drawing."""

    def __init__(
        self, server: str, port: int, env: str, name: str, window: int, columns: int, hint: str, layout: Any
    ) -> None:
        self.address, self.env, self.name, self.window = VisdomAddress.parse(server, port), env, name, window
        self.columns, self.hint, self.layout = columns, hint, layout
        self._client: Any = None
        self._warned = self._alarmed = False
        self._latest: dict[str, Any] = {}
        self._changed = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="live plots", daemon=True)
        self._thread.start()

    def show(
        self,
        losses: Mapping[str, Sequence[float]] | None = None,
        images: Mapping[str, NDArray] | None = None,
        alarms: Mapping[str, str] | None = None,
        epochs: Mapping[str, Sequence[float]] | None = None,
    ) -> None:
        """Replaces what is drawn: the loss log (columns by name), images (H, W) [grey level 0..255], alarms, and the
        log of epochs (columns by name). None keeps the last value."""
        new = {"losses": losses, "images": images, "alarms": alarms, "epochs": epochs}
        self._latest = self._latest | {key: value for key, value in new.items() if value is not None}
        self._changed.set()

    def close(self) -> None:
        """Ends the thread after a last drawing; waits at most the time that a server has to answer."""
        self._ended.set()
        self._changed.set()
        self._thread.join(sum(TIMEOUT) if self._client is not None else 0.5)

    def _run(self) -> None:
        last = False
        while not last:
            self._changed.wait()
            last = self._ended.is_set()
            self._changed.clear()
            try:
                if self._client is None:
                    self._client = connect(self.address, self.env)
                began = time.monotonic()
                self._draw(self._latest)
                pause = max(MIN_PAUSE, PAUSE_RATIO * (time.monotonic() - began))
            except Exception as error:  # whatever the server does, the training continues
                self._client, pause = None, RETRY
                self._warn(error)
                self._changed.set()  # draw again when the server is back
            if not last:
                self._ended.wait(pause)

    def _warn(self, error: Exception) -> None:
        if not self._warned:
            self._warned = True
            reason = "no answer" if isinstance(error, OSError) else type(error).__name__
            tqdm.write(f"no live plots: {self.address}: {reason}. {self.hint}")

    def _draw(self, latest: Mapping[str, Any]) -> None:
        losses, epochs = latest.get("losses") or {}, latest.get("epochs") or {}
        for title, group in loss_groups(list(losses)[3:], self.layout):
            self._curves(losses, group, title, "step", "loss")
        for metric in list(epochs)[len(EPOCH_COLUMNS) :]:
            self._curves(epochs, [metric], metric, "epoch", metric)
        if latest.get("images"):
            self._images(latest["images"])
        alarms = latest.get("alarms") or {}
        if alarms or self._alarmed:  # visdom renders the text as HTML
            lines = [f"<p>{html.escape(sign)}: {html.escape(advice)}</p>" for sign, advice in alarms.items()]
            self._client.text(
                "".join(lines) or "none now", win=self._win("alarms"), opts={"title": f"{self.name}: alarms"}
            )
            self._alarmed = True

    def _curves(self, columns: Mapping[str, Sequence[float]], names: list[str], title: str, x: str, y: str) -> None:
        positions, curves = thin_curves(columns, names, x)
        if len(positions):
            options: dict[str, Any] = {"title": f"{self.name}: {title}", "legend": names, "xlabel": x, "ylabel": y}
            options["markers"] = len(positions) == 1  # a line of one point is invisible
            self._client.line(curves, np.stack([positions] * len(names), 1), win=self._win(title), opts=options)

    def _images(self, images: Mapping[str, NDArray]) -> None:
        if "confusion" in images:
            table = images["confusion"][::-1]  # visdom counts rows from below
            options = {"title": f"{self.name}: confusion (rows true, columns predicted)", "colormap": "Blues"}
            self._client.heatmap(table, win=self._win("confusion"), opts=options)
            images = {name: image for name, image in images.items() if name != "confusion"}
        if not self.columns:
            for name, image in images.items():
                self._client.image(enlarge(image)[None], win=self._win(name), opts={"title": f"{self.name}: {name}"})
            return
        rows = image_rows(images, self.layout)
        ordered = [name for row in rows for name in row]
        shapes = {image.shape for image in images.values()}
        if len(shapes) == 1:
            stack = np.stack([enlarge(images[name])[None] for name in ordered])
            columns = min(self.columns, max(len(row) for row in rows))
            title = f"{self.name}: " + " | ".join(" ".join(row) for row in rows)
            self._client.images(stack, nrow=columns, padding=4, win=self._win("images"), opts={"title": title})

    def _win(self, name: str) -> str:
        return f"{self.window}_{self.name}_{name}".replace(" ", "_")


def connect(address: VisdomAddress, env: str) -> Any:
    """A visdom client that fails within seconds, prints nothing and opens no incoming socket. OSError: no server."""
    import requests
    from visdom import Visdom  # takes a second, so it is imported in the thread

    class Client(Visdom):
        session = requests.Session()
        session.trust_env = False  # never send plots through a proxy

        def _handle_post(self, url: str, data: Any = None) -> str:
            # Follow no redirect, and read a limited answer: the server is not trusted.
            with self.session.post(url, data=data or {}, timeout=TIMEOUT, allow_redirects=False, stream=True) as answer:
                if answer.status_code != requests.codes.ok:
                    raise OSError(f"status {answer.status_code}")
                return answer.raw.read(MAX_ANSWER).decode("utf-8", "replace")

    logging.getLogger("visdom").setLevel(logging.CRITICAL)
    server, port, base_url = address.server, address.port, address.base_url
    return Client(server, port=port, base_url=base_url, env=env, use_incoming_socket=False, raise_exceptions=True)


def thin_curves(
    columns: Mapping[str, Sequence[float]], names: Sequence[str], x: str = "step"
) -> tuple[NDArray, NDArray]:
    """Values (n,) of the column `x` and (n, k) of the named columns, evenly thinned to MAX_POINTS with both ends."""
    count = min(len(columns[name]) for name in (x, *names))
    indices = np.unique(np.linspace(0, count - 1, min(count, MAX_POINTS)).round().astype(int))
    thinned = [np.asarray(columns[name][:count], dtype=np.float64)[indices] for name in (x, *names)]
    return thinned[0], np.stack(thinned[1:], axis=1)


def enlarge(image: NDArray) -> NDArray[np.uint8]:
    """An image (H, W) [grey level 0..255] with each pixel repeated ZOOM times, so that a browser does not blur it."""
    return np.kron(np.rint(image).clip(0, 255).astype(np.uint8), np.ones((ZOOM, ZOOM), dtype=np.uint8))
