"""Intake through the worker pool: names of every kind, states, damage on the way, resuming, several at once."""

from __future__ import annotations

import ctypes
import io
import os
import unicodedata
import warnings
import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

from workbench.case.case import Case, open_case
from workbench.case.readers import Reader
from workbench.core.errors import Cancelled, UserError
from workbench.core.filter import Filter
from workbench.core.progress import Progress, Step
from workbench.core.records import Status
from workbench.core.times import parse_option
from workbench.jobs import intake
from workbench.jobs.analysis import analyze_missing, ending_of
from workbench.jobs.intake import Order, Outcome
from workbench.jobs.pool import Pool
from workbench.queries import files
from workbench.queries.verify import verify


def add(case: Case, pool: Pool, *paths: Path, **order: object) -> Outcome:
    return intake.add(case, paths, Order(**order), pool, Progress())  # type: ignore[arg-type]


def listed(case: Case, **asked: object) -> list[dict[str, object]]:
    return case.ask(lambda reader: list(files.rows(reader, Filter(**asked))))  # type: ignore[arg-type]


def picture(color: tuple[int, int, int] = (200, 10, 10)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (32, 20), color).save(out, "PNG")
    return out.getvalue()


NAMES: Sequence[bytes] = [
    "分镜_012.png".encode(),
    "밑그림 수정.png".encode(),
    "раскадровка.png".encode(),
    "🦸🏽‍♀️.png".encode(),
    unicodedata.normalize("NFD", "밑그림é.png").encode(),
    unicodedata.normalize("NFC", "밑그림é.png").encode(),
    b"n" * 251 + b".png",
    b"two\nlines.png",
    b"caf\xe9\xff.png",
    b"back\\slash.png",
    b" leading and trailing ",
    b"=cmd|' c calc'!A1.png",
    b"<b>.png",
    b"'quoted\".png",
    b"\x01\x1b[31mred.png",
    b"#hash?query%25.png",
    b"-rf",
    b"*glob[a].png",
]


def test_names_come_through_intake_queries_and_verify(case: Case, pool: Pool, tmp_path: Path) -> None:
    folder = tmp_path / "server"
    folder.mkdir()
    for number, name in enumerate(NAMES):
        (folder / os.fsdecode(name)).write_bytes(picture((number, 0, 0)))
        place = folder / os.fsdecode("폴더\n".encode() + b"\xfe") / os.fsdecode(name)
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(b"%d" % number)
    outcome = add(case, pool, folder, scope="complete")
    assert (outcome.status, outcome.sightings) == (Status.COMPLETE, 2 * len(NAMES))
    raws = Counter(
        raw for (raw,) in case.ask(lambda reader: reader.all("SELECT raw FROM sighting JOIN path ON path.id = path"))
    )
    inner = "폴더\n".encode() + b"\xfe/"
    assert raws == Counter([*NAMES, *(inner + name for name in NAMES)])
    rows = listed(case)
    assert len(rows) == 2 * len(NAMES)
    shown = {path: row for row in rows for path in row["paths"]}  # type: ignore[attr-defined]
    assert shown["caf\ufffd\ufffd.png"]["paths_raw"]
    assert shown["分镜_012.png"]["state"] == "ok"
    for text, count in (("수정", 2), ("分镜", 2), ("раскадровка", 2), ("lines", 2), ("back\\slash", 2)):
        assert len(listed(case, text=(text,))) == count, text
    assert len(listed(case, path=("*[*]glob[[]a].png",))) == 2
    assert case.ask(verify).problems == ()
    assert add(case, pool, folder, scope="complete").new_objects == 0
    with case.reader() as reader:
        from workbench.queries import changes

        assert [list(changes.changes(reader, pair)) for pair in changes.pairs(reader)] == [[]]


def test_states(case: Case, pool: Pool, tmp_path: Path) -> None:
    folder = tmp_path / "server"
    folder.mkdir()
    given = {
        "fine.png": picture(),
        "empty.png": b"",
        "text.txt": "한국어".encode(),
        "broken.png": picture()[:60],
        "unknown": bytes(range(256)),
    }
    for name, data in given.items():
        (folder / name).write_bytes(data)
    os.mkfifo(folder / "pipe")
    (folder / "link.png").symlink_to("fine.png")
    outcome = add(case, pool, folder)
    states = {row["paths"][0]: row["state"] for row in listed(case)}  # type: ignore[index]
    assert states.items() >= {
        ("fine.png", "ok"),
        ("empty.png", "empty"),
        ("text.txt", "ok"),
        ("unknown", "ok"),
        ("broken.png", "undecodable"),
    }
    assert outcome.warnings >= 2
    assert len(listed(case, state=("undecodable",))) == 1
    previews = case.previews.get(case.ask(lambda reader: [row[0] for row in reader.all("SELECT sha256 FROM object")]))
    assert any(each.startswith(b"\xff\xd8") for each in previews.values())
    assert case.ask(verify).problems == ()


