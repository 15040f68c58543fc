"""Anchors: the chain's head in a small text file that is kept, or time-stamped, outside of the case; what comes back.

A time-stamp reply (RFC 3161) is searched for the digest that it stamps. Its signature is not checked here: that takes
the certificates of the service, and ``openssl ts -verify`` does it.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from workbench import __version__
from workbench.case.case import Case
from workbench.case.uids import shown
from workbench.core import times
from workbench.core.errors import UserError
from workbench.ops import anchors as ops
from workbench.ops import intake
from workbench.queries import anchors as queries
from workbench.queries.anchors import State
from workbench.queries.intake import analysed

CLOCKS = (
    ("timedatectl", "show", "-p", "NTP", "-p", "NTPSynchronized"),
    ("chronyc", "-n", "tracking"),
    ("w32tm", "/query", "/status"),
)
"""Commands that say whether this computer's clock follows others; the first that answers counts."""
SECONDS = 5
LONGEST = 500
LARGEST_REPLY = 16 << 20
"""Bytes of a file that is taken in as a time-stamp reply."""


@dataclass(frozen=True)
class Written:
    """An anchor file: where it lies, its SHA-256, and the head that it names."""

    path: Path
    sha256: bytes
    seq: int
    head: bytes


@dataclass(frozen=True)
class Attached:
    """A time-stamp reply that was taken in.

    `anchor` is the SHA-256 of the anchor file of this case that it stamps; null where it stamps none of them. `head` is
    that of the chain with the op that recorded it.
    """

    sha256: bytes
    anchor: bytes | None
    head: bytes


def write(case: Case, folder: Path) -> Written:
    """Write the chain's head into a new file in `folder`, and record that.

    For a job thread: it asks the system for the state of its clock, which can take some seconds. Raises `UserError`
    ``anchor-cannot-write``.
    """
    clock = clock_state()
    state = case.ask(queries.state)
    moment = times.now()
    text = anchor_text(shown(case.uid), case.setting("title") or "", state, moment, clock)
    path = _write_file(folder, case.path.stem, state.head.seq, moment, text)
    sha256, sha512 = (hashlib.new(name, text.encode()).digest() for name in ("sha256", "sha512"))
    case.run(ops.write, state.head.seq, state.head.hash, sha256, clock, sha512)
    return Written(path, sha256, state.head.seq, state.head.hash)


def attach(case: Case, file: Path) -> Attached:
    """Take a time-stamp reply into the case, whether or not it stamps an anchor of it.

    Raises `UserError` ``anchor-reply`` for what is no file of a fitting size, ``path-unreadable``, and what the
    evidence store raises.
    """
    name = os.fsencode(file.name).decode("utf-8", "replace")
    try:
        if not file.is_file() or not 0 < file.stat().st_size <= LARGEST_REPLY:
            raise UserError("anchor-reply", path=name)
        reply = file.read_bytes()
        with file.open("rb") as stream:
            stored = case.evidence.put(stream, lambda sha256: case.ask(analysed, sha256), limit=LARGEST_REPLY)
    except OSError as error:
        raise UserError("path-unreadable", path=name, reason=error.strerror or str(error)) from error
    anchor = case.ask(queries.anchored, list(imprints(reply)))
    case.run(intake.objects, [stored])
    done = case.run(ops.attach, name, stored.sha256, stored.size, anchor)
    return Attached(stored.sha256, anchor, done.hash)


_STAMPED = re.compile(
    rb"\x30[\x0b\x0d]\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02"
    rb"(?:\x01(?:\x05\x00)?\x04\x20(.{32})|\x03(?:\x05\x00)?\x04\x40(.{64}))",
    re.DOTALL,
)
"""DER of a ``MessageImprint``: the algorithm (SHA-256 or SHA-512, with or without NULL) and the digest."""
_TOKEN = b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x04"
"""DER of the object identifier of ``TSTInfo``, which comes before what is stamped (RFC 3161 §2.4.2)."""


def imprints(reply: bytes) -> Iterator[bytes]:
    """The digests that a time-stamp reply, or the token in it, can be speaking of."""
    at = reply.find(_TOKEN)
    if at >= 0:
        for found in _STAMPED.finditer(reply, at):
            yield found[1] or found[2]


def anchor_text(uid: str, title: str, state: State, moment: int, clock: str) -> str:
    """The whole file. Every line is ``name: value``; lines that start with # explain."""
    return f"""\
# Workbench anchor
# The head of a case's custody chain, written down outside of the case. Whoever keeps this file, or a time stamp of it,
# can tell later whether the chain still leads through this point: `workbench custody CASE --json` shows the hash of
# every op, and op {state.head.seq} must have the hash below.
case-uid: {uid}
case-title: {" ".join(title.split())}
ops: {state.head.seq}
custody-head: {state.head.hash.hex()}
sightings: {state.sightings}
# SHA-256 over one line a sighting, the lines sorted as bytes: uid of the snapshot (8-4-4-4-12), tab, SHA-256 of the
# bytes (a hyphen where there are none), tab, raw path in lower-case hexadecimal, line feed.
sightings-sha256: {state.digest}
time: {times.rfc3339(moment)}
# What this computer says of its own clock.
clock: {clock}
program: Workbench {__version__}
"""


def clock_state() -> str:
    """What the system says of its clock, on one line; ``unknown`` where nothing answers."""
    for command in CLOCKS:
        try:
            done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=True, stdin=subprocess.DEVNULL)
        except (OSError, subprocess.SubprocessError):
            continue
        said = " ".join(done.stdout.decode("utf-8", "replace").split())
        if said:
            return f"{command[0]}: {said}"[:LONGEST]
    return "unknown"


def _write_file(folder: Path, stem: str, seq: int, moment: int, text: str) -> Path:
    """Write the file under a name of its own, durably."""
    name = f"{stem}-anchor-{seq}-{times.to_datetime(moment):%Y%m%dT%H%M%SZ}.txt"
    path = folder / name
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise UserError("anchor-cannot-write", path=name, reason=error.strerror or str(error)) from error
    return path
