"""What goes from process to process and into a journal comes back as it was, and garbage is known for what it is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.core.errors import UserError
from workbench.core.messages import Message
from workbench.core.records import Exchange, Purpose, Stored
from workbench.jobs.apart import raised
from workbench.jobs.speaker import wrong
from workbench.jobs.wire import receive_frame, send_frame
from workbench.jobs.wish import (
    NOWHERE,
    Fetched,
    Unplaced,
    Wish,
    note_of,
    noted,
    pack_exchanges,
    pack_fetched,
    pack_message,
    pack_wish,
    unpack_exchanges,
    unpack_fetched,
    unpack_message,
    unpack_wish,
)
from workbench.sources.remote import Ask

# Names on servers are any bytes: what is no UTF-8 of them travels as lone surrogates.
texts = st.text(max_size=8) | st.sampled_from(["", "第1镜", "\udc80\udcff", "a\0b", '"', "\U0001f600", "\ud83d\ude00x"])
few = settings(max_examples=30)
maybe_text = st.none() | texts
numbers = st.integers(-(2**63), 2**63 - 1)
maybe_number = st.none() | numbers
hashes = st.binary(min_size=32, max_size=32)
purposes = st.sampled_from(Purpose)
arguments = st.dictionaries(texts, st.none() | texts | numbers | st.floats(allow_nan=False), max_size=2)
messages = st.builds(Message, texts, arguments)
asks = st.builds(Ask, texts, texts, st.lists(st.tuples(texts, texts), max_size=2).map(tuple), st.binary(max_size=60))
wishes = st.builds(Wish, texts, asks, purposes, maybe_text, maybe_text, maybe_number)
exchanges = st.builds(
    Exchange,
    uid=st.binary(max_size=16),
    time=numbers,
    took=numbers,
    purpose=purposes,
    method=texts,
    url=texts,
    status=maybe_number,
    peer=maybe_text,
    certificate=st.none() | st.binary(max_size=32),
    server_date=maybe_number,
    received=numbers,
    outcome=texts,
    placed=st.just(NOWHERE),
    object=st.none() | hashes,
    body_from=maybe_number,
    body_size=maybe_number,
)
unplaced = st.lists(st.builds(Unplaced, exchanges, st.binary(max_size=100)), max_size=2).map(tuple)
fetched = st.builds(
    Fetched,
    unplaced,
    st.none() | st.builds(Stored, hashes, st.integers(0, 2**63 - 1), st.booleans()),
    st.dictionaries(texts, texts, max_size=2),
    st.booleans(),
    st.none() | messages,
    st.binary(max_size=16),
)


class Wire:
    """A line that ends where it begins."""

    def __init__(self) -> None:
        self.data = b""

    def send(self, parts: Any, fd: int | None = None) -> None:
        self.data += b"".join(parts)

    def receive_first(self, size: int) -> tuple[bytes, int | None]:
        taken, self.data = self.data[:size], self.data[size:]
        return taken, None

    def receive_into(self, target: memoryview) -> None:
        target[:], self.data = self.data[: len(target)], self.data[len(target) :]

    def close(self) -> None: ...


def carried(header: dict[str, Any], blocks: Any = ()) -> tuple[dict[str, Any], list[memoryview]]:
    """As it comes out of a line between two processes."""
    wire = Wire()
    send_frame(wire, header, blocks)
    got, buffers, _ = receive_frame(wire)
    return got, buffers


@few
@given(wishes)
def test_a_wish_comes_out_as_it_was(wish: Wish) -> None:
    header, _ = carried(pack_wish(wish))
    assert unpack_wish(header) == wish


@few
@given(unplaced)
def test_exchanges_come_out_as_they_were(told: tuple[Unplaced, ...]) -> None:
    header, blocks = carried(*pack_exchanges(told))
    assert unpack_exchanges(header, blocks) == told


@few
@given(fetched)
def test_what_came_of_a_file_comes_out_as_it_was(what: Fetched) -> None:
    header, blocks = carried(*pack_fetched(what))
    assert unpack_fetched(header, blocks) == what


@few
@given(messages)
def test_a_message_comes_out_as_it_was(message: Message) -> None:
    header, _ = carried({"said": pack_message(message)})
    assert unpack_message(header["said"]) == message


@few
@given(texts, fetched)
def test_a_note_says_what_was_noted(key: str, what: Fetched) -> None:
    assert noted(note_of(key, what)) == (key, what)


def test_a_note_keeps_what_an_exchange_brought_byte_for_byte() -> None:
    blocks = [bytes(range(256)), b"", b"\x1f\x8b" + b"\0" * 70_000]
    plain = Exchange(b"\1" * 16, 1, 2, Purpose.FILE, "GET", "http://x/", 200, None, None, None, 0, "done", NOWHERE)
    what = Fetched(tuple(Unplaced(plain, block) for block in blocks), Stored(b"\2" * 32, 3, new=True))
    _, got = noted(note_of("ab", what))
    assert [each.block for each in got.exchanges] == blocks
    assert got.exchanges[0].exchange.purpose is Purpose.FILE
    assert got.exchanges[0].exchange.placed == NOWHERE


# what is no note

GARBAGE = (ValueError, TypeError, KeyError, IndexError)


def judged(note: bytes) -> None:
    """Whatever is read of it, nothing but the documented errors comes out."""
    try:
        noted(note)
    except GARBAGE:
        return


@few
@given(st.binary(max_size=200))
def test_any_bytes_are_a_note_or_a_documented_error(note: bytes) -> None:
    judged(note)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)


def framed(plain: object) -> bytes:
    text = json.dumps(plain).encode()
    return len(text).to_bytes(4, "big") + text + bytes(40)


@few
@given(values)
def test_any_json_is_a_note_or_a_documented_error(plain: object) -> None:
    judged(framed(plain))


@few
@given(st.data(), fetched)
def test_a_note_with_a_part_of_it_exchanged_is_a_note_or_a_documented_error(data: st.DataObject, what: Fetched) -> None:
    header, blocks = pack_fetched(what)
    lengths: Any = [len(each) for each in blocks]
    plain: list[Any] = ["ab", lengths, json.loads(json.dumps(header))]
    where = data.draw(st.sampled_from(["key", "lengths", "header", "row", *plain[2]]))
    value = data.draw(values)
    if where in ("key", "lengths", "header"):
        plain[("key", "lengths", "header").index(where)] = value
    elif where == "row" and plain[2]["exchanges"]:
        row = plain[2]["exchanges"][0]
        row[data.draw(st.integers(0, len(row) - 1))] = value
    else:
        plain[2][where] = value
    judged(framed(plain))


def test_json_that_is_too_deep_is_a_documented_error() -> None:
    deep = b"[" * 200_000
    with pytest.raises(GARBAGE):
        noted(len(deep).to_bytes(4, "big") + deep)


# what went wrong


@few
@given(messages)
def test_an_error_for_the_person_comes_out_as_one(message: Message) -> None:
    header, _ = carried(wrong(UserError(message.code, **{f"a{name}": value for name, value in message.args.items()})))
    came = raised(header)
    assert isinstance(came, UserError)
    assert came.message == Message(message.code, {f"a{name}": value for name, value in message.args.items()})


def test_a_mistake_of_ours_comes_out_with_its_traceback() -> None:
    try:
        raise LookupError("第1镜 \udc80")
    except LookupError as error:
        header, _ = carried(wrong(error))
    came = raised(header)
    assert type(came) is RuntimeError
    assert "LookupError" in str(came)
    assert "test_a_mistake_of_ours_comes_out_with_its_traceback" in str(came)
