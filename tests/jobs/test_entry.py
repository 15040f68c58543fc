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


@posix_only
def test_a_child_gives_way_and_so_does_its_group() -> None:
    """Also where the system does not take the first words: of ordinary users it takes one in a tenth of a second."""
    code = (
        "import os, time\n"
        "from pathlib import Path\n"
        "from workbench.jobs import entry\n"
        "say, words = entry._group_gives_way, []\n"
        "entry._group_gives_way = lambda nice: say(nice) if words.append(nice) or len(words) > 2 else False\n"
        "before = os.nice(0)\n"
        "entry.give_way(4)\n"
        "until = time.monotonic() + 20\n"
        "group = Path('/proc/self/autogroup')\n"
        "while group.exists() and f'nice {before + 4}' not in group.read_text() and time.monotonic() < until:\n"
        "    time.sleep(0.01)\n"
        "print(os.nice(0) - before, group.read_text().split()[-1] == str(before + 4) if group.exists() else True)\n"
    )
    children = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=REPOSITORY, start_new_session=True,
                         text=True)
        for _ in range(4)
    ]  # fmt: skip
    assert [each.communicate(timeout=30)[0].split() for each in children] == [["4", "True"]] * 4


@posix_only
def test_a_child_in_the_session_of_others_leaves_their_group_alone() -> None:
    group = Path("/proc/self/autogroup")
    before = group.read_text() if group.exists() else ""
    code = "import os\nfrom workbench.jobs.entry import give_way\ngive_way(3)\nprint(os.nice(0))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=REPOSITORY, timeout=30)
    assert int(done.stdout) == min(os.nice(0) + 3, 19), done.stderr
    assert (group.read_text() if group.exists() else "") == before
