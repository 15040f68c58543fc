"""What every child process of ours does first: take up the line to the program, end with it, and give way to it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path

from workbench.jobs.wire import Line, PipeLine, SocketLine


def line_at(where: str) -> Line:
    """A child's end, from its first argument: the number of a socket, or ``-`` for standard input and output."""
    if where != "-":
        return SocketLine(socket.socket(fileno=int(where)))
    line = PipeLine(os.dup(0), os.dup(1))
    os.dup2(2, 1)  # a stray print must not look like a frame
    return line


def die_with_parent(parent: int) -> None:
    """For a child: on Linux the system kills it when the thread that started it ends, PR_SET_PDEATHSIG of prctl(2), and
    it can gain no privileges. Everywhere it ends at once when its parent is gone already.
    """
    if sys.platform == "linux":
        import ctypes

        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(1, signal.SIGKILL, 0, 0, 0)
        libc.prctl(38, 1, 0, 0, 0)
    if sys.platform != "win32" and os.getppid() != parent:
        os._exit(1)


def give_way(by: int) -> None:
    """Let others go first where there are not processors enough: so much nicer than whoever started this process.

    On Linux a session of its own is a group of its own for the scheduler, and beside others only the niceness of the
    group counts (sched(7), autogroup); a session that it shares is left as it is.
    """
    if sys.platform == "win32":
        return
    with contextlib.suppress(OSError):
        nice = os.nice(by)
        has_group = sys.platform == "linux" and os.getsid(0) == os.getpid()
        if nice and has_group and not _group_gives_way(nice):
            threading.Thread(target=_until_the_group_gives_way, args=(nice,), name="give-way", daemon=True).start()


def _group_gives_way(nice: int) -> bool:
    """False where it has to be said again: of ordinary users the system takes one such word in a tenth of a second."""
    try:
        Path("/proc/self/autogroup").write_text(str(nice))
    except BlockingIOError:
        return False
    return True


def _until_the_group_gives_way(nice: int) -> None:
    with contextlib.suppress(OSError):
        while not _group_gives_way(nice):
            time.sleep(0.11)
