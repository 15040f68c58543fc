"""A file on its way into the evidence store, in pieces: what has arrived outlives a kill and is gone on with.

The bytes lie in ``NAME.evidence/partial/``, beside a few facts (which version of the file they are of). After the
computer itself went down only what was synced before is trusted. Small files keep no facts: they simply start again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.case.boot import boot
from workbench.case.evidence import CHUNK, write_all, writing
from workbench.core.records import Stored

if TYPE_CHECKING:
    from workbench.case.evidence import Evidence

SYNC = 64 << 20
"""Bytes after which what has arrived is made durable on the way."""


class Incoming:
    """One file. Used by one thread at a time; nobody else may have the same key open."""

    def __init__(self, evidence: Evidence, folder: str, key: str) -> None:
        self._evidence = evidence
        self._path = f"{folder}{os.sep}{key}.part"
        self._facts = f"{folder}{os.sep}{key}.json"
        self._described = False
        self._synced = 0
        self.facts: dict[str, Any] = {}
        """What is known of the version that the bytes are of; empty when nothing has arrived."""
        with writing():
            self._fd: int | None = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        self._digest = hashlib.sha256()
        self.size = 0
        if os.fstat(self._fd).st_size:
            self._take_up(self._fd)

    def _take_up(self, fd: int) -> None:
        """Go on with what an earlier run left, as far as it can be trusted."""
        self._described = True
        kept = os.fstat(fd).st_size
        try:
            plain = json.loads(Path(self._facts).read_bytes())
            facts, synced, started = dict(plain["facts"]), int(plain["synced"]), str(plain["boot"])
        except (OSError, ValueError, KeyError, TypeError):
            facts, synced, started = {}, 0, ""
        trusted = (kept if started and started == boot() else min(kept, synced)) if facts else 0
        with writing():
            os.ftruncate(fd, trusted)
        while block := os.read(fd, CHUNK):
            self._digest.update(block)
            self.size += len(block)
        self.facts = facts if self.size else {}
        self._synced = min(synced, self.size)

    def restart(self) -> None:
        """Forget what has arrived."""
        assert self._fd is not None
        with writing():
            os.ftruncate(self._fd, 0)
        os.lseek(self._fd, 0, os.SEEK_SET)
        self._digest = hashlib.sha256()
        self.size = self._synced = 0
        self.facts = {}
        self._forget()

    def _forget(self) -> None:
        if self._described:
            Path(self._facts).unlink(missing_ok=True)
            self._described = False

    def describe(self, facts: Mapping[str, Any]) -> None:
        """Say of which version the bytes are, so that a later run can go on with them."""
        self.facts = dict(facts)
        self._write_facts()

    def _write_facts(self) -> None:
        new = Path(self._facts).with_suffix(".new")
        with writing():
            new.write_text(json.dumps({"facts": self.facts, "synced": self._synced, "boot": boot()}))
            new.replace(self._facts)
        self._described = True

    def write(self, block: memoryview) -> None:
        """Add what has arrived. Raises `UserError` when our own disk fails."""
        assert self._fd is not None
        self._digest.update(block)
        with writing():
            write_all(self._fd, block)
        self.size += len(block)
        if self.facts and self.size - self._synced >= SYNC:
            with writing():
                os.fsync(self._fd)
            self._synced = self.size
            self._write_facts()

    def finish(self, known: Callable[[bytes], bool]) -> Stored:
        """All has arrived: move it into the store. See `Evidence.put` for `known` and what is raised."""
        assert self._fd is not None
        fd, self._fd = self._fd, None
        try:
            stored = self._evidence.keep(fd, self._path, self._digest.digest(), self.size, known)
        except BaseException:
            self._remove()
            raise
        if not stored.new:
            self._remove()
        self._forget()
        return stored

    def _remove(self) -> None:
        with contextlib.suppress(OSError):
            os.unlink(self._path)  # noqa: PTH108 - text: a path costs more than the call

    def close(self, *, drop: bool = False) -> None:
        """Leave it for a later run; with `drop`, or when there is nothing that could be gone on with, remove it."""
        if self._fd is None:
            return
        os.close(self._fd)
        self._fd = None
        if drop or not self.facts or not self.size:
            self._remove()
            self._forget()
