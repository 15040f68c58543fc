"""Workers that crash, hang, lie, eat memory or lose their parent."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from workbench.core.errors import Cancelled, UserError
from workbench.core.records import State
from workbench.jobs import child as child_module
from workbench.jobs.pool import Pool, WorkerDied

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="signals")


def png(width: int = 40, height: int = 30, colour: str = "teal") -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture
def pool() -> Iterator[Pool]:
    with Pool(1) as made:
        yield made


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def is_there(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in "ZX"


def gone(pid: int, seconds: float = 30.0) -> bool:
    end = time.monotonic() + seconds
    while is_there(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return not is_there(pid)


def waits(condition: Any, seconds: float = 30.0) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return bool(condition())


def test_nothing_runs_before_the_first_item() -> None:
    with Pool(2) as pool:
        assert pool.processes == ()
        assert pool.submit("ping").result(30) is None
        assert len(pool.processes) == 1


def test_warm_start_loads_all_children() -> None:
    with Pool(2, start="now") as pool:
        assert waits(lambda: len(pool.processes) == 2, 30)
        assert pool.analyze(data=png()).result(30)["image"].state is State.OK


def test_analyze_by_bytes_and_by_file(pool: Pool, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(png())
    by_bytes = pool.analyze(data=png()).result(30)
    with path.open("rb") as file:
        future = pool.analyze(fd=file.fileno())
    assert future.result(30) == by_bytes
    facts = dict(by_bytes["image"].facts)
    assert (facts["width"], facts["height"], facts["mode"]) == (40, 30, "RGB")
    assert dict(by_bytes["type"].facts) == {"media_type": "image/png", "kind": "image"}
    assert Image.open(io.BytesIO(by_bytes["image"].preview or b"")).size == (40, 30)


def test_only_what_is_wanted(pool: Pool) -> None:
    assert set(pool.analyze(data=png(), want=["type"]).result(30)) == {"type"}


def test_a_part_of_a_file(pool: Pool, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"before" + png() + b"after")
    with path.open("rb") as file:
        params = {"want": ["type"], "ending": "", "offset": 6, "length": len(png())}
        found = pool.submit("analyze", params, fd=file.fileno()).result(30)
    assert dict(found["type"].facts)["media_type"] == "image/png"


def test_the_files_position_does_not_matter_and_is_left_alone(pool: Pool, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(png())
    with path.open("rb") as file:
        file.seek(7)
        assert pool.analyze(fd=file.fileno()).result(30)["image"].state is State.OK
        assert file.tell() == 7


def test_pixels_for_the_viewer(pool: Pool) -> None:
    shown = pool.decode(10**6, data=png()).result(30)
    assert (shown.width, shown.height, shown.full, shown.damaged) == (40, 30, (40, 30), False)
    assert bytes(shown.data[:3]) == bytes((128, 128, 0))  # blue, green, red of teal
    small = pool.decode(300, data=png()).result(30)
    assert small.width * small.height <= 300
    assert small.full == (40, 30)


def test_no_pixels_is_a_sentence(pool: Pool) -> None:
    with pytest.raises(UserError) as caught:
        pool.decode(100, data=b"\xff\xd8\xff nothing").result(30)
    assert caught.value.message.code == "image-undecodable"
    assert caught.value.message.text() != "image-undecodable"


def test_a_log_becomes_columns(pool: Pool) -> None:
    pytest.importorskip("workbench.logs.combined")
    line = b'192.0.2.7 - - [03/Jan/2024:09:00:00 +0900] "PUT /a.png HTTP/1.1" 201 0 "-" "x"\n'
    batch = pool.submit("parse-log", {"format": "combined"}, data=line * 3 + b"?\n").result(30)
    assert len(batch) == 3
    assert batch.tables["address"] == ["192.0.2.7"]
    assert batch.tables["path"] == [b"/a.png"]
    assert len(batch.rejects) == 1
    with pytest.raises(UserError) as caught:
        pool.submit("parse-log", {"format": "no such"}, data=line).result(30)
    assert caught.value.message.code == "log-format-unknown"


@posix_only
def test_a_killed_worker_costs_its_item_only(pool: Pool) -> None:
    pool.submit("ping").result(30)
    (pid,) = pool.processes
    os.kill(pid, signal.SIGSTOP)
    doomed, later = pool.submit("ping"), pool.submit("ping")
    assert waits(doomed.running)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(WorkerDied) as caught:
        doomed.result(30)
    assert caught.value.reason == "crash"
    assert caught.value.message().code == "image-crashed"
    assert later.result(30) is None
    assert pid not in pool.processes


@posix_only
def test_a_worker_that_died_between_items_costs_nothing(pool: Pool) -> None:
    pool.submit("ping").result(30)
    (pid,) = pool.processes
    os.kill(pid, signal.SIGKILL)
    assert gone(pid)
    assert pool.submit("ping").result(30) is None
    assert pid not in pool.processes


@posix_only
def test_a_hanging_worker_is_killed_at_its_deadline(pool: Pool) -> None:
    pool.submit("ping").result(30)
    (pid,) = pool.processes
    os.kill(pid, signal.SIGSTOP)
    start = time.monotonic()
    with pytest.raises(WorkerDied) as caught:
        pool.submit("ping", deadline=0.3).result(30)
    assert time.monotonic() - start < 5
    assert caught.value.reason == "timeout"
    assert caught.value.message("log").code == "log-timeout"
    assert gone(pid)
    assert pool.submit("ping").result(30) is None


@posix_only
def test_a_hanging_worker_does_not_stop_the_others() -> None:
    with Pool(2, start="now") as pool:
        assert waits(lambda: len(pool.processes) == 2, 30)
        pool.analyze(data=png()).result(30)
        os.kill(pool.processes[0], signal.SIGSTOP)
        slow = [pool.submit("ping", deadline=2.0) for _ in range(2)]
        assert sum(1 for each in slow if each.exception(30) is None) >= 1


FAKE = """
import json, os, socket, struct, sys, time
line = socket.socket(fileno=int(sys.argv[1]))
line.recv(1 << 20)
def frame(header, *buffers, magic=b"WBW1", total=None):
    text = json.dumps({**header, "buffers": [len(b) for b in buffers]}).encode()
    size = sum(map(len, buffers)) if total is None else total
    line.sendall(struct.pack(">4sII", magic, len(text), size) + text + b"".join(buffers))
