"""A small open server on this machine, whose folders a test can change, refuse and slow down."""

from __future__ import annotations

import functools
import http.server
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit


class OpenServer:
    """What a test may do to it while it runs."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.url = ""
        self.port = 0
        self.refused: set[str] = set()
        """Paths that are answered with 403."""
        self.asked: list[str] = []
        self.gate = threading.Event()
        self.gate.set()
        """Answers wait while this is not set."""


class _Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, server: OpenServer, *args: Any, **more: Any) -> None:
        self.open_server = server
        super().__init__(*args, directory=str(server.root), **more)

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.open_server.asked.append(path)
        self.open_server.gate.wait(20)
        if path in self.open_server.refused:
            self.send_error(403)
        else:
            super().do_GET()

    def log_message(self, *_: Any) -> None:
        """Nothing on the terminal."""


@contextmanager
def open_server(root: Path, context: ssl.SSLContext | None = None, port: int = 0) -> Iterator[OpenServer]:
    """Serve a folder on a free port of 127.0.0.1 until the block ends; with a context, encrypted."""
    made = OpenServer(root)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), functools.partial(_Handler, made))
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.daemon_threads = False
    server.block_on_close = False
    made.port = server.server_address[1]
    made.url = f"{'http' if context is None else 'https'}://127.0.0.1:{server.server_address[1]}/"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="open-server")
    thread.start()
    try:
        yield made
    finally:
        made.gate.set()
        server.shutdown()
        server.server_close()
        thread.join()
