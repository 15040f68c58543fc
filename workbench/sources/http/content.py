"""Bodies that are wanted whole, such as listing pages: read and unpacked (RFC 9110 §8.4) within a hard limit."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

from workbench.sources.remote import Answer, NetworkError

_BLOCK = 64 << 10
_CODINGS = 3
"""So often may a body be packed."""


def read_body(answer: Answer, limit: int) -> bytes:
    """The whole body, undecoded, and the answer closed.

    Raises `NetworkError` ``body-too-large`` when it has more than `limit` bytes, and whatever reading it raises. What
    had come by then, at most `limit` bytes, is the error's `body`.
    """
    body = bytearray()
    try:
        if answer.length is not None and answer.length > limit:
            raise NetworkError("body-too-large", retry=False, limit=limit)
        block = memoryview(bytearray(_BLOCK))
        while got := answer.readinto(block):
            fits = min(got, limit - len(body))
            body += block[:fits]
            if fits < got:
                raise NetworkError("body-too-large", retry=False, limit=limit)
        return bytes(body)
    except NetworkError as error:
        error.body = bytes(body)
        raise
    finally:
        answer.close()


def decoded(headers: Mapping[str, str], raw: bytes, limit: int) -> bytes:
    """A body without its content encoding: gzip, deflate, or none.

    Raises `NetworkError`, none to be retried: ``body-bomb`` when it unpacks to more than `limit` bytes,
    ``body-encoding`` for an encoding that is not known here, ``body-damaged`` for one that does not unpack.
    """
    codings = [each.strip().lower() for each in headers.get("content-encoding", "").split(",")]
    codings = [each for each in codings if each not in ("", "identity")]
    if len(codings) > _CODINGS:
        raise NetworkError("body-bomb", retry=False, limit=limit)
    for coding in reversed(codings):
        if coding not in ("gzip", "x-gzip", "deflate"):
            raise NetworkError("body-encoding", retry=False, encoding=coding[:40])
        try:
            raw = _inflated(raw, limit, zipped=coding != "deflate") if raw else raw
        except zlib.error as error:
            raise NetworkError("body-damaged", retry=False, encoding=coding) from error
    return raw


def _inflated(raw: bytes, limit: int, zipped: bool) -> bytes:
    """Servers send ``deflate`` with and without the zlib wrapper that the standard wants."""
    wrapped = len(raw) >= 2 and raw[0] & 0x0F == 8 and int.from_bytes(raw[:2]) % 31 == 0
    window = 31 if zipped else 15 if wrapped else -15
    out = bytearray()
    while raw:
        decoder = zlib.decompressobj(window)
        out += decoder.decompress(raw, limit - len(out) + 1)
        if len(out) > limit:
            raise NetworkError("body-bomb", retry=False, limit=limit)
        if not decoder.eof:
            raise zlib.error("cut off")
        raw = decoder.unused_data if zipped and decoder.unused_data[:2] == b"\x1f\x8b" else b""
    return bytes(out)
