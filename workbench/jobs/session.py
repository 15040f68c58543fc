"""The conversation with one server during one look: in turn, in scope, tried again where that helps, and all recorded.

Each attempt is an exchange with a WARC record of its own, also those that came to nothing.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from urllib.parse import quote, urldefrag, urljoin

from workbench.case.uids import uuid7
from workbench.case.warcstore import WarcFile
from workbench.core import times
from workbench.core.errors import Cancelled
from workbench.core.messages import Message
from workbench.core.records import Exchange, Purpose
from workbench.core.scope import Scope
from workbench.jobs.control import SLICE, Control, Stopper
from workbench.jobs.pace import Pace
from workbench.jobs.wish import NOWHERE, Unplaced
from workbench.sources.http.content import decoded, read_body
from workbench.sources.http.headers import retry_after, server_date
from workbench.sources.remote import Answer, Ask, NetworkError, Page, Transport
from workbench.sources.warcformat import Conversation, pack
from workbench.sources.warcformat import Earlier as Repeated

ATTEMPTS = 4
LONGEST_REST = 300
"""Seconds: a server that wants more is not waited for."""
BUSY = (429, 503)
PASSING = (429, 500, 502, 503, 504)
"""Answers that may be others a moment later."""
REDIRECTS = (301, 302, 303, 307, 308)
MOST_REDIRECTS = 3
LARGEST_PAGE = 16 << 20
"""Bytes of a page: some 150,000 rows, which take less than 300 MB of memory to read."""


class LineLost(Exception):
    """The server cannot be reached any more, or wants to be left alone for long: the look is left as it is, to be gone
    on with.
    """

    def __init__(self, message: Message) -> None:
        super().__init__(message.code)
        self.message = message


class BrokenOff(Cancelled):
    """The job was told to stop while an answer was waited for: the request may have gone out."""


@dataclass(frozen=True)
class Earlier:
    """A page that was recorded before: the same page again is a reference to it."""

    uid: bytes
    time: int
    body: bytes | None
    """Undecoded, or null where it has to be taken from `digest`."""
    digest: bytes | None = None


Told = Callable[[Exchange], None]
"""Who is told of every exchange."""


@dataclass(frozen=True)
class Got:
    """A whole answer. `page` is null where there was none that can be read; `problem` then says why."""

    status: int | None
    page: Page | None
    uid: bytes
    problem: Message | None = None
    location: str | None = None


@dataclass(frozen=True)
class Heard:
    """What is kept of an answer until its exchange can be recorded."""

    ask: Ask
    began: int
    took: int
    status: int | None
    sent: bytes
    head: bytes
    peer: str | None
    certificate: bytes | None
    server_date: int | None


class Session:
    """Any thread may ask; `told` is called in the asking thread, so it has to be handed on by whoever records.

    `warc` is null where records are made and another process places them.
    """

    def __init__(
        self,
        transport: Transport,
        warc: WarcFile | None,
        pace: Pace,
        scope: Scope,
        control: Control,
        check: Stopper,
        attempts: int | None = None,
    ) -> None:
        self.transport = transport
        self.scope = scope
        self.allowed: Callable[[str], bool] = lambda _: True
        """May this URL be asked for, as the host's rules for robots say? Asked of every page and every redirect."""
        self.control = control
        self.check = check
        self.pace = pace
        self.untrusted: str | None = None
        """Why this computer does not trust the server's certificate, when it does not."""
        self.left_over: deque[Unplaced] = deque()
        """Exchanges that were broken off with the look, by threads that could not tell of them."""
        self.pinned: bytes | None = None
        """The SHA-256 of the server's certificate, once it has shown one."""
        self.attempts = attempts or ATTEMPTS
        self._warc = warc

    # whole pages

    def page(
        self,
        ask: Ask,
        purpose: Purpose,
        told: Told,
        *,
        earlier: Callable[[str], Earlier | None] = lambda _: None,
        limit: int = LARGEST_PAGE,
        anywhere: bool = False,
    ) -> Got:
        """Ask for something that is read as a whole, following redirects within the scope. Raises `Cancelled`, and
        `NetworkError` ``certificate-changed``, which only a person can decide on.
        """
        if not self.allowed(ask.url):
            return Got(None, None, b"", Message("robots-disallow"))
        hops = 0
        while True:
            got = self._patiently(ask, purpose, told, earlier, limit)
            if got.location is None:
                return got
            inside = self.scope.holds(got.location) or self.scope.is_start(got.location)
            if hops == MOST_REDIRECTS or not (inside or (anywhere and self._same_host(got.location))):
                return replace(got, problem=Message("redirect-elsewhere", {"url": got.location}))
            if not self.allowed(got.location):
                return replace(got, problem=Message("robots-disallow"))
            hops += 1
            self.scope = self.scope.after(got.location)
            ask = replace(ask, url=got.location)

    def _same_host(self, url: str) -> bool:
        return Scope(url).origin == self.scope.origin

    def _patiently(
        self, ask: Ask, purpose: Purpose, told: Told, earlier: Callable[[str], Earlier | None], limit: int
    ) -> Got:
        got = Got(None, None, b"", Message("network-unreachable"))
        for attempt in range(self.attempts):
            got, rest = self._once(ask, purpose, told, earlier, limit)
            if rest is None or not self.rest(attempt, rest):
                break
        return got

    def _once(
        self, ask: Ask, purpose: Purpose, told: Told, earlier: Callable[[str], Earlier | None], limit: int
    ) -> tuple[Got, int | None]:
        """One attempt; also how long the server wants to be left alone (0: our own choice) if it may be tried again."""
        uid = uuid7()
        answer: Answer | None = None
        body: bytes | None = None
        error: NetworkError | None = None
        with self.pace.turn():
            began = times.now()
            clock = time.monotonic()
            try:
                answer = self._open(ask)
                body = read_body(answer, limit)
            except NetworkError as failed:
                if failed.message.code == "certificate-changed":
                    raise
                error = failed
            except Cancelled as ended:
                if answer is not None or isinstance(ended, BrokenOff):
                    told(self.place(self.broken_off(uid, ask, answer, purpose, began, clock)))
                raise
            finally:
                if answer is not None:
                    answer.close()
            took = round((time.monotonic() - clock) * 1_000_000)
        heard = heard_of(ask, answer, error, began, took)
        repeated = self._repeated(answer, body, earlier)
        kept = body if error is None or answer is None else error.body
        unplaced = self.recorded(
            uid,
            heard,
            purpose,
            outcome="done" if error is None else error.message.code,
            received=len(kept or b""),
            body=kept,
            truncated=None if error is None or answer is None else _cut(error),
            earlier=repeated,
        )
        told(self.place(unplaced))
        self.control.add(requests=1, failed=int(error is not None), item=ask.url)
        if error is not None:
            return Got(heard.status, None, uid, error.message), 0 if error.retry else None
        assert answer is not None
        assert body is not None
        # FTP's 500 and 502 say that a command is not known: they do not pass.
        passing = answer.status in PASSING and not ask.url.startswith("ftp:")
        rest = (retry_after(answer.headers, began) or 0) if passing else None
        return _got(answer, body, uid), rest

    @staticmethod
    def _repeated(
        answer: Answer | None, body: bytes | None, earlier: Callable[[str], Earlier | None]
    ) -> Repeated | None:
        if answer is None or not body or answer.status != 200:
            return None
        before = earlier(answer.ask.url)
        if before is None:
            return None
        same = before.body == body if before.body is not None else before.digest == sha256(body).digest()
        return Repeated(before.uid, answer.ask.url, before.time) if same else None

    def _open(self, ask: Ask) -> Answer:
        self.check()
        try:
            answer = self.transport.open(ask)
        except Cancelled as cancelled:
            raise BrokenOff from cancelled
        if answer.certificate is not None and answer.certificate.problem is not None:
            self.untrusted = answer.certificate.problem
        if answer.certificate is not None and self.pinned is None:
            self.pinned = answer.certificate.sha256
            self.transport.pin(self.pinned)
        return answer

    # files

    @contextmanager
    def opened(self, ask: Ask) -> Iterator[Answer]:
        """The head of an answer whose body the caller reads, within one turn. Raises `NetworkError`, `Cancelled`."""
        with self.pace.turn():
            answer = self._open(ask)
            try:
                yield answer
            finally:
                answer.close()

    def rest(self, attempt: int, wanted: int) -> bool:
        """Leave the server alone for a while before the next attempt; false when there have been enough.

        Raises `LineLost` when it wants to be left alone for longer than anybody waits.
        """
        if wanted > LONGEST_REST:
            raise LineLost(Message("server-wants-rest", {"seconds": wanted}))
        if attempt >= self.attempts - 1:
            return False
        seconds = max(float(wanted), 2.0**attempt)
        self.pace.rest(seconds)
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.check()
            time.sleep(min(left, SLICE))
        return True

    def recorded(
        self,
        uid: bytes,
        heard: Heard,
        purpose: Purpose,
        *,
        outcome: str,
        received: int,
        body: bytes | None = None,
        object: tuple[bytes, int] | None = None,  # noqa: A002 - the word of the case
        part: tuple[int, int] | None = None,
        truncated: str | None = None,
        earlier: Repeated | None = None,
    ) -> Unplaced:
        """Make the record of an exchange and describe it for the case. Any thread."""
        conversation = Conversation(
            uid=uid,
            time=heard.began,
            method=heard.ask.method,
            url=heard.ask.url,
            sent=heard.sent,
            head=heard.head,
            body=body,
            object=object,
            part=part,
            truncated=truncated,
            peer=heard.peer,
            certificate=heard.certificate,
            problem=None if outcome == "done" else outcome,
            earlier=earlier,
            protocol="ftp" if heard.ask.url.startswith("ftp:") else "http",
        )
        exchange = Exchange(
            uid=uid,
            time=heard.began,
            took=heard.took,
            purpose=purpose,
            method=heard.ask.method,
            url=heard.ask.url,
            status=heard.status,
            peer=heard.peer,
            certificate=heard.certificate,
            server_date=heard.server_date,
            received=received,
            outcome=outcome,
            placed=NOWHERE,
            object=None if object is None else object[0],
            body_from=None if part is None else part[0],
            body_size=None if part is None else part[1],
        )
        return Unplaced(exchange, pack(conversation))

    def broken_off(
        self, uid: bytes, ask: Ask, answer: Answer | None, purpose: Purpose, began: int, clock: float
    ) -> Unplaced:
        """The record of an exchange that the end of the look broke off. `clock` is its begin by `time.monotonic`."""
        took = round((time.monotonic() - clock) * 1_000_000)
        heard = heard_of(ask, answer, NetworkError("look-cut-off"), began, took)
        truncated = None if answer is None else "disconnect"
        return self.recorded(uid, heard, purpose, outcome="look-cut-off", received=0, truncated=truncated)

    def place(self, unplaced: Unplaced) -> Exchange:
        """Put a record into the WARC file, right before the case is told of it. For the thread that tells it."""
        assert self._warc is not None
        return replace(unplaced.exchange, placed=self._warc.append(unplaced.block))


