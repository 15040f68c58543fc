"""The transport for ``http`` and ``https``: requests byte for byte, connections kept and used again.

Own code over h11 and the sockets, because evidence needs the heads as they were, the peer and its certificate, and a
way to stop within half a second; and because files go from the socket into the caller's buffer without a copy.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import h11

from workbench.core import times
from workbench.sources.http.answer import HttpAnswer, Vanished, converse
from workbench.sources.http.dial import Dialer
from workbench.sources.http.proxy import parse_proxy
from workbench.sources.http.target import Origin, target_of, written
from workbench.sources.http.wire import Timeouts, Wire
from workbench.sources.remote import Ask, NetworkError

_KEPT = 16
"""Connections that lie unused at one time."""


class HttpTransport:
    """See `workbench.sources.remote.Transport`. Any thread.

    `agent` is what the server is told of us; `check` raises `Cancelled` and is called at least every half second of
    waiting. `proxy` is as `workbench.sources.http.proxy.proxy_of` takes it (`UserError` ``proxy-unreadable``). `roots`
    is a PEM file with further certificates to trust. `pinned` is the SHA-256 of the only certificate that is accepted:
    any other is a `NetworkError` ``certificate-changed``, before a request is sent. Redirects are not followed, nothing
    is remembered, and only methods that change nothing are sent.

    The password of a proxy stands in no `Answer.sent`.
    """

    METHODS = frozenset({"GET", "HEAD", "PROPFIND", "OPTIONS"})

    def __init__(
        self,
        agent: str,
        check: Callable[[], None],
        proxy: str | None = None,
        timeouts: Timeouts | None = None,
        roots: Path | None = None,
        pinned: bytes | None = None,
        clock: Callable[[], int] = times.now,
    ) -> None:
        self._agent = agent
        self._check = check
        self._timeouts = timeouts or Timeouts()
        self._clock = clock
        self._dialer = Dialer(check, self._timeouts, None if proxy is None else parse_proxy(proxy), roots, pinned)
        self._lock = threading.Lock()
        self._kept: list[tuple[Origin, Wire]] = []
        self._busy: set[Wire] = set()
        self._closed = False

    def pin(self, sha256: bytes | None) -> None:
        """From now on accept this certificate only; null accepts any. Connections that are open stay."""
        self._dialer.pinned = sha256

    def open(self, ask: Ask) -> HttpAnswer:
        """See `workbench.sources.remote.Transport.open`.

        Raises `NetworkError` ``network-url`` for what is no such URL, and `ValueError` for a request that must never be
        sent: other methods, cookies, referrers.
        """
        if ask.method not in self.METHODS:
            raise ValueError(f"{ask.method} is never sent")
        self._check()
        target = target_of(ask.url)
        proxy = self._dialer.proxy
        absolute = proxy is not None and proxy.scheme == "http" and target.origin.scheme == "http"
        events = written(ask, target, self._agent, proxy.authorization if absolute and proxy is not None else None)
        while (wire := self._take(target.origin)) is not None:
            try:
                return self._converse(ask, events, target.origin, wire)
            except Vanished:
                continue
        wire = self._dialer.dial(target.origin)
        with self._lock:
            self._busy.add(wire)
            closed = self._closed
        if closed:
            self._give(target.origin, wire, usable=False)
            raise NetworkError("network-closed", retry=False)
        return self._converse(ask, events, target.origin, wire)

    def _converse(self, ask: Ask, events: list[h11.Event], origin: Origin, wire: Wire) -> HttpAnswer:
        def release(wire: Wire, usable: bool) -> None:
            self._give(origin, wire, usable)

        try:
            return converse(ask, events, wire, self._timeouts.head, self._clock, release)
        except BaseException:
            self._give(origin, wire, usable=False)
            raise

    def _take(self, origin: Origin) -> Wire | None:
        """A connection from before that still stands."""
        while True:
            with self._lock:
                if self._closed:
                    raise NetworkError("network-closed", retry=False)
                place = next((n for n in reversed(range(len(self._kept))) if self._kept[n][0] == origin), None)
                if place is None:
                    return None
                wire = self._kept.pop(place)[1]
                self._busy.add(wire)
            if wire.alive():
                return wire
            self._give(origin, wire, usable=False)

    def _give(self, origin: Origin, wire: Wire, usable: bool) -> None:
        with self._lock:
            self._busy.discard(wire)
            keep = usable and not self._closed
            if keep:
                wire.used = True
                self._kept.append((origin, wire))
            dropped = [wire] if not keep else [self._kept.pop(0)[1]] if len(self._kept) > _KEPT else []
        for each in dropped:
            each.close()

    def close(self) -> None:
        """Close every connection; those that other threads read from end for them at once."""
        with self._lock:
            self._closed = True
            kept, self._kept = self._kept, []
            for wire in self._busy:
                wire.abort()
        for _, wire in kept:
            wire.close()
