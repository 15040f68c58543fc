"""What the viewer needs of a file: words, bytes of text, and an open descriptor for a worker."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import Future
from dataclasses import dataclass

from workbench.case.readers import Reader
from workbench.core.messages import Message
from workbench.core.records import State
from workbench.gui.session import Session
from workbench.jobs.replies import Pixels
from workbench.queries.states import listed, states_of

TEXT_BYTES = 256 << 10
"""Of a text that is shown."""


@dataclass(frozen=True)
class Loaded:
    """A file in short."""

    item: int
    path: str
    sha256: bytes | None
    size: int | None
    state: str
    kind: str
    media_type: str
    width: int | None
    height: int | None
    charset: str
    preview: bytes | None
    warnings: tuple[Message, ...]


@dataclass(frozen=True)
class ShownText:
    """The beginning of a text file."""

    text: str
    charset: str
    shown: int
    cut: bool


def about(reader: Reader, item: int) -> Loaded | None:
    """A file in short; null when it is not there."""
    if item < 0:
        row = listed(reader, -item)
        return None if row is None else Loaded(item, row[0], None, row[1], row[2], "", "", None, None, "", None, ())
    row = reader.conn.execute("SELECT sha256, size FROM object WHERE id = ?", (item,)).fetchone()
    if row is None:
        return None
    facts = dict(reader.all("SELECT key, value FROM fact WHERE object = ? ORDER BY id", (item,)))
    state = states_of(reader, [item])[item]
    if not reader.evidence.has(row[0]):
        state = State.MISSING
    path = reader.value(
        "SELECT p.display FROM sighting s JOIN path p ON p.id = s.path WHERE s.object = ? ORDER BY s.id DESC LIMIT 1",
        (item,),
    )
    warnings = reader.all("SELECT code, arguments FROM warning WHERE object = ? ORDER BY id", (item,))
    return Loaded(
        item,
        path or row[0].hex(),
        row[0],
        row[1],
        str(state),
        str(facts.get("kind", "")),
        str(facts.get("media_type", "")),
        facts.get("width"),
        facts.get("height"),
        str(facts.get("charset") or facts.get("charset.guess") or "utf-8"),
        reader.previews.get([row[0]]).get(row[0]),
        tuple(Message(code, json.loads(arguments)) for code, arguments in warnings),
    )


def read_text(reader: Reader, sha256: bytes, charset: str) -> ShownText:
    """The beginning of a text, as the charset that was found says; what it cannot say becomes U+FFFD."""
    with reader.evidence.open(sha256) as stream:
        data = stream.read(TEXT_BYTES + 1)
    cut, data = len(data) > TEXT_BYTES, data[:TEXT_BYTES]
    try:
        shown = data.decode(charset, "replace")
    except LookupError:
        charset, shown = "utf-8", data.decode("utf-8", "replace")
    return ShownText(shown.replace("\0", "\ufffd"), charset, len(data), cut)


async def start_decoding(session: Session, found: Loaded, budget: int) -> Future[Pixels]:
    """Hand a picture to a worker, by descriptor; submitting may wait for a place, so it is done off the main thread."""
    assert found.sha256 is not None
    sha256 = found.sha256
    ending = found.path.rpartition("/")[2].rpartition(".")[2] if "." in found.path else ""

    def submit() -> Future[Pixels]:
        with session.case.evidence.open(sha256) as stream:
            return session.pool.decode(budget, fd=stream.fileno(), ending=ending)

    # Not `to_thread`: Qt may step a coroutine while the loop is being left, when none counts as running.
    return await asyncio.get_event_loop().run_in_executor(None, submit)
