"""Looks at a server as they stand in a case, with the WARC records of every exchange."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tests.making import T0, look, sighted, stored
from workbench.case.case import Case
from workbench.case.uids import shown, uuid7
from workbench.case.warcstore import WarcFile
from workbench.core.records import Coverage, Exchange, Folder, Noted, Purpose, Sighted, Status
from workbench.core.times import DAY
from workbench.ops import intake, watch
from workbench.sources.warcformat import Conversation, Earlier, header_record, pack

START = "https://open.example/store/"


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
    answered: tuple[str, ...] = ()
    uid: bytes = b""
    before: Said | None = None
    """The same page came before, with this one."""
    starts: int | None = None
    size: int | None = None
    """Of the whole object, where only a part of it came, which `starts` somewhere."""

    def written(self, warc: WarcFile) -> Exchange:
        uid = self.uid or uuid7()
        is_ftp = self.url.startswith("ftp:")
        request = "\r\n".join([f"{self.method} {self.url} HTTP/1.1", "Host: open.example", *self.fields, "", ""])
        head = "\r\n".join(
            [f"HTTP/1.1 {self.status} Said", *self.answered, f"Content-Length: {len(self.body)}", "", ""]
        )
        said = Conversation(
            uid=uid, time=self.time, method=self.method, url=self.url,
            sent="\r\n".join([*self.fields, self.method, ""]).encode() if is_ftp else request.encode(),
            head=b"226 Sent\r\n" if is_ftp else head.encode(), body=None if self.object else self.body,
            object=None if self.object is None else (self.object, self.size or len(self.body)),
            part=None if self.starts is None else (self.starts, len(self.body)),
            earlier=None if self.before is None else Earlier(self.before.uid, self.before.url, self.before.time),
            peer=self.peer, certificate=self.certificate, protocol="ftp" if is_ftp else "http",
        )  # fmt: skip
        return Exchange(
            uid=uid, time=self.time, took=self.took, purpose=self.purpose, method=self.method, url=self.url,
            status=self.status, peer=self.peer, certificate=self.certificate, server_date=self.date,
            received=len(self.body), outcome=self.outcome, placed=warc.append(pack(said)), object=self.object,
            body_from=None if self.object is None else self.starts or 0,
            body_size=None if self.object is None else len(self.body),
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
    warc.append(header_record(uuid7(), T0, warc.name, "test"))
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
    uids = [bytes([each]) * 16 for each in range(1, 5)]
    names = [f"urn:uuid:{shown(each)}" for each in uids]
    page = Said(START, uid=uids[0], date=T0 + 3_000_000, body=b"<pre>cut/ secret/</pre>")
    first = look_at(
        case,
        [
            Said("https://open.example/robots.txt", 404, Purpose.ROBOTS),
            page,
            Said(f"{START}cut/one.png", uid=uids[1], purpose=Purpose.FILE, object=one.sha256, body=b"first drawing"),
            Said(f"{START}secret/", 403),
        ],
        [sighted(b"cut/one.png", one, T0, record=names[1])],
        notes=[Folder(b"", Coverage.LISTED), Folder(b"cut", Coverage.LISTED), Folder(b"secret", Coverage.REFUSED)],
    )
    second = look_at(
        case,
        [
            replace(page, uid=uids[2], before=page, date=None),
            Said(f"{START}cut/two.png", uid=uids[3], purpose=Purpose.FILE, object=two.sha256, body=b"second drawing"),
        ],
        [
            sighted(b"cut/one.png", one, T0, trusted="etag", same=True, record=names[2]),
            sighted(b"cut/two.png", two, T0 + DAY, trusted="size-time", same=True, record=names[3]),
        ],
        day=1,
    )
    case.run(watch.missed, "server", [T0 + 2 * DAY, T0 + 3 * DAY])
    case.run(watch.decision, "server", None, "robots", "obey")
    return first, second
