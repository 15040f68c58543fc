"""Exchanges with a server as WARC 1.1 records (ISO 28500:2017), each in a gzip member of its own.

What stands beyond the standard, all in headers that begin with ``X-``:

- A transfer encoding is taken off before a body is kept. The line of the HTTP head that spoke of it is then called
  ``X-Archive-Orig-Transfer-Encoding``, so that no reader takes it off again; every other byte of the head stays.
- ``X-Workbench-Object`` and ``X-Workbench-Object-Size`` name the object of the case that the body is, or is a part of;
  ``X-Workbench-Part: FROM-SIZE`` says which part. The record of a whole object is a ``revisit`` of the profile for
  identical payloads; that of a part is one of a profile of our own, because nobody has hashed the part.
- ``X-Workbench-Peer`` is the peer with its port, ``X-Workbench-Certificate-SHA256`` the certificate of a TLS server,
  ``X-Workbench-Problem`` the code of what went wrong, ``X-Workbench-Method`` the verb where no request shows it.
- An exchange without an answer is a ``metadata`` record. FTP has no messages like those of HTTP: its commands and
  replies are ``metadata`` records, and what came over the data connection is a ``resource``.

The same exchange always gives the same bytes: identifiers of further records are derived from its own.
"""

from __future__ import annotations

import hashlib
import re
import uuid
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import BinaryIO, NamedTuple

from workbench.case.uids import shown
from workbench.core.times import rfc3339
from workbench.sources.base import SourceError

IDENTICAL = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
PART = "urn:x-workbench:revisit:part-of-object"
COMMANDS, REPLIES = "text/x-ftp-commands", "text/x-ftp-replies"
FIELDS = "application/warc-fields"
UNREADABLE = "application/octet-stream"
REQUEST, RESPONSE = "application/http;msgtype=request", "application/http;msgtype=response"

_BLOCK = 1 << 20
_SAMPLE = 64 << 10
_SMALL = 4 << 10
"""Bytes of a block below which setting up a large window costs more than it saves."""
_TRANSFER = re.compile(rb"(?im)^(?=(?:x-archive-orig-)*transfer-encoding[ \t]*:)")


class Earlier(NamedTuple):
    """The exchange that brought the same body before: its identifier, URL and time (microseconds UTC)."""

    uid: bytes
    url: str
    time: int


@dataclass(frozen=True)
class Conversation:
    """One request and what came back.

    `uid` (16 bytes) names the record of the answer; `time` is when the request went out, microseconds UTC. `sent` is
    the request with its body, `head` the head of the answer, both as they went over the line. The answer's body,
    transfer encoding removed, is one of: `body`; an `object` of the case (SHA-256 and size), or the `part` of it that
    begins at its first number and has so many bytes; or what an `earlier` exchange brought, where `body` is hashed and
    not kept. `truncated` is ``disconnect``, ``length`` or ``time``. In an FTP conversation `sent` holds the commands,
    `head` the replies, and `media_type` says what the body is.
    """

    uid: bytes
    time: int
    method: str
    url: str
    sent: bytes = b""
    head: bytes = b""
    body: bytes | None = None
    object: tuple[bytes, int] | None = None
    part: tuple[int, int] | None = None
    truncated: str | None = None
    peer: str | None = None
    certificate: bytes | None = None
    problem: str | None = None
    earlier: Earlier | None = None
    protocol: str = "http"
    media_type: str = "application/octet-stream"


Fields = list[tuple[str, str | None]]


def record_id(uid: bytes) -> str:
    """How a record is named in a case: ``urn:uuid:…``."""
    return f"urn:uuid:{shown(uid)}"


@lru_cache(maxsize=64)
def derived_id(uid: bytes, what: str) -> str:
    """The name of a further record of the same exchange."""
    return f"urn:uuid:{uuid.uuid5(uuid.UUID(bytes=uid), what)}"


def header_record(uid: bytes, time: int, filename: str, software: str, **more: str) -> bytes:
    """The ``warcinfo`` record that a file begins with; `more` are further fields, such as ``operator``."""
    block = _warc_fields({"software": software, "format": "WARC File Format 1.1", **more})
    fields: Fields = [("WARC-Filename", filename), ("Content-Type", FIELDS)]
    return _record("warcinfo", record_id(uid), time, fields, block)


def pack(conversation: Conversation) -> bytes:
    """The records of an exchange as a case keeps them: a body that is an object, or came before, is not repeated."""
    return b"".join([*_questions(conversation), _answer(conversation)])


def full(conversation: Conversation, stream: BinaryIO | None = None) -> Iterator[bytes]:
    """The records of an exchange with its body in full, block by block.

    `stream` is a seekable one of the object, or of the body of the `earlier` exchange; it is read twice. Raises
    `SourceError` ``object-damaged`` when it is not what the record says.
    """
    yield from _questions(conversation)
    if stream is None or not (conversation.object or conversation.earlier) or not _is_answered(conversation):
        yield _answer(conversation, repeat=True)
    else:
        yield from _streamed(conversation, stream)


