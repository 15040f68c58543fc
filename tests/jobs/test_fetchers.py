"""Files that processes of their own fetch: as in threads, and when these processes die, lie still, or are told to stop.

A few files are enough for that here: processes are started with the second one, and fetch from the third one on.
"""

from __future__ import annotations

import hashlib
import io
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.jobs.processes import FETCH, Many, children, linux_only, run_instead, sockets, start_instead
from tests.jobs.test_pool import gone, waits
from tests.jobs.test_watch import asked, codes, fetched
from tests.servers.raw import Asked, Raw, raw_server
from tests.sources.http.servers import certificate
from workbench.case.case import Case
from workbench.case.readers import Reader
from workbench.core.errors import Cancelled, UserError
from workbench.core.progress import Progress
from workbench.core.records import Placed, Purpose
from workbench.core.scope import Scope
from workbench.jobs import fetchers as module
from workbench.jobs import watch as watching
from workbench.jobs.control import Control, Stopper
from workbench.jobs.fetchers import Fetchers
from workbench.jobs.fetching import key_of
from workbench.jobs.fetchworker import Terms
from workbench.jobs.pace import Pace
from workbench.jobs.plan import Plan
from workbench.jobs.session import Session
from workbench.jobs.watch import Look, look
from workbench.jobs.wish import Wish
from workbench.queries.verify import verify
from workbench.sources.http.wire import Timeouts
from workbench.sources.remote import Ask, NetworkError
from workbench.sources.transports import transport_for
from workbench.sources.warcread import unpack

pytestmark = linux_only

PROCESSES = 2
DATE = "03-Jan-2024 09:00"


@pytest.fixture(autouse=True)
def _apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ALONE", 2)
    monkeypatch.setattr(module, "SOON", 2)
    monkeypatch.setattr(watching, "PARALLEL", PROCESSES)


@pytest.fixture(autouse=True)
def _nothing_stays() -> Iterator[None]:
    before = sockets()
    yield
    assert children(FETCH) == []
    assert waits(lambda: sockets() == before), "a socket was left open"


def looked(
    case: Case, server: Raw, progress: Progress | None = None, control: Control | None = None, **more: Any
) -> Look:
    plan = Plan(**{"url": server.url, "source": "server", "rate": 0.0, "analyze": False, **more})
    return look(case, plan, None, progress or Progress(), control)


def sound(case: Case) -> bool:
    found = case.ask(verify)
    assert found.ok, found.problems
    return True


def in_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more processes: what a look without them does is known, and it begins sooner."""
    monkeypatch.setattr(module, "SOON", 1 << 30)
    monkeypatch.setattr(module, "ALONE", 1 << 30)


def from_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even the first file in a thread."""
    monkeypatch.setattr(module, "SOON", 1)
    monkeypatch.setattr(module, "ALONE", 0)


class Thread(threading.Thread):
    """A look in a thread of its own, with what came of it."""

    def __init__(self, work: Callable[[], Look]) -> None:
        super().__init__(name="look")
        self._work = work
        self.done: Look | None = None
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self.done = self._work()
        except BaseException as error:
            self.error = error


@contextmanager
def beside(work: Callable[[], Look]) -> Iterator[Thread]:
    thread = Thread(work)
    thread.start()
    try:
        yield thread
    finally:
        thread.join(30)
        assert not thread.is_alive(), "the look did not end"


# the same as in threads


class Mixed(Many):
    """All that may come of a file."""

    def __init__(self) -> None:
        super().__init__(6)
        for name in ("第1镜.bin", "컷 2.bin", "empty.bin", "zipped.bin", "gone.bin", "no.bin", "away.bin", "twin.bin"):
            self.files[name] = (name.encode() * 9, DATE)
        self.files["empty.bin"] = (b"", DATE)
        self.files["twin.bin"] = self.files["001.bin"]
        self.files["large.bin"] = (bytes(range(256)) * 5000, DATE)

    def answer(self, asked: Asked) -> None:
        match asked.target:
            case "/zipped.bin":
                asked.answer(b"\x1f\x8b no", kind="text/plain", content_encoding="gzip")
            case "/gone.bin":
                asked.answer(b"not here", 404)
            case "/no.bin":
                asked.answer(b"", 403)
            case "/away.bin":
                asked.answer(b"", 302, location="http://192.0.2.7/elsewhere")
            case "/000.bin" | "/005.bin":
                data = self.files[asked.target[1:]][0]
                asked.answer(data, etag='"e"', last_modified="Wed, 03 Jan 2024 09:00:00 GMT")
            case _:
                super().answer(asked)


