"""What every child process of ours does first: take up the line to the program, and see to it that it ends with it."""

from __future__ import annotations

import os
import signal
import socket
import sys

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
