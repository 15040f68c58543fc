"""ProFTPD's extended log: a common line whose requests are FTP commands."""

from __future__ import annotations

import pytest

from tests.logs.rows import one
from workbench.core.records import Action


@pytest.mark.parametrize(
    ("command", "status", "action", "ok", "path", "sent", "received"),
    [
        ("STOR 满意啦？ 5.tga", 226, Action.UPLOAD, 1, "满意啦？ 5.tga", None, 21047),
        ("STOR a.tga", 550, Action.UPLOAD, 0, "a.tga", None, 21047),
        ("RETR /b.tga", 226, Action.DOWNLOAD, 1, "/b.tga", 21047, None),
        ("DELE b.tga", 250, Action.DELETE, 1, "b.tga", 21047, None),
        ("RNTO c.tga", 250, Action.MOVE, 1, "c.tga", 21047, None),
        ("LIST", 226, Action.LIST, 1, None, 21047, None),
        ("USER wang", 331, Action.OTHER, 1, None, 21047, None),
        ("PASS (hidden)", 230, Action.LOGIN, 1, None, 21047, None),
        ("PASS (hidden)", 530, Action.LOGIN_FAILED, 0, None, 21047, None),
        ("PASS (hidden)", 332, Action.OTHER, 1, None, 21047, None),
    ],
)
def test_commands_say_what_was_done(
    command: str, status: int, action: Action, ok: int, path: str | None, sent: int | None, received: int | None
) -> None:
    line = f'192.0.2.33 UNKNOWN wang [22/Nov/2026:14:30:46 +0100] "{command}" {status} 21047\n'
    row = one("ftp-extended", line.encode())
    assert (row["action"], row["ok"], row["sent"], row["received"]) == (action, ok, sent, received)
    assert row["path"] == (None if path is None else path.encode())
    assert (row["user"], row["time"], row["salvaged"]) == ("wang", "2026-11-22T13:30:46.000000Z", 0)


def test_http_is_not_ftp() -> None:
    row = one("ftp-extended", b'192.0.2.33 - - [22/Nov/2026:14:30:46 +0100] "GET / HTTP/1.1" 200 1')
    assert row["method"] is None
