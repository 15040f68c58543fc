"""How a server is watched is recorded when it differs; decisions and missed looks stand for themselves; no secrets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.watching import START, Said, look_at, watched
from workbench.case.case import Case
from workbench.core.errors import UserError
from workbench.ops import watch
from workbench.ops.watch import has_credentials
from workbench.queries import custody
from workbench.queries.verify import verify


def rows(case: Case, table: str) -> list[tuple[object, ...]]:
    return case.ask(lambda reader: reader.all(f"SELECT * FROM {table} ORDER BY id"))


def last(case: Case) -> dict[str, object]:
    return case.ask(lambda reader: list(custody.rows(reader)))[-1]


def refused(case: Case, code: str, op: object, *args: object, **more: object) -> None:
    before = case.ask(custody.head)
    with pytest.raises(UserError) as raised:
        case.run(op, *args, **more)  # type: ignore[arg-type]
    assert raised.value.message.code == code
    assert str(raised.value) != code
    assert case.ask(custody.head) == before


def test_a_source_gets_a_row_only_where_something_differs(case: Case) -> None:
    one = case.run(watch.source, "server", "web", START, {"rate": 2.0, "proxy": "socks5h://127.0.0.1:9050"}).result
    assert (
        case.run(watch.source, "server", "web", START, {"proxy": "socks5h://127.0.0.1:9050", "rate": 2.0}).result == one
    )
    assert len(rows(case, "watch")) == 1
    assert last(case)["arguments"] == {"source": "server", "kind": "web"}, "what is not recorded is not told"
    case.run(watch.source, "server", "web", START, {"rate": 1.0})
    assert last(case)["arguments"] == {"source": "server", "kind": "web", "url": START, "options": {"rate": 1.0}}
    case.run(watch.source, "server", "webdav", START, {"rate": 1.0})
    assert [row[2:] for row in rows(case, "watch")][1:] == [
        ("web", START, '{"rate":1.0}'), ("webdav", START, '{"rate":1.0}'),
    ]  # fmt: skip
    assert case.ask(verify).problems == ()


@pytest.mark.parametrize(
    "url", ["http://a:b@open.example/", "https://token@open.example/x", "ftp://:p@[::1]/", "HTTP://a:b@[broken"]
)
def test_no_user_name_and_no_password_is_kept(case: Case, url: str) -> None:
    refused(case, "watch-credentials", watch.source, "server", "web", url, {})
    refused(case, "watch-credentials", watch.source, "server", "web", START, {"proxy": url})
    refused(case, "watch-credentials", watch.source, "server", "web", START, {"proxy": "me:secret@proxy.example:1080"})
    case.run(watch.source, "server", "web", START, {"contact": "ada@example.org"})
    watch_options = ({"Rate": 1}, {"rate": [1]}, {"rate": float("nan")})
    for options in watch_options:
        refused(case, "watch-option", watch.source, "server", "web", START, options)


@given(st.text(), st.text())
def test_what_has_credentials(user: str, path: str) -> None:
    clean = "".join(sign for sign in user if sign.isalnum() and sign.isascii())
    assert has_credentials(f"http://{clean}:x@host/{path}")
    assert not has_credentials(f"http://host/{clean}@{clean}")


def test_the_latest_charter_counts_and_an_empty_one_is_none(case: Case) -> None:
    watched(case)
    case.run(watch.charter, "server", "  Ada ", "Because")
    case.run(watch.charter, "server", basis="§ 1\nand more", connection="A proxy abroad")
    assert [row[1:] for row in rows(case, "charter")] == [
        (1, "Ada", "Because", None, None, None, None),
        (1, None, None, None, "§ 1\nand more", None, "A proxy abroad"),
    ]
    assert last(case)["arguments"] == {"source": "server", "fields": ["basis", "connection"]}
    refused(case, "charter-empty", watch.charter, "server", " ", "\n")
    refused(case, "charter-text", watch.charter, "server", "a\0b")
    refused(case, "charter-text", watch.charter, "server", "\ud800")
    refused(case, "charter-text", watch.charter, "server", "x" * (watch.LONGEST + 1))
    refused(case, "watch-no-source", watch.charter, "elsewhere", "Ada")
    assert case.ask(verify).problems == ()


def test_decisions(case: Case) -> None:
    watched(case)
    watched(case, "other")
    look = look_at(case, [Said(START)])
    case.run(watch.decision, "server", None, "robots", "ignore")
    case.run(watch.decision, "server", look, "certificate", ":".join(["AB"] * 32))
    case.run(watch.decision, "server", look, "limit", "go on to 10 GB")
    assert [row[1:] for row in rows(case, "decision")] == [
        (1, None, "robots", "ignore"), (1, look, "certificate", "ab" * 32), (1, look, "limit", "go on to 10 GB"),
    ]  # fmt: skip
    assert last(case)["arguments"] == {
        "source": "server", "snapshot": look, "kind": "limit", "value": "go on to 10 GB",
    }  # fmt: skip
    refused(case, "watch-decision", watch.decision, "server", None, "robots", "perhaps")
    refused(case, "watch-decision", watch.decision, "server", None, "certificate", "ab")
    refused(case, "watch-decision", watch.decision, "server", None, "Odd kind", "x")
    refused(case, "watch-decision", watch.decision, "server", None, "limit", "")
    refused(case, "watch-decision", watch.decision, "server", None, "limit", "a\nb")
    refused(case, "watch-not-its-look", watch.decision, "other", look, "limit", "x")
    refused(case, "watch-not-its-look", watch.decision, "server", 99, "limit", "x")
    refused(case, "watch-no-source", watch.decision, "nobody", None, "robots", "obey")
    assert case.ask(verify).problems == ()


def test_a_look_is_confirmed_when_it_has_ended(case: Case) -> None:
    watched(case)
    done, under_way = look_at(case, [Said(START)]), look_at(case, [Said(START)], day=1, status=None)
    refused(case, "watch-look-open", watch.confirm, under_way)
    refused(case, "watch-no-look", watch.confirm, 99)
    case.run(watch.confirm, done)
    assert rows(case, "decision") == [(1, 1, done, "conduct", watch.NOTHING_BYPASSED)]
    assert last(case)["arguments"] == {"source": "server", "snapshot": done, "value": "nothing-bypassed"}


def test_a_missed_look_is_missed_once(case: Case) -> None:
    watched(case)
    assert case.run(watch.missed, "server", [30, 10, 10]).result == 2
    assert case.run(watch.missed, "server", [10, 20]).result == 1
    assert case.run(watch.missed, "server", [20]).result == 0
    assert [row[2] for row in rows(case, "missed")] == [10, 30, 20]
    refused(case, "watch-no-source", watch.missed, "nobody", [1])
    assert case.ask(verify).problems == ()
