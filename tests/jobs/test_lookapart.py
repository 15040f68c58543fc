"""A look in a process of its own is the look that it would be in this one; it obeys, and its end leaves nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from tests.jobs.processes import FETCH, LOOK, Many, children, linux_only, run_instead, sockets, start_instead
from tests.jobs.test_pool import gone, waits
from tests.jobs.test_watch import Site, asked, codes, fetched
from tests.servers.raw import Asked, Raw, raw_server
from workbench.case.case import Case, open_case
from workbench.core.errors import Cancelled, UserError
from workbench.core.messages import Message
from workbench.core.progress import Progress, Step
from workbench.jobs import fetchers
from workbench.jobs import lookapart as module
from workbench.jobs import watch as watching
from workbench.jobs.control import Control
from workbench.jobs.plan import Plan
from workbench.jobs.pool import Pool
from workbench.jobs.watch import Look, look
from workbench.queries.verify import verify

pytestmark = linux_only

MOST_BELOW = 58
"""Files of which the last ones are fetched by processes below that of the look."""


@pytest.fixture(autouse=True)
def _nothing_stays() -> Iterator[None]:
    before = sockets()
    yield
    assert children(LOOK) == children(FETCH) == []
    assert waits(lambda: sockets() == before), "a socket was left open"


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def server(site: Site) -> Iterator[Raw]:
    with raw_server(site.answer) as server:
        yield server


def planned(server: Raw, **more: Any) -> Plan:
    return Plan(**{"url": server.url, "source": "server", "rate": 0.0, "analyze": False, **more})


def nobody(_seq: int, _tables: Iterable[str]) -> None: ...


def apart(
    case: Case,
    server: Raw,
    progress: Progress | None = None,
    control: Control | None = None,
    changed: module.Changed = nobody,
    **more: Any,
) -> Look:
    return module.look(case, planned(server, **more), progress or Progress(), control or Control(), changed)


def in_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """No processes for a look in this one: it begins sooner."""
    monkeypatch.setattr(fetchers, "SOON", 1 << 30)
    monkeypatch.setattr(fetchers, "ALONE", 1 << 30)


def is_free(case: Case, what: str) -> bool:
    lock = case.evidence.claim(what)
    if lock is not None:
        lock.release(remove=True)
    return lock is not None


def sound(case: Case) -> bool:
    found = case.ask(verify)
    assert found.ok, found.problems
    return True


@contextmanager
def beside(work: Callable[[], Look]) -> Iterator[list[Look | BaseException]]:
    """Something in a thread, and what came of it once it has ended."""
    came: list[Look | BaseException] = []

    def run() -> None:
        try:
            came.append(work())
        except BaseException as error:
            came.append(error)

    thread = threading.Thread(target=run, name="look")
    thread.start()
    try:
        yield came
    finally:
        thread.join(30)
        assert not thread.is_alive(), "the look did not end"


# the same look


def test_a_look_apart_comes_to_the_same_as_one_in_this_process(
    new_case: Callable[..., Case], site: Site, server: Raw
) -> None:
    here, there = new_case("here"), new_case("there")
    there.actor = "김조사"
    controls = Control(), Control()
    site.robots = "User-agent: *\nDisallow: /c.txt\n"
    with Pool(1) as pool:
        one = look(here, planned(server, analyze=True), pool, Progress(), controls[0])
    steps: list[Step] = []
    told: list[tuple[int, set[str]]] = []
    two = apart(
        there, server, Progress(steps.append), controls[1], lambda *each: told.append((each[0], set(each[1]))),
        analyze=True,
    )  # fmt: skip
    assert one == two
    assert (two.status, two.sightings, two.new_objects, two.warnings) == ("partial", 3, 2, 1)
    for name in ("folders_done", "folders_known", "files_done", "files_known", "bytes_done", "bytes_known", "requests"):
        states = [getattr(each.state, name) for each in controls]
        assert states[0] == states[1] > 0, name
    assert controls[0].state.failed == controls[1].state.failed
    assert all(each.state.item.startswith(server.url) for each in controls)

    assert {each.what for each in steps} >= {"stage-look", "stage-analyze"}
    seqs = [seq for seq, _ in told]
    assert seqs == [seq for (seq,) in asked(there, "SELECT seq FROM op WHERE seq > 1 ORDER BY seq")]
    assert {"snapshot", "sighting", "exchange", "object", "charter", "analysis"} <= set().union(*(t for _, t in told))
    actors = "SELECT DISTINCT actor.name FROM op JOIN actor ON actor.id = op.actor WHERE seq > 1"
    assert asked(there, actors) == [("김조사",)]
    assert asked(there, "SELECT who FROM charter") == [("김조사",)]

    # the same server again, but for what a week changes
    site.robots = None
    site.files["d.txt"] = (b"new", "05-Jan-2024 10:00")
    site.files["컷 2.txt"] = (b"other", "05-Jan-2024 10:00")
    del site.files["第1镜.txt"]
    one, two = look(here, planned(server, robots="ignore"), None, Progress()), apart(there, server, robots="ignore")
    assert one == two
    assert (two.snapshot, two.status, two.added, two.changed, two.removed) == (2, "complete", 1, 1, 1)
    assert asked(here, SHOWN) == asked(there, SHOWN)
    assert sound(there)


SHOWN = (
    "SELECT snapshot, path.raw, hex(object.sha256), state, modified, headers FROM sighting "
    "JOIN path ON path.id = sighting.path LEFT JOIN object ON object.id = object ORDER BY sighting.id"
)


@pytest.mark.parametrize("paused", [None, Message("server-wants-rest", {"seconds": 3600})])
def test_every_word_of_a_look_goes_over_the_line(paused: Message | None) -> None:
    numbers = {each.name: number for number, each in enumerate(fields(Look), 5)}
    made = replace(Look(**numbers), status=watching.Status.PARTIAL, paused=paused)  # type: ignore[arg-type]
    assert watching.unpack_look(watching.pack_look(made)) == made


# obeying


def test_a_look_apart_that_is_paused_asks_nothing_until_it_goes_on(case: Case) -> None:
    site, control = Many(MOST_BELOW), Control()
    site.before = lambda asked: asked.wait(0.05)
    limit = MOST_BELOW - 2  # nobody can be asked whether to go on beyond: it is a no
    with (
        raw_server(site.answer) as server,
        beside(lambda: apart(case, server, control=control, limit_files=limit)) as came,
    ):
        assert waits(lambda: site.whole >= 5, 20)
        control.pause()
        time.sleep(0.7)
        before = len(server.asked)
        time.sleep(0.3)
        assert len(server.asked) == before < MOST_BELOW
        assert not came
        site.before = None
        control.resume()
        assert waits(lambda: came, 20)
    (done,) = came
    assert isinstance(done, Look), done
    assert (done.status, done.sightings, codes(case)) == ("partial", MOST_BELOW, ["limit-reached"] * 2)
    assert control.state.files_done == MOST_BELOW


def test_a_look_apart_that_is_stopped_is_gone_on_with(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    site, progress = Many(MOST_BELOW), Progress()
    held = site.hold_after(MOST_BELOW - 6)
    with raw_server(site.answer) as server:
        with beside(lambda: apart(case, server, progress)) as came:
            for _ in range(watching.PARALLEL):
                assert held.acquire(timeout=20)
            running = [*children(LOOK), *children(FETCH)]
            began = time.monotonic()
            progress.cancel()
            assert waits(lambda: came)
            assert time.monotonic() - began < 3
        assert isinstance(came[0], Cancelled)
        assert len(running) == 1 + watching.PARALLEL
        assert all(gone(each) for each in running)
        outcomes = "SELECT outcome, count(*) FROM exchange WHERE purpose = 'file' GROUP BY outcome ORDER BY outcome"
        assert asked(case, outcomes) == [("done", MOST_BELOW - 6), ("look-cut-off", watching.PARALLEL)]
        site.before = None
        server.asked.clear()
        in_threads(monkeypatch)
        done = look(case, planned(server), None, Progress())
        assert len(fetched(server)) == 6
    assert (done.snapshot, done.status, done.sightings) == (1, "complete", MOST_BELOW)
    assert sound(case)


def test_a_process_that_lies_still_when_it_is_told_to_stop_is_killed(
    case: Case, site: Site, server: Raw, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GRACE", 0.3)
    progress = Progress()

    def stop(_asked: Asked) -> None:
        for each in children(LOOK):
            os.kill(each, signal.SIGSTOP)
        progress.cancel()

    site.before = stop
    with pytest.raises(Cancelled):
        apart(case, server, progress)


# questions


def test_both_answers_to_a_question_reach_the_look(case: Case, site: Site, server: Raw) -> None:
    site.files["d.txt"] = (b"x" * 100, "04-Jan-2024 10:00")
    answers = [True, False]
    questions: list[Message] = []

    def answer(message: Message) -> bool:
        questions.append(message)
        return answers.pop(0)

    done = apart(case, server, control=Control(answer), limit_bytes=10)
    assert questions == [
        Message("limit-question", {"files": 2, "bytes": 10}), Message("limit-question", {"files": 3, "bytes": 27}),
    ]  # fmt: skip
    assert (done.status, done.new_objects, codes(case)) == ("partial", 3, ["limit-reached"])


def test_a_look_that_is_stopped_while_it_asks_ends(case: Case, server: Raw) -> None:
    progress = Progress()

    def never(_message: Message) -> bool:
        progress.cancel()
        raise Cancelled

    with pytest.raises(Cancelled):
        apart(case, server, progress, Control(never), limit_bytes=10)


# what goes wrong


def test_errors_for_the_person_come_through(case: Case, site: Site, server: Raw) -> None:
    refused: list[UserError] = []

    def again(_asked: Asked) -> None:
        site.before = None
        with pytest.raises(UserError) as raised:
            apart(case, server)
        refused.append(raised.value)

    site.before = again
    assert look(case, planned(server), None, Progress()).status == "complete"
    (error,) = refused
    assert error.message == Message("watch-running", {"source": "server"})

    server.asked.clear()
    with pytest.raises(UserError) as raised:
        apart(case, server, proxy="carrier-pigeon://10.0.0.1")
    assert raised.value.message.code == "proxy-unreadable"
    assert server.asked == []


def test_a_case_that_is_open_to_be_read_only_stays_as_it_is(case: Case, server: Raw) -> None:
    before = asked(case, "SELECT max(seq) FROM op")
    with open_case(case.path, write=False) as reading, pytest.raises(UserError) as raised:
        apart(reading, server)
    assert raised.value.message.code == "case-read-only"
    assert (server.asked, asked(case, "SELECT max(seq) FROM op")) == ([], before)


def test_a_process_that_cannot_be_started_is_a_sentence(
    case: Case, server: Raw, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_instead(monkeypatch, "/nonexistent/python")
    with pytest.raises(UserError) as raised:
        apart(case, server)
    assert raised.value.message == Message("process-start", {"reason": os.strerror(2)})


def test_a_mistake_in_the_process_comes_back_with_its_traceback(
    case: Case, server: Raw, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_instead(monkeypatch, "module.look = lambda *_: {}['a mistake of ours']")
    with pytest.raises(RuntimeError, match=r"(?s)Traceback.*KeyError: 'a mistake of ours'"):
        apart(case, server)


def test_a_process_that_is_killed_costs_nothing_that_had_come(case: Case) -> None:
    site = Many(MOST_BELOW)
    killed: list[int] = []

    def kill(asked: Asked) -> None:
        if asked.target == f"/{MOST_BELOW - 3:03}.bin" and not killed:
            killed.extend([*children(FETCH), *children(LOOK)])
            time.sleep(0.2)  # what has been sent is noted meanwhile
            for each in children(LOOK):
                os.kill(each, signal.SIGKILL)

    site.before = kill
    with raw_server(site.answer) as server:
        with pytest.raises(UserError) as raised:
            apart(case, server)
        assert raised.value.message.code == "look-process-ended"
        assert raised.value.message.text() != "look-process-ended"
        assert len(killed) == 1 + watching.PARALLEL
        assert all(gone(each) for each in killed), "its own processes end with it"
        first = len(fetched(server))
        server.asked.clear()
        done = apart(case, server)
        assert first + len(fetched(server)) <= MOST_BELOW + watching.PARALLEL
        assert len(fetched(server)) < MOST_BELOW / 4
    assert (done.snapshot, done.status, done.sightings) == (1, "complete", MOST_BELOW)
    assert sound(case)


def test_a_look_ends_with_the_program_that_wanted_it(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    site = Many(MOST_BELOW)
    held = site.hold_after(MOST_BELOW - 6)
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from workbench.case.case import open_case\n"
        "from workbench.core.progress import Progress\n"
        "from workbench.jobs.control import Control\n"
        "from workbench.jobs.lookapart import look\n"
        "from workbench.jobs.plan import Plan\n"
        "case = open_case(Path(sys.argv[1]), allow_risky=True)\n"
        "look(case, Plan(sys.argv[2], 'server', rate=0, analyze=False), Progress(), Control(), lambda *_: None)\n"
    )
    words = [sys.executable, "-c", script, str(case.path), ""]
    with raw_server(site.answer) as server:
        words[-1] = server.url
        parent = subprocess.Popen(words, cwd=Path(__file__).parents[2])
        for _ in range(watching.PARALLEL):
            assert held.acquire(timeout=20)
        running = [*children(LOOK, parent.pid), *children(FETCH, parent.pid)]
        os.kill(running[0], signal.SIGSTOP)  # not even one that cannot see its line close stays
        parent.kill()
        parent.wait()
        assert len(running) == 1 + watching.PARALLEL
        assert all(gone(each) for each in running)
        site.before = None
        in_threads(monkeypatch)
        # Of a process whose first thread is dead, another thread may hold files for a moment still.
        key = watching.resume_key(case, "server", server.url)
        assert waits(lambda: is_free(case, f"watch-{key.hex()[:32]}"))
        assert look(case, planned(server), None, Progress()).status == "complete"
