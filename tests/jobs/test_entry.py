"""What every child process of ours does first: it takes up its line, and does not outlive whoever started it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.jobs.test_pool import posix_only
from workbench.jobs.process import command, start
from workbench.jobs.wire import PipeLine, receive_frame, send_frame

REPOSITORY = Path(__file__).parents[2]
MODULES = ("workbench.jobs.worker", "workbench.jobs.fetchworker", "workbench.jobs.lookworker")


def words_of(module: str, parent: int) -> list[str]:
    """What stands behind the line: a worker is told first how much memory it may take."""
    return [*(["0"] if module == "workbench.jobs.worker" else []), str(parent)]


@pytest.mark.parametrize("module", MODULES)
@posix_only
def test_a_child_whose_parent_is_gone_already_ends_at_once(module: str) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        words = [*command(module), str(theirs.fileno()), *words_of(module, os.getppid())]
        done = subprocess.run(
            words, pass_fds=(theirs.fileno(),), cwd=REPOSITORY, capture_output=True, timeout=30, check=False
        )
    assert (done.returncode, done.stdout) == (1, b""), done.stderr


@pytest.mark.parametrize("module", MODULES[:2])
@posix_only
def test_a_child_ends_with_its_line(module: str) -> None:
    child, line = start(command(module), words_of(module, os.getpid()), True)
    line.close()
    assert child.wait(30) == 0


@posix_only
def test_a_stray_print_does_not_look_like_a_frame() -> None:
    code = (
        "from workbench.jobs.entry import line_at\n"
        "from workbench.jobs.wire import receive_frame, send_frame\n"
        "line = line_at('-')\n"
        "print('stray', flush=True)\n"
        "header, _, _ = receive_frame(line)\n"
        "send_frame(line, {'heard': header})\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        cwd=REPOSITORY,
    )  # fmt: skip
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stderr is not None
    line = PipeLine(os.dup(child.stdout.fileno()), os.dup(child.stdin.fileno()))
    with child:
        send_frame(line, {"said": "第1镜"})
        header, _, _ = receive_frame(line)
        line.close()
        assert (header, child.stderr.read()) == ({"heard": {"said": "第1镜"}}, b"stray\n")
