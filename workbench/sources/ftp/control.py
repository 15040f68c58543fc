"""The control connection of FTP (RFC 959 §4, §5.4): commands out, replies in, both kept byte for byte.

Paths are bytes and stay so: nothing is decoded. A byte of 255, the Russian я of many old servers, should be doubled, as
Telnet wants it. Most servers want it single, so that is tried first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from time import monotonic

from workbench.sources.http.wire import HEAD_LIMIT, Timeouts, Wire
from workbench.sources.remote import NetworkError

USER, PASSWORD = b"anonymous", b"anonymous@"
"""What RFC 1635 wants of those who have no account; nobody's address is given."""

_CODE = re.compile(rb"([1-5]\d\d)([ -]|$)")
_PASSIVE = re.compile(rb"\d{1,3},\d{1,3},\d{1,3},\d{1,3},(\d{1,3}),(\d{1,3})")
_EXTENDED = re.compile(rb"\(([\x21-\x7e])\1\1(\d{1,5})\1\)")
_QUOTED = re.compile(rb'"((?:[^"]|"")*)"')


class Vanished(Exception):
    """A kept connection was closed by the server before it heard the command: ask again on a new one."""


@dataclass(frozen=True)
class Reply:
    """A reply; `lines` without their ends."""

    code: int
    lines: tuple[bytes, ...]

    @property
    def good(self) -> bool:
        """Was the command done?"""
        return 200 <= self.code < 300

    @property
    def text(self) -> bytes:
        """The last line, without its code."""
        return self.lines[-1][4:]


class Control:
    """One control connection. One thread at a time. Raises `OSError` and `NetworkError`."""

    def __init__(self, wire: Wire, timeouts: Timeouts) -> None:
        self.wire = wire
        self.sent = bytearray()
        """Commands since `forget`."""
        self.heard = bytearray()
        """Replies since `forget`."""
        self.refusal: Reply | None = None
        """Why nobody is logged in, when that is so."""
        self.extended = (wire.peer or "").startswith("[")
        self.absent: set[bytes] = set()
        """Commands that the server has said it does not have."""
        self.home = b"/"
        self._timeouts = timeouts
        self._rest = bytearray()
        self._doubles = False

    def forget(self) -> None:
        """A new request begins."""
        self.sent.clear()
        self.heard.clear()

    def log_in(self) -> None:
        """As anybody may. A refusal is kept in `refusal` and is no error."""
        reply = self.hear()
        while reply.code == 120:
            reply = self.hear()
        if reply.code == 220:
            reply = self.say(b"USER " + USER)
            if reply.code == 331:
                reply = self.say(b"PASS " + PASSWORD)
        if not reply.good:
            self.refusal = reply
            return
        features = self.say(b"FEAT")
        if features.good and any(line.strip().upper() == b"UTF8" for line in features.lines):
            self.say(b"OPTS UTF8 ON")  # Some send question marks instead of names otherwise.
        self.say(b"TYPE I")
        where = self.say(b"PWD")
        if where.code == 257 and (found := _QUOTED.search(where.text)):
            self.home = found[1].replace(b'""', b'"')

    def say(self, command: bytes) -> Reply:
        """A command and its reply."""
        self.send(command)
        return self.hear()

    def name(self, command: bytes, path: bytes) -> Reply:
        """A command of a path, and its reply."""
        doubled = path.replace(b"\xff", b"\xff\xff")
        reply = self.say(command + b" " + (doubled if self._doubles else path))
        if reply.code == 550 and doubled != path and not self._doubles:
            other = self.say(command + b" " + doubled)
            if other.code < 400:
                self._doubles = True
                return other
        return reply

    def ask(self, name: bytes, path: bytes) -> Reply | None:
        """A command of a path that not every server has: the reply if it was done, else null."""
        if name in self.absent:
            return None
        reply = self.name(name, path)
        if reply.code in (500, 502):
            self.absent.add(name)
        return reply if reply.good else None

    def send(self, command: bytes) -> None:
        """A command without its end."""
        line = command + b"\r\n"
        self.sent += line
        self.wire.send(line, monotonic() + self._timeouts.head)

    def hear(self) -> Reply:
        """The next reply, however many lines it has."""
        deadline = monotonic() + self._timeouts.head
        is_first = not self.heard
        lines = [self._line(deadline)]
        first = _CODE.match(lines[0])
        if first is None:
            raise NetworkError("ftp-protocol", retry=False, reason="reply")
        if first[2] == b"-":
            while not lines[-1].startswith(first[1] + b" "):
                lines.append(self._line(deadline))
        if is_first and self.wire.used and first[1] == b"421":
            raise Vanished
        return Reply(int(first[1]), tuple(lines))

    def passive(self) -> int | None:
        """A port of the server for the next transfer, or null where it gives none.

        Only the port counts. An address in the reply that is not the server's own would have us connect to others on
        its behalf.
        """
        if not self.extended:
            reply = self.say(b"PASV")
            if reply.code == 227 and (found := _PASSIVE.search(reply.text)):
                return _port(int(found[1]) * 256 + int(found[2]))
            if reply.code not in (500, 501, 502, 522):
                return None
            self.extended = True
        reply = self.say(b"EPSV")
        if reply.code == 229 and (found := _EXTENDED.search(reply.text)):
            return _port(int(found[2]))
        return None

    def _line(self, deadline: float) -> bytes:
        while (end := self._rest.find(b"\n")) < 0:
            more = self.wire.some(4096, deadline)
            if not more:
                if self.wire.used and not self.heard:
                    raise Vanished
                raise NetworkError("network-cut-off", received=len(self.heard), expected=None)
            self.heard += more
            self._rest += more
            if len(self.heard) > HEAD_LIMIT:
                raise NetworkError("ftp-protocol", retry=False, reason="endless")
        line = bytes(self._rest[:end]).removesuffix(b"\r")
        del self._rest[: end + 1]
        return line

    def close(self) -> None:
        """Drop the connection."""
        self.wire.close()


def _port(number: int) -> int | None:
    return number if 0 < number < 65536 else None
