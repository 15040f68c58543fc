"""Carry a request to a server on this machine, as simply as the standard library does."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

from workbench.sources.remote import Ask


def ask(request: Ask) -> tuple[int, bytes, dict[str, str]]:
    """Status, body, headers in lower case."""
    split = urlsplit(request.url)
    assert split.hostname == "127.0.0.1"
    connection = http.client.HTTPConnection(split.hostname, split.port, timeout=20)
    try:
        target = split.path + (f"?{split.query}" if split.query else "")
        connection.request(request.method, target, request.body or None, dict(request.headers))
        answer = connection.getresponse()
        return answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()}
    finally:
        connection.close()
