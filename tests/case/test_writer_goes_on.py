"""What goes wrong after an op's commit ends neither the op nor the thread that does the next one."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from workbench.case.case import create
from workbench.ops import marks

PLACES = ("workbench.case.columns.Columns.extend", "workbench.case.evidence.Evidence.remember")


@pytest.mark.parametrize("place", PLACES)
def test_an_error_after_the_commit_does_not_end_the_writer(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    allowed_log: list[str],
    place: str,
) -> None:
    allowed_log.append("what follows op")

    def broken(*_about: object) -> None:
        raise RuntimeError("broken")

    with create(tmp_path / "a.wbcase", "A", "K.") as case:
        with monkeypatch.context() as patch, caplog.at_level(logging.ERROR):
            patch.setattr(place, broken)
            patch.setattr("workbench.case.transaction.Transaction.committed", lambda _self: [("event", 1, [])])
            first = case.submit(marks.journal, "one").result(20)
        assert "broken" in caplog.text
        second = case.submit(marks.journal, "two").result(20)
        assert second.seq == first.seq + 1
        assert case.ask(lambda reader: reader.value("SELECT count(*) FROM mark WHERE kind = 'journal'")) == 2