def heard_of(ask: Ask, answer: Answer | None, error: NetworkError | None, began: int, took: int) -> Heard:
    """What was said and heard, whether or not it came to an end."""
    if answer is not None:
        certificate = None if answer.certificate is None else answer.certificate.sha256
        date = server_date(answer.headers)
        return Heard(ask, began, took, answer.status, answer.sent, answer.head, answer.peer, certificate, date)
    assert error is not None
    return Heard(ask, began, took, None, error.sent, error.head, error.peer, None, None)


def _got(answer: Answer, body: bytes, uid: bytes) -> Got:
    if answer.status in REDIRECTS:
        location = resolved(answer.ask.url, answer.headers.get("location", ""))
        return Got(answer.status, None, uid, Message("redirect-unreadable") if location is None else None, location)
    try:
        plain = decoded(answer.headers, body, LARGEST_PAGE)
    except NetworkError as error:
        return Got(answer.status, None, uid, error.message)
    return Got(answer.status, page_of(answer.ask.url, answer.headers, plain, ended=answer.complete is not None), uid)


def _cut(error: NetworkError) -> str:
    """Why a record does not hold the whole body, in the words of WARC 1.1 §5.13."""
    return "length" if error.message.code in ("body-too-large", "body-bomb") else "disconnect"


def resolved(base: str, location: str) -> str | None:
    """Where a redirect leads, as an ASCII URL; null when that cannot be told."""
    if not location:
        return None
    try:
        return quote(urldefrag(urljoin(base, location.strip())).url, safe="/:?#[]@!$&'()*+,;=-._~%")
    except ValueError:
        return None


def page_of(url: str, headers: Mapping[str, str], body: bytes, *, ended: bool = True) -> Page:
    """A decoded body as those read it who understand listings. `ended`: did the server say where it ends?"""
    media_type, _, parameters = headers.get("content-type", "").partition(";")
    charset = ""
    for each in parameters.split(";"):
        name, _, value = each.partition("=")
        if name.strip().lower() == "charset":
            charset = value.strip().strip('"').lower()
    return Page(url, body, media_type.strip().lower(), charset, headers, ended)
