"""Small cases for tests, put together by ops as the jobs do it, with every clock fixed."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from workbench import ops  # noqa: F401
from workbench.case import case as cases
from workbench.case.case import Case
from workbench.core.batch import TABLES, EventBatch
from workbench.core.messages import Message
from workbench.core.records import (
    Analysis,
    Basis,
    Claim,
    Coverage,
    Folder,
    Noted,
    Sighted,
    State,
    Status,
    Stored,
)
from workbench.core.times import DAY, Precision, Zone
from workbench.ops import facts, intake, logs, marks, networks

START = 1_704_186_000_000_000
"""2024-01-02 09:00 UTC."""


def new_case(folder: Path, title: str = "Test", **more: str) -> Case:
    return cases.create(folder / "test.wbcase", title, more.get("examiner", "Ada"), more.get("number", "W-7"))


def picture(seed: int, size: tuple[int, int] = (64, 40)) -> bytes:
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 255, (5, 8, 3), np.uint8))
    out = io.BytesIO()
    small.resize(size).save(out, "PNG")
    return out.getvalue()


def put(case: Case, content: bytes) -> Stored:
    return case.evidence.put(io.BytesIO(content), lambda _: False)


def look(
    case: Case,
    contents: dict[bytes, bytes | None],
    *,
    source: str = "server",
    day: int = 0,
    status: Status = Status.COMPLETE,
    notes: Sequence[Noted | Folder] = (),
    known: intake.Known | None = None,
) -> int:
    """One look: raw path to bytes; null is a file that was listed and not fetched."""
    observed = START + day * DAY
    snapshot = case.run(
        intake.begin,
        intake.Look(source, "folder", observed, observed, Basis.ASSERTED, Precision.SECOND, "complete", f"day {day}"),
    ).result
    sighted = [
        Sighted(
            path,
            None if content is None else put(case, content),
            (State.NOT_FETCHED if content is None else State.OK).value,
            None if content is None else len(content),
            observed - 3_600_000_000,
            Zone.UNKNOWN,
            Precision.SECOND,
        )
        for path, content in contents.items()
    ]
    found = [Folder(b"", Coverage.LISTED), *notes]
    case.run(intake.batch, snapshot, sighted, found, known or intake.Known())
    case.run(intake.end, snapshot, status, observed + 60_000_000)
    return snapshot


def analysed(case: Case) -> None:
    """Facts and previews of every object, as the analyzers would give them."""
    rows = case.ask(lambda reader: reader.all("SELECT id, sha256 FROM object WHERE size > 0 ORDER BY id"))
    found = []
    for row, sha256 in rows:
        with case.evidence.open(sha256) as stream:
            head = stream.read()
        if not head.startswith(b"\x89PNG"):
            continue
        with Image.open(io.BytesIO(head)) as image:
            width, height = image.size
            jpeg = io.BytesIO()
            image.convert("RGB").save(jpeg, "JPEG")
        case.previews.put([(sha256, jpeg.getvalue())])
        values = (("media_type", "image/png"), ("kind", "image"), ("width", width), ("height", height))
        found.append((row, "type", "1", Analysis(State.OK, values, (Message("test-note", {"n": row}),))))
    case.run(facts.record, found)


def log_lines(count: int, addresses: Sequence[str], day: int = 0) -> list[tuple[str, str, str]]:
    """(address, path, line) of uploads."""
    made = []
    for number in range(count):
        address = addresses[number % len(addresses)]
        path = f"/cut/{number % 7:03}.png"
        line = (
            f'{address} - - [{2 + day:02}/Jan/2024:10:{number % 60:02}:00 +0000] "PUT {path} HTTP/1.1" 201 0 "-" "curl"'
        )
        made.append((address, path, line))
    return made


def add_log(
    case: Case, lines: Sequence[tuple[str, str, str]], *, source: str = "server", junk: Iterable[str] = ()
) -> int:
    """A plain log; `junk` are lines at its end that cannot be read. Returns the reading."""
    raws = [line.encode() for _, _, line in lines] + [line.encode() for line in junk]
    content = b"".join(raw + b"\n" for raw in raws)
    stored = put(case, content)
    source_id = case.run(intake.source, source, "log").result
    case.run(intake.begin, intake.Look("logs", "log", START, START, Basis.ASSERTED, Precision.SECOND, "partial"))
    objects: dict[bytes, int] = {}

    def collect(tx, stored: Stored) -> int:
        objects.update(
            intake._objects(
                tx, [Sighted(b"x", stored, "ok", None, None, Zone.UNKNOWN, Precision.SECOND)], intake.Known()
            )[0]
        )
        return objects[stored.sha256]

    from workbench.case.operation import Operation

    row = case.run(Operation("intake.object", collect, False, False), stored).result
    log = case.run(
        logs.add, logs.LogFile(row, source_id, "access.log", "plain", stored.sha256, stored.size, None, 0, 0)
    ).result
    reading = case.run(logs.begin, log, "combined", "1", None, int(Precision.SECOND)).result
    starts = np.cumsum([0, *(len(raw) + 1 for raw in raws)])
    tables = {name: [] for name in TABLES}
    index = {name: {} for name in TABLES}

    def at(name: str, value: object) -> int:
        if value not in index[name]:
            index[name][value] = len(tables[name])
            tables[name].append(value)
        return index[name][value]

    n = len(lines)
    full = lambda value: np.full(n, value, np.int64)  # noqa: E731
    columns = {
        "line": np.arange(1, n + 1),
        "start": starts[:n].astype(np.int64),
        "length": np.array([len(raw) for raw in raws[:n]], np.int64),
        "time": START + 3_600_000_000 + np.arange(n, dtype=np.int64) * 60_000_000,
        "zone": full(int(Zone.LINE)),
        "action": full(1),
        "status": full(201),
        "ok": full(1),
        "sent": full(0),
        "received": full(-(2**63)),
        "damaged": full(0),
        "salvaged": full(0),
        "address": np.array([at("address", each[0]) for each in lines], np.int64),
        "path": np.array([at("path", each[1].encode()) for each in lines], np.int64),
        "method": np.array([at("method", "PUT") for _ in lines], np.int64),
        "user": full(-(2**63)),
        "agent": np.array([at("agent", f"agent of {each[0]}") for each in lines], np.int64),
        **dict.fromkeys(("referrer", "peer", "forwarded", "rule"), full(-(2**63))),
    }
    rejects = [(n + 1 + k, int(starts[n + k]), len(raws[n + k]), "log-line-unread") for k in range(len(raws) - n)]
    case.run(logs.batch, reading, EventBatch(len(raws), len(content), columns, tables, rejects), 0, 0, logs.Known())
    case.run(logs.end, reading, len(raws), n, len(rejects))
    return reading


def networks_of(case: Case, labels: dict[str, str | None]) -> None:
    """One data set that labels addresses."""
    info = networks.SetInfo("test-set", "2024-01-01", "labels", "CC0-1.0", 10, b"\7" * 32)
    dataset = case.run(networks.dataset, info).result
    ids = dict(case.ask(lambda reader: reader.all("SELECT text, id FROM address")))
    found = []
    for address, label in labels.items():
        found.append(
            (ids[address], dataset, Claim("test-set", "2024-01-01", f"{address}/32", "prefix", "country", "ES"))
        )
        if label:
            found.append(
                (ids[address], dataset, Claim("test-set", "2024-01-01", f"{address}/32", "prefix", "label", label))
            )
    case.run(networks.claims, [(ids[each], dataset) for each in labels], found)


def match_all(case: Case) -> None:
    """Join events to sightings whose path ends alike."""
    rows = case.ask(
        lambda reader: reader.all(
            "SELECT e.id, s.id FROM event e JOIN logpath p ON p.id = e.path JOIN sighting s ON 1 "
            "JOIN path q ON q.id = s.path WHERE p.display = '/' || q.display"
        )
    )
    case.run(logs.matches, [a for a, _ in rows], [b for _, b in rows], ["path"] * len(rows), [1.0] * len(rows))


def full_case(folder: Path) -> Case:
    """Three looks, a log, networks, marks: something of everything."""
    case = new_case(folder, "Storyboards 무적 分镜")
    drawings = {f"cut/{n:03}.png".encode(): picture(n) for n in range(6)}
    names = {"cut/指示 검토.png".encode(): picture(20), b"cut/empty.txt": b"", b"cut/listed.bin": None}
    known = intake.Known()
    look(case, drawings | names, day=0, known=known)
    look(case, dict(list(drawings.items())[:4]) | names, day=1, known=known)
    look(case, drawings | names, day=3, known=known, notes=[Noted(b"cut", Message("test-note", {"n": 1}))])
    analysed(case)
    add_log(case, log_lines(21, ["192.0.2.1", "198.51.100.7", "2001:db8::9"]), junk=["\u0000 nonsense", "= more"])
    networks_of(case, {"192.0.2.1": "vpn", "198.51.100.7": None, "2001:db8::9": "hosting"})
    match_all(case)
    case.run(marks.tag, [("object", 1), ("object", 2)], "knife")
    case.run(marks.note, [("object", 2)], "Looks like scene 4.\nAsk again.")
    case.run(marks.verdict, [("object", 1)], "relevant")
    case.run(marks.journal, "Began today.")
    return case
