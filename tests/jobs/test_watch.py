"""Looks at a server by the library: what is agreed on before, what is trusted, what a person decides, what is kept."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.servers.raw import Asked, Raw, raw_server
from workbench.case.case import Case
from workbench.case.readers import Reader
from workbench.core.errors import Cancelled, UserError
from workbench.core.filter import Filter
from workbench.core.messages import Message
from workbench.core.progress import Progress
from workbench.core.times import DAY, HOUR, now
from workbench.jobs.control import Control
from workbench.jobs.plan import Plan
from workbench.jobs.pool import Pool
from workbench.jobs.probe import probe
from workbench.jobs.watch import Look, default_name, look
from workbench.jobs.watching import catch_up
from workbench.ops import watch as ops
from workbench.queries import watched
from workbench.queries.files import sightings


class Site:
    """A folder of files that lists itself as nginx does. `files` is name to (content, date)."""

    def __init__(self) -> None:
        self.files: dict[str, tuple[bytes, str]] = {
            "第1镜.txt": (b"one", "03-Jan-2024 09:00"),
            "컷 2.txt": (b"two two", "03-Jan-2024 09:01"),
            "c.txt": (b"three three three", "04-Jan-2024 10:00"),
        }
        self.robots: str | None = None
        self.before: Any = None
        """Called before each answer."""

    def answer(self, asked: Asked) -> None:
        if self.before is not None:
            self.before(asked)
        if asked.target == "/robots.txt":
            if self.robots is None:
                asked.answer(b"", 404)
            else:
                asked.answer(self.robots.encode(), kind="text/plain")
        elif asked.target == "/":
            asked.answer(self.listing())
        else:
            from urllib.parse import unquote

            found = self.files.get(unquote(asked.target[1:]))
            if found is None:
                asked.answer(b"", 404)
            else:
                asked.answer(found[0], kind="text/plain")

    def listing(self) -> bytes:
        from urllib.parse import quote

        lines = "".join(
            f'<a href="{quote(name)}">{name}</a>{" " * 20}{date}{len(data):>20}\n'
            for name, (data, date) in self.files.items()
        )
        return (
            f"<html>\r\n<head><title>Index of /</title></head>\r\n<body>\r\n<h1>Index of /</h1><hr>"
            f'<pre><a href="../">../</a>\n{lines}</pre><hr></body>\r\n</html>\r\n'
        ).encode()


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def server(site: Site) -> Iterator[Raw]:
    with raw_server(site.answer) as server:
        yield server


def looked(case: Case, server: Raw, control: Control | None = None, **more: Any) -> Look:
    plan = Plan(**{"url": server.url, "source": "server", "rate": 0.0, "analyze": False, **more})
    return look(case, plan, None, Progress(), control)


def rows(reader: Reader, sql: str) -> list[tuple[Any, ...]]:
    return reader.all(sql)


def asked(case: Case, sql: str) -> list[tuple[Any, ...]]:
    return case.ask(rows, sql)


def codes(case: Case) -> list[str]:
    return [code for (code,) in asked(case, "SELECT code FROM warning ORDER BY id")]


def fetched(server: Raw) -> list[str]:
    return [target for _, target in server.asked if target not in ("/", "/robots.txt")]


# before a look


def test_a_source_gets_its_charter_before_anything_is_asked_of_it(case: Case, server: Raw, site: Site) -> None:
    charters: list[int] = []
    site.before = lambda _asked: charters.append(len(asked(case, "SELECT 1 FROM charter")))
    looked(case, server)
    assert set(charters) == {1}
    found = case.ask(watched.one, "server")
    assert found.charter is not None
    assert (found.charter.who, found.charter.why) == ("Examiner", None)
    assert (found.kind, found.url, found.options["trust"]) == ("web", server.url, "listing")


def test_a_charter_that_was_written_stays(case: Case, server: Raw) -> None:
    from workbench.ops import intake

    case.run(intake.source, "server", "server")
    case.run(ops.charter, "server", who="K.", why="조사", basis="public interest")
    looked(case, server)
    found = case.ask(watched.one, "server").charter
    assert found is not None
    assert (found.who, found.why) == ("K.", "조사")


def test_an_unusable_address_changes_nothing(case: Case) -> None:
    before = asked(case, "SELECT max(seq) FROM op")
    for url in ("file:///etc/", "http://u:p@127.0.0.1/", ""):
        with pytest.raises(UserError):
            look(case, Plan(url), None, Progress())
    assert asked(case, "SELECT max(seq) FROM op") == before


def test_two_looks_at_one_source_do_not_run_at_a_time(case: Case, server: Raw, site: Site) -> None:
    refused: list[str] = []

    def again(_asked: Asked) -> None:
        site.before = None
        with pytest.raises(UserError) as raised:
            looked(case, server)
        refused.append(raised.value.message.code)

    site.before = again
    assert looked(case, server).status == "complete"
    assert refused == ["watch-running"]


# what a look says


def test_a_look_tells_what_it_came_to(case: Case, server: Raw, pool: Pool) -> None:
    done = look(case, Plan(server.url, rate=0), pool, Progress())
    assert (done.status, done.sightings, done.new_objects, done.warnings, done.requests) == ("complete", 3, 3, 0, 5)
    assert default_name(server.url) == f"127.0.0.1:{server.port}"
    assert asked(case, "SELECT count(*) FROM analysis WHERE analyzer = 'type'") == [(3,)]


def test_the_second_look_costs_one_listing(case: Case, server: Raw) -> None:
    looked(case, server)
    server.asked.clear()
    done = looked(case, server)
    assert server.asked == [("GET", "/")]
    assert (done.sightings, done.new_objects, done.requests) == (3, 0, 1)
    assert asked(case, "SELECT rule, count(*) FROM trusted GROUP BY rule") == [("size-time", 3)]
    shown = [dict(each) for each in case.ask(lambda reader: list(sightings(reader, Filter())))]
    firsts, seconds = shown[:3], shown[3:]
    for one, two in zip(firsts, seconds, strict=True):
        assert (one["path"], one["sha256"], one["modified"]) == (two["path"], two["sha256"], two["modified"])
        assert two["record"] != one["record"]


def test_the_same_page_is_kept_once(case: Case, server: Raw) -> None:
    looked(case, server)
    looked(case, server)
    first, second = asked(case, "SELECT length FROM exchange WHERE purpose = 'listing' ORDER BY id")
    assert second[0] < first[0] + 200
    from workbench.queries.harvest import last_page
    from workbench.sources.warcread import unpack

    kept = case.ask(last_page, 2, "GET", server.url)
    assert kept is not None
    import io

    (record,) = [
        each
        for each in unpack(io.BytesIO(case.evidence.warcs.read(kept.placed)))
        if each.type in ("revisit", "response")
    ]
    assert record.type == "revisit"
    assert record.conversation.earlier is not None


def test_a_file_that_kept_its_size_and_time_is_found_out_by_checking(case: Case, server: Raw, site: Site) -> None:
    looked(case, server)
    name, (_, date) = "c.txt", site.files["c.txt"]
    site.files[name] = (b"THREE three three", date)
    trusting = looked(case, server)
    assert (trusting.changed, trusting.warnings) == (0, 0)
    checking = looked(case, server, recheck=1.0)
    assert checking.changed == 1
    assert codes(case) == ["trust-broken"]
    assert asked(case, "SELECT same, count(*) FROM recheck GROUP BY same ORDER BY same") == [(0, 1), (1, 2)]
    assert asked(case, "SELECT DISTINCT purpose FROM exchange WHERE snapshot = 3 AND url LIKE '%.txt'") == [("check",)]


def test_with_never_everything_is_fetched_again(case: Case, server: Raw) -> None:
    looked(case, server)
    server.asked.clear()
    done = looked(case, server, trust="never")
    assert len(fetched(server)) == 3
    assert (done.new_objects, asked(case, "SELECT count(*) FROM trusted")) == (0, [(0,)])


def test_list_only_fetches_nothing_and_is_complete(case: Case, server: Raw) -> None:
    done = looked(case, server, list_only=True)
    assert (done.status, done.sightings, done.warnings, fetched(server)) == ("complete", 3, 0, [])
    assert asked(case, "SELECT DISTINCT state FROM sighting") == [("not-fetched",)]


# limits and rules


def test_the_limit_of_files_leaves_the_rest_listed(case: Case, server: Raw) -> None:
    done = looked(case, server, limit_files=2)
    assert (done.status, done.sightings, done.new_objects) == ("partial", 3, 2)
    assert codes(case) == ["limit-reached"]


def test_whoever_can_be_asked_is_asked_before_more_is_fetched(case: Case, server: Raw) -> None:
    questions: list[Message] = []

    def yes(message: Message) -> bool:
        questions.append(message)
        return True

    done = looked(case, server, Control(yes), limit_bytes=10)
    assert (done.status, done.new_objects) == ("complete", 3)
    assert [each.code for each in questions] == ["limit-question"]
    assert questions[0].args["files"] == 2

    site_again = looked(case, server, Control(lambda _: False), limit_bytes=10, trust="never")
    assert site_again.status == "partial"


def test_robots_rules_hold_a_file_back_or_are_ignored_by_decision(case: Case, server: Raw, site: Site) -> None:
    site.robots = "User-agent: *\nDisallow: /c.txt\n"
    done = looked(case, server)
    assert (done.status, codes(case), "/c.txt" in fetched(server)) == ("partial", ["robots-disallow"], False)
    ignoring = looked(case, server, robots="ignore")
    assert ignoring.status == "complete"
    assert "/c.txt" in fetched(server)
    assert case.ask(watched.one, "server").options["robots"] == "ignore"
    assert asked(case, "SELECT kind, value FROM decision") == [("robots", "ignore")]
    assert [target for _, target in server.asked].count("/robots.txt") == 1, "once a day is enough"


def test_robots_rules_against_the_start_end_the_look(case: Case, server: Raw, site: Site) -> None:
    site.robots = "User-agent: *\nDisallow: /\n"
    done = looked(case, server)
    assert (done.status, done.sightings, codes(case)) == ("failed", 0, ["start-robots"])
    assert asked(case, "SELECT path, state FROM coverage") == [(None, "not-reached")]
    assert server.asked == [("GET", "/robots.txt")]


# ending and going on


def test_what_was_cut_off_goes_on_without_asking_twice(case: Case, server: Raw, site: Site) -> None:
    progress = Progress()
    count = 0

    def stop_at_the_second_file(asked: Asked) -> None:
        nonlocal count
        count += asked.target.endswith(".txt") and asked.target != "/robots.txt"
        if count == 2:
            progress.cancel()

    site.before = stop_at_the_second_file
    with pytest.raises(Cancelled):
        look(case, Plan(server.url, "server", rate=500, analyze=False), None, progress)
    assert asked(case, "SELECT count(*) FROM snapshot_end") == [(0,)]
    site.before = None
    server.asked.clear()
    done = looked(case, server)
    assert (done.snapshot, done.status, done.sightings) == (1, "complete", 3)
    assert ("GET", "/") not in server.asked, "the listing is taken from the record"
    assert asked(case, "SELECT name, count(*) FROM op WHERE name = 'intake.resume' GROUP BY name") == [
        ("intake.resume", 1)
    ]


def test_a_look_that_was_cut_off_long_ago_is_ended_and_not_gone_on_with(
    case: Case, server: Raw, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workbench.jobs import watch as module

    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        look(case, Plan(server.url, "server", rate=0, analyze=False), None, progress)
    monkeypatch.setattr(module, "STALE", -HOUR)
    done = looked(case, server)
    assert (done.snapshot, done.status) == (2, "complete")
    assert asked(case, "SELECT snapshot, status FROM snapshot_end ORDER BY id") == [(1, "partial"), (2, "complete")]
    assert codes(case) == ["look-abandoned"]


def test_a_server_that_is_not_there_is_a_failed_look(case: Case, server: Raw) -> None:
    gone = Plan(f"http://127.0.0.1:{free_port()}/", "gone", rate=0, analyze=False)
    control = Control()
    progress = Progress()
    from workbench.jobs import session as module

    before, module.ATTEMPTS = module.ATTEMPTS, 1
    try:
        done = look(case, gone, None, progress, control)
    finally:
        module.ATTEMPTS = before
    assert (done.status, done.sightings, done.failed) == ("failed", 0, 1)
    assert codes(case) == ["network-refused"]
    assert asked(case, "SELECT outcome, status FROM exchange") == [("network-refused", None)]


def free_port() -> int:
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_a_paused_look_asks_nothing_until_it_goes_on(case: Case, server: Raw) -> None:
    control = Control()
    control.pause()
    done: list[Look] = []
    thread = threading.Thread(target=lambda: done.append(looked(case, server, control)))
    thread.start()
    thread.join(0.5)
    assert server.asked == []
    control.resume()
    thread.join(20)
    assert done[0].status == "complete"
    assert control.state.files_done == 3


# keeping watch


def test_missed_looks_are_recorded_once(case: Case, server: Raw) -> None:
    assert catch_up(case, "server", now()).is_due(now())
    looked(case, server, every=86_400)
    moment = now()
    soon = catch_up(case, "server", moment)
    assert soon.next is not None
    assert not soon.is_due(moment)
    late = moment + 3 * DAY
    for _ in range(2):
        assert catch_up(case, "server", late).is_due(late)
    assert asked(case, "SELECT count(*) FROM missed") == [(2,)]
    catch_up(case, "server", late + DAY)
    assert asked(case, "SELECT count(*) FROM missed") == [(3,)]


# probing


def test_a_probe_tells_what_is_there_and_is_recorded(case: Case, server: Raw, site: Site) -> None:
    site.robots = "User-agent: *\nDisallow: /private/\n"
    found = probe(case, server.url, Progress())
    assert (found.state, found.kind, found.format, found.files, found.folders) == ("listing", "web", "nginx", 3, 0)
    assert (found.size, found.sizes_known, found.listed, found.unlisted) == (27, True, 1, 0)
    assert [each.name.decode() for each in found.entries] == list(site.files)
    assert found.robots is not None
    assert found.robots_allow
    assert fetched(server) == []
    assert asked(case, "SELECT purpose, snapshot, status FROM exchange ORDER BY id") == [
        ("robots", None, 200), ("probe", None, 200),
    ]  # fmt: skip
    assert asked(case, "SELECT count(*) FROM source") == [(0,)]


@pytest.mark.parametrize(
    ("status", "body", "state"),
    [
        (403, b"", "refused"),
        (200, b"<html><body><form><input type=password></form></body></html>", "login"),
        (200, b"<html><body><p>Welcome to our home page</p></body></html>", "not-understood"),
        (404, b"", "not-understood"),
    ],
)
def test_a_probe_says_why_there_is_nothing(case: Case, status: int, body: bytes, state: str) -> None:
    with raw_server(lambda asked: asked.answer(body, status)) as server:
        found = probe(case, server.url, Progress())
    assert found.state == state
    assert found.message is not None
    assert found.message.text()


def test_evidence_stays_in_its_folder(case: Case, server: Raw, tmp_path: Path) -> None:
    before = {each for each in tmp_path.rglob("*") if ".evidence" not in str(each)}
    looked(case, server)
    assert {each for each in tmp_path.rglob("*") if ".evidence" not in str(each)} - before <= {
        case.path.with_name(case.path.name + ending) for ending in ("-wal", "-shm")
    }
