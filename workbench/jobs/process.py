"""A process of our own beside the program: how it is started, the line to it, and its end."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import workbench
from workbench.core.passphrase import without
from workbench.jobs.wire import Line, PipeLine, SocketLine


def command(module: str) -> list[str]:
    """How a module of ours is run. A frozen program answers to the module's last name itself."""
    if getattr(sys, "frozen", False):
        return [sys.executable, module.rpartition(".")[2]]
    return [sys.executable, "-P", "-X", "utf8", "-m", module]


def _environment() -> dict[str, str]:
    """The parent's, with one thread a child, and where the package lies when it is not installed."""
    kept = {name: value for name, value in without(os.environ).items() if not name.lower().endswith("_proxy")}
    kept |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}
    root = Path(workbench.__file__).resolve().parents[1]
    if not {"site-packages", "dist-packages"} & set(root.parts):
        kept["PYTHONPATH"] = str(root)
    return kept


PASSED = ("PATH", "LANG", "LANGUAGE", "TZ", "TZDIR", "SYSTEMROOT", "WINDIR", "TEMP", "TMP", "LD_LIBRARY_PATH")
"""Variables that a worker may see, with those that begin with ``LC_`` or ``PYTHON``: none of them is a secret."""


def closed_environment() -> dict[str, str]:
    """What a worker is told of the world: enough to start Python in the same way, and nothing of the user's."""
    return {
        name: value
        for name, value in _environment().items()
        if name.upper() in PASSED or name.upper().startswith(("LC_", "PYTHON", "OPENBLAS_", "OMP_", "MALLOC_"))
    }


def start(
    words: Sequence[str], rest: Sequence[str], sockets: bool, environment: Mapping[str, str] | None = None
) -> tuple[subprocess.Popen[bytes], Line]:
    """Run ``WORDS LINE REST``, where LINE is what `workbench.jobs.entry.line_at` takes. Raises `OSError`."""
    told = _environment() if environment is None else environment
    errors = None if os.environ.get("WORKBENCH_WORKER_STDERR") else subprocess.DEVNULL
    if not sockets:
        process = subprocess.Popen(
            [*words, "-", *rest],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=told,
            bufsize=0,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        return process, PipeLine(os.dup(process.stdout.fileno()), os.dup(process.stdin.fileno()))
    ours, theirs = socket.socketpair()
    try:
        process = subprocess.Popen(
            [*words, str(theirs.fileno()), *rest],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env=told,
            pass_fds=(theirs.fileno(),),
            start_new_session=True,
            cwd="/",
        )
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
    return process, SocketLine(ours)


def end(process: subprocess.Popen[bytes], line: Line) -> None:
    """Wait for one that was killed, or ends because its line is closed, and close what leads to it."""
    process.wait()
    line.close()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
