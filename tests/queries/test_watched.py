"""What is known of watched sources: the latest of everything, and nothing made up where there is none."""

from __future__ import annotations

import pytest

from tests.making import T0, look
from tests.watching import START, Said, look_at, watched, week
from workbench.case.case import Case
from workbench.core.errors import UserError
from workbench.core.times import DAY
from workbench.ops import watch
from workbench.queries import watched as queries
from workbench.queries.watched import Charter, Watched


def test_a_source_that_was_never_looked_at(case: Case) -> None:
    watched(case, every="24h")
    look(case, [], source="a folder")
    assert case.ask(queries.sources) == [
        Watched(1, "server", START, "web", {"every": "24h"}, None, None, None, None, None, False, None, None, None)
    ]


def test_the_latest_of_everything(case: Case) -> None:
    _, second = week(case)
    watched(case, rate=9.0)
    case.run(watch.charter, "server", "Eve")
    found = case.ask(queries.one, "server")
    assert found == Watched(
        source=1,
        name="server",
        url=START,
        kind="web",
        options={"rate": 9.0, "robots": "obey"},
        charter=Charter("Eve", None, None, None, None, None),
        snapshot=second,
        status="complete",
        observed=T0 + DAY,
        ended=T0 + DAY + 60_000_000,
        unfinished=False,
        certificate=b"\1" * 32,
        robots_read=T0,
        missed=T0 + 3 * DAY,
    )
    third = look_at(case, [Said(START, certificate=b"\2" * 32)], day=2, status=None)
    now = case.ask(queries.one, "server")
    assert (now.snapshot, now.status, now.unfinished) == (third, None, True)
    assert now.certificate == b"\1" * 32, "a certificate that nobody accepted is not the pinned one"
    case.run(watch.decision, "server", third, "certificate", "02" * 32)
    assert case.ask(queries.one, "server").certificate == b"\2" * 32


def test_sources_stand_in_the_order_of_their_names_and_apart(case: Case) -> None:
    week(case)
    watched(case, "another", "ftp://open.example/", "ftp")
    found = case.ask(queries.sources)
    assert [(each.name, each.snapshot is None, each.missed is None) for each in found] == [
        ("another", True, True), ("server", False, False),
    ]  # fmt: skip
    with pytest.raises(UserError, match="no source called nobody"):
        case.ask(queries.one, "nobody")


def test_coverage_per_folder(case: Case) -> None:
    first, second = week(case)

    def told(snapshot: int | None = None) -> list[dict[str, object]]:
        return case.ask(lambda reader: list(queries.coverage(reader, snapshot)))

    assert told(first) == [
        {"snapshot": first, "path": None, "state": "listed", "source": "server"},
        {"snapshot": first, "path": "cut", "state": "listed", "source": "server"},
        {"snapshot": first, "path": "secret", "state": "refused", "source": "server"},
    ]
    assert told() == [*told(first), {"snapshot": second, "path": None, "state": "listed", "source": "server"}]
    with pytest.raises(UserError) as raised:
        told(77)
    assert raised.value.message.code == "no-such-snapshot"
