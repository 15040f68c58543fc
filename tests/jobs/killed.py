"""A process that kills itself at its n-th write, sync, rename, link or commit: run by `test_kill`.

``python -m tests.jobs.killed WHAT CASE INPUT KIND N``. With kind ``count`` it tells how many calls there were.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workbench.case import case as cases
from workbench.case import driver
from workbench.core.progress import Progress
from workbench.core.times import parse_option
from workbench.jobs import intake, logs
from workbench.jobs.pool import Pool

calls: Counter[str] = Counter()
_lock = threading.Lock()


class Deadly(sqlite3.Connection):
    """Commits are calls that count: killed right before and right after."""

    kind, number = "", 0

    def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
        if not sql.startswith("COMMIT"):
            return super().execute(sql, *args)
        met("commit-before")
        done = super().execute(sql, *args)
        met("commit-after")
        return done


def met(kind: str) -> None:
    """One more call of a kind: the last one of this process, perhaps."""
    with _lock:
        calls[kind] += 1
        if kind == Deadly.kind and calls[kind] == Deadly.number:
            os.kill(os.getpid(), signal.SIGKILL)


def watched(kind: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        met(kind)
        return function(*args, **kwargs)

    return call


def arm() -> None:
    """Put ourselves between the program and the system."""
    os.write = watched("write", os.write)
    os.fsync = watched("fsync", os.fsync)
    os.link = watched("link", os.link)
    Path.replace = watched("rename", Path.replace)  # type: ignore[method-assign]
    Path.rename = watched("rename", Path.rename)  # type: ignore[method-assign]
    Path.mkdir = watched("mkdir", Path.mkdir)  # type: ignore[method-assign]
    connect = sqlite3.connect

    def deadly(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        return connect(*args, factory=Deadly, **kwargs)

    driver.sqlite3 = type("sqlite3", (), {**vars(sqlite3), "connect": staticmethod(deadly)})  # type: ignore[attr-defined]


def main(what: str, case: str, given: str, kind: str, number: str) -> None:
    Deadly.kind, Deadly.number = kind, int(number)
    arm()
    path, source = Path(case), Path(given)
    if what == "create":
        cases.create(path, examiner="Examiner").close()
    else:
        with Pool(2) as pool, cases.open_case(path, allow_risky=True) as open_case:
            if what == "logs":
                logs.add(open_case, source, pool, Progress())
            else:
                order = intake.Order("server", parse_option("2024-01-01"), scope="complete", analyze=what == "analyze")
                print(json.dumps(intake.add(open_case, [source], order, pool, Progress()).sightings))
    if kind == "count":
        print(json.dumps(calls))


if __name__ == "__main__":
    main(*sys.argv[1:])
