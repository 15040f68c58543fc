"""WARC files read as conversations, whoever wrote them: wget, warcio, browsertrix, ArchiveWeb.page, or this program.

WARC 1.0 and 1.1, plain or gzipped. One pass with bounded memory: bodies are streams. A file that is damaged or ends too
early gives all that was there, and then a `SourceError`.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import BinaryIO, cast

from workbench.core.errors import UserError
from workbench.core.times import parse_option
from workbench.sources.base import SourceError
from workbench.sources.warcflow import Block, Flow, Unchunked
from workbench.sources.warcformat import COMMANDS, REPLIES, UNREADABLE, Conversation, Earlier

_LINE = 64 << 10
_HEAD = 256 << 10
_SENT = 1 << 20
"""So much of a request is kept; what is longer is cut."""
_WAITING = 16
"""So many requests may wait for their answers."""

_ANSWERS = frozenset({"response", "revisit", "resource"})
_VERSION = re.compile(rb"WARC/(?:0\.1[0-9]|1\.[0-9])\r?\n")
_ORIGINAL = re.compile(rb"(?im)^x-archive-orig-(?=(?:x-archive-orig-)*transfer-encoding[ \t]*:)")
_IN_CHUNKS = re.compile(rb"(?im)^transfer-encoding[ \t]*:[^\r\n]*\bchunked\b")


@dataclass(frozen=True)
class Unpacked:
    """One record of an answer with its request, or a record of another type by itself.

    `type` is the ``WARC-Type``; a request that no answer followed is a ``request``. `body` is the payload, transfer
    encoding removed, readable until the next record is asked for; null for a request, and for a revisit, whose
    `payload_digest` (``sha256:HEX``, ``sha1:BASE32`` …) says what it was. `conversation.body` is always null.
    """

    type: str
    record: str
    conversation: Conversation
    body: BinaryIO | None
    payload_digest: str | None
    media_type: str
    fields: Mapping[str, str] = field(default_factory=dict)
    """All headers of the record, names in lower case."""


@dataclass
class _Record:
    type: str
    name: str
    fields: dict[str, str]
    block: Block
    mark: int | None

    @property
    def answers(self) -> str:
        return _bare(self.fields.get("warc-concurrent-to", ""))

    @property
    def url(self) -> str:
        return _bare(self.fields.get("warc-target-uri", ""))

    @property
    def media_type(self) -> str:
        return self.fields.get("content-type", "").lower().replace(" ", "")


@dataclass
class _Asked:
    """What waits for its answer."""

    record: _Record
    sent: bytes = b""
    replies: bytes = b""


def unpack(stream: BinaryIO) -> Iterator[Unpacked]:
    """Everything in a WARC file, in its order; requests go with their answers.

    They are found by ``WARC-Concurrent-To``, else by their place: just before the answer, or, when the stream can be
    sought, just behind it. Raises `SourceError` ``warc-not-one`` for another kind of file, ``warc-cut-off`` where it
    ends too early, ``warc-damaged`` where it cannot be understood. Where a file ends exactly between two records,
    nobody can tell that there were more.
    """
    return _Reading(Flow(stream)).run()


class _Reading:
    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._waiting: dict[str, _Asked] = {}
        self._paired: set[str] = set()
        self._block: Block | None = None

    def run(self) -> Iterator[Unpacked]:
        count = 0
        try:
            while (record := self._next(first=count == 0)) is not None:
                count += 1
                yield from self._given(record)
        except SourceError:
            yield from self._left()
            raise
        yield from self._left()

    def _given(self, record: _Record) -> Iterator[Unpacked]:
        if record.type == "request" or record.media_type in (COMMANDS, REPLIES):
            if record.name in self._paired:
                self._paired.discard(record.name)
                return
            self._wait(record)
            if len(self._waiting) > _WAITING:
                yield _alone(self._waiting.pop(next(iter(self._waiting))))
            return
        asked = self._question(record)
        if asked is None and record.type == "response" and record.mark is not None:
            asked, record = self._look_ahead(record, record.mark)
        yield _answered(record, asked)

    def _left(self) -> Iterator[Unpacked]:
        for asked in self._waiting.values():
            yield _alone(asked)
        self._waiting.clear()

    def _wait(self, record: _Record) -> None:
        block = _short(record.block)
        asked = self._waiting.get(record.answers or record.name)
        if asked is None or record.type == "request":
            asked = self._waiting[record.answers or record.name] = _Asked(record)
        if record.media_type == REPLIES:
            asked.replies = block
        else:
            asked.sent = block

    def _question(self, record: _Record) -> _Asked | None:
        """The request of an answer, among those that came before it."""
        found = self._waiting.pop(record.name, None)
        if found is not None or not self._waiting:
            return found
        for key, asked in self._waiting.items():
            if asked.record.name == record.answers:
                return self._waiting.pop(key)
        key, asked = next(reversed(self._waiting.items()))
        near = record.type in ("response", "revisit") and not asked.record.answers and asked.record.url == record.url
        return self._waiting.pop(key) if near else None

    def _look_ahead(self, record: _Record, mark: int) -> tuple[_Asked | None, _Record]:
        """The request that stands behind its answer; the answer is then read once more."""
        asked = None
        try:
            after = self._next()
            if after is not None and after.type == "request":
                linked = after.answers == record.name or record.answers == after.name
                if linked or (not after.answers and not record.answers and after.url == record.url):
                    asked = _Asked(after, _short(after.block))
                    self._paired.add(after.name)
        except SourceError:
            asked = None  # it is met again when its turn comes
        self._flow.rewind(mark)
        self._block = None
        again = self._next()
        assert again is not None
        return asked, again

    def _next(self, first: bool = False) -> _Record | None:
        """The next record, when what is left of the last one has been passed over; null at the end."""
        if self._block is not None:
            self._block.skip()
            self._block.over = True
            self._block = None
            self._after()
        mark = self._flow.mark()
        line = self._flow.line(_LINE)
        while line in (b"\r\n", b"\n"):
            mark = self._flow.mark()
            line = self._flow.line(_LINE)
        if not line and not first:
            return None
        if not _VERSION.fullmatch(line):
            if first:
                raise SourceError("warc-not-one")
            raise SourceError("warc-damaged" if line.endswith(b"\n") else "warc-cut-off", at=self._flow.offset)
        fields = self._fields()
        length = fields.get("content-length", "")
        kind, name = fields.get("warc-type", "").lower(), _bare(fields.get("warc-record-id", ""))
        if not re.fullmatch(r"\d{1,18}", length, re.ASCII) or not kind or not name:
            raise SourceError("warc-damaged", at=self._flow.offset)
        self._block = Block(self._flow, int(length))
        return _Record(kind, name, fields, self._block, mark)

    def _after(self) -> None:
        end = b""
        while len(end) < 4 and (more := self._flow.some(4 - len(end))):
            end += more
        if end != b"\r\n\r\n":
            raise SourceError("warc-cut-off" if b"\r\n\r\n".startswith(end) else "warc-damaged", at=self._flow.offset)

    def _fields(self) -> dict[str, str]:
        fields: dict[str, str] = {}
        key, size = "", 0
        while (line := self._flow.line(_LINE)) not in (b"\r\n", b"\n"):
            size += len(line)
            if not line.endswith(b"\n"):
                raise SourceError(
                    "warc-cut-off" if size < _HEAD and len(line) < _LINE else "warc-damaged", at=self._flow.offset
                )
            text = line.decode("utf-8", "replace").rstrip("\r\n")
            if text[:1] in (" ", "\t") and key:
                fields[key] += " " + text.strip()
            else:
                name, colon, value = text.partition(":")
                key = name.strip().lower()
                if not colon or size > _HEAD:
                    raise SourceError("warc-damaged", at=self._flow.offset)
                fields[key] = value.strip()
        return fields


def _short(block: Block) -> bytes:
    """A request, or as much as is kept of it."""
    found = bytearray()
    while block.left and len(found) < _SENT:
        found += block.piece(_SENT - len(found))
    return bytes(found)


def _bare(name: str) -> str:
    """Without the angle brackets, which wget also puts around addresses."""
    return name[1:-1] if name.startswith("<") and name.endswith(">") else name


def _alone(asked: _Asked) -> Unpacked:
    record = asked.record
    conversation = replace(_conversation(record), sent=asked.sent, head=asked.replies)
    if record.type == "request":
        conversation = replace(conversation, method=_method(asked.sent))
    return Unpacked(record.type, record.name, conversation, None, None, record.media_type, record.fields)


def _answered(record: _Record, asked: _Asked | None) -> Unpacked:
    conversation = _conversation(record)
    body = cast("BinaryIO", record.block)
    if asked is not None:
        method = conversation.method or _method(asked.sent)
        conversation = replace(conversation, sent=asked.sent, head=asked.replies, method=method)
    of_http = record.media_type.startswith("application/http") or (
        record.type == "revisit" and record.url.startswith(("http:", "https:"))
    )
    if record.type in ("response", "revisit") and of_http:
        raw = _http_head(record.block)
        conversation = replace(conversation, head=_ORIGINAL.sub(b"", raw))
        if _IN_CHUNKS.search(raw) and record.type == "response":
            body = cast("BinaryIO", Unchunked(record.block))
    elif record.type == "metadata" and record.media_type == UNREADABLE and "x-workbench-method" in record.fields:
        conversation = replace(conversation, head=_short(record.block))
    digest = record.fields.get("warc-payload-digest")
    given = None if record.type == "revisit" else body
    return Unpacked(record.type, record.name, conversation, given, digest, record.media_type, record.fields)


def _http_head(block: Block) -> bytes:
    """Up to the empty line, or as much of it as there is."""
    head = bytearray()
    while block.left and len(head) < _HEAD:
        line = block.line(_LINE)
        if not line:
            raise SourceError("warc-cut-off")
        head += line
        if line in (b"\r\n", b"\n"):
            break
    return bytes(head)


def _method(sent: bytes) -> str:
    found = re.match(rb"([A-Za-z]{1,20}) ", sent)
    return found[1].decode("ascii") if found else ""


def _conversation(record: _Record) -> Conversation:
    """What the headers of a record say."""
    fields = record.fields
    try:
        time = parse_option(fields.get("warc-date", "")).micros
    except UserError:
        raise SourceError("warc-damaged", at=record.mark) from None
    url = record.url
    protocol = "ftp" if url.lower().startswith(("ftp:", "ftps:")) else "http"
    media_type = fields.get("x-workbench-media-type") or fields.get("content-type") or "application/octet-stream"
    return Conversation(
        uid=_uid(record.name),
        time=time,
        method=fields.get("x-workbench-method", ""),
        url=url,
        object=_object(fields),
        part=_part(fields),
        truncated=fields.get("warc-truncated"),
        peer=fields.get("x-workbench-peer") or fields.get("warc-ip-address"),
        certificate=_hash(fields.get("x-workbench-certificate-sha256", "")),
        problem=fields.get("x-workbench-problem"),
        earlier=_earlier(fields),
        protocol=protocol,
        media_type=media_type if protocol == "ftp" and record.type in _ANSWERS else "application/octet-stream",
    )


def _uid(name: str) -> bytes:
    """Sixteen bytes for a record that another program may have named in its own way."""
    try:
        return uuid.UUID(name.removeprefix("urn:uuid:")).bytes
    except ValueError:
        return uuid.uuid5(uuid.NAMESPACE_URL, name).bytes


def _hash(text: str) -> bytes | None:
    return bytes.fromhex(text) if re.fullmatch(r"[0-9a-f]{64}", text) else None


def _object(fields: Mapping[str, str]) -> tuple[bytes, int] | None:
    sha256 = _hash(fields.get("x-workbench-object", "").removeprefix("sha256:"))
    size = fields.get("x-workbench-object-size", "")
    return (sha256, int(size)) if sha256 is not None and re.fullmatch(r"\d{1,18}", size, re.ASCII) else None


def _part(fields: Mapping[str, str]) -> tuple[int, int] | None:
    found = re.fullmatch(r"(\d{1,18})-(\d{1,18})", fields.get("x-workbench-part", ""), re.ASCII)
    return (int(found[1]), int(found[2])) if found else None


def _earlier(fields: Mapping[str, str]) -> Earlier | None:
    """What a revisit refers to; null unless it says all of it."""
    name, url = _bare(fields.get("warc-refers-to", "")), _bare(fields.get("warc-refers-to-target-uri", ""))
    try:
        time = parse_option(fields.get("warc-refers-to-date", "")).micros
    except UserError:
        return None
    return Earlier(_uid(name), url, time) if name and url else None
