"""The fields of a log line: addresses, escaped text, request lines."""

from __future__ import annotations

import re
import socket
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from urllib.parse import unquote_to_bytes

from workbench.core.records import Action


@lru_cache(65536)
def ip_text(token: bytes) -> str | None:
    """An IP address in its one spelling, or null when the token is none.

    An IPv4 address mapped into IPv6 becomes IPv4, because servers that listen on both write ``::ffff:192.0.2.1``; a
    zone id (``%eth0``) and brackets are left off; IPv6 is compressed lower case (RFC 5952).
    """
    if not 2 <= len(token) <= 64 or not token.isascii():
        return None
    text = token.decode("ascii")
    if len(text) <= 15 and text.count(".") == 3:
        try:
            socket.inet_pton(socket.AF_INET, text)
        except (OSError, ValueError):
            pass
        else:
            return text
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return str(address)


def readable(raw: bytes) -> str:
    r"""UTF-8 text; bytes that are none appear as ``\xhh`` rather than as something plausible."""
    return raw.decode("utf-8", "backslashreplace")


_ESCAPE = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|([abfnrtv\"\\]))")
_LETTER = {
    b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v", b'"': b'"', b"\\": b"\\",
}  # fmt: skip


def unescape(raw: bytes) -> bytes:
    r"""Undo what Apache (``\"``, ``\\``, ``\n``, ``\xhh``) and nginx (``\xHH``) do to bytes that would break a line."""
    if b"\\" not in raw:
        return raw
    return _ESCAPE.sub(
        lambda found: bytes.fromhex(found[1].decode()) if found[1] else _LETTER[found[2]],
        raw,
    )


def text_or_null(raw: bytes) -> str | None:
    """A quoted field as text; ``-`` and nothing are null."""
    return None if raw in (b"-", b"") else readable(unescape(raw))


Request = tuple[str | None, bytes | None, Action]
"""What a request line asked for: method (null when the line is none), path, action."""

NO_REQUEST: Request = (None, None, Action.OTHER)

_METHOD = re.compile(rb"[A-Za-z][A-Za-z0-9_-]{0,31}")
_PROTOCOL = re.compile(rb"HTTP/\d(?:\.\d)?")
_AUTHORITY = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")

ACTIONS = {
    b"PUT": Action.UPLOAD,
    b"GET": Action.DOWNLOAD,
    b"PROPFIND": Action.LIST,
    b"DELETE": Action.DELETE,
    b"MOVE": Action.MOVE,
}
"""Everything else is `Action.OTHER`. So is POST: a log does not say whether it carried a file. HEAD and OPTIONS give
no bytes away, COPY and MKCOL bring no file in."""


def read_request(raw: bytes) -> Request:
    """A request line as logged: ``PUT /a%20b.jpg?x=1 HTTP/1.1``.

    The path is percent-decoded to the bytes that the server acted on, without the query; of an absolute URL it is the
    path part. A target that names no path (``*``, CONNECT) gives null. RFC 9112 section 3.
    """
    method, space, rest = unescape(raw).partition(b" ")
    if not space or not _METHOD.fullmatch(method):
        return NO_REQUEST
    target, _, protocol = rest.rpartition(b" ")
    if not _PROTOCOL.fullmatch(protocol):
        target = rest
    path = read_path(target) if method != b"CONNECT" else None
    action = ACTIONS.get(method, Action.OTHER)
    if action is Action.DOWNLOAD and path is not None and path.endswith(b"/"):
        action = Action.LIST
    return readable(method), path, action


def read_path(target: bytes) -> bytes | None:
    """The path of a request target; see `read_request`."""
    path = target.partition(b"?")[0]
    if not path.startswith(b"/") and (absolute := _AUTHORITY.match(path)):
        path = path[absolute.end() :] or b"/"
    if path in (b"", b"*"):
        return None
    return unquote_to_bytes(path) if b"%" in path else path
