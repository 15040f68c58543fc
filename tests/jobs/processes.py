"""Processes of a look, as the system sees them, and a server with many small files for them."""

from __future__ import annotations

import itertools
import os
import sys
from collections import Counter
from pathlib import Path
from threading import Lock, Semaphore

import pytest

from tests.jobs.test_watch import Site
from tests.servers.raw import Asked
from workbench.jobs import apart

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="/proc")

FETCH = "workbench.jobs.fetchworker"
LOOK = "workbench.jobs.lookworker"


def children(module: str, pid: int | None = None) -> list[int]:
    """Which processes run a module of ours, below this process or another one, and are not dead yet."""
    found = []
    for each in _below(pid or os.getpid()):
        try:
            words = Path(f"/proc/{each}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if any(module.encode() in word for word in words):
            found.append(each)
    return sorted(found)


def _below(pid: int) -> list[int]:
    found = []
    for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            direct = [int(each) for each in tasks.read_text().split()]
        except OSError:
            continue
        for each in direct:
            found += [each, *_below(each)]
    return found


def sockets() -> int:
    """How many sockets this process has open: the lines to its children are some."""
    count = 0
    for each in Path("/proc/self/fd").iterdir():
        try:
            count += str(each.readlink()).startswith("socket:")
        except OSError:
            continue
    return count


class Many(Site):
    """So many files, all different. `served` counts those that were answered."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.files = {f"{number:03}.bin": (b"file %d " % number * 30, "03-Jan-2024 09:00") for number in range(count)}
        self.served: Counter[str] = Counter()
        self._counting = Lock()

    def answer(self, asked: Asked) -> None:
        super().answer(asked)
        with self._counting:
            self.served[asked.target] += 1

    def hold_after(self, count: int) -> Semaphore:
        """Answer so many files and none after them; what is given back is released once for each that is held."""
        held, numbers = Semaphore(0), itertools.count(1)

        def hold(asked: Asked) -> None:
            if asked.target.endswith(".bin") and next(numbers) > count:
                held.release()
                asked.wait(30)

        self.before = hold
        return held

    @property
    def whole(self) -> int:
        """Files that were answered."""
        return sum(count for target, count in self.served.items() if target.endswith(".bin"))


def run_instead(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Have every process that is started from now on run some Python first; it still names its module."""

    def command(module: str) -> list[str]:
        start = f"import sys, {module} as module\n{code}\nsys.exit(module.main(sys.argv[2:]))"
        return [sys.executable, "-P", "-X", "utf8", "-c", start, module]

    monkeypatch.setattr(apart, "command", command)


def start_instead(monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    """Have something else started where a process of ours would be."""
    monkeypatch.setattr(apart, "command", lambda _module: list(words))
