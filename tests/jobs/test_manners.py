"""What a look leaves alone: what a host's rules forbid or cannot be known to allow, and what lies beside the start."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.servers.raw import Asked, Raw, raw_server
from workbench.case.case import Case
from workbench.core.progress import Progress
from workbench.jobs import session
from workbench.jobs.plan import Plan
from workbench.jobs.probe import probe
from workbench.jobs.watch import Look, look
from workbench.queries.conduct import conduct

Answer = Callable[[Asked], None] | bytes | int


def index(*names: str) -> bytes:
    rows = "".join(f'<a href="{name}">{name}</a>{" " * 20}03-Jan-2024 09:00{3:>20}\n' for name in names)
    head = "<html><head><title>Index of /</title></head><body><h1>Index of /</h1><hr>"
    return f'{head}<pre><a href="../">../</a>\n{rows}</pre><hr></body></html>'.encode()


def serving(pages: Mapping[str, Answer]) -> Callable[[Asked], None]:
    def answer(asked: Asked) -> None:
        page = pages.get(asked.target, 404)
        if callable(page):
            page(asked)
        elif isinstance(page, int):
            asked.answer(b"", page)
        else:
            asked.answer(page)

    return answer


def sends_to(place: str) -> Callable[[Asked], None]:
    return lambda asked: asked.answer(b"", 302, location=place)


def drops(asked: Asked) -> None:
    asked.keep = False


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "ATTEMPTS", 1)


def looked(case: Case, url: str, **more: Any) -> Look:
    return look(case, Plan(url, "server", rate=0, analyze=False, **more), None, Progress())


def codes(case: Case, snapshot: int) -> list[str]:
    sql = "SELECT code FROM warning WHERE snapshot = ? ORDER BY id"
    return [code for (code,) in case.ask(lambda reader: reader.all(sql, (snapshot,)))]


def targets(server: Raw) -> list[str]:
    return [target for _, target in server.asked]


def test_a_host_that_cannot_say_its_rules_is_not_read_unless_they_are_ignored(case: Case) -> None:
    pages: dict[str, Answer] = {"/": index("a.txt"), "/a.txt": b"one", "/robots.txt": 503}
    with raw_server(serving(pages)) as server:
        done = looked(case, server.url)
        assert (done.status, codes(case, done.snapshot)) == ("failed", ["start-robots-unavailable"])
        assert targets(server) == ["/robots.txt"]
        assert looked(case, server.url, robots="ignore").status == "complete"
        pages["/robots.txt"] = 404
        again = looked(case, server.url)
        assert (again.status, targets(server).count("/robots.txt")) == ("complete", 3)


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_host_without_rules_forbids_nothing(case: Case, status: int) -> None:
    with raw_server(serving({"/": index("a.txt"), "/a.txt": b"one", "/robots.txt": status})) as server:
        assert looked(case, server.url).status == "complete"
        assert looked(case, server.url).status == "complete"
        assert targets(server).count("/robots.txt") == 1, "once a day is enough"


def test_a_host_that_breaks_off_at_its_rules_is_not_read(case: Case) -> None:
    with raw_server(serving({"/": index("a.txt"), "/a.txt": b"one", "/robots.txt": drops})) as server:
        done = looked(case, server.url)
        assert set(targets(server)) == {"/robots.txt"}
    (code,) = codes(case, done.snapshot)
    assert (done.status, code.startswith("network-")) == ("failed", True)


def test_the_rules_of_another_host_are_not_those_of_this_one(case: Case) -> None:
    pages = {"/": index("a.txt"), "/a.txt": b"one"}
    with raw_server(serving({**pages, "/robots.txt": b"User-agent: *\nDisallow: /other"})) as first:
        assert looked(case, first.url).status == "complete"
    with raw_server(serving({**pages, "/robots.txt": b"User-agent: *\nDisallow: /"})) as second:
        done = looked(case, second.url)
        assert (done.status, codes(case, done.snapshot)) == ("failed", ["start-robots"])
        assert targets(second) == ["/robots.txt"]


def test_rules_that_are_sent_from_elsewhere_on_the_host_are_remembered(case: Case) -> None:
    rules = b"User-agent: *\nDisallow: /a.txt\n" + b"# much is said here\n" * 80_000
    pages = {"/": index("a.txt"), "/a.txt": b"one", "/robots.txt": sends_to("/rules"), "/rules": rules}
    with raw_server(serving(pages)) as server:
        for _ in range(2):
            done = looked(case, server.url)
            assert (done.status, codes(case, done.snapshot)) == ("partial", ["robots-disallow"])
        assert sorted(set(targets(server))) == ["/", "/robots.txt", "/rules"]
        assert targets(server).count("/robots.txt") == 1


def test_a_folder_that_sends_to_a_forbidden_one_is_not_followed_there(case: Case) -> None:
    rules = b"User-agent: *\nDisallow: /secret/"
    pages = {
        "/": index("open/", "a.txt"), "/a.txt": b"one", "/robots.txt": rules,
        "/open/": sends_to("/secret/"), "/secret/": index("b.txt"),
    }  # fmt: skip
    with raw_server(serving(pages)) as server:
        done = looked(case, server.url)
        assert (done.status, codes(case, done.snapshot)) == ("partial", ["robots-disallow"])
        found = probe(case, server.url, Progress())
        assert (found.state, found.robots, found.robots_allow) == ("listing", rules.decode(), True)
        assert not any(each.startswith("/secret") for each in targets(server))
    sql = "SELECT state FROM coverage WHERE path IS NOT NULL"
    assert case.ask(lambda reader: reader.all(sql)) == [("not-reached",)]


def test_a_listing_that_stands_in_a_query_is_not_asked_for_where_that_is_forbidden(case: Case) -> None:
    with raw_server(serving({"/": b"<p>Nothing to see", "/robots.txt": b"User-agent: *\nDisallow: /*?"})) as server:
        assert looked(case, server.url).status == "failed"
        assert not any("?" in each for each in targets(server))
        looked(case, server.url, robots="ignore")
        assert any("list-type=2" in each for each in targets(server))


def test_a_probe_tells_that_nothing_may_be_read_where_the_rules_are_not_known(case: Case) -> None:
    with raw_server(serving({"/": index("open/"), "/open/": index("a.txt"), "/robots.txt": 500})) as server:
        found = probe(case, server.url, Progress())
    assert (found.state, found.robots, found.robots_allow, found.listed) == ("listing", None, False, 1)
    gone = probe(case, server.url, Progress())
    assert (gone.state, gone.robots_allow) == ("unreachable", True)


def test_a_start_that_is_sent_to_its_slash_is_that_folder_and_nothing_beside_it(case: Case) -> None:
    pages = {
        "/pub/v.php": sends_to("v.php/"), "/pub/v.php/": index("a.txt", "sub/"), "/pub/v.php/a.txt": b"one",
        "/pub/v.php/sub/": sends_to("/pub/beside/"), "/pub/beside/": index("b.txt"),
    }  # fmt: skip
    with raw_server(serving(pages)) as server:
        done = looked(case, f"{server.url}pub/v.php")
        assert codes(case, done.snapshot) == ["redirect-elsewhere"]
        assert "/pub/v.php/a.txt" in targets(server)
        assert "/pub/beside/" not in targets(server)
    assert case.ask(conduct, done.snapshot).is_clean
