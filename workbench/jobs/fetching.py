"""Get one file of a server: by range where an earlier attempt, or an earlier run, got a part of the same version.

A part is gone on with only when the server's own words (a strong ETag, else the modified time) say that it is still the
same version, as ``If-Range`` asks it to (RFC 9110 §13.1.5); else the file starts again.
"""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Any

from workbench.case.evidence import Evidence
from workbench.case.incoming import Incoming
from workbench.case.uids import uuid7
from workbench.core import times
from workbench.core.errors import Cancelled
from workbench.core.messages import Message
from workbench.core.records import Stored
from workbench.core.scope import REFUSED
from workbench.jobs.session import PASSING, REDIRECTS, BrokenOff, Heard, Session, heard_of, resolved
from workbench.jobs.wish import Fetched, Unplaced, Wish, note_of
from workbench.sources.http.headers import content_range, is_strong_date, retry_after
from workbench.sources.remote import Answer, Ask, NetworkError

BUFFER = 512 << 10
RESUMABLE = 1 << 20
"""Bytes from which on a file is worth going on with after a kill."""
SOON = 1.0
"""Seconds after which bytes of a slow line go to the disk, where a kill cannot reach them."""
GONE = (404, 410)


@dataclass
class _Part:
    """An exchange that brought a part of the file, until the file as a whole has a name."""

    heard: Heard
    uid: bytes
    start: int
    size: int
    outcome: str = "done"


