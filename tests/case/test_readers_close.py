"""Closing the readers waits for them, but not for ever."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest

from workbench.case import readers
from workbench.case.case import create
from workbench.case.readers import Reader


def test_a_query_that_cannot_be_interrupted_does_not_hold_the_close(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, allowed_log: list[str]
) -> None:
    allowed_log.append("did not end with its case")
    begun, let_go = threading.Event(), threading.Event()

    def stuck(_reader: Reader) -> None:
        begun.set()
        let_go.wait(60)

    monkeypatch.setattr(readers, "PATIENCE_S", 0.05)
    case = create(tmp_path / "a.wbcase", "A", "K.")
    case.read(stuck)
    assert begun.wait(30)
    closing = threading.Thread(target=case.close)
    with caplog.at_level(logging.WARNING):
        closing.start()
        closing.join(20)
        ended = not closing.is_alive()
        let_go.set()
        closing.join(30)
    assert ended
    assert "did not end with its case" in caplog.text
    for thread in threading.enumerate():
        if thread.name.startswith("case-reader"):
            thread.join(30)
