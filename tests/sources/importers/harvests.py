"""Harvests made by hand for the tests of importers, and what a source tells of them."""

from __future__ import annotations

import base64
import gzip
import hashlib
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from workbench.core.progress import Progress
from workbench.core.records import Container, Coverage, Folder, Harvested, Noted
from workbench.sources.base import Source, problem_of
from workbench.sources.importers.base import Harvest, Importer, Options

DAY = "2024-01-03T09:00:00Z"
PAGE = (
    '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">\n<html>\n <head>\n  <title>Index of {path}</title>\n'
    " </head>\n <body>\n<h1>Index of {path}</h1>\n<pre>"
    '<img src="/icons/blank.gif" alt="Icon "> <a href="?C=N;O=D">Name</a>                    '
    '<a href="?C=M;O=A">Last modified</a>      <a href="?C=S;O=A">Size</a>  <a href="?C=D;O=A">Description</a><hr>'
    '<img src="/icons/back.gif" alt="[PARENTDIR]"> <a href="/">Parent Directory</a>                             -   \n'
    "{rows}<hr></pre>\n<address>Apache/2.4.57 (Debian) Server at 203.0.113.5 Port 80</address>\n</body></html>\n"
)


@dataclass
class Told:
    """Everything that one source gave."""

    files: dict[bytes, bytes] = field(default_factory=dict)
    harvested: dict[bytes, Harvested] = field(default_factory=dict)
    order: list[bytes] = field(default_factory=list)
    problems: dict[bytes, str] = field(default_factory=dict)
    notes: list[tuple[bytes, str]] = field(default_factory=list)
    folders: dict[bytes, Coverage] = field(default_factory=dict)
    containers: list[Container] = field(default_factory=list)

    @property
    def codes(self) -> set[str]:
        """Of the notes."""
        return {code for _, code in self.notes}


def tell(source: Source) -> Told:
    """Read all of it, each file at once; every message has words for all that it says."""
    told = Told()
    for item in source.items(Progress()):
        if isinstance(item, Harvested):
            told.order.append(item.path)
            told.harvested[item.path] = item
            if item.problem is not None:
                _worded(item.problem.text(), item.problem.code)
                told.problems[item.path] = item.problem.code
            if item.open is not None:
                try:
                    with item.open() as stream:
                        told.files[item.path] = stream.read()
                except OSError as error:
                    problem = problem_of(error)
                    _worded(problem.text(), problem.code)
                    told.problems[item.path] = problem.code
        elif isinstance(item, Noted):
            _worded(item.message.text(), item.message.code)
            told.notes.append((item.path, item.message.code))
        elif isinstance(item, Folder):
            assert item.path not in told.folders, "a folder is told once"
            told.folders[item.path] = item.coverage
        else:
            assert isinstance(item, Container)
            told.containers.append(item)
    return told


def _worded(text: str, code: str) -> None:
    assert " " in text, code
    assert "–" not in text, code


def opened(importer: Importer, *paths: Path, base: str | None = None, zone: str | None = None) -> list[Harvest]:
    """The looks of some files."""
    return importer.open(paths, Options(base, zone), Progress())


def told(importer: Importer, *paths: Path, base: str | None = None) -> Told:
    """What the only look of some files tells."""
    (harvest,) = opened(importer, *paths, base=base)
    return tell(harvest.source)


def row(href: str, size: str = "  5 ", stamp: str = "2024-01-02 10:00", folder: bool = False) -> str:
    """One row of Apache's plain listing."""
    icon = "folder" if folder else "unknown"
    alt = "[DIR]" if folder else "[   ]"
    return f'<img src="/icons/{icon}.gif" alt="{alt}"> <a href="{href}">{href}</a>   {stamp}  {size}  \n'


def page(path: str, rows: Iterable[str]) -> bytes:
    """A listing page as Apache writes it."""
    return PAGE.format(path=path, rows="".join(rows)).encode()


def answer(body: bytes = b"", status: int = 200, **headers: str) -> bytes:
    """An HTTP answer; ``content_type="text/html"`` becomes ``Content-Type``."""
    lines = {"Content-Length": str(len(body))} | {
        name.replace("_", "-").title(): value for name, value in headers.items()
    }
    head = f"HTTP/1.1 {status} Said\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return head.encode("latin-1") + b"\r\n" + body


def sha1(data: bytes) -> str:
    """As most writers state it."""
    return "sha1:" + base64.b32encode(hashlib.sha1(data).digest()).decode()


def record(kind: str, url: str, block: bytes, date: str = DAY, **fields: str) -> bytes:
    """One WARC record, uncompressed."""
    name = fields.pop("warc_record_id", None) or f"<urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, url + date + kind)}>"
    lines = {"WARC-Type": kind, "WARC-Record-ID": name, "WARC-Target-URI": url, "WARC-Date": date}
    if kind == "response":
        lines["Content-Type"] = "application/http; msgtype=response"
    lines |= {"-".join(part.upper() if part == "warc" else part.title() for part in key.split("_")): value
              for key, value in fields.items()}  # fmt: skip
    head = "WARC/1.0\r\n" + "".join(f"{key}: {value}\r\n" for key, value in lines.items())
    return f"{head}Content-Length: {len(block)}\r\n\r\n".encode() + block + b"\r\n\r\n"


def response(url: str, body: bytes = b"", status: int = 200, date: str = DAY, **headers: str) -> bytes:
    """A record of an answer."""
    return record("response", url, answer(body, status, **headers), date)


def listing(url: str, rows: Iterable[str], date: str = DAY) -> bytes:
    """A record of a listing page."""
    return response(url, page("/" + url.split("/", 3)[3], rows), date=date, content_type="text/html;charset=UTF-8")


def warc(path: Path, records: Sequence[bytes], *, zipped: bool = True) -> Path:
    """A file of records, each in a member of its own."""
    path.write_bytes(b"".join(gzip.compress(each, mtime=0) if zipped else each for each in records))
    return path