def _questions(conversation: Conversation) -> Iterator[bytes]:
    """What was sent; for FTP also what was replied."""
    uid = conversation.uid
    common: Fields = [*_place(conversation), ("WARC-Concurrent-To", _angled(record_id(uid)))]
    if conversation.protocol == "ftp":
        for what, media_type, block in (
            ("commands", COMMANDS, conversation.sent),
            ("replies", REPLIES, conversation.head),
        ):
            if block:
                fields = [*common, ("Content-Type", media_type)]
                yield _record("metadata", derived_id(uid, what), conversation.time, fields, block)
    elif conversation.sent:
        fields = [*common, ("Content-Type", REQUEST)]
        yield _record("request", derived_id(uid, "request"), conversation.time, fields, conversation.sent)


def _is_answered(conversation: Conversation) -> bool:
    """Is there an answer that its protocol's readers understand?"""
    if conversation.protocol == "ftp":
        return conversation.body is not None or conversation.object is not None
    head = conversation.head
    return head.startswith(b"HTTP/") and head.endswith((b"\r\n\r\n", b"\n\n", b"\n\r\n"))


def _answer(conversation: Conversation, repeat: bool = False) -> bytes:
    """The record of the answer. With `repeat` a body of before that is at hand stands in it all the same."""
    if not _is_answered(conversation):
        return _unanswered(conversation)
    head = kept_head(conversation)
    body = conversation.body
    if conversation.object is None and (conversation.earlier is None or (repeat and body is not None)):
        digest = ("WARC-Payload-Digest", _digest(body or b""))
        fields = [*_said(conversation), digest]
        return _record(
            _kind(conversation), record_id(conversation.uid), conversation.time, fields, head + (body or b"")
        )
    fields = [*_said(conversation, revisit=True), *_referring(conversation)]
    return _record("revisit", record_id(conversation.uid), conversation.time, fields, head)


def _unanswered(conversation: Conversation) -> bytes:
    """What is left when no answer came, or none that can be read."""
    fields: Fields = [
        *_place(conversation),
        *_concurrent(conversation),
        ("X-Workbench-Method", conversation.method),
        *_beyond(conversation),
    ]
    if conversation.protocol != "ftp" and conversation.head:
        block = conversation.head + (conversation.body or b"")
        fields.append(("Content-Type", UNREADABLE))
    else:
        block = _warc_fields({"outcome": conversation.problem or "unknown", "method": conversation.method})
        fields.append(("Content-Type", FIELDS))
    return _record("metadata", record_id(conversation.uid), conversation.time, fields, block)


def _streamed(conversation: Conversation, stream: BinaryIO) -> Iterator[bytes]:
    head = kept_head(conversation)
    start, size = _extent(conversation, stream)
    block, payload = hashlib.sha256(head), hashlib.sha256()
    level = None
    for piece in _pieces(conversation, stream, start, size):
        if level is None:
            sample = piece[:_SAMPLE]
            level = 6 if len(zlib.compress(sample, 6)) < len(sample) * 9 // 10 else 0
        block.update(piece)
        payload.update(piece)
    wanted = conversation.object
    if wanted is not None and (start, size) == (0, wanted[1]) and payload.digest() != wanted[0]:
        raise _damaged(conversation)
    fields = [*_said(conversation), ("WARC-Payload-Digest", f"sha256:{payload.hexdigest()}")]
    yield from _zipped(
        chain(
            [
                _warc_head(
                    _kind(conversation),
                    record_id(conversation.uid),
                    conversation.time,
                    [*fields, ("WARC-Block-Digest", f"sha256:{block.hexdigest()}")],
                    len(head) + size,
                ),
                head,
            ],
            _pieces(conversation, stream, start, size),
            [b"\r\n\r\n"],
        ),
        level or 0,
    )


def _extent(conversation: Conversation, stream: BinaryIO) -> tuple[int, int]:
    if conversation.part is not None:
        return conversation.part
    if conversation.object is not None:
        return 0, conversation.object[1]
    return 0, stream.seek(0, 2)


def _pieces(conversation: Conversation, stream: BinaryIO, start: int, size: int) -> Iterator[bytes]:
    stream.seek(start)
    while size:
        piece = stream.read(min(_BLOCK, size))
        if not piece:
            raise _damaged(conversation)
        size -= len(piece)
        yield piece


def _damaged(conversation: Conversation) -> SourceError:
    return SourceError("object-damaged", sha256=conversation.object[0].hex() if conversation.object else "")


def _kind(conversation: Conversation) -> str:
    return "resource" if conversation.protocol == "ftp" else "response"


def kept_head(conversation: Conversation) -> bytes:
    """The head as it stands in the record; empty for FTP."""
    if conversation.protocol == "ftp":
        return b""
    return _TRANSFER.sub(b"X-Archive-Orig-", conversation.head)