class Fetcher:
    """Gets files, one a thread. Raises `Cancelled`, `UserError` of our own disk, and what only a person can decide.

    `known` says of which bytes it is certain that the case holds them. `note` is given what has arrived, for a journal.
    """

    def __init__(
        self, evidence: Evidence, session: Session, known: Callable[[bytes], bool], note: Callable[[bytes], None]
    ) -> None:
        self._evidence = evidence
        self._session = session
        self._known = known
        self._note = note
        self._own = threading.local()

    def fetch(self, wish: Wish) -> Fetched:
        """Get the file, with as many attempts as help."""
        incoming = self._evidence.receive(wish.key)
        try:
            fetched = self._fetch(wish, incoming)
        finally:
            incoming.close()
        if fetched.stored is not None:
            self._note(note_of(wish.key, fetched))
        return fetched

    def _fetch(self, wish: Wish, incoming: Incoming) -> Fetched:
        parts = _parts(incoming)
        told: list[Unplaced] = []
        result = Fetched((), problem=Message("network-unreachable"))
        try:
            for attempt in range(self._session.attempts):
                before = incoming.size
                result, rest = self._attempt(wish, incoming, parts, told)
                if rest is None or not self._session.rest(0 if incoming.size > before else attempt, rest):
                    break
        except BaseException:
            self._session.left_over += told
            raise
        return replace(result, exchanges=tuple(told))

    def give_up(self, wish: Wish) -> tuple[Unplaced, ...]:
        """Throw away what came of a file that cannot be had, and give the exchanges that brought it."""
        incoming = self._evidence.receive(wish.key)
        told = self._told_parts(_parts(incoming), None, wish)
        incoming.close(drop=True)
        return tuple(told)

    def _attempt(
        self, wish: Wish, incoming: Incoming, parts: list[_Part], told: list[Unplaced]
    ) -> tuple[Fetched, int | None]:
        """One request; also how long to wait before another one may help, null when none would."""
        ask = _worded(wish, incoming)
        uid = uuid7()
        answer: Answer | None = None
        verdict: _Verdict | None = None
        began, clock = times.now(), time.monotonic()
        start = 0
        try:
            with self._session.opened(ask) as answer:
                self._session.control.add(requests=1, item=ask.url)
                verdict = self._judged(wish, answer, incoming)
                if not incoming.size and parts:  # it starts again: what had come before is of no use
                    told += self._told_parts(parts, None, wish)
                    parts.clear()
                if verdict is None:
                    start = incoming.size
                    part = _Part(heard_of(ask, answer, None, began, 0), uid, start, 0)
                    too_much = self._receive(wish, answer, incoming, parts, part)
                    part.heard = heard_of(ask, answer, None, began, _since(clock))  # FTP says at the end how it went
                    part.size = incoming.size - start
                    parts.append(part)
        except Cancelled as ended:
            was_asked = answer is not None or isinstance(ended, BrokenOff)
            if was_asked and not incoming.facts:  # else what came is gone on with, and its exchange is told then
                told.append(self._session.broken_off(uid, ask, answer, wish.purpose, began, clock))
            raise
        except NetworkError as error:
            if error.message.code == "certificate-changed":
                raise
            self._session.control.add(requests=int(answer is None), failed=1)
            heard = heard_of(ask, answer, error, began, _since(clock))
            if answer is not None and incoming.size > start:
                parts.append(_Part(heard, uid, start, incoming.size - start, error.message.code))
                incoming.describe(_facts(wish, answer, parts))
            else:
                told.append(self._session.recorded(uid, heard, wish.purpose, outcome=error.message.code, received=0))
            return Fetched((), problem=error.message, uid=uid), 0 if error.retry else None
        if verdict is not None:
            heard = heard_of(ask, answer, None, began, _since(clock))
            told.append(
                self._session.recorded(uid, heard, wish.purpose, outcome="done", received=0, truncated=verdict.cut)
            )
            return replace(verdict.fetched, uid=uid), verdict.rest
        if too_much:
            incoming.restart()
            told += self._told_parts(parts, None, wish)
            parts.clear()
            return Fetched((), problem=Message("limit-reached"), uid=uid), None
        stored = incoming.finish(self._known)
        told += self._told_parts(parts, stored, wish)
        return Fetched((), stored=stored, headers=dict(answer.headers), uid=uid), None

    def _judged(self, wish: Wish, answer: Answer, incoming: Incoming) -> _Verdict | None:
        """What an answer's head says, unless it is that the file comes now: then null."""
        status = answer.status
        if answer.ask.url.startswith("ftp:"):
            if status >= 400:
                return _Verdict(_failed(status))
            if incoming.size and not _same_version(incoming, answer):
                incoming.restart()
                if answer.started:
                    return _Verdict(_failed(status), rest=0)
            elif incoming.size and answer.started != incoming.size:  # it starts again, whatever was asked for
                incoming.restart()
            return None
        if status == 304 and (wish.etag or wish.modified):
            return _Verdict(Fetched((), unchanged=True, headers=dict(answer.headers)))
        if status == 206 and incoming.size and _is_the_rest(incoming, answer) and _same_version(incoming, answer):
            return None
        if status in (206, 416):  # another part than was asked for: from the start, then
            incoming.restart()
            return _Verdict(_failed(status), rest=0, cut="length")
        if status == 200:
            if incoming.size:
                incoming.restart()
            return None
        if status in PASSING:
            return _Verdict(_failed(status), rest=retry_after(answer.headers, answer.began) or 0, cut="length")
        if status in REDIRECTS:
            url = resolved(answer.ask.url, answer.headers.get("location", "")) or ""
            return _Verdict(Fetched((), problem=Message("redirect-elsewhere", {"url": url})), cut="length")
        return _Verdict(_failed(status), cut="length")

    def _receive(self, wish: Wish, answer: Answer, incoming: Incoming, parts: list[_Part], part: _Part) -> bool:
        """Read the body into the store; true when more came than may."""
        if answer.length is None or answer.length > RESUMABLE or incoming.size:
            incoming.describe(_facts(wish, answer, parts, part))
        buffer = memoryview(self._buffer())
        filled = 0
        written = time.monotonic()
        try:
            while True:
                count = answer.readinto(buffer[filled:])
                filled += count
                if not count or filled == len(buffer) or time.monotonic() - written > SOON:
                    incoming.write(buffer[:filled])
                    self._session.control.add(bytes_done=filled)
                    filled, written = 0, time.monotonic()
                    self._session.control.wait(self._session.check)
                if wish.most is not None and incoming.size + filled > wish.most:
                    return True
                if not count:
                    return False
        except NetworkError:
            incoming.write(buffer[:filled])
            self._session.control.add(bytes_done=filled)
            raise

    def _buffer(self) -> bytearray:
        if not hasattr(self._own, "buffer"):
            self._own.buffer = bytearray(BUFFER)
        return self._own.buffer  # type: ignore[no-any-return]

    def _told_parts(self, parts: list[_Part], stored: Stored | None, wish: Wish) -> list[Unplaced]:
        """Exchanges that brought parts, now that it is known of what; of nothing that was kept, if null."""
        return [
            self._session.recorded(
                each.uid,
                each.heard,
                wish.purpose,
                outcome=each.outcome,
                received=each.size,
                object=None if stored is None else (stored.sha256, stored.size),
                part=None if stored is None else (each.start, each.size),
                truncated=None if each.outcome == "done" and stored is not None else "disconnect",
            )
            for each in parts
        ]


@dataclass(frozen=True)
class _Verdict:
    fetched: Fetched
    rest: int | None = None
    cut: str | None = None
    """Why the body of the answer is not in the record, where it has one."""


