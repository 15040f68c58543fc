"""Looks at a server as they stand in a case: exchanges with their WARC records, made here by hand (WARC 1.1)."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from tests.making import T0, look, sighted, stored
from workbench.case.case import Case
from workbench.case.uids import shown, uuid7
from workbench.case.warcstore import WarcFile
from workbench.core.records import Coverage, Exchange, Folder, Noted, Placed, Purpose, Sighted, Status
from workbench.core.times import DAY, rfc3339
from workbench.ops import intake, watch

START = "https://open.example/store/"
NOWHERE = Placed("", 0, 0, b"")


def record(kind: str, uid: bytes, url: str, time: int, content: bytes, *more: str) -> bytes:
    """One record as a gzip member of its own."""
    media = "application/warc-fields" if kind == "warcinfo" else f"application/http;msgtype={kind}"
    head = [
        "WARC/1.1", f"WARC-Type: {kind}", f"WARC-Record-ID: <urn:uuid:{shown(uid)}>", f"WARC-Date: {rfc3339(time)}",
        *([] if kind == "warcinfo" else [f"WARC-Target-URI: {url}"]), f"Content-Type: {media}",
        f"Content-Length: {len(content)}", *more,
    ]  # fmt: skip
    return gzip.compress("\r\n".join(head).encode() + b"\r\n\r\n" + content + b"\r\n\r\n", mtime=0)


@dataclass(frozen=True)
class Said:
    """One request and its answer, before it is written down."""

    url: str
    status: int | None = 200
    purpose: Purpose = Purpose.LISTING
    method: str = "GET"
    fields: tuple[str, ...] = ()
    body: bytes = b"<html>a page</html>"
    object: bytes | None = None
    time: int = T0
    took: int = 40_000
    date: int | None = None
    outcome: str = "done"
    certificate: bytes | None = b"\1" * 32
    peer: str | None = "192.0.2.7:443"

    def written(self, warc: WarcFile) -> Exchange:
        uid = uuid7()
        request = "\r\n".join([f"{self.method} {self.url} HTTP/1.1", "Host: open.example", *self.fields, "", ""])
        head = f"HTTP/1.1 {self.status} Said\r\nContent-Length: {len(self.body)}\r\n\r\n".encode()
        if self.object is None:
            digest = f"WARC-Payload-Digest: sha256:{sha256(self.body).hexdigest()}"
            answer = record("response", uid, self.url, self.time, head + self.body, digest)
        else:
            answer = record(
                "revisit", uid, self.url, self.time, head,
                "WARC-Profile: http://netpreserve.org/warc/1.1/revisit/identical-payload-digest",
                f"WARC-Payload-Digest: sha256:{self.object.hex()}",
            )  # fmt: skip
        asked = record("request", uuid7(), self.url, self.time, request.encode())
        return Exchange(
            uid=uid, time=self.time, took=self.took, purpose=self.purpose, method=self.method, url=self.url,
            status=self.status, peer=self.peer, certificate=self.certificate, server_date=self.date,
            received=len(self.body), outcome=self.outcome, placed=warc.append(asked + answer), object=self.object,
            body_from=None if self.object is None else 0, body_size=None if self.object is None else len(self.body),
        )  # fmt: skip


def watched(case: Case, name: str = "server", url: str = START, kind: str = "web", **options: object) -> int:
    """Say that a server is watched."""
    return case.run(watch.source, name, kind, url, options or {"rate": 2.0, "list_only": False}).result


def look_at(
    case: Case,
    said: Sequence[Said],
    files: Sequence[Sighted] = (),
    *,
    source: str = "server",
    day: int = 0,
    status: Status | None = Status.COMPLETE,
    notes: Sequence[Noted | Folder] = (Folder(b"", Coverage.LISTED),),
) -> int:
    """One look with its requests, in a WARC file of its own; `status` null leaves it unfinished."""
    moved = [replace(each, time=each.time + day * DAY) for each in said]
    snapshot = look(case, files, T0 + day * DAY, source=source, status=None)
    warc = case.evidence.warcs.create(f"look{snapshot}")
    information = record("warcinfo", uuid7(), "", T0, b"software: test\r\nformat: WARC File Format 1.1\r\n")
    warc.append(information)
    exchanges = [each.written(warc) for each in moved]
    warc.flush()
    case.run(intake.batch, snapshot, [], notes, intake.Known(), exchanges)
    warc.close(seal=True)
    if status is not None:
        case.run(intake.end, snapshot, status, T0 + day * DAY + 60_000_000)
    return snapshot


def week(case: Case) -> tuple[int, int]:
    """A watched server with two looks: a file that stays, one that comes, a refused folder."""
    watched(case)
    case.run(
        watch.charter, "server", "Ada", "To know who works there", "Assigned", "Public interest", "A hint", "A proxy"
    )
    one, two = stored(case, b"first drawing"), stored(case, b"second drawing")
    first = look_at(
        case,
        [
            Said("https://open.example/robots.txt", 404, Purpose.ROBOTS),
            Said(START, date=T0 + 3_000_000),
            Said(f"{START}cut/one.png", purpose=Purpose.FILE, object=one.sha256, body=b"first drawing"),
            Said(f"{START}secret/", 403),
        ],
        [sighted(b"cut/one.png", one, T0)],
        notes=[Folder(b"", Coverage.LISTED), Folder(b"cut", Coverage.LISTED), Folder(b"secret", Coverage.REFUSED)],
    )
    second = look_at(
        case,
        [Said(START), Said(f"{START}cut/two.png", purpose=Purpose.FILE, object=two.sha256, body=b"second drawing")],
        [
            sighted(b"cut/one.png", one, T0, trusted="etag", same=True),
            sighted(b"cut/two.png", two, T0 + DAY, trusted="size-time", same=True),
        ],
        day=1,
    )
    case.run(watch.missed, "server", [T0 + 2 * DAY, T0 + 3 * DAY])
    case.run(watch.decision, "server", None, "robots", "obey")
    return first, second
