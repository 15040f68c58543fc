"""One figure for one thing: uploads in table, detail, timeline, command line and report agree."""

from __future__ import annotations

import json
import re
from datetime import UTC
from pathlib import Path

import numpy as np
import pytest

from tests.making import T0, log
from tests.shared import shared_data
from workbench.bundle.write import write_bundle
from workbench.case.case import Case
from workbench.core.filter import Clock, Filter
from workbench.core.progress import Progress
from workbench.core.records import Action
from workbench.core.times import SECOND, Zone
from workbench.jobs import logs
from workbench.jobs.matching import match_uploads
from workbench.jobs.pool import Pool
from workbench.queries import detail, events, origins, plot, table, timeline, tree

REAL = ("apache-vhost_combined.log", "nginx-access.log", "proftpd-extended.log", "vsftpd-xferlog")
REFUSED = b'192.0.2.77 - - [05/Jan/2024:00:00:00 +0000] "PUT /dav/x.png HTTP/1.1" 403 5 "-" "UA"\n' * 3
OPEN = b'192.0.2.77 - - [05/Jan/2024:00:00:00 +0000] "PUT /dav/x.png HTTP/1.1" - 5 "-" "UA"\n'


@pytest.fixture
def real(case: Case, pool: Pool, tmp_path: Path) -> Case:
    for name in REAL:
        logs.add(case, shared_data("logs-live-servers") / name, pool, Progress(), zone="UTC")
    (tmp_path / "odd.log").write_bytes(REFUSED + OPEN)
    logs.add(case, tmp_path / "odd.log", pool, Progress())
    match_uploads(case, Progress())
    return case


def test_all_places_give_one_figure(real: Case, tmp_path: Path) -> None:
    with real.reader() as reader:
        every = [row for row in events.rows(reader, Filter(own=True)) if row["action"] == "upload"]
        done = sum(row["ok"] is True for row in every)
        failed = sum(row["ok"] is False for row in every)
        totals = table.origins(reader, Filter(own=True), Filter(own=True)).totals
        rows = list(origins.rows(reader, Filter(own=True)))
        bins = list(timeline.rows(reader, Filter(own=True), "day", Clock.EVENT, UTC))
        drawn = plot.plot(reader, Filter(own=True), Clock.EVENT)
        by_action = plot.plot(reader, Filter(own=True), Clock.EVENT, "action")
        about = [detail.address(reader, each) for each in totals.ids.tolist()]
    assert done > 30
    assert failed >= 3
    figures = {
        "origins table": int(totals.uploads.sum()),
        "origins": sum(row["uploads"] for row in rows),
        "timeline": sum(row["uploads"] for row in bins),
        "timeline drawn": len(drawn.times),
        "timeline by action": int((by_action.categories == by_action.names.index(plot.UPLOADS)).sum()),
        "detail": sum(dict(each.actions).get(Action.UPLOAD, 0) for each in about if each),
    }
    assert figures == dict.fromkeys(figures, done)
    assert sum(row["uploads_failed"] for row in rows) == failed == int(totals.failed.sum())
    assert sum(each.failed_uploads for each in about if each) == failed
    assert sum(each.open_uploads for each in about if each) == 1
    write_bundle(real, tmp_path / "out", Filter(own=True))
    record = tmp_path / "out" / "data" / "record"
    tables = {
        name: [json.loads(line) for line in (record / "tables" / f"{name}.jsonl").read_text().splitlines()]
        for name in ("origins", "timeline")
    }
    assert sum(row["uploads"] for row in tables["origins"]) == done
    assert sum(row["uploads"] for row in tables["timeline"]) == done
    report = (record / "report.html").read_text()
    assert "3 failed" in report
    shown = re.findall(
        r'<td class="num">(\d+)(?:<br><span class="dim small">\d+ failed</span>)?</td>\s*<td style', report
    )
    assert sum(map(int, shown)) == done


@pytest.mark.parametrize("count", [4_998, 4_999, 5_000, 5_001])
def test_zoneless_events_are_said_however_many_there_are(case: Case, count: int) -> None:
    some = [{"address": "192.0.2.1", "path": b"/x", "time": T0 + at * SECOND} for at in range(count)]
    some[0]["zone"] = int(Zone.UNKNOWN)
    log(case, some)
    with case.reader() as reader:
        about = detail.address(reader, 1)
        drawn = plot.plot(reader, Filter(), Clock.EVENT)
        (node,) = tree.overview(reader, Filter()).logs
    assert about is not None
    assert about.zoneless
    assert drawn.zoneless == 1
    assert node.zone == "unknown"
    assert int(np.count_nonzero(drawn.times)) == count
