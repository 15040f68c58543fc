"""Start a program that serves, wait until it answers, end it with all its children; nothing of the system is touched.

As root the programs run as `nobody`, so that a folder without rights is refused by them as by any server: what they
serve must be readable for all. `place` makes such folders; pytest's own are closed to others.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

HOST = "127.0.0.1"
PATIENCE = 60.0
"""Seconds until a server must answer, and have written of it."""


@dataclass(frozen=True)
class Request:
    """One line of a server's log. `sent` counts bytes of the body; null where the server does not say."""

    method: str
    target: str
    status: int
    sent: int | None = None
    range: str | None = None

    @property
    def folder(self) -> bool:
        """Was a folder asked for?"""
        return self.target.partition("?")[0].endswith("/")


@dataclass
class Server:
    """A server that runs. `url` ends with a slash; `more` holds further base URLs by name."""

    name: str
    url: str
    port: int
    work: Path
    process: subprocess.Popen[bytes]
    read_log: Callable[[Path], list[Request]] | None = None
    more: dict[str, str] = field(default_factory=dict)
    flushes_on: signal.Signals | None = None
    """What makes a server write its log that keeps lines for some seconds."""

    def requests(self) -> list[Request]:
        """All requests so far, in the order in which they ended. Servers write a line when an answer has gone out."""
        assert self.read_log is not None, f"{self.name} writes no log of requests"
        return self.read_log(self.work)

    def logged(self, enough: Callable[[list[Request]], bool]) -> list[Request]:
        """All requests, once there are enough of them. A line may be written after the client has its answer, and much
        later where the machine is busy; whether they are enough is for the caller to say when time is up.
        """
        deadline = time.monotonic() + PATIENCE
        while not enough(found := self.requests()) and time.monotonic() < deadline:
            if self.flushes_on is not None:
                self.process.send_signal(self.flushes_on)
            time.sleep(0.02)
        return found

    def forget(self) -> None:
        """Begin to count anew."""
        with (self.work / "access.log").open("r+b") as log:
            log.truncate()


def needed(program: str, package: str) -> str:
    """The program's path; the test is skipped where it is not installed."""
    found = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.skip(f"{program} is not installed (packaging/test installs it; on Debian: apt-get install {package})")
    return found


def other_user() -> dict[str, Any]:
    """Options of Popen that make a server run as somebody without rights."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


@contextmanager
def place(prefix: str = "served") -> Iterator[Path]:
    """An empty folder that everybody may enter and read; gone afterwards, whatever rights were taken from it."""
    folder = Path(tempfile.mkdtemp(prefix=f"workbench-{prefix}-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        for path, folders, _ in os.walk(folder):
            for name in folders:
                if not (inner := Path(path, name)).is_symlink():
                    inner.chmod(stat.S_IRWXU)
        shutil.rmtree(os.fsencode(folder))


def free_port() -> int:
    """A port that nobody has at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True)
class Plan:
    """How a program is started on ports; `ready` is asked again and again until it is true."""

    command: Callable[[Path, list[int]], Sequence[str | Path]]
    """Also writes what the program needs into its folder."""
    ready: Callable[[list[int]], bool]
    ports: int = 1
    humble: bool = True
    """As root: does it run as `nobody`?"""


@contextmanager
def running(name: str, plan: Plan, scheme: str = "http") -> Iterator[Server]:
    """Run it. A program that ends at once, because another one took its port meanwhile, is started on other ports."""
    with place(name) as work:
        user = other_user() if plan.humble else {}
        if user:
            os.chown(work, user["user"], user["group"])
        for _ in range(3):
            ports = [free_port() for _ in range(plan.ports)]
            process = _start(plan.command(work, ports), work, user)
            try:
                if _is_ready(process, plan, ports):
                    yield Server(name, f"{scheme}://{HOST}:{ports[0]}/", ports[0], work, process)
                    return
            finally:
                _end(process)
        said = (work / "said").read_text(errors="replace")[-2000:]
        pytest.fail(f"{name} did not start: {said}")


def _start(command: Sequence[str | Path], work: Path, user: dict[str, Any]) -> subprocess.Popen[bytes]:
    for each in work.iterdir():
        if user and not each.is_symlink():
            os.chown(each, user["user"], user["group"])
    with (work / "said").open("ab") as said:
        return subprocess.Popen(
            [str(each) for each in command], cwd=work, stdin=subprocess.DEVNULL, stdout=said, stderr=said,
            env={"PATH": os.environ.get("PATH", ""), "HOME": str(work), "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            start_new_session=True, **user,
        )  # fmt: skip


def _is_ready(process: subprocess.Popen[bytes], plan: Plan, ports: list[int]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            return False
        with suppress(OSError):
            if plan.ready(ports):
                return True
        time.sleep(0.01)
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    """Gently, then by force; children that left their parent are in its session still."""
    with suppress(ProcessLookupError):
        process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(30)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(30)


def answers_http(ports: list[int]) -> bool:
    """Does every port answer a request, whatever it says? It is one that logs can be cleared of."""
    for port in ports:
        with socket.create_connection((HOST, port), 2) as connection:
            connection.sendall(b"HEAD / HTTP/1.0\r\nHost: ready\r\n\r\n")
            if not connection.recv(12).startswith(b"HTTP/1."):
                return False
    return True


def greets(ports: list[int]) -> bool:
    """Does an FTP server greet?"""
    with socket.create_connection((HOST, ports[0]), 2) as connection:
        return connection.recv(3) == b"220"