def all_of_it(case: Case) -> dict[str, list[Any]]:
    """What a case says of its look, but for ids, times and the places of records."""
    return {
        "sightings": asked(
            case,
            "SELECT path.raw, hex(object.sha256), state, size_claimed, modified, zone, precision, etag, headers "
            "FROM sighting JOIN path ON path.id = sighting.path LEFT JOIN object ON object.id = object "
            "ORDER BY sighting.id",
        ),
        "exchanges": asked(
            case,
            "SELECT purpose, method, url, status, peer, certificate, server_date, received, outcome, "
            "hex(object.sha256), body_from, body_size "
            "FROM exchange LEFT JOIN object ON object.id = object ORDER BY exchange.id",
        ),
        "warnings": asked(case, "SELECT code, arguments FROM warning ORDER BY id"),
        "records": [
            (each.type, each.payload_digest, replace(each.conversation, uid=b"", time=0))
            for placed in case.ask(_places)
            for each in unpack(io.BytesIO(case.evidence.warcs.read(placed)))
        ],
    }


def _places(reader: Reader) -> list[Placed]:
    sql = "SELECT name, start, length, sha256 FROM exchange JOIN warc ON warc.id = warc ORDER BY exchange.id"
    return [Placed(*row) for row in reader.all(sql)]


def test_a_case_shows_the_same_whoever_fetched(new_case: Callable[..., Case], monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[int]] = [[], []]
    with raw_server(Mixed().answer) as server:
        cases = [new_case("processes"), new_case("threads")]
        done = []
        for case, running in zip(cases, seen, strict=True):
            control = Control()
            done.append(replace(looked(case, server, Watching(running), control), snapshot=0))
            assert control.state.requests == done[-1].requests
            assert control.state.files_done == control.state.files_known == 15
            in_threads(monkeypatch)
    assert len(set(seen[0])) == PROCESSES
    assert seen[1] == []
    assert done[0] == done[1]
    shown = [all_of_it(case) for case in cases]
    for name in shown[0]:
        assert shown[0][name] == shown[1][name], name
        assert shown[0][name]
    assert {code for code, _ in shown[0]["warnings"]} == {
        "content-encoded", "file-gone", "file-refused-there", "redirect-elsewhere", "size-differs",
    }  # fmt: skip
    assert all(sound(case) for case in cases)


class Watching(Progress):
    """Also sees which processes fetch meanwhile."""

    def __init__(self, seen: list[int]) -> None:
        super().__init__(lambda _step: seen.extend(children(FETCH)))
        self.INTERVAL = 0.0


