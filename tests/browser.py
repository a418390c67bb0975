"""A headless browser for tests of pages; tests that need it are skipped, with a reason, where there is none."""

import json
import os
import shutil
import subprocess
import tempfile
from base64 import b64decode
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
PROGRAM = next((path for name in NAMES if (path := shutil.which(name))), None)
needs_browser = pytest.mark.skipif(PROGRAM is None, reason=f"no browser on the PATH ({', '.join(NAMES)})")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
AXE = Path(__file__).with_name(
    "axe.min.js"
)  # axe-core 4.14.1, npm, MPL-2.0: finds what assistive technology cannot use
KEYS = {"Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}


def content(address, milliseconds=8000):
    """The page's HTML after its scripts have run for a while."""
    command = [PROGRAM, *FLAGS, f"--virtual-time-budget={milliseconds}", "--dump-dom", address]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


class BrowserPage:
    """`with BrowserPage(address, width, dark=True) as page:` is a page that is used by keys and clicks, as people do.

    The width and height [CSS px] are those of the window; at 200 % zoom a window has half of them.
    """

    def __init__(self, address, width=1400, height=900, dark=False):
        self.address, self.size, self.dark = address, (width, height), dark
        self.errors, self.requests, self.count, self.buffer = [], [], 0, b""

    def __enter__(self):
        """The browser is spoken to over two pipes, which it knows as 3 and 4 (Chrome DevTools Protocol)."""
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        (read_end, self.writer), (self.reader, write_end) = os.pipe(), os.pipe()
        command = f'exec "$@" 3<&{read_end} 4>&{write_end}'
        flags = [*FLAGS, "--remote-debugging-pipe", f"--user-data-dir={self.profile.name}"]
        arguments = ["bash", "-c", command, "bash", PROGRAM, *flags]
        self.process = subprocess.Popen(arguments, pass_fds=(read_end, write_end), stderr=subprocess.DEVNULL)
        os.close(read_end)
        os.close(write_end)
        self.session = None
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network"):
            self.send(f"{domain}.enable")
        self.resize(*self.size)
        self.emulate()
        self.open(self.address)
        return self

    def __exit__(self, *error):
        self.process.terminate()
        self.process.wait(timeout=30)
        os.close(self.reader)
        os.close(self.writer)
        self.profile.cleanup()

    def send(self, method, **parameters):
        """The browser's answer to a command of its protocol."""
        self.count += 1
        message = {"id": self.count, "method": method, "params": parameters}
        message |= {"sessionId": self.session} if self.session else {}
        self._write(message)
        while (answer := self._read()).get("id") != self.count:
            pass
        assert "error" not in answer, f"{method}: {answer['error']}"
        return answer["result"]

    def _write(self, message):
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.writer, data) :]

    def _read(self):
        """The next message; what goes wrong in the page and what it loads are remembered."""
        while b"\0" not in self.buffer:
            part = os.read(self.reader, 1 << 20)
            assert part, "the browser ended"
            self.buffer += part
        line, _, self.buffer = self.buffer.partition(b"\0")
        message = json.loads(line)
        parameters = message.get("params", {})
        if message.get("method") == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.errors.append(details.get("exception", {}).get("description", details["text"]))
        elif message.get("method") == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        return message

    def open(self, address):
        """Loads an address and waits until the page has loaded."""
        self.send("Page.navigate", url=address)
        self.run("new Promise(done => document.readyState === 'complete' ? done() : addEventListener('load', done))")
        self.settle()

    def resize(self, width, height=900):
        """Gives the window another size [CSS px]."""
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def emulate(self, media=""):
        """Shows the page on the screen, or as `print` has it, with the user's choice of dark or light."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if self.dark else "light"}
        self.send("Emulation.setEmulatedMedia", media=media, features=[scheme])

    def settle(self):
        """Waits until what was asked for is drawn."""
        self.run("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def run(self, script):
        """The value of an expression in the page; a promise is waited for."""
        result = self.send("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def press(self, key, times=1, shift=False):
        """Presses a key, such as Tab, Enter, ArrowLeft or a letter."""
        text = {"Enter": "\r", "Tab": ""}.get(key, key if len(key) == 1 else "")
        event = {"key": key, "windowsVirtualKeyCode": KEYS.get(key, ord(key[0].upper())), "modifiers": 8 * shift}
        for _ in range(times):
            self.send("Input.dispatchKeyEvent", type="keyDown", text=text, **event)
            self.send("Input.dispatchKeyEvent", type="keyUp", **event)
        self.settle()

    def type(self, text):
        """Types a text into the element that has the focus."""
        self.send("Input.insertText", text=text)
        self.settle()

    def place(self, selector):
        """The middle (x, y) [CSS px] of an element, which is scrolled into the window."""
        script = "(e => { e.scrollIntoView({block: 'center'}); const r = e.getBoundingClientRect(); "
        script += f"return [r.x + r.width / 2, r.y + r.height / 2]; }})(document.querySelector({json.dumps(selector)}))"
        return tuple(self.run(script))

    def mouse(self, kind, x, y, **more):
        """One event of the mouse: mouseMoved, mousePressed, mouseReleased or mouseWheel."""
        self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def hover(self, x, y):
        """Moves the cursor to a place [CSS px]."""
        self.mouse("mouseMoved", x, y)
        self.settle()

    def drag(self, start, end):
        """Presses the button at one place (x, y), moves, and releases it at the other."""
        self.mouse("mouseMoved", *start)
        self.mouse("mousePressed", *start, button="left", buttons=1, clickCount=1)
        self.mouse("mouseMoved", *end, button="left", buttons=1)
        self.mouse("mouseReleased", *end, button="left", clickCount=1)
        self.settle()

    def click(self, selector):
        """Clicks the middle of an element."""
        place = self.place(selector)
        self.drag(place, place)

    def screenshot(self, path):
        """Saves the whole page as a PNG file."""
        data = self.send("Page.captureScreenshot", captureBeyondViewport=True)["data"]
        Path(path).write_bytes(b64decode(data))

    def pdf(self):
        """The page as it is printed."""
        return b64decode(self.send("Page.printToPDF", printBackground=False)["data"])

    def is_too_wide(self):
        """Whether the page must be scrolled sideways."""
        return self.run("document.documentElement.scrollWidth > document.documentElement.clientWidth")

    def findings(self):
        """Serious and critical findings of axe-core, one line each."""
        self.run(AXE.read_text() + ";0")
        violations = self.run("axe.run(document, {resultTypes: ['violations']}).then(found => found.violations)")
        return [
            f"{each['id']}: {node['target']} {node['failureSummary']}"
            for each in violations
            if each["impact"] in ("serious", "critical")
            for node in each["nodes"]
        ]
