"""What a worker that strangers took over can still do: nothing of all that is tried from inside a real one."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import run
from tests.jobs import trying
from workbench.jobs import process, sandbox
from workbench.jobs.process import closed_environment, end, start
from workbench.jobs.wire import receive_frame, send_frame

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a sandbox for workers")
NEEDS_KERNEL = pytest.mark.skipif(
    not (sandbox.protection().landlock and sandbox.protection().seccomp), reason="this kernel lacks Landlock or seccomp"
)


def tried(tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What came of all attempts in a worker that was started as every worker is."""
    monkeypatch.setenv("A_SECRET_OF_MINE", "x")
    monkeypatch.setenv("WORKBENCH_KEY_PASSPHRASE", "x")
    for name in ("case.wbcase", "victim", "other"):
        (tmp_path / name).write_bytes(b"a case")
    prey = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    environment = closed_environment() if how == "locked" else dict(os.environ)
    environment["PYTHONPATH"] = str(Path(trying.__file__).parents[2])
    try:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            words = [sys.executable, "-X", "utf8", trying.__file__]
            child, line = start(words, ["0", str(os.getpid()), how], sockets=True, environment=environment)
            try:
                params = {
                    "folder": str(tmp_path), "parent": os.getpid(), "prey": prey.pid, "home": str(Path.home()),
                    "port": listener.getsockname()[1],
                }  # fmt: skip
                send_frame(line, {"id": 1, "task": "try", "params": params, "seconds": 60}, [])
                reply, _, _ = receive_frame(line, 1 << 20, 0)
            finally:
                child.kill()
                end(child, line)
    finally:
        prey.kill()
        prey.wait()
    assert "failed" not in reply, reply
    result: dict[str, Any] = reply["result"]
    return result


@NEEDS_KERNEL
def test_a_worker_can_do_none_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = tried(tmp_path, "locked", monkeypatch)
    assert len(found["tried"]) >= 18
    assert found["done"] == []
    assert {each.name for each in tmp_path.iterdir()} == {"case.wbcase", "victim", "other"}


def test_without_the_sandbox_it_could(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the test above would show nothing. Tracing depends on the system's own rules, and no worker may write."""
    found = tried(tmp_path, "free", monkeypatch)
    may_fail = {"write a file", "trace", "memory of the parent", "environment of the parent"}
    assert set(found["tried"]) - set(found["done"]) <= may_fail


@NEEDS_KERNEL
def test_without_its_libraries_a_worker_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox.protection.cache_clear()
    assert sandbox.protection().code == "workers-confined"
    for name in ("landlockpy", "seccompy"):
        monkeypatch.setitem(sys.modules, name, None)
    sandbox.protection.cache_clear()
    try:
        assert sandbox.protection() == sandbox.Protection("Linux", 0, seccomp=False)
        assert sandbox.lock_down() == sandbox.Protection("Linux", 0, seccomp=False)
        assert sandbox.protection().code == "workers-limited"
    finally:
        sandbox.protection.cache_clear()


def test_a_worker_is_told_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_KEY_PASSPHRASE", "geheim")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "geheim")
    monkeypatch.setenv("HOME", "/geheim")
    told = closed_environment()
    assert "geheim" not in " ".join(told.values())
    assert told["PYTHONPATH"]
    assert process.PASSED


def test_it_is_said_what_confines_workers() -> None:
    said = run("--version").out.splitlines()
    assert said[0].startswith("workbench ")
    assert "Foreign files" in said[1]
