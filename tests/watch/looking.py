"""Look at a server with the real program in a process of its own, and read what the case holds afterwards."""

from __future__ import annotations

import argparse
import base64
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from warcio.checker import Checker  # type: ignore[import-untyped]

from tests.cli.running import listed, run

REPOSITORY = Path(__file__).resolve().parents[2]
CRASHED = 3


@dataclass(frozen=True)
class Looked:
    """What one call came to. `peak` is the largest resident memory of its processes, in MB."""

    code: int
    out: str
    err: str
    peak: float

    @property
    def look(self) -> dict[str, Any]:
        """The one look of the call."""
        (line,) = self.out.splitlines()
        row: dict[str, Any] = json.loads(line)
        return row


@dataclass
class Looking:
    """A look under way."""

    process: subprocess.Popen[bytes]
    folder: Path

    def kill(self) -> None:
        """``kill -9`` to the program and its workers, and wait until it is gone."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(30)

    def ended(self, seconds: float) -> Looked:
        """Wait for its end; one that does not end in time is killed and is a failure."""
        until = time.monotonic() + seconds
        peak = 0.0
        while True:
            peak = max(peak, most_memory(self.process.pid))
            pid, status, usage = os.wait4(self.process.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() > until:
                self.kill()
                raise AssertionError(f"it did not end within {seconds} s: {self.said()}")
            time.sleep(0.02)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        # What wait4 says counts the memory of these tests as well, which the child was for a moment before it began.
        peak = peak or usage.ru_maxrss / 1024
        return Looked(self.process.returncode, self._said("out"), self._said("err"), peak)

    def said(self) -> str:
        """What it has printed so far."""
        return self._said("out") + self._said("err")

    def _said(self, name: str) -> str:
        return (self.folder / f"said.{name}").read_text("utf-8", errors="replace")


def most_memory(pid: int) -> float:
    """The most resident memory so far that the process or one of its children had, in MB; 0 where nobody says."""
    peak = 0.0
    with suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            peak = max(peak, most_memory(int(child)))
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                peak = max(peak, int(line.split()[1]) / 1024)
    return peak


@contextmanager
def looking(case: Path, url: str, *options: str, program: str = "workbench") -> Iterator[Looking]:
    """Start a look; one that still runs at the end is killed."""
    words = [str(case), url, "--once", "--rate", "0", "--json", *options]
    command = [sys.executable, "-m", program, "watch", *words]
    with (case.parent / "said.out").open("wb") as out, (case.parent / "said.err").open("wb") as err:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=case.parent, start_new_session=True,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        )  # fmt: skip
    made = Looking(process, case.parent)
    try:
        yield made
    finally:
        if process.poll() is None:
            made.kill()


def watch(case: Path, url: str, *options: str, seconds: float = 60.0, program: str = "workbench") -> Looked:
    """One look from its beginning to its end."""
    with looking(case, url, *options, program=program) as going:
        looked = going.ended(seconds)
    assert "Traceback" not in looked.err, looked.err
    assert looked.code != CRASHED, looked.err + _crash_reports()
    return looked


def _crash_reports() -> str:
    folder = Path(os.environ["XDG_STATE_HOME"])
    return "".join(each.read_text("utf-8") for each in sorted(folder.rglob("crash-*.txt"))[-1:])


def raw_of(row: dict[str, Any], name: str = "path") -> bytes:
    """A path as it was seen, byte for byte."""
    if f"{name}_raw" in row:
        return base64.b64decode(row[f"{name}_raw"])
    return str(row[name]).encode()


def sightings(case: Path, snapshot: int | None = None) -> dict[bytes, dict[str, Any]]:
    """Raw path to sighting, of one look (default: the only one). No path may be seen twice in a look."""
    rows = [row for row in listed("sightings", case) if snapshot in (None, row["snapshot"])]
    by_path = {raw_of(row): row for row in rows}
    assert len(by_path) == len(rows)
    return by_path


def contents(case: Path, snapshot: int | None = None) -> dict[bytes, str | None]:
    """Raw path to SHA-256."""
    return {path: row["sha256"] for path, row in sightings(case, snapshot).items()}


def coverage(case: Path, snapshot: int | None = None) -> dict[bytes, str]:
    """Raw path of each folder to what was seen of it."""
    options = [] if snapshot is None else ["--snapshot", snapshot]
    return {raw_of(row) if row["path"] else b"": row["state"] for row in listed("coverage", case, *options)}


def warnings_of(case: Path) -> list[dict[str, Any]]:
    """What could not be read, with its reason."""
    return listed("rejects", case)


def moment(text: str | None) -> datetime | None:
    """A time as the command line prints it; one of unknown zone as if it were UTC."""
    return None if text is None else datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC)


def sound(case: Path) -> None:
    """Does the case verify, and do its WARC files pass the judge of the trade?"""
    found = run("verify", case, "--json").object
    assert found["ok"] is True, found["problems"]
    files = sorted(case.with_suffix(".evidence").joinpath("warc").glob("*.warc.gz"))
    assert files, "no exchange was kept"
    with redirect_stdout(io.StringIO()) as judgement:
        checker = Checker(argparse.Namespace(inputs=[str(each) for each in files], verbose=False))
        checker.process_all()
    assert checker.exit_value == 0, judgement.getvalue()


def files_outside(case: Path) -> set[Path]:
    """Whatever lies beside the case that is not its own."""
    own = (case.name, case.with_suffix(".evidence").name, "said.")
    return {each for each in case.parent.iterdir() if not each.name.startswith(own)}