def test_the_same_bytes_are_one_object(case: Case, pool: Pool, tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).write_bytes(b"same")
    outcome = add(case, pool, tmp_path / "a", tmp_path / "b", tmp_path / "c", analyze=False)
    assert (outcome.sightings, outcome.new_objects, outcome.bytes) == (3, 1, 4)
    assert [row["paths"] for row in listed(case)] == [["a", "b", "c"]]


class _Stops(Progress):
    """Is told to stop at its n-th file."""

    def __init__(self, after: int) -> None:
        super().__init__(None)
        self._after = after

    def update(
        self, done: int | None = None, total: int | None = None, what: str | None = None, item: str = ""
    ) -> None:
        super().update(done, total, what, item)
        if done is not None and done >= self._after:
            self.cancel()


def tables(reader: Reader) -> dict[str, int]:
    names = ("snapshot", "snapshot_end", "sighting", "object", "analysis", "warning", "coverage")
    return {each: reader.value(f"SELECT count(*) FROM {each}") for each in names}


def test_a_cancelled_look_goes_on(case: Case, pool: Pool, tmp_path: Path) -> None:
    folder = tmp_path / "server"
    (folder / "sub").mkdir(parents=True)
    for number in range(150):
        (folder / "sub" / f"{number}.txt").write_bytes(b"%d" % number)
    (folder / "pipe").mkdir()
    os.mkfifo(folder / "fifo")
    with pytest.raises(Cancelled):
        intake.add(case, [folder], Order(), pool, _Stops(120))
    cut = case.ask(tables)
    assert cut["snapshot_end"] == 0
    assert 0 < cut["sighting"] < 150
    outcome = add(case, pool, folder)
    assert outcome.sightings == 150
    whole = case.ask(tables)
    del whole["analysis"]
    assert whole == {"snapshot": 1, "snapshot_end": 1, "sighting": 150, "object": 150, "warning": 1, "coverage": 3}
    assert case.ask(lambda reader: reader.value("SELECT count(DISTINCT object) FROM analysis")) == 150
    assert add(case, pool, folder).snapshot != outcome.snapshot


