"""Live plots in visdom, drawn by a thread of their own: training never waits for a plot.

The curves are drawn anew each time from the whole loss log, so that a server that was away, or came late, has all of
them. A server that is dead, dies or never answers costs one warning.
"""

import html
import logging
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import requests
from numpy.typing import NDArray
from tqdm import tqdm

from ..drawing import image_rows, loss_groups
from ..run import EPOCH_COLUMNS

TIMEOUT = (1.0, 2.0)  # [s] to connect, to answer
SHARE = (
    100  # a drawing is followed by a rest of so many times its duration: less than 1 % of the time is spent on plots
)
LEAST_REST = 1.0  # [s] between two drawings
LONGEST_ANSWER = 1 << 16  # bytes
RETRY = 10.0  # [s] until a server that failed is tried again
MOST_POINTS = 2000  # of a curve; more cannot be seen and would be slow to send
COPIES = 3  # [px] side of an image's pixel on the screen


class LivePlots:
    """`show` hands over what there is to see and returns at once; `close` waits a moment for the last drawing."""

    def __init__(
        self, server: str, port: int, env: str, name: str, window: int, columns: int, hint: str, layout: Any
    ) -> None:
        self.place, self.env, self.name, self.window = (server, port), env, name, window
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
        """What there is to see from now on: all losses by column, images (H, W) [grey level 0..255], alarms, and the
        figures of the epochs by column."""
        new = {"losses": losses, "images": images, "alarms": alarms, "epochs": epochs}
        self._latest = self._latest | {key: value for key, value in new.items() if value is not None}
        self._changed.set()

    def close(self) -> None:
        """Ends the thread after a last drawing; waits for it no longer than a server may take to answer."""
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
                    self._client = connect(*self.place, self.env)
                began = time.monotonic()
                self._draw(self._latest)
                rest = max(LEAST_REST, SHARE * (time.monotonic() - began))
            except Exception as error:  # whatever a server does, the training goes on
                self._client, rest = None, RETRY
                self._warn(error)
                self._changed.set()  # draw it once the server is back
            if not last:
                self._ended.wait(rest)

    def _warn(self, error: Exception) -> None:
        if not self._warned:
            self._warned = True
            server, port = self.place
            reason = "no answer" if isinstance(error, OSError) else type(error).__name__
            tqdm.write(f"no live plots: {server}:{port}: {reason}. {self.hint}")

    def _draw(self, latest: Mapping[str, Any]) -> None:
        losses, epochs = latest.get("losses") or {}, latest.get("epochs") or {}
        for title, group in loss_groups(list(losses)[3:], self.layout):
            self._curves(losses, group, title, "step", "loss")
        for figure in list(epochs)[len(EPOCH_COLUMNS) :]:
            self._curves(epochs, [figure], figure, "epoch", figure)
        if latest.get("images"):
            self._images(latest["images"])
        alarms = latest.get("alarms") or {}
        if alarms or self._alarmed:  # a window renders what it gets as HTML
            lines = [f"<p>{html.escape(sign)}: {html.escape(advice)}</p>" for sign, advice in alarms.items()]
            self._client.text(
                "".join(lines) or "none now", win=self._win("alarms"), opts={"title": f"{self.name}: alarms"}
            )
            self._alarmed = True

    def _curves(self, columns: Mapping[str, Sequence[float]], names: list[str], title: str, x: str, y: str) -> None:
        places, curves = thinned(columns, names, x)
        if len(places):
            options: dict[str, Any] = {"title": f"{self.name}: {title}", "legend": names, "xlabel": x, "ylabel": y}
            options["markers"] = len(places) == 1  # a line of one point cannot be seen
            self._client.line(curves, np.stack([places] * len(names), 1), win=self._win(title), opts=options)

    def _images(self, images: Mapping[str, NDArray]) -> None:
        if "confusion" in images:
            table = images["confusion"][::-1]  # visdom counts rows from below
            options = {"title": f"{self.name}: confusion (rows true, columns found)", "colormap": "Blues"}
            self._client.heatmap(table, win=self._win("confusion"), opts=options)
            images = {name: image for name, image in images.items() if name != "confusion"}
        if not self.columns:
            for name, image in images.items():
                self._client.image(enlarged(image)[None], win=self._win(name), opts={"title": f"{self.name}: {name}"})
            return
        rows = image_rows(images, self.layout)
        ordered = [name for row in rows for name in row]
        same = {image.shape for image in images.values()}
        if len(same) == 1:
            stack = np.stack([enlarged(images[name])[None] for name in ordered])
            columns = min(self.columns, max(len(row) for row in rows))
            title = f"{self.name}: " + " | ".join(" ".join(row) for row in rows)
            self._client.images(stack, nrow=columns, padding=4, win=self._win("images"), opts={"title": title})

    def _win(self, name: str) -> str:
        return f"{self.window}_{self.name}_{name}".replace(" ", "_")


def connect(server: str, port: int, env: str) -> Any:
    """A visdom client that fails within seconds, prints nothing, and opens no socket back; OSError without a server."""
    from visdom import Visdom  # takes a second, and the thread has time

    class Client(Visdom):
        session = requests.Session()
        session.trust_env = False  # no proxy of the environment sees the plots

        def _handle_post(self, url: str, data: Any = None) -> str:
            # What a server sends back is not followed elsewhere, nor read without end.
            with self.session.post(url, data=data or {}, timeout=TIMEOUT, allow_redirects=False, stream=True) as answer:
                if answer.status_code != requests.codes.ok:
                    raise OSError(f"status {answer.status_code}")
                return answer.raw.read(LONGEST_ANSWER).decode("utf-8", "replace")

    logging.getLogger("visdom").setLevel(logging.CRITICAL)
    return Client(server, port=port, env=env, use_incoming_socket=False, raise_exceptions=True)


def thinned(columns: Mapping[str, Sequence[float]], names: Sequence[str], x: str = "step") -> tuple[NDArray, NDArray]:
    """Places (n,) of the column `x` and values (n, k) of the named curves, evenly thinned, the last point kept."""
    count = min(len(columns[name]) for name in (x, *names))
    places = np.unique(np.linspace(0, count - 1, min(count, MOST_POINTS)).round().astype(int))
    found = [np.asarray(columns[name][:count], dtype=np.float64)[places] for name in (x, *names)]
    return found[0], np.stack(found[1:], axis=1)


def enlarged(image: NDArray) -> NDArray[np.uint8]:
    """An image (H, W) [grey level 0..255] with each pixel repeated, so that the browser does not blur it."""
    return np.kron(np.rint(image).clip(0, 255).astype(np.uint8), np.ones((COPIES, COPIES), dtype=np.uint8))