def key_of(source: bytes, path: bytes) -> str:
    """The name under which a file arrives: of a source's uid and a raw path, telling neither."""
    return sha256(source + b"\0" + path).hexdigest()


def _failed(status: int) -> Fetched:
    if status in REFUSED:
        return Fetched((), problem=Message("file-refused-there", {"status": status}))
    if status in GONE:
        return Fetched((), problem=Message("file-gone", {"status": status}))
    return Fetched((), problem=Message("file-answer", {"status": status}))


def _worded(wish: Wish, incoming: Incoming) -> Ask:
    """The request, for the rest of the file where a part of it is there and can be told to be of the same version."""
    extra: list[tuple[str, str]] = []
    facts = incoming.facts
    if incoming.size:
        strong = facts.get("etag") if str(facts.get("etag") or "W/").startswith('"') else None
        dated = facts.get("modified") if facts.get("etag") is None and facts.get("strong_date") else None
        validator = strong or dated
        if wish.ask.url.startswith("ftp:"):
            if facts.get("url") == wish.ask.url and facts.get("total") is not None and facts.get("modified"):
                extra.append(("Range", f"bytes={incoming.size}-"))
            else:
                incoming.restart()
        elif validator and facts.get("url") == wish.ask.url:
            extra += [("Range", f"bytes={incoming.size}-"), ("If-Range", str(validator))]
        else:
            incoming.restart()
    if not incoming.size:
        if wish.etag:
            extra.append(("If-None-Match", wish.etag))
        if wish.modified:
            extra.append(("If-Modified-Since", wish.modified))
    return replace(wish.ask, headers=(*wish.ask.headers, *extra))


def _same_version(incoming: Incoming, answer: Answer) -> bool:
    """Does the server, sending a part, speak of the version of which we have the rest?"""
    if answer.ask.url.startswith("ftp:") and answer.headers.get("last-modified") is None:
        return False
    return all(
        incoming.facts.get(fact) in (None, said)
        for fact, said in (
            ("etag", answer.headers.get("etag")),
            ("modified", answer.headers.get("last-modified")),
            ("total", _total(answer)),
        )
        if said is not None
    )


def _is_the_rest(incoming: Incoming, answer: Answer) -> bool:
    """Does a part begin where ours ends, and end where the file does?"""
    said = content_range(answer.headers)
    if said is None or answer.started != incoming.size:
        return False
    _, end, total = said
    return end == total and incoming.facts.get("total") in (None, total)


def _total(answer: Answer) -> int | None:
    return None if answer.length is None else answer.started + answer.length


def _since(clock: float) -> int:
    return round((time.monotonic() - clock) * 1_000_000)


def _plain(part: _Part) -> dict[str, Any]:
    """A part as JSON takes it."""
    heard = asdict(part.heard)
    for name in ("sent", "head", "certificate"):
        heard[name] = None if heard[name] is None else base64.b64encode(heard[name]).decode()
    heard["ask"] = [part.heard.ask.method, part.heard.ask.url]
    return {"heard": heard, "uid": part.uid.hex(), "start": part.start, "size": part.size, "outcome": part.outcome}


def _facts(wish: Wish, answer: Answer, parts: list[_Part], under_way: _Part | None = None) -> dict[str, Any]:
    """Of which version the bytes are, and which exchanges brought them."""
    return {
        "url": wish.ask.url,
        "etag": answer.headers.get("etag"),
        "modified": answer.headers.get("last-modified"),
        "strong_date": is_strong_date(answer.headers),
        "total": _total(answer),
        "parts": [_plain(each) for each in parts],
        "under_way": None if under_way is None else _plain(under_way),
    }


def _parts(incoming: Incoming) -> list[_Part]:
    """The exchanges of an earlier run, from what it wrote down; the one that was under way brought all the rest."""
    facts = incoming.facts
    parts = [_unplain(each) for each in facts.get("parts") or ()]
    if facts.get("under_way"):
        last = _unplain(facts["under_way"])
        last.size, last.outcome = incoming.size - last.start, "look-cut-off"
        parts.append(last)
    return [each for each in parts if each.size > 0]


def _unplain(plain: Mapping[str, Any]) -> _Part:
    heard = dict(plain["heard"])
    for name in ("sent", "head", "certificate"):
        heard[name] = None if heard[name] is None else base64.b64decode(heard[name])
    heard["ask"] = Ask(*heard["ask"])
    return _Part(Heard(**heard), bytes.fromhex(plain["uid"]), plain["start"], plain["size"], plain["outcome"])
