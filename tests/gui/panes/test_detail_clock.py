"""Whose clock a modified time is of: a server's only where a server said it."""

from __future__ import annotations

import zipfile
from datetime import UTC
from pathlib import Path

import pytest

from tests.cli.running import run
from tests.cli.test_watch import script
from tests.servers.raw import raw_server
from workbench.case.case import open_case
from workbench.gui.panes import detail_words as say
from workbench.queries import detail


@pytest.mark.parametrize(
    ("kind", "label"),
    [
        ("folder", "File date on this computer"),
        ("file", "File date on this computer"),
        ("zip", "Archive says"),
        ("web", "Server says"),
    ],
)
def test_the_time_has_its_clock(tmp_path: Path, kind: str, label: str) -> None:
    case = tmp_path / "a.wbcase"
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.txt").write_text("words")
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as packed:
        packed.writestr("a.txt", "words")
    run("new", case)
    if kind == "web":
        with raw_server(script) as server:
            run("watch", case, server.url, "--rate", "0", "--once", code=None)
    else:
        run("add", case, tmp_path / {"folder": "in", "file": "in/a.txt", "zip": "in.zip"}[kind])
    with open_case(case, write=False) as opened:
        row = opened.ask(lambda reader: reader.value("SELECT max(object) FROM sighting"))
        item = opened.ask(detail.item, row)
    assert [each.label for each in say.modified(item, UTC)] == [label]