def _said(conversation: Conversation, revisit: bool = False) -> Fields:
    """The fields of an answer of either kind."""
    media_type = conversation.media_type if conversation.protocol == "ftp" else RESPONSE
    method = conversation.method if conversation.protocol == "ftp" or not conversation.sent else None
    return [
        *_place(conversation),
        *_concurrent(conversation),
        ("WARC-Truncated", conversation.truncated),
        ("X-Workbench-Method", method),
        *_beyond(conversation),
        ("Content-Type", None if revisit and conversation.protocol == "ftp" else media_type),
        ("X-Workbench-Media-Type", media_type if revisit and conversation.protocol == "ftp" else None),
    ]


def _referring(conversation: Conversation) -> Fields:
    """What a revisit refers to."""
    fields: Fields = []
    if conversation.object is not None:
        whole = conversation.part in (None, (0, conversation.object[1]))
        fields.append(("WARC-Profile", IDENTICAL if whole else PART))
        if whole:
            fields.append(("WARC-Payload-Digest", f"sha256:{conversation.object[0].hex()}"))
    else:
        fields += [("WARC-Profile", IDENTICAL), ("WARC-Payload-Digest", _digest(conversation.body or b""))]
    if conversation.earlier is not None:
        fields += [
            ("WARC-Refers-To", _angled(record_id(conversation.earlier.uid))),
            ("WARC-Refers-To-Target-URI", printable(conversation.earlier.url)),
            ("WARC-Refers-To-Date", rfc3339(conversation.earlier.time)),
        ]
    return fields


def _place(conversation: Conversation) -> Fields:
    peer = conversation.peer
    address = None if peer is None else peer.rpartition(":")[0].strip("[]")
    return [("WARC-Target-URI", printable(conversation.url)), ("WARC-IP-Address", address)]


def _concurrent(conversation: Conversation) -> Fields:
    if conversation.protocol == "ftp" or not conversation.sent:
        return []
    return [("WARC-Concurrent-To", _angled(derived_id(conversation.uid, "request")))]


def _beyond(conversation: Conversation) -> Fields:
    held, part = conversation.object, conversation.part
    certificate = conversation.certificate
    return [
        ("X-Workbench-Peer", conversation.peer),
        ("X-Workbench-Certificate-SHA256", None if certificate is None else certificate.hex()),
        ("X-Workbench-Problem", conversation.problem),
        ("X-Workbench-Object", None if held is None else f"sha256:{held[0].hex()}"),
        ("X-Workbench-Object-Size", None if held is None else str(held[1])),
        ("X-Workbench-Part", None if part is None else f"{part[0]}-{part[1]}"),
    ]


def printable(text: str) -> str:
    """Fit for one line of a header: everything but visible ASCII is percent-encoded."""
    return re.sub(r"[^\x21-\x7e]", lambda m: "".join(f"%{b:02X}" for b in m[0].encode("utf-8", "surrogatepass")), text)


@lru_cache(maxsize=64)
def _date(time: int) -> str | None:
    return rfc3339(time)


def _angled(name: str) -> str:
    return f"<{name}>"


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _warc_fields(values: dict[str, str]) -> bytes:
    lines = (f"{name}: {' '.join(value.split())}\r\n" for name, value in values.items())
    return "".join(lines).encode("utf-8", "replace")


def _record(kind: str, name: str, time: int, fields: Fields, block: bytes) -> bytes:
    head = _warc_head(kind, name, time, [*fields, ("WARC-Block-Digest", _digest(block))], len(block))
    return b"".join(_zipped([head, block, b"\r\n\r\n"], 6, small=len(block) < _SMALL))


def _warc_head(kind: str, name: str, time: int, fields: Fields, length: int) -> bytes:
    first: Fields = [("WARC-Type", kind), ("WARC-Record-ID", _angled(name)), ("WARC-Date", _date(time))]
    lines = [f"{key}: {' '.join(value.split())}" for key, value in (*first, *fields) if value is not None]
    return "\r\n".join(["WARC/1.1", *lines, f"Content-Length: {length}", "", ""]).encode("utf-8", "replace")


def _zipped(pieces: Iterable[bytes], level: int, *, small: bool = False) -> Iterator[bytes]:
    """One gzip member (RFC 1952) without time, name or system. A small one needs no large window."""
    window, memory = (-12, 5) if small else (-15, 8)
    packer = zlib.compressobj(level, zlib.DEFLATED, window, memory)
    checksum = size = 0
    yield b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
    for piece in pieces:
        checksum = zlib.crc32(piece, checksum)
        size += len(piece)
        if packed := packer.compress(piece):
            yield packed
    yield packer.flush() + checksum.to_bytes(4, "little") + (size & 0xFFFFFFFF).to_bytes(4, "little")
