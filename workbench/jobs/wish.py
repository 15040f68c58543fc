"""A file to get and what came of it: values, and how they go from process to process and into a journal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.core.messages import Message
from workbench.core.records import Exchange, Placed, Purpose, Stored
from workbench.sources.remote import Ask

NOWHERE = Placed("", 0, 0, b"")


@dataclass(frozen=True)
class Unplaced:
    """An exchange whose record is made, but does not lie in the WARC file yet.

    Records are put there in the order in which the case speaks of them, so that a look that is killed leaves what was
    not recorded at the end of the file, and never between two records.
    """

    exchange: Exchange
    block: bytes


@dataclass(frozen=True)
class Wish:
    """A file to get. `etag` and `modified` (HTTP's words) make it a question: only if it is another one by now.

    `key` is the name under which it arrives. `most` is how many bytes may come, null for any number.
    """

    key: str
    ask: Ask
    purpose: Purpose = Purpose.FILE
    etag: str | None = None
    modified: str | None = None
    most: int | None = None


@dataclass(frozen=True)
class Fetched:
    """What came of it. Without `stored` there is either `unchanged` (the server says so) or a `problem`."""

    exchanges: tuple[Unplaced, ...]
    stored: Stored | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    unchanged: bool = False
    problem: Message | None = None
    uid: bytes = b""
    """The exchange that ended it."""


Packed = tuple[dict[str, Any], list[bytes]]
"""A header that JSON takes, and buffers that go beside it."""


def pack_wish(wish: Wish) -> dict[str, Any]:
    """For `unpack_wish`."""
    ask = wish.ask
    return {
        "key": wish.key,
        "method": ask.method,
        "url": ask.url,
        "headers": ask.headers,
        "body": ask.body.hex(),
        "purpose": wish.purpose,
        "etag": wish.etag,
        "modified": wish.modified,
        "most": wish.most,
    }


def unpack_wish(plain: Mapping[str, Any]) -> Wish:
    """What `pack_wish` packed."""
    headers = tuple((str(name), str(value)) for name, value in plain["headers"])
    return Wish(
        key=plain["key"],
        ask=Ask(plain["method"], plain["url"], headers, bytes.fromhex(plain["body"])),
        purpose=Purpose(plain["purpose"]),
        etag=plain["etag"],
        modified=plain["modified"],
        most=plain["most"],
    )


def pack_exchanges(exchanges: Iterable[Unplaced]) -> Packed:
    """For `unpack_exchanges`."""
    rows, blocks = [], []
    for each in exchanges:
        told = each.exchange
        rows.append(
            (
                told.uid.hex(), told.time, told.took, told.purpose, told.method, told.url, told.status, told.peer,
                _hex(told.certificate), told.server_date, told.received, told.outcome, _hex(told.object),
                told.body_from, told.body_size,
            )
        )  # fmt: skip
        blocks.append(each.block)
    return {"exchanges": rows}, blocks


def unpack_exchanges(plain: Mapping[str, Any], blocks: Sequence[bytes | memoryview]) -> tuple[Unplaced, ...]:
    """What `pack_exchanges` packed."""
    return tuple(Unplaced(_exchange(*row), bytes(block)) for row, block in zip(plain["exchanges"], blocks, strict=True))


def _exchange(
    uid: str, time: int, took: int, purpose: str, method: str, url: str, status: int | None, peer: str | None,
    certificate: str | None, server_date: int | None, received: int, outcome: str, sha256: str | None,
    body_from: int | None, body_size: int | None,
) -> Exchange:  # fmt: skip
    return Exchange(
        bytes.fromhex(uid), time, took, Purpose(purpose), method, url, status, peer, _bytes(certificate), server_date,
        received, outcome, NOWHERE, _bytes(sha256), body_from, body_size,
    )  # fmt: skip


def pack_fetched(fetched: Fetched) -> Packed:
    """For `unpack_fetched`."""
    header, blocks = pack_exchanges(fetched.exchanges)
    stored, problem = fetched.stored, fetched.problem
    header["stored"] = None if stored is None else (stored.sha256.hex(), stored.size, stored.new)
    header["headers"] = dict(fetched.headers)
    header["unchanged"] = fetched.unchanged
    header["problem"] = None if problem is None else pack_message(problem)
    header["uid"] = fetched.uid.hex()
    return header, blocks


def unpack_fetched(plain: Mapping[str, Any], blocks: Sequence[bytes | memoryview]) -> Fetched:
    """What `pack_fetched` packed."""
    stored, problem = plain["stored"], plain["problem"]
    return Fetched(
        unpack_exchanges(plain, blocks),
        None if stored is None else Stored(bytes.fromhex(stored[0]), stored[1], stored[2]),
        plain["headers"],
        plain["unchanged"],
        None if problem is None else unpack_message(problem),
        bytes.fromhex(plain["uid"]),
    )


def pack_message(message: Message) -> list[Any]:
    """For `unpack_message`."""
    return [message.code, dict(message.args)]


def unpack_message(plain: Sequence[Any]) -> Message:
    """What `pack_message` packed."""
    return Message(plain[0], plain[1])


def note_of(key: str, fetched: Fetched) -> bytes:
    """A line for a journal: what arrived under a key."""
    header, blocks = pack_fetched(fetched)
    plain = json.dumps([key, [len(block) for block in blocks], header], ensure_ascii=False)
    text = plain.encode("utf-8", "surrogatepass")
    return b"".join([len(text).to_bytes(4, "big"), text, *blocks])


def noted(note: bytes) -> tuple[str, Fetched]:
    """What `note_of` wrote. Raises `ValueError`, `TypeError`, `KeyError` or `IndexError` for what it did not."""
    end = 4 + int.from_bytes(note[:4], "big")
    try:
        key, lengths, header = json.loads(note[4:end])
    except RecursionError as error:
        raise ValueError("no note") from error
    blocks = []
    for length in lengths:
        blocks.append(note[end : end + length])
        end += length
    return str(key), unpack_fetched(header, blocks)


def _hex(value: bytes | None) -> str | None:
    return None if value is None else value.hex()


def _bytes(value: str | None) -> bytes | None:
    return None if value is None else bytes.fromhex(value)
