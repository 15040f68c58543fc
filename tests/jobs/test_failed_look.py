"""A look that is known to have failed is recorded as failed, with what it got before."""

from __future__ import annotations

from pathlib import Path

from workbench.case.case import Case
from workbench.core.filter import Filter
from workbench.core.messages import Message
from workbench.core.progress import Progress
from workbench.core.records import Status
from workbench.jobs import intake
from workbench.jobs.pool import Pool
from workbench.queries import events, files


def test_a_failed_look_keeps_what_it_got(case: Case, pool: Pool, tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    (source / "a.txt").write_text("x")
    failure = Message("look-failed", {"reason": "no answer"})
    done = intake.add(case, [source], intake.Order(scope="complete", failed=failure), pool, Progress())
    assert (done.status, done.sightings, done.warnings) == (Status.FAILED, 1, 1)
    with case.reader() as reader:
        assert [row["path"] for row in files.sightings(reader, Filter())] == ["a.txt"]
        assert [row["code"] for row in events.rejects(reader)] == ["look-failed"]