def test_the_second_look_asks_in_processes_too_whether_a_file_changed(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Many(8)

    def answer(asked: Asked) -> None:
        if not asked.target.endswith(".bin"):
            site.answer(asked)
        elif asked.headers.get("if-none-match") == '"1"':
            asked.answer(b"", 304, etag='"1"')
        else:
            asked.answer(site.files[asked.target[1:]][0], etag='"1"')

    with raw_server(answer) as server:
        with monkeypatch.context() as patch:
            in_threads(patch)
            looked(case, server, trust="etag")
        server.sent.clear()
        seen: list[int] = []
        done = looked(case, server, Watching(seen), trust="etag")
        assert seen
        assert sum(headers.get("if-none-match") == '"1"' for headers in server.sent) == 8
    assert (done.status, done.sightings, done.new_objects, done.changed) == ("complete", 8, 0, 0)
    assert asked(case, "SELECT rule, count(*) FROM trusted GROUP BY rule") == [("not-modified", 8)]
    assert sound(case)


def test_a_file_that_was_cut_off_goes_on_by_range_in_a_process(case: Case) -> None:
    site = Many(4)
    data = bytes(range(256)) * 8000  # as much as is worth going on with
    site.files["z.bin"] = (data, DATE)

    def answer(asked: Asked) -> None:
        if asked.target != "/z.bin":
            site.answer(asked)
        elif "range" not in asked.headers:
            asked.send(b'HTTP/1.1 200 OK\r\nETag: "z"\r\nContent-Length: %d\r\n\r\n' % len(data) + data[:1_500_000])
            asked.keep = False
        else:
            start = int(asked.headers["range"].removeprefix("bytes=").removesuffix("-"))
            said = f"bytes {start}-{len(data) - 1}/{len(data)}"
            asked.answer(data[start:], 206, etag='"z"', content_range=said)

    with raw_server(answer) as server:
        done = looked(case, server)
        (again,) = [headers for headers in server.sent if "range" in headers]
    assert (again["range"], again["if-range"]) == ("bytes=1500000-", '"z"')
    assert (done.status, done.sightings, codes(case)) == ("complete", 5, [])
    digest = hashlib.sha256(data).digest()
    assert asked(
        case,
        "SELECT status, outcome, body_from, body_size, object.sha256 FROM exchange JOIN object ON object.id = object "
        "WHERE url LIKE '%z.bin' ORDER BY exchange.id",
    ) == [(200, "network-cut-off", 0, 1_500_000, digest), (206, "done", 1_500_000, 548_000, digest)]
    assert sound(case)


# processes that end


def test_a_process_that_is_killed_is_replaced_and_nothing_is_missing(case: Case) -> None:
    site = Many(30)
    killed: list[int] = []

    def kill(asked: Asked) -> None:
        if asked.target == "/012.bin" and not killed:
            killed.extend(children(FETCH))
            for each in killed:
                os.kill(each, signal.SIGKILL)
            asked.wait(0.05)

    site.before = kill
    with raw_server(site.answer) as server:
        done = looked(case, server)
        again = len(fetched(server)) - len(set(fetched(server)))
    assert len(killed) == PROCESSES
    assert all(gone(each) for each in killed)
    assert (done.status, done.sightings, done.new_objects, codes(case)) == ("complete", 30, 30, [])
    assert again <= PROCESSES
    assert sound(case)


def test_a_process_that_always_ends_at_once_ends_the_look_with_a_sentence(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Many(12)
    with raw_server(site.answer) as server:
        with monkeypatch.context() as patch:
            start_instead(patch, sys.executable, "-c", "pass")
            with pytest.raises(UserError) as raised:
                looked(case, server)
        assert raised.value.message.code == "fetch-process-ended"
        assert raised.value.message.text() != "fetch-process-ended"
        served = set(fetched(server))
        server.asked.clear()
        in_threads(monkeypatch)
        done = looked(case, server)
        assert served
        assert not served & set(fetched(server)), "what had come is not asked for again"
    assert (done.snapshot, done.status, done.sightings) == (1, "complete", 12)


def test_a_process_that_cannot_be_started_ends_the_look_with_a_sentence(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Many(12)
    with raw_server(site.answer) as server:
        with monkeypatch.context() as patch:
            start_instead(patch, "/nonexistent/python")
            with pytest.raises(UserError) as raised:
                looked(case, server)
        assert raised.value.message.code == "process-start"
        assert raised.value.message.args == {"reason": os.strerror(2)}
        in_threads(monkeypatch)
        assert looked(case, server).status == "complete"


def test_what_a_process_noted_before_it_ended_is_not_asked_for_again(
    case: Case, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    site, mark = Many(12), tmp_path / "ended"
    say = f"""
import os
say = module.Speaker.say
def first_ends(self, header, blocks=()):
    if "fetched" in header:
        try:
            os.close(os.open({str(mark)!r}, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return say(self, header, blocks)
        os._exit(9)
    say(self, header, blocks)
module.Speaker.say = first_ends
"""
    run_instead(monkeypatch, say)
    with raw_server(site.answer) as server:
        done = looked(case, server)
        assert sorted(fetched(server)) == [f"/{name}" for name in sorted(site.files)]
    assert mark.exists()
    assert (done.status, done.sightings, done.new_objects, codes(case)) == ("complete", 12, 12, [])
    assert sound(case)


def test_a_mistake_in_a_process_comes_back_with_its_traceback(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    site = Many(6)
    with raw_server(site.answer) as server:
        with monkeypatch.context() as patch:
            run_instead(patch, "module.Fetcher._attempt = lambda *_: {}['a mistake of ours']")
            with pytest.raises(RuntimeError, match=r"(?s)Traceback.*KeyError: 'a mistake of ours'"):
                looked(case, server)
        in_threads(monkeypatch)
        assert looked(case, server).status == "complete"
    assert sound(case)


def test_a_disk_that_fails_in_a_process_is_an_error_for_the_person(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    site = Many(6)
    site.files["z.bin"] = (b"too much " * 10_000, DATE)
    with raw_server(site.answer) as server:
        with monkeypatch.context() as patch:
            run_instead(patch, "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))")
            with pytest.raises(UserError) as raised:
                looked(case, server)
        assert raised.value.message.code == "object-too-large-here"
        in_threads(monkeypatch)
        done = looked(case, server)
    assert (done.snapshot, done.status, done.sightings) == (1, "complete", 7)
    assert sound(case)


# pausing, resting, stopping


def test_a_look_that_is_paused_asks_nothing_in_its_processes_not_even_again(case: Case) -> None:
    site, control = Many(90), Control()
    refused: list[str] = []

    def answer(asked: Asked) -> None:
        asked.wait(0.02)
        if asked.target == "/012.bin" and not refused:
            refused.append(asked.target)
            asked.answer(b"", 503)  # a process asks again after a second
            control.pause()
        else:
            site.answer(asked)

    with raw_server(answer) as server, beside(lambda: looked(case, server, control=control)) as going:
        assert waits(lambda: control.paused, 10)
        time.sleep(0.7)
        before = len(server.asked)
        time.sleep(0.8)
        assert len(server.asked) == before < 90
        assert len(children(FETCH)) == PROCESSES
        control.resume()
        going.join(20)
        assert len(fetched(server)) == 91
    assert going.done is not None, going.error
    assert (going.done.status, going.done.sightings) == ("complete", 90)


def test_all_leave_a_server_alone_that_told_one_of_them_so(case: Case) -> None:
    site = Many(80)
    moments: list[float] = []
    told: list[float] = []

    def answer(asked: Asked) -> None:
        moments.append(time.monotonic())
        asked.wait(0.015)
        if asked.target == "/012.bin" and not told:
            told.append(time.monotonic())
            asked.answer(b"", 503, retry_after="1")
        else:
            site.answer(asked)

    with raw_server(answer) as server:
        done = looked(case, server)
    assert done.status == "complete"
    (at,) = told
    assert [round(each - at, 2) for each in moments if at + 0.5 < each < at + 0.95] == []
    assert any(each > at + 0.95 for each in moments)
    assert asked(case, "SELECT status, outcome FROM exchange WHERE url LIKE '%012.bin' ORDER BY id") == [
        (503, "done"), (200, "done"),
    ]  # fmt: skip


@pytest.mark.parametrize("processes", [True, False])
def test_what_a_server_answered_that_wants_a_long_rest_is_recorded(
    case: Case, monkeypatch: pytest.MonkeyPatch, processes: bool
) -> None:
    if not processes:
        in_threads(monkeypatch)
    site = Many(12)

    def answer(asked: Asked) -> None:
        if asked.target == "/008.bin":
            asked.answer(b"", 429, retry_after="3600")
        else:
            site.answer(asked)

    with raw_server(answer) as server:
        done = looked(case, server)
        assert done.paused is not None
        assert done.paused.code == "server-wants-rest"
        assert done.requests == len(server.asked)
    assert asked(case, "SELECT status, outcome FROM exchange WHERE url LIKE '%008.bin'") == [(429, "done")]
    assert sound(case)


def test_a_look_that_is_stopped_while_it_rests_keeps_what_the_server_answered(case: Case) -> None:
    site = Many(12)
    progress = Progress()

    def answer(asked: Asked) -> None:
        if asked.target == "/008.bin":
            asked.answer(b"", 503, retry_after="60")
            progress.cancel()
        else:
            site.answer(asked)

    with raw_server(answer) as server:
        with pytest.raises(Cancelled):
            looked(case, server, progress)
        asked_for = len(fetched(server))
    assert asked(case, "SELECT status FROM exchange WHERE url LIKE '%008.bin'") == [(503,)]
    assert asked(case, "SELECT count(*) FROM exchange WHERE purpose = 'file'")[0][0] >= asked_for
    assert sound(case)


def test_a_look_that_is_stopped_ends_soon_and_records_what_it_broke_off(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Many(40)
    held = site.hold_after(10)
    progress = Progress()
    with raw_server(site.answer) as server:
        with beside(lambda: looked(case, server, progress)) as going:
            for _ in range(PROCESSES):
                assert held.acquire(timeout=10)
            running = children(FETCH)
            began = time.monotonic()
            progress.cancel()
            going.join(module.GRACE)
            assert time.monotonic() - began < module.GRACE / 2
        assert isinstance(going.error, Cancelled)
        assert len(running) == PROCESSES
        assert children(FETCH) == []
        told = asked(case, "SELECT outcome, count(*) FROM exchange WHERE purpose = 'file' GROUP BY outcome ORDER BY 1")
        assert told == [("done", 10), ("look-cut-off", PROCESSES)]
        site.before = None
        whole = set(site.served)
        server.asked.clear()
        in_threads(monkeypatch)
        done = looked(case, server)
        assert not whole & set(fetched(server))
    assert (done.snapshot, done.status, done.sightings) == (1, "complete", 40)
    assert sound(case)


def test_a_process_that_lies_still_when_it_is_told_to_stop_is_killed(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GRACE", 0.3)
    site = Many(20)
    progress = Progress()
    still: list[int] = []

    def stop(asked: Asked) -> None:
        if site.whole >= 10 and not still:
            still.extend(children(FETCH))
            for each in still:
                os.kill(each, signal.SIGSTOP)
            progress.cancel()

    site.before = stop
    with raw_server(site.answer) as server:
        began = time.monotonic()
        with pytest.raises(Cancelled):
            looked(case, server, progress)
        assert time.monotonic() - began < 5
        assert still
        assert all(gone(each) for each in still)
        site.before = None
        in_threads(monkeypatch)
        assert looked(case, server).status == "complete"
    assert sound(case)


# what a process says of a server


@contextmanager
def fetching(
    case: Case, url: str, control: Control | None = None, parallel: int = 1, **terms: Any
) -> Iterator[tuple[Fetchers, Session]]:
    """Fetchers without a look around them; the program itself asks the server nothing."""
    control, check = control or Control(), Stopper(Progress().check)
    made = Terms(
        evidence=str(case.evidence.folder.resolve()), journal="look", turn=100, url=url, agent="Test/1", proxy="",
        pinned=None, attempts=1, timeouts=Timeouts(),
    )  # fmt: skip
    with closing(transport_for(url, agent="Test/1", check=check)) as transport:
        session = Session(transport, None, Pace(0, parallel, check, control), Scope(url), control, check)
        fetchers = Fetchers(
            case.evidence, session, lambda _: False, "look", 100, parallel, lambda _: (), lambda: replace(made, **terms)
        )
        with closing(fetchers):
            yield fetchers, session
            assert len(children(FETCH)) == parallel, "it was not done in processes"


def wish(url: str, number: int) -> Wish:
    target = f"{url}{number:03}.bin"
    return Wish(key_of(b"source", target.encode()), Ask("GET", target), Purpose.FILE)


def test_a_certificate_that_nobody_vouches_for_is_said_to_be_so_by_a_process(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from_the_first(monkeypatch)
    context, _, der = certificate(tmp_path, "127.0.0.1")
    digest = hashlib.sha256(der).digest()
    with raw_server(Many(3).answer, context) as server, fetching(case, server.url) as (fetchers, session):
        got = [fetchers.submit(wish(server.url, number)) for number in range(3)]
        assert all(each.result(20).stored is not None for each in got)
        assert session.untrusted == "certificate-self-signed"
        assert {one.exchange.certificate for each in got for one in each.result().exchanges} == {digest}


def test_a_process_stops_at_another_certificate_before_it_asks_anything(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from_the_first(monkeypatch)
    context, _, der = certificate(tmp_path, "127.0.0.1")
    old, new = bytes(32), hashlib.sha256(der).digest()
    with (
        raw_server(Many(3).answer, context) as server,
        fetching(case, server.url, pinned=old) as (fetchers, _),
    ):
        error = fetchers.submit(wish(server.url, 0)).exception(20)
        assert isinstance(error, NetworkError)
        assert error.message.code == "certificate-changed"
        assert error.message.args == {"old": old.hex(), "new": new.hex()}
        assert server.asked == []


def test_counts_of_processes_are_those_of_the_look(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    from_the_first(monkeypatch)
    site, control = Many(20), Control()
    with raw_server(site.answer) as server, fetching(case, server.url, control) as (fetchers, _):
        got = [fetchers.submit(wish(server.url, number)) for number in range(22)]
        results = [each.result(20) for each in got]
    state = control.state
    assert state.requests == 22
    assert state.bytes_done == sum(len(data) for data, _ in site.files.values())
    assert state.item.startswith(server.url)
    assert [each.problem is None for each in results] == [True] * 20 + [False] * 2


def test_what_is_in_the_store_already_is_not_new_although_another_process_put_it_there(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    from_the_first(monkeypatch)
    with (
        raw_server(lambda asked: asked.answer(b"the same")) as server,
        fetching(case, server.url, parallel=PROCESSES) as (fetchers, _),
    ):
        got = [fetchers.submit(wish(server.url, number)).result(20).stored for number in range(6)]
    assert [each is not None and each.new for each in got] == [True] + [False] * 5
    assert {each.sha256 for each in got if each} == {hashlib.sha256(b"the same").digest()}
