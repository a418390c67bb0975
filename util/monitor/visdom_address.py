"""The address of a visdom server, in the forms in which people write it."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from ..errors import UtilError

DEFAULT_PORT = 8097  # of visdom
EXAMPLES = "http://HOST, HOST:PORT, https://HOST:PORT/BASE or http://[::1]:PORT"


@dataclass(frozen=True)
class VisdomAddress:
    """`server`: scheme and host, as in http://localhost. `base_url`: the path below which it answers, '' for none."""

    server: str
    port: int
    base_url: str = ""

    @classmethod
    def parse(cls, server: str, port: int) -> "VisdomAddress":
        """The address that --display_server and --display_port name; a port in the first one replaces the default.

        Raises UtilError, one line, for what is no address, and for two ports that differ.
        """
        text, quoted = server.strip(), f"--display_server {server}"
        if text.count(":") > 1 and re.fullmatch(r"[0-9A-Fa-f:.]+", text):  # an IPv6 address without its brackets
            raise UtilError(f"{quoted}: write an IPv6 address in brackets, as in http://[{text}]:{port}")
        try:
            parts = urlsplit(text if "://" in text else f"http://{text}")
            host, own_port = parts.hostname, parts.port
        except ValueError as error:
            raise UtilError(f"{quoted}: {error}; expected {EXAMPLES}") from None
        if parts.scheme not in ("http", "https") or not host or not re.fullmatch(r"[^\s%@/\\?#]+", host):
            raise UtilError(f"{quoted}: expected {EXAMPLES}")
        if parts.username is not None or parts.query or parts.fragment:
            raise UtilError(f"{quoted}: a user name, ? and # are not supported; expected {EXAMPLES}")
        if own_port == 0 or (own_port and port not in (own_port, DEFAULT_PORT)):
            raise UtilError(f"{quoted} and --display_port {port}: name one port, 1 to 65535; leave one of them out")
        host = f"[{host}]" if ":" in host else host
        return cls(f"{parts.scheme}://{host}", own_port or port, parts.path.rstrip("/"))

    def __str__(self) -> str:
        return f"{self.server}:{self.port}{self.base_url}"
