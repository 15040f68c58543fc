"""Jobs of the window: phases, progress, cancel, and an end that waits for all of them. Look-ups of addresses."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tests.making import T0, log
from workbench.case.case import Case
from workbench.core.errors import Cancelled, UserError
from workbench.core.progress import Progress
from workbench.jobs.lookup import look_up
from workbench.jobs.runner import Job, Phase, Runner
from workbench.origins.library import shipped
from workbench.queries import origins
from workbench.queries.verify import verify


def waits(progress: Progress) -> None:
    while True:
        progress.update()
        threading.Event().wait(0.005)


def test_phases() -> None:
    told: list[Phase] = []
    runner = Runner()
    runner.changed.connect(lambda job: told.append(job.phase))

    def fails(_: Progress) -> None:
        raise UserError("disk-full")

    done = runner.start("stage-store", lambda progress: progress.stage("stage-store", 3) or 7, "some files")
    assert done.future.result(5) == 7
    failed = runner.start("stage-store", fails)
    with pytest.raises(UserError):
        failed.future.result(5)
    stopped: Job[None] = runner.start("stage-store", waits)
    assert runner.busy
    stopped.cancel()
    with pytest.raises(Cancelled):
        stopped.future.result(5)
    runner.close()
    assert [each.phase for each in runner.jobs] == [Phase.DONE, Phase.FAILED, Phase.CANCELLED]
    assert [each.number for each in runner.jobs] == [1, 2, 3]
    assert done.step.total == 3
    assert not runner.busy
    assert told[-1] is Phase.CANCELLED


def test_close_stops_what_runs() -> None:
    runner = Runner()
    jobs = [runner.start("stage-store", waits) for _ in range(3)]
    runner.close()
    assert {each.phase for each in jobs} == {Phase.CANCELLED}


def test_addresses_are_asked_about_once(case: Case, tmp_path: Path) -> None:
    addresses = ["192.0.2.1", "10.0.0.1", "2001:db8::1", "1.1.1.1", "host.example"]
    log(case, [{"address": each, "path": b"/x", "time": T0} for each in addresses])
    sets = shipped()
    added = look_up(case, sets, Progress())
    assert added > 0
    assert look_up(case, sets, Progress()) == 0
    log(case, [{"address": "8.8.8.8", "path": b"/x", "time": T0}], name="b")
    assert look_up(case, sets, Progress()) > 0
    asked = case.ask(lambda reader: reader.all("SELECT count(*), count(DISTINCT address * 1000 + dataset) FROM lookup"))
    assert asked == [(5 * len(sets), 5 * len(sets))]  # a host name cannot be asked about
    assert case.ask(lambda reader: reader.value("SELECT count(*) FROM dataset")) == len(sets)
    from workbench.core.filter import Filter

    rows = {row["address"]: row for row in case.ask(lambda reader: list(origins.rows(reader, Filter())))}
    assert "private" in rows["10.0.0.1"]["labels"]
    assert rows["1.1.1.1"]["asn"] == 13335
    assert rows["host.example"]["country"] is None
    assert case.ask(verify).problems == ()
