"""A worker with one more task: it tries what a decoder that strangers took over would try. Run as a program.

With ``free`` as its last argument it is not locked down, so that the same tries show that they can succeed.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workbench.jobs import worker

PTRACE_ATTACH, PTRACE_DETACH = 16, 17


def _forked() -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def _memory_of(pid: int) -> None:
    with Path(f"/proc/{pid}/maps").open() as maps:
        start = int(next(line for line in maps if " r" in line or "-r" in line or "r-" in line).split("-")[0], 16)
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        memory.seek(start)
        if not memory.read(16):
            raise OSError("nothing read")


def _traced(pid: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(PTRACE_ATTACH, pid, 0, 0):
        raise OSError(ctypes.get_errno(), "ptrace")
    os.waitpid(pid, 0)
    libc.ptrace(PTRACE_DETACH, pid, 0, 0)


def _connected(port: int) -> None:
    socket.create_connection(("127.0.0.1", port), 5).close()


def _secret() -> None:
    if "WORKBENCH_KEY_PASSPHRASE" not in os.environ and "A_SECRET_OF_MINE" not in os.environ:
        raise OSError("no secret here")


def attempts(data: Any, params: dict[str, Any]) -> tuple[Any, list[bytes]]:
    """What succeeded, by name."""
    del data
    folder, parent = Path(params["folder"]), params["parent"]
    tries: dict[str, Callable[[], object]] = {
        "connect": lambda: _connected(params["port"]),
        "listen": lambda: socket.socket().bind(("127.0.0.1", 0)),
        "read the case": lambda: (folder / "case.wbcase").read_bytes(),
        "list a folder": lambda: list(folder.iterdir()),
        "read a home": lambda: list(Path(params["home"]).iterdir()),
        "write a file": lambda: (folder / "new").write_bytes(b"x"),
        "unlink": lambda: (folder / "victim").unlink(),
        "rename": lambda: (folder / "other").rename(folder / "renamed"),
        "chmod": lambda: (folder / "case.wbcase").chmod(0o777),
        "run a program": lambda: subprocess.run(["true"], check=True, timeout=20),
        "become a program": lambda: os.execve("/nonexistent", ["x"], {}),
        "fork": _forked,
        "signal the parent": lambda: os.kill(parent, 0),
        "signal a thread of the parent": lambda: signal.pidfd_send_signal(os.pidfd_open(parent), 0),
        "memory of the parent": lambda: _memory_of(parent),
        "trace": lambda: _traced(params["prey"]),
        "environment of the parent": lambda: Path(f"/proc/{parent}/environ").read_bytes(),
        "a secret of the environment": _secret,
    }
    done = []
    for name, attempt in tries.items():
        try:
            attempt()
        except FileNotFoundError:
            done += [name] if name == "become a program" else []
        except OSError:
            pass
        else:
            done.append(name)
    return {"done": done, "tried": list(tries)}, []


if __name__ == "__main__":
    worker.TASKS["try"] = attempts
    *arguments, how = sys.argv[1:]
    if how == "free":
        worker.lock_down = lambda: None  # type: ignore[assignment,return-value]
    worker.main(arguments)
