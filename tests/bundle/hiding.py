"""A case that holds another secret in every place that can hold one, and a search for them that shares no code with
the program's own.

Every secret is a file path, an address, a name, a word or a text that a redaction can withhold. A path or an address
that is withheld is also repeated in a place of its own: a column of a log, a page, a note, …
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
import sqlite3
import unicodedata
import urllib.parse
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.making import T0, sighted, stored
from tests.watching import START, Said, look_at, watched
from workbench.case.case import Case, create
from workbench.core.messages import Message
from workbench.core.progress import Progress
from workbench.core.records import Coverage, Folder, Noted, Purpose
from workbench.jobs import intake, logs
from workbench.jobs.matching import match_uploads
from workbench.jobs.pool import Pool
from workbench.ops import history, marks, watch

LOG_PLACES = ("request", "query", "coded query", "user", "agent", "referrer", "forwarded", "rejected line")
LOOK_PLACES = ("listing page", "warc head", "url", "coverage", "warning")
MARK_PLACES = ("note", "tag", "undone tag", "verdict", "journal")
WORD_PLACES = ("charter", "decision", "source name", "title")
PLACES = (*LOG_PLACES, *LOOK_PLACES, *MARK_PLACES, *WORD_PLACES)

OWN = "203.0.113.99"
IN_A_FILE = "203.0.113.200"
"""Stands in the bytes of a file that is not withheld: only a person can decide what becomes of that."""
EXAMINER, REVIEWER = "Zqexaminer Kwon", "Zqreviewer Oh"
KOREAN = "비밀장면"


@dataclass(frozen=True)
class Hidden:
    """One thing that a redaction can withhold: where it stands, what must not be found then, how it is asked for."""

    place: str
    secrets: tuple[str | bytes, ...]
    field: str
    value: Any
    may_refuse: bool = False


@dataclass
class Planted:
    """The case, and all that is hidden in it. `always` must be in no bundle at all."""

    path: Path
    hidden: list[Hidden] = field(default_factory=list)
    always: list[str | bytes] = field(default_factory=list)


def word_of(kind: str, place: str) -> str:
    """A word for a place that stands nowhere else by accident."""
    return f"zq{kind}{re.sub('[^a-z]', '', place)}7k"


def path_of(place: str) -> str:
    """The withheld file that is repeated in a place."""
    return f"cut/{word_of('path', place)}.png"


def address_of(place: str) -> str:
    """The withheld address that is repeated in a place."""
    return f"203.0.113.{100 + PLACES.index(place)}"


def said_in(place: str) -> str:
    """What stands in a place: a withheld path and a withheld address."""
    return f"{path_of(place)} {address_of(place)}"


def drawing(seed: int, artist: str | None = None) -> bytes:
    """A JPEG of its own, which may name its artist."""
    rng = np.random.default_rng(seed)
    image = Image.fromarray(rng.integers(0, 255, (9, 16, 3), np.uint8)).resize((160, 90))
    exif = Image.Exif()
    if artist is not None:
        exif[0x013B] = artist
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


def plant(folder: Path, pool: Pool) -> Planted:
    """Build the case with real files, a real log, a watched server and marks."""
    local = folder / "zqlocalfolder7k"
    local.mkdir()
    made = Planted(local / "case.wbcase")
    with create(made.path, f"Case {said_in('title')}", EXAMINER) as case:
        _files(case, local, pool, made)
        _log(case, local, pool, made)
        _server(case, made)
        _marks(case, made)
        match_uploads(case, Progress())
        case.run(marks.own, [OWN])
        made.always += [
            value
            for sql in ("SELECT key FROM resumption", "SELECT value FROM case_key")
            for (value,) in case.ask(lambda reader, sql=sql: reader.all(sql))
        ]
        assert len(made.always) >= 2
    made.always += ["zqlocalfolder7k", OWN]
    for place in PLACES:
        name = path_of(place).removeprefix("cut/")
        made.hidden.append(Hidden(f"path in {place}", (name,), "paths", path_of(place)))
        made.hidden.append(Hidden(f"address in {place}", (address_of(place),), "addresses", address_of(place)))
    made.hidden.append(Hidden("address in a file", (IN_A_FILE,), "addresses", IN_A_FILE, may_refuse=True))
    return made


def _files(case: Case, local: Path, pool: Pool, made: Planted) -> None:
    root = local / "server"
    (root / "cut").mkdir(parents=True)
    for number, place in enumerate(PLACES):
        (root / path_of(place)).write_bytes(drawing(number))
    for number in range(4):
        (root / f"cut/open{number}.jpg").write_bytes(drawing(100 + number))
    (root / "cut/readme.txt").write_text(f"Ask at {IN_A_FILE} for more.", "utf-8")
    secret = drawing(200, "zqartist7k of Zq")
    (root / "cut/painted.jpg").write_bytes(secret)
    korean = unicodedata.normalize("NFD", f"cut/{KOREAN}.png")
    (root / korean).write_bytes(drawing(201))
    (root / "zqfolder7k").mkdir()
    (root / "zqfolder7k/inside.png").write_bytes(drawing(202))
    with zipfile.ZipFile(local / "pack.zip", "w") as pack:
        pack.writestr("open/readme.txt", "nothing to hide")
        pack.writestr("deep/zqmember7k.txt", "a member of an archive")
    order = intake.Order(source="store", scope="complete")
    intake.add(case, [root], order, pool, Progress())
    for place in PLACES[::2]:
        (root / path_of(place)).unlink()
    (root / "cut/later.jpg").write_bytes(drawing(203))
    intake.add(case, [root], order, pool, Progress())
    intake.add(case, [local / "pack.zip"], intake.Order(source="archive"), pool, Progress())
    sha256 = stored(case, secret).sha256
    made.hidden += [
        Hidden("korean name", (KOREAN,), "paths", f"cut/{KOREAN}.png"),
        Hidden("folder", ("zqfolder7k",), "paths", "zqfolder7k/*"),
        Hidden("archive member", ("zqmember7k",), "paths", "*deep/zqmember7k.txt", may_refuse=True),
        Hidden("object", (sha256, sha256.hex(), "zqartist7k", secret[-200:-140]), "objects", sha256.hex()),
    ]


def _line(address: str, at: int, request: str, referrer: str = "-", agent: str = "curl", user: str = "-") -> str:
    time = f"02/Jan/2024:10:{at // 60:02}:{at % 60:02} +0000"
    return f'{address} - {user} [{time}] "{request}" 201 9 "{referrer}" "{agent}"'


def _log(case: Case, local: Path, pool: Pool, made: Planted) -> None:
    lines = [_line("192.0.2.1", number, f"PUT /cut/open{number}.jpg HTTP/1.1") for number in range(4)]
    lines += [_line(IN_A_FILE, 4, "GET /cut/ HTTP/1.1")]
    lines += [_line(OWN, 5, "GET / HTTP/1.1"), _line("192.0.2.2", 6, "GET / HTTP/1.1", f"http://{OWN}/")]
    lines += [_line(address_of(place), 7, f"PUT /{path_of(place)} HTTP/1.1") for place in PLACES]
    for at, part in enumerate((path_of, address_of)):
        told = {place: part(place) for place in PLACES}
        coded = "".join(f"%{sign:02x}" for sign in told["coded query"].encode())
        lines += [
            _line("192.0.2.1", 20 + at, f"GET /view/{told['request']} HTTP/1.1"),
            _line("192.0.2.1", 30 + at, f"GET /cut/?of={told['query']} HTTP/1.1"),
            _line("192.0.2.1", 40 + at, f"GET /cut/?of={coded} HTTP/1.1"),
            _line("192.0.2.1", 50 + at, "GET /cut/ HTTP/1.1", user=told["user"]),
            _line("192.0.2.1", 60 + at, "GET /cut/ HTTP/1.1", agent=f"viewer of {told['agent']}"),
            _line("192.0.2.1", 70 + at, "GET /cut/ HTTP/1.1", referrer=f"http://open.example/{told['referrer']}"),
            _line("192.0.2.1", 80 + at, "GET /cut/ HTTP/1.1") + f' "{told["forwarded"]}"',
            f"a line that is none: {told['rejected line']}",
        ]
    (local / "access.log").write_text("".join(f"{line}\n" for line in lines), "utf-8")
    logs.add(case, local / "access.log", pool, Progress(), source="log of the store")


def _server(case: Case, made: Planted) -> None:
    start, name = START, f"server {said_in('source name')}"
    watched(case, name, start, contact="zqcontact7k@example.org")
    case.run(watch.charter, name, "Zqcharter Lee", said_in("charter"), "Assigned", "Interest", "A hint", "A proxy")
    case.run(watch.decision, name, None, "remark", said_in("decision"))
    page, head = path_of("listing page"), path_of("warc head")
    held = stored(case, b"a file of the server")
    pages = [
        Said(start, body=f'<a href="{page}">{page}</a> seen by {address_of("listing page")}'.encode()),
        Said(f"{start}?head", answered=(f"Content-Location: /{head}", f"X-Forwarded-For: {address_of('warc head')}")),
        Said(f"{start}{path_of('url')}?token={address_of('url')}", 404),
        Said(f"{start}open.bin", purpose=Purpose.FILE, object=held.sha256, body=b"a file of the server"),
    ]
    files = [sighted(b"open.bin", held, T0), sighted(path_of("coverage").encode(), None)]
    notes = [
        Folder(b"", Coverage.LISTED),
        Folder(path_of("coverage").encode(), Coverage.REFUSED),
        Noted(b"cut", Message("link-elsewhere", {"url": f"http://{address_of('warning')}/{path_of('warning')}"})),
    ]
    look_at(case, pages, files, source=name, notes=notes)
    look_at(case, pages[:1], files[:1], source=name, day=1)
    made.hidden.append(Hidden("charter's person", ("Zqcharter Lee", "zqcontact7k"), "actors", True))


def _marks(case: Case, made: Planted) -> None:
    sha256 = stored(case, drawing(100)).sha256
    row = case.ask(lambda reader: reader.value("SELECT id FROM object WHERE sha256 = ?", (sha256,)))
    target = [("object", row)]
    case.run(marks.note, target, f"Compare {said_in('note')}.")
    case.run(marks.tag, target, said_in("tag"))
    case.run(marks.verdict, target, said_in("verdict"))
    case.run(marks.journal, f"Today {said_in('journal')}.")
    case.run(marks.tag, target, said_in("undone tag"))
    case.run(history.undo, _last(case))
    case.run(marks.tag, target, "zqtag7k")
    case.run(marks.tag, target, "zqundonetag7k")
    case.run(history.undo, _last(case))
    case.run(marks.note, target, "zqnotetext7k is who drew it")
    case.run(marks.journal, "zqjournal7k called")
    case.actor = REVIEWER
    case.run(marks.note, target, "zqreviewed7k by another")
    case.run(marks.tag, target, "zqreviewtag7k")
    uid = case.ask(lambda reader: reader.value("SELECT uid FROM mark WHERE value LIKE 'zqnotetext7k%'"))
    case.actor = EXAMINER
    texts = ("zqnotetext7k", "zqjournal7k", "zqreviewed7k", path_of("note")[4:], address_of("journal"))
    made.hidden += [
        Hidden("tag", ("zqtag7k",), "tags", "zqtag7k"),
        Hidden("undone tag", ("zqundonetag7k",), "tags", "zqundonetag7k"),
        Hidden("author", (REVIEWER, "zqreviewed7k", "zqreviewtag7k"), "authors", REVIEWER),
        Hidden("one mark", ("zqnotetext7k",), "marks", uid.hex()),
        Hidden("notes", texts[:3], "notes", True),
        Hidden("actors", (EXAMINER, REVIEWER), "actors", True),
    ]


def _last(case: Case) -> int:
    return int(case.ask(lambda reader: reader.value("SELECT max(seq) FROM op")))


def redaction_of(chosen: Sequence[Hidden]) -> dict[str, Any]:
    """The redaction file that withholds all of these."""
    made: dict[str, Any] = {}
    for each in chosen:
        if isinstance(each.value, bool):
            made[each.field] = each.value
        else:
            made.setdefault(each.field, []).append(each.value)
    return made


# the search


def found_in(bundle: Path, secrets: Sequence[str | bytes]) -> list[tuple[str, str]]:
    """(Place, form) of everything that shows one of the secrets; simple, slow and complete."""
    wanted = {(form, raw): each for each in secrets for form, raw in _forms(each)}
    hits = set()
    for place, content in _contents(bundle):
        for view in {content, urllib.parse.unquote_to_bytes(content)}:
            folded = view.lower()
            hits |= {
                (f"{place}: {secret!r}", form)
                for (form, raw), secret in wanted.items()
                if (raw in view if form.startswith("base64") else raw.lower() in folded)
            }
    return sorted(hits)


def _forms(secret: str | bytes) -> Iterator[tuple[str, bytes]]:
    if isinstance(secret, bytes):
        yield from _plain_forms("bytes", secret)
        return
    for composed in ("NFC", "NFD"):
        text = unicodedata.normalize(composed, secret)
        yield from _plain_forms(f"UTF-8 {composed}", text.encode())
        yield "UTF-16 LE", text.encode("utf-16-le")
        yield "UTF-16 BE", text.encode("utf-16-be")
        yield "JSON", json.dumps(text)[1:-1].encode()
        yield "percent", urllib.parse.quote(text).encode()


def _plain_forms(name: str, raw: bytes) -> Iterator[tuple[str, bytes]]:
    yield name, raw
    yield "hex", raw.hex().encode()
    for before in range(3):
        coded = base64.b64encode(b"\0" * before + raw)
        whole = coded[(0, 2, 3)[before] : len(coded) - (0, 4, 4)[(before + len(raw)) % 3]]
        if len(whole) > 8:
            yield "base64", whole
            yield "base64 for addresses", whole.translate(bytes.maketrans(b"+/", b"-_"))


def _contents(bundle: Path) -> Iterator[tuple[str, bytes]]:
    """Everything that anybody can read in a bundle: files, what is packed in them, and what a database holds."""
    for file in sorted(bundle.rglob("*")):
        if not file.is_file():
            continue
        name, data = str(file.relative_to(bundle)), file.read_bytes()
        yield name, name.encode() + b"\n" + data
        if data.startswith(b"\x1f\x8b"):
            yield f"{name} unpacked", gzip.decompress(data)
        elif data.startswith(b"PK\3\4"):
            with zipfile.ZipFile(file) as pack:
                for member in pack.namelist():
                    yield f"{name} {member}", member.encode() + b"\n" + pack.read(member)
        elif data.startswith(b"SQLite format 3\0"):
            conn = sqlite3.connect(f"file:{file}?immutable=1", uri=True)
            tables = conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            for (table,) in tables:
                values = (value for row in conn.execute(f'SELECT * FROM "{table}"') for value in row)
                raws = (value if isinstance(value, bytes) else str(value).encode() for value in values)
                yield f"{name} table {table}", b"\n".join(raws)
            conn.close()
