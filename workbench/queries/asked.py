"""What was said to the server, read from the stored request records: was there anything in it that opens doors?

Every exchange lies in a WARC file as gzip members, one a record (WARC 1.1 §D). The one of type ``request`` holds what
went out, byte for byte; for FTP it is the one of the commands. Only its head is looked at.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from hashlib import sha256
from typing import BinaryIO

from workbench.case.readers import Reader
from workbench.core.errors import UserError
from workbench.core.records import Placed

HEAD = 256 << 10
"""Bytes of a record that are looked at; a request of ours is far smaller."""
STEP = 64 << 10
KEYS = frozenset({"authorization", "cookie", "proxy-authorization"})
"""Fields of HTTP that say who asks."""
ANONYMOUS = ("anonymous", "ftp")
"""User names by which FTP lets everybody in (RFC 1635)."""


def credentials(reader: Reader, placed: Iterable[tuple[Placed, str]]) -> Iterator[tuple[str, ...] | None]:
    """For each exchange, with the start address of its source, what in its request said who asks; null where the record
    cannot be read any more, so that nothing can be said.

    The token of a public link, sent as the link's own user name without a password, is what everybody sends.
    """
    with ExitStack() as closing:
        file: tuple[str, BinaryIO | None] = ("", None)
        for place, start in placed:
            if place.file != file[0]:
                closing.close()
                file = (place.file, _opened(reader, place.file, closing))
            head = None if file[1] is None else _request(file[1], place)
            yield None if head is None else tuple(_telling(head, start))


def _opened(reader: Reader, name: str, closing: ExitStack) -> BinaryIO | None:
    try:
        return closing.enter_context(reader.evidence.warcs.open(name))
    except UserError:
        return None


def _request(file: BinaryIO, placed: Placed) -> bytes | None:
    """The beginning of what went out in an exchange; nothing where none did. Null where that cannot be told."""
    try:
        file.seek(placed.start)
        block = file.read(placed.length)
    except OSError:
        return None
    if sha256(block).digest() != placed.sha256:
        return None
    for record in _records(block):
        head, _, content = (record or b"").partition(b"\r\n\r\n")
        if record is None or not head.startswith(b"WARC/1."):
            return None
        if _SENT.search(head):
            return content
    return b""


_SENT = re.compile(rb"(?im)^(?:WARC-Type:[ \t]*request|Content-Type:[ \t]*text/x-ftp-commands)[ \t]*\r?$")


def _records(block: bytes) -> Iterator[bytes | None]:
    """The first bytes of each gzip member, whose rest is passed over in small steps; null for what is none."""
    while block:
        member = zlib.decompressobj(wbits=31)
        try:
            kept = member.decompress(block, HEAD)
            while not member.eof and member.unconsumed_tail:
                member.decompress(member.unconsumed_tail, STEP)
        except zlib.error:
            yield None
            return
        yield kept if member.eof else None
        block = member.unused_data


def _telling(request: bytes, start: str) -> Iterator[str]:
    for line in request.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n"):
        name, _, value = line.partition(":")
        name = name.strip().lower()
        if name in KEYS and not (name == "authorization" and _is_public_token(value, start)):
            yield name
        word, _, who = line.strip().partition(" ")
        if word.lower() == "user" and who.strip().lower() not in ANONYMOUS:
            yield "user"


def _is_public_token(value: str, start: str) -> bool:
    """Is this the token that stands in the public link, and no password with it?"""
    scheme, _, encoded = value.strip().partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        user, _, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return False
    return bool(user) and not password and user in re.split(r"[/?#&=]", start)