image = {"state": "ok", "facts": [], "warnings": [], "preview": None}
"""

LIES = {
    "no frame": "line.sendall(b'x' * 100000); time.sleep(30)",
    "announces 4 GB": "frame({'id': 1}, total=0xffffffff); time.sleep(30)",
    "endless header": "line.sendall(struct.pack('>4sII', b'WBW1', 0xffffffff, 0)); time.sleep(30)",
    "no JSON": "line.sendall(struct.pack('>4sII', b'WBW1', 3, 0) + b'{{{'); time.sleep(30)",
    "not an object": "line.sendall(struct.pack('>4sII', b'WBW1', 2, 0) + b'[]'); time.sleep(30)",
    "deep JSON": "line.sendall(struct.pack('>4sII', b'WBW1', 60000, 0) + b'[' * 60000); time.sleep(30)",
    "another id": "frame({'id': 7, 'result': {'image': image}}); time.sleep(30)",
    "no result": "frame({'id': 1}); time.sleep(30)",
    "another analyzer": "frame({'id': 1, 'result': {'type': image}}); time.sleep(30)",
    "foreign fact": "frame({'id': 1, 'result': {'image': {**image, 'facts': [['path', '/etc']]}}}); time.sleep(30)",
    "huge number": "frame({'id': 1, 'result': {'image': {**image, 'facts': [['width', 1 << 70]]}}}); time.sleep(30)",
    "bool for number": "frame({'id': 1, 'result': {'image': {**image, 'facts': [['width', True]]}}}); time.sleep(30)",
    "foreign warning": "frame({'id': 1, 'result': {'image': {**image, 'warnings': [['x', {}]]}}}); time.sleep(30)",
    "foreign state": "frame({'id': 1, 'result': {'image': {**image, 'state': 'missing'}}}); time.sleep(30)",
    "preview is no JPEG": "frame({'id': 1, 'result': {'image': {**image, 'preview': 0}}}, b'<svg/>'); time.sleep(30)",
    "preview is not there": "frame({'id': 1, 'result': {'image': {**image, 'preview': 3}}}); time.sleep(30)",
    "error without code": "frame({'id': 1, 'error': ['<b>', {}]}); time.sleep(30)",
    "a file comes back": (
        "socket.send_fds(line, [b'W'], [0]); "
        'h = b\'{"id":1,"result":{},"buffers":[]}\'; '
        "line.sendall(b'BW1' + struct.pack('>II', len(h), 0) + h); time.sleep(30)"
    ),
}


@posix_only
@pytest.mark.parametrize("lie", LIES)
def test_a_lying_worker_is_found_out(lie: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = open_files()
    true_command = child_module.worker_command()
    monkeypatch.setattr(child_module, "worker_command", lambda: [sys.executable, "-c", FAKE + LIES[lie]])
    with Pool(1) as pool:
        with pytest.raises(WorkerDied) as caught:
            pool.analyze(data=png(), want=["image"], deadline=20).result(30)
        assert caught.value.reason == "garbage"
        monkeypatch.setattr(child_module, "worker_command", lambda: true_command)
        assert pool.analyze(data=png()).result(30)["image"].state is State.OK
    assert open_files() == before


def test_a_worker_that_cannot_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_module, "worker_command", lambda: ["/nonexistent/python"])
    with Pool(1) as pool, pytest.raises(WorkerDied) as caught:
        pool.submit("ping").result(30)
    assert caught.value.reason == "start"
    assert caught.value.message().text() != "worker-start-failed"


@posix_only
def test_a_worker_that_ends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_module, "worker_command", lambda: [sys.executable, "-c", "pass"])
    with Pool(1) as pool, pytest.raises(WorkerDied) as caught:
        pool.submit("ping").result(30)
    assert caught.value.reason == "crash"


@posix_only
def test_memory_is_limited() -> None:
    stream = io.BytesIO()
    Image.new("RGB", (9000, 9000)).save(stream, "PNG")  # 324 MB of pixels in 1 MB
    with Pool(1, memory=400 << 20) as pool:
        found = pool.analyze(data=stream.getvalue()).result(60)["image"]
        assert (found.state, found.warnings[0].code) == (State.TOO_LARGE, "image-too-much-memory")
        assert dict(found.facts)["width"] == 9000
        assert pool.analyze(data=png()).result(30)["image"].state is State.OK


@posix_only
def test_workers_die_with_their_parent() -> None:
    script = (
        "import sys, time\n"
        "from workbench.jobs.pool import Pool\n"
        "pool = Pool(2, start='now')\n"
        "while len(pool.processes) < 2: time.sleep(0.01)\n"
        "pool.submit('ping').result()\n"
        "print(*pool.processes, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2])
    assert parent.stdout is not None
    children = [int(each) for each in parent.stdout.readline().split()]
    assert len(children) == 2
    os.kill(children[0], signal.SIGSTOP)  # not even one that cannot see its line close stays
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert all(gone(child) for child in children)


@posix_only
def test_closing_leaves_nothing() -> None:
    before = open_files(), threading.active_count()
    pool = Pool(2)
    pool.submit("ping").result(30)
    for pid in pool.processes:
        os.kill(pid, signal.SIGSTOP)
    futures = [pool.submit("ping") for _ in range(6)]
    assert waits(futures[0].running)
    pids = pool.processes
    pool.close()
    pool.close()
    assert all(future.done() for future in futures)
    assert all(future.cancelled() or isinstance(future.exception(), Cancelled | None) for future in futures)
    assert not any(is_there(pid) for pid in pids)
    assert (open_files(), threading.active_count()) == before
    with pytest.raises(Cancelled):
        pool.submit("ping")


@posix_only
def test_submit_waits_when_enough_is_under_way() -> None:
    with Pool(1, bound=2) as pool:
        pool.submit("ping").result(30)
        (pid,) = pool.processes
        os.kill(pid, signal.SIGSTOP)
        first = [pool.submit("ping") for _ in range(2)]
        third: list[Future[Any]] = []
        thread = threading.Thread(target=lambda: third.append(pool.submit("ping")))
        thread.start()
        thread.join(0.2)
        assert thread.is_alive()
        os.kill(pid, signal.SIGCONT)
        thread.join(30)
        assert [future.result(30) for future in (*first, *third)] == [None] * 3


def test_a_cancelled_item_is_not_done() -> None:
    with Pool(1) as pool:
        pool.submit("ping").result(30)
        futures = [pool.submit("ping") for _ in range(5)]
        cancelled = [future.cancel() for future in futures]
        assert all(future.done() or future.result(30) is None for future in futures)
        assert len(cancelled) == 5
        assert pool.submit("ping").result(30) is None


def test_children_are_recycled() -> None:
    with Pool(1, recycle_items=3) as pool:
        seen = set()
        for _ in range(7):
            pool.submit("ping").result(30)
            seen.update(pool.processes)
        assert len(seen) >= 2


def test_many_threads_share_a_pool() -> None:
    with Pool(2) as pool:
        states: list[State] = []

        def work() -> None:
            states.extend(pool.analyze(data=png()).result(60)["image"].state for _ in range(10))

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert states == [State.OK] * 40


def test_pipes_do_what_sockets_do(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"12345" + png())
    before = open_files()
    with Pool(1, sockets=False) as pool, path.open("rb") as file:
        by_pipe = pool.submit(
            "analyze", {"want": ["type", "image"], "ending": "", "offset": 5, "length": len(png())}, fd=file.fileno()
        ).result(30)
        assert by_pipe["image"].state is State.OK
        (pid,) = pool.processes
        os.kill(pid, signal.SIGKILL)
        assert gone(pid)
        assert pool.analyze(data=png()).result(30)["image"].state is State.OK
    if sys.platform == "linux":
        assert open_files() == before
        assert gone(pid)


def test_an_unknown_task_is_a_mistake_of_the_caller(pool: Pool) -> None:
    with pytest.raises(ValueError, match="format-disk"):
        pool.submit("format-disk")


def test_the_program_loads_no_decoder() -> None:
    """The window's process must not hold the code that reads foreign pictures, let alone pay for it at its start."""
    script = "import sys, workbench.jobs.pool; print([m for m in ('PIL', 'numpy', 'puremagic') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    assert done.stdout.strip() == "[]"
