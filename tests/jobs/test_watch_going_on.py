"""What must hold when a look is broken off, cut off, refused, or lied to, and is gone on with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.jobs.test_watch import Site, asked, codes, fetched, looked
from tests.servers.raw import Asked, Raw, raw_server
from workbench.case.case import Case
from workbench.case.uids import uuid7
from workbench.core.errors import Cancelled
from workbench.core.progress import Progress
from workbench.core.times import HOUR
from workbench.jobs import session as sessions
from workbench.jobs import watch as watching
from workbench.jobs.control import Control, Stopper
from workbench.jobs.pace import Pace
from workbench.jobs.plan import Plan
from workbench.jobs.probe import probe
from workbench.jobs.scope import Scope
from workbench.jobs.session import Session
from workbench.jobs.watch import look
from workbench.queries.verify import verify
from workbench.sources.remote import Ask, Certificate


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def server(site: Site) -> Iterator[Raw]:
    with raw_server(site.answer) as server:
        yield server


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "ATTEMPTS", 1)


def cancelled_look(case: Case, server: Raw, progress: Progress, **more: Any) -> None:
    with pytest.raises(Cancelled):
        look(case, Plan(server.url, "server", analyze=False, **more), None, progress)


def sound(case: Case) -> bool:
    found = case.ask(verify)
    assert found.ok, found.problems
    return True


def test_an_object_that_is_not_as_long_as_listed_is_not_trusted(case: Case, server: Raw, site: Site) -> None:
    whole, _ = site.files["c.txt"]
    short = True

    def answer(asked: Asked) -> None:
        if asked.target == "/c.txt" and short:
            asked.answer(whole[:5], kind="text/plain")
        else:
            site.answer(asked)

    with raw_server(answer) as lying:
        looked(case, lying)
        assert codes(case) == ["size-differs"]
        short = False
        lying.asked.clear()
        done = looked(case, lying)
        assert fetched(lying) == ["/c.txt"]
        assert (done.changed, done.new_objects) == (1, 1)


def test_what_has_come_when_a_look_is_stopped_does_not_come_again(case: Case, server: Raw, site: Site) -> None:
    site.files |= {f"{number:02}.txt": (b"%d" % number, "03-Jan-2024 09:00") for number in range(12)}
    progress = Progress()
    seen = 0

    def stop(asked: Asked) -> None:
        nonlocal seen
        seen += asked.target.endswith(".txt") and asked.target != "/robots.txt"
        if seen == 9:
            progress.cancel()

    site.before = stop
    cancelled_look(case, server, progress, rate=0)
    told = asked(case, "SELECT count(*) FROM exchange WHERE purpose = 'file'")[0][0]
    recorded = asked(case, "SELECT count(*) FROM sighting")[0][0]
    assert told >= len(fetched(server)), "every request is recorded, and those that may have gone out"
    assert recorded >= 4
    site.before = None
    server.asked.clear()
    done = looked(case, server)
    assert (done.status, done.sightings) == ("complete", 15)
    assert len(fetched(server)) == 15 - recorded
    assert sound(case)


def test_a_listing_that_was_cut_off_is_asked_for_again(case: Case, site: Site) -> None:
    progress = Progress()
    tries = 0

    def answer(asked: Asked) -> None:
        nonlocal tries
        if asked.target == "/":
            tries += 1
            if tries == 1:
                asked.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n<html>")
                progress.cancel()
                raise ConnectionAbortedError
        site.answer(asked)

    with raw_server(answer) as server:
        cancelled_look(case, server, progress, rate=0)
        done = looked(case, server)
    assert (done.snapshot, done.status, done.sightings) == (1, "complete", 3)


def test_robots_rules_that_cannot_be_unpacked_stop_no_look(case: Case, site: Site) -> None:
    def answer(asked: Asked) -> None:
        if asked.target == "/robots.txt":
            asked.answer(b"\x0b\x02\x80", kind="text/plain", content_encoding="br")
        else:
            site.answer(asked)

    with raw_server(answer) as server:
        first, second = looked(case, server), looked(case, server)
    assert first.paused is None
    assert second.paused is None
    assert (first.sightings, second.sightings) in ((3, 3), (0, 0))


def test_a_refused_folder_is_not_asked_for_again_when_a_look_goes_on(case: Case, site: Site) -> None:
    progress = Progress()
    page = site.listing().replace(b'<a href="../">../</a>\n', b'<a href="../">../</a>\n<a href="no/">no/</a>\n')

    def answer(asked: Asked) -> None:
        if asked.target == "/":
            asked.answer(page)
        elif asked.target == "/no/":
            asked.answer(b"", 403)
            progress.cancel()
        else:
            site.answer(asked)

    with raw_server(answer) as server:
        cancelled_look(case, server, progress, rate=500)
        looked(case, server)
        assert server.asked.count(("GET", "/no/")) == 1
    assert asked(case, "SELECT count(*) FROM coverage WHERE state = 'refused'") == [(1,)]


def test_limits_hold_for_a_look_and_not_for_each_run_of_it(case: Case, server: Raw, site: Site) -> None:
    site.files |= {f"{number:02}.txt": (b"%d" % number, "03-Jan-2024 09:00") for number in range(9)}
    progress = Progress()

    def stop(asked: Asked) -> None:
        if len(fetched(server)) == 2:
            progress.cancel()

    site.before = stop
    cancelled_look(case, server, progress, rate=500, limit_files=4)
    site.before = None
    done = looked(case, server, limit_files=4)
    assert done.status == "partial"
    assert asked(case, "SELECT count(*) FROM sighting WHERE object IS NOT NULL")[0][0] <= 4


def test_an_abandoned_look_leaves_sound_records(
    case: Case, server: Raw, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    progress = Progress()
    site.before = lambda asked: progress.cancel() if asked.target == "/c.txt" else None
    cancelled_look(case, server, progress, rate=500)
    site.before = None
    for torn in (case.evidence.folder / "warc").iterdir():
        torn.chmod(0o600)
        torn.write_bytes(torn.read_bytes() + b"half a record")
    last = asked(case, "SELECT max(time + took) FROM exchange")[0][0]
    monkeypatch.setattr(watching, "STALE", -HOUR)
    assert looked(case, server).snapshot == 2
    assert asked(case, "SELECT ended FROM snapshot_end WHERE snapshot = 1") == [(last,)]
    assert sound(case)


def test_a_server_that_wants_a_long_rest_pauses_the_look(case: Case, server: Raw, site: Site) -> None:
    busy = True

    def answer(asked: Asked) -> None:
        if busy and asked.target == "/c.txt":
            asked.answer(b"", 429, retry_after="3600")
        else:
            site.answer(asked)

    with raw_server(answer) as resting:
        waiting = looked(case, resting)
        assert waiting.paused is not None
        assert waiting.paused.code == "server-wants-rest"
        assert asked(case, "SELECT count(*) FROM snapshot_end") == [(0,)]
        busy = False
        done = looked(case, resting)
        assert (done.snapshot, done.status, done.paused) == (waiting.snapshot, "complete", None)


def test_a_probe_that_is_stopped_is_recorded_all_the_same(case: Case, site: Site) -> None:
    progress = Progress()

    def answer(asked: Asked) -> None:
        if asked.target == "/":
            progress.cancel()
            asked.wait(1)
        site.answer(asked)

    with raw_server(answer) as server, pytest.raises(Cancelled):
        probe(case, server.url, progress)
    told = [("robots", "done"), ("probe", "look-cut-off")]
    assert asked(case, "SELECT purpose, outcome FROM exchange ORDER BY id") == told
    assert sound(case)


def test_the_first_certificate_is_the_one_that_is_asked_for_from_then_on(case: Case) -> None:
    class Carrier:
        pinned: bytes | None = None

        def open(self, ask: Ask) -> Any:
            class Answer:
                certificate = Certificate(b"\1" * 32, "certificate-self-signed")

            return Answer()

        def pin(self, sha256: bytes | None) -> None:
            self.pinned = sha256

        def close(self) -> None: ...

    carrier, control, check = Carrier(), Control(), Stopper(Progress().check)
    warc = case.evidence.warcs.create("look")
    session = Session(carrier, warc, Pace(0, 1, check, control), Scope("https://x/"), control, check)
    session._open(Ask("GET", "https://x/"))
    warc.close()
    assert carrier.pinned == b"\1" * 32
    assert session.untrusted == "certificate-self-signed"
    assert len(uuid7()) == 16


def test_a_stopper_ends_what_waits_although_the_job_goes_on() -> None:
    progress = Progress()
    check = Stopper(progress.check)
    check()
    check.stop()
    with pytest.raises(Cancelled):
        check()
    progress.check()
