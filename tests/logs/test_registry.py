"""Every registered format is found by its own lines, and by nobody else's."""

from __future__ import annotations

import pytest

from tests.logs.rows import rows
from workbench.core.records import Action
from workbench.logs.registry import FORMATS, detect, parse_chunk

SAMPLES: dict[str, tuple[bytes, str]] = {
    "combined": (
        b'192.0.2.7 - - [22/Nov/2026:14:30:4%d +0000] "PUT /a/%d.png HTTP/1.1" 201 12 "-" "curl/8"\n',
        "/a/3.png",
    ),
    "xferlog": (
        b"Sun Nov 22 14:30:4%d 2026 0 192.0.2.7 77 /srv/%d.png b _ i r wang ftp 0 * c\n",
        "/srv/3.png",
    ),
    "ftp-extended": (
        b'192.0.2.7 UNKNOWN wang [22/Nov/2026:14:30:4%d +0000] "STOR %d.png" 226 77\n',
        "3.png",
    ),
}
"""By name of the format: a line with a place for two digits, and the path of the line with the digit 3."""


@pytest.mark.parametrize("name", [each.name for each in FORMATS])
def test_a_format_is_found_by_its_lines_and_reads_them(name: str) -> None:
    line, path = SAMPLES[name]
    log = b"".join(line % (digit, digit) for digit in range(6))
    found = detect(log)
    assert found is not None
    assert (found.name, found.score) == (name, 1)
    batch = parse_chunk(name, log)
    assert not batch.rejects
    event = rows(batch)[3]
    assert (event["address"], event["action"], event["path"]) == ("192.0.2.7", Action.UPLOAD, path.encode())
    others = {each.name: each.fit(log) for each in FORMATS if each.name != name}
    assert all(share < found.score for share in others.values()), others