def test_a_look_that_another_process_is_at_is_not_gone_on_with(case: Case, pool: Pool, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a")
    order = Order()
    key = intake._resume_key(case, [tmp_path / "a"], order)
    with pytest.raises(Cancelled):
        intake.add(case, [tmp_path / "a"], order, pool, _Stops(1))
    claim = case.evidence.claim(f"look-{key.hex()[:32]}")
    assert claim is not None
    first = add(case, pool, tmp_path / "a").snapshot
    claim.release(remove=True)
    assert case.ask(lambda reader: reader.all("SELECT snapshot FROM snapshot_end")) == [(first,)]
    assert add(case, pool, tmp_path / "a").snapshot == 1


def test_members_of_one_name_in_an_archive_that_was_cut_off(case: Case, pool: Pool, tmp_path: Path) -> None:
    pack = tmp_path / "pack.zip"
    with zipfile.ZipFile(pack, "w") as made, warnings.catch_warnings(action="ignore"):
        for number in range(4):
            made.writestr("same.txt", b"%d" % number)
            made.writestr(f"other{number}.txt", b"o%d" % number)
    with pytest.raises(Cancelled):
        intake.add(case, [pack], Order(), pool, _Stops(3))
    add(case, pool, pack)
    found = Counter(
        raw for (raw,) in case.ask(lambda reader: reader.all("SELECT raw FROM sighting JOIN path ON path.id = path"))
    )
    assert found == Counter({b"same.txt": 4, **{b"other%d.txt" % each: 1 for each in range(4)}})
    assert case.ask(verify).problems == ()


def test_a_source_that_is_gone_is_a_failed_look(
    case: Case, pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workbench.sources.folder import FolderSource

    folder = tmp_path / "secret place" / "server"
    folder.mkdir(parents=True)
    for number in range(5):
        (folder / f"{number}.txt").write_bytes(b"%d" % number)
    items = FolderSource.items

    def breaks(self: FolderSource, progress: Progress):  # type: ignore[no-untyped-def]
        for number, seen in enumerate(items(self, progress)):
            if number == 4:
                raise UserError("folder-unreadable", path=str(folder), reason="EIO")
            yield seen

    monkeypatch.setattr(FolderSource, "items", breaks)
    outcome = add(case, pool, folder, scope="complete")
    assert outcome.status is Status.FAILED
    assert outcome.sightings >= 3, "what was stored before is kept"
    said = case.ask(lambda reader: reader.all("SELECT code, arguments FROM warning WHERE path IS NULL"))
    assert said[-1][0] == "folder-unreadable"
    assert "secret" not in str(said), "no path of this laptop stands in a case"


def test_a_full_disk_stops_and_the_same_call_goes_on(template: Path, pool: Pool, tmp_path: Path) -> None:
    import shutil

    place = tmp_path / "small"
    place.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"tmpfs", bytes(place), b"tmpfs", 0, b"size=6m") != 0:
        pytest.skip("nothing can be mounted here")
    try:
        shutil.copyfile(template, place / "a.wbcase")
        shutil.copytree(template.with_suffix(".evidence"), place / "a.evidence")
        folder = tmp_path / "server"
        folder.mkdir()
        for number in range(40):
            (folder / f"{number:02}").write_bytes(bytes([number]) * 200_000)
        with open_case(place / "a.wbcase", allow_risky=True) as case:
            with pytest.raises(UserError) as raised:
                add(case, pool, folder, analyze=False)
            assert raised.value.message.code == "disk-full"
            assert case.ask(verify).problems == ()
            before = case.ask(tables)
            assert before["snapshot_end"] == 0
            assert libc.mount(b"", bytes(place), b"", 32, b"size=40m") == 0
            assert add(case, pool, folder, analyze=False).status is Status.PARTIAL
            after = case.ask(tables)
            assert (after["snapshot"], after["sighting"], after["object"]) == (1, 40, 40)
            assert case.ask(verify).problems == ()
    finally:
        libc.umount2(bytes(place), 2)


@pytest.mark.parametrize("wrong", [[], ["none"], ["case.wbcase"], ["case.evidence"]])
def test_nothing_is_changed_by_wrong_use(case: Case, pool: Pool, tmp_path: Path, wrong: list[str]) -> None:
    with pytest.raises(UserError):
        add(case, pool, *(tmp_path / each for each in wrong))
    assert case.ask(lambda reader: reader.stamp) == 1


def test_a_folder_that_holds_the_open_case(case: Case, pool: Pool, tmp_path: Path) -> None:
    (tmp_path / "beside.txt").write_bytes(b"x")
    add(case, pool, tmp_path)
    assert [row["paths"] for row in listed(case)] == [["beside.txt"]]
    assert case.ask(verify).problems == ()


def test_a_series(case: Case, pool: Pool, tmp_path: Path) -> None:
    for day in ("2024-01-01", "2024-01-02", "2024-01-04"):
        (tmp_path / "s" / day).mkdir(parents=True)
        (tmp_path / "s" / day / "a.txt").write_bytes(day.encode())
    outcomes = intake.add_series(case, tmp_path / "s", "%Y-%m-%d", Order(scope="complete"), pool, Progress())
    assert [each.status for each in outcomes] == [Status.COMPLETE] * 3
    looks = case.ask(lambda reader: reader.all("SELECT observed, basis, name FROM snapshot ORDER BY id"))
    assert looks == [(parse_option(day).micros, "from-name", day) for day in ("2024-01-01", "2024-01-02", "2024-01-04")]


def test_analysis_of_what_is_missing(case: Case, pool: Pool, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(picture())
    add(case, pool, tmp_path / "a.png", analyze=False)
    with pytest.raises(UserError, match="no analyzer"):
        analyze_missing(case, pool, Progress(), "none")
    seen: list[Step] = []
    first = analyze_missing(case, pool, Progress(seen.append))
    assert set(first.done.values()) == {1}
    assert seen
    assert set(analyze_missing(case, pool, Progress()).done.values()) == {0}


@pytest.mark.parametrize(
    ("name", "ending"), [("a/b.PNG", "png"), (".hidden", ""), ("no", ""), ("x." + "y" * 40, "y" * 16)]
)
def test_endings(name: str, ending: str) -> None:
    assert ending_of(name) == ending
