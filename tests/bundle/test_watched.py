"""A watched server in a bundle: exchanges that any WARC tool accepts, with every body; and nothing that is withheld."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from warcio.archiveiterator import ArchiveIterator

from tests.making import T0, look, sighted, stored
from tests.watching import START, Said, look_at, watched, week
from workbench.bundle import layout
from workbench.bundle.verify import verify_bundle
from workbench.bundle.write import Written, write_bundle
from workbench.case.case import Case, create, open_case
from workbench.case.uids import shown
from workbench.core.errors import UserError
from workbench.core.filter import Filter
from workbench.core.records import Coverage, Folder, Purpose
from workbench.ops import marks, watch
from workbench.queries.verify import verify

SECRET = b"hidden"


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    with create(tmp_path / "a.wbcase", "Store", "Kim") as made:
        week(made)
        yield made


def redacted(folder: Path, **what: object) -> Path:
    file = folder / "redact.json"
    file.write_text(json.dumps(what), "utf-8")
    return file


def written(case: Case, out: Path, asked: Filter | None = None, **what: object) -> Written:
    """A bundle, with what is redacted; it has been verified by the program, and is by its own verifier here."""
    redact = redacted(out.parent, **what) if what else None
    made = write_bundle(case, out, asked or Filter(), redact=redact)
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(out / "verify.py")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    return made


def lines(bundle: Path, table: str) -> list[dict[str, Any]]:
    text = (bundle / layout.TABLES / f"{table}.jsonl").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


def records(bundle: Path) -> list[tuple[str, str, str, bytes]]:
    """Type, address, record id and body of every record, as warcio reads them."""
    found = []
    for file in sorted((bundle / layout.WARCS).glob("*")):
        with file.open("rb") as stream:
            for each in ArchiveIterator(stream):
                head = each.rec_headers
                found.append(
                    (
                        each.rec_type,
                        head.get_header("WARC-Target-URI") or "",
                        (head.get_header("WARC-Record-ID") or "").strip("<>"),
                        each.raw_stream.read() if each.rec_type != "response" else each.content_stream().read(),
                    )
                )
    return found


def bytes_in(bundle: Path) -> bytes:
    """Everything that anybody can read in a bundle."""
    out = io.BytesIO()
    for file in sorted(bundle.rglob("*")):
        if file.is_file():
            out.write(gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes())
    return out.getvalue()


def test_every_exchange_comes_along_in_full(case: Case, tmp_path: Path) -> None:
    made = written(case, tmp_path / "out")
    assert made.left_out == []
    answers = [each for each in records(tmp_path / "out") if each[0] == "response"]
    assert [(url, body) for _, url, _, body in answers] == [
        ("https://open.example/robots.txt", b"<html>a page</html>"),
        (START, b"<pre>cut/ secret/</pre>"),
        (f"{START}cut/one.png", b"first drawing"),
        (f"{START}secret/", b"<html>a page</html>"),
        (START, b"<pre>cut/ secret/</pre>"),
        (f"{START}cut/two.png", b"second drawing"),
    ]
    ids = {each[2] for each in answers}
    assert {row["record"] for row in lines(tmp_path / "out", "sightings")} <= ids
    assert [row["record"] for row in lines(tmp_path / "out", "requests")] == [each[2] for each in answers]
    assert {each[0] for each in records(tmp_path / "out")} == {"warcinfo", "request", "response"}


def test_warcio_accepts_the_files(case: Case, tmp_path: Path) -> None:
    written(case, tmp_path / "out")
    files = sorted((tmp_path / "out" / layout.WARCS).iterdir())
    assert len(files) == 2
    code = "import sys; from warcio.cli import main; main(sys.argv[1:])"
    done = subprocess.run(
        [sys.executable, "-c", code, "check", "-v", *map(str, files)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert "digest pass" in done.stdout
    assert "fail" not in done.stdout


def test_the_tables_say_where_each_record_lies(case: Case, tmp_path: Path) -> None:
    written(case, tmp_path / "out")
    rows = lines(tmp_path / "out", "requests")
    for row in rows:
        data = (tmp_path / "out" / layout.WARCS / row["warc"]).read_bytes()[row["start"] :][: row["length"]]
        assert row["url"].encode() in gzip.decompress(data)
    assert [row["snapshot"] for row in rows] == [1, 1, 1, 1, 2, 2]
    (charter,) = lines(tmp_path / "out", "charter")
    assert {name: charter[name] for name in ("source", "current", "actor", "who", "connection")} == {
        "source": "server", "current": True, "actor": "Kim", "who": "Ada", "connection": "A proxy",
    }  # fmt: skip
    assert lines(tmp_path / "out", "coverage") == [
        {"snapshot": 1, "path": None, "state": "listed", "source": "server"},
        {"snapshot": 1, "path": "cut", "state": "listed", "source": "server"},
        {"snapshot": 1, "path": "secret", "state": "refused", "source": "server"},
        {"snapshot": 2, "path": None, "state": "listed", "source": "server"},
    ]


def test_the_case_of_the_bundle_verifies_where_it_lies(case: Case, tmp_path: Path) -> None:
    case.run(watch.confirm, 1)
    written(case, tmp_path / "out")
    with open_case(tmp_path / "out" / layout.CASE_FILE, write=False) as inside:
        found = inside.ask(verify)
        assert found.problems == ()
        assert found.exchanges == 6
        tables = ("watch", "charter", "warc", "exchange", "trusted", "recheck", "decision", "missed")
        for table in tables:
            sql = f"SELECT count(*) FROM {table}"
            counts = [one.ask(lambda reader, sql=sql: reader.value(sql)) for one in (case, inside)]
            assert counts[0] == counts[1] > 0, table


def test_a_changed_record_is_found(case: Case, tmp_path: Path) -> None:
    written(case, tmp_path / "out")
    file = min((tmp_path / "out" / layout.WARCS).iterdir())
    data = bytearray(file.read_bytes())
    data[-20] ^= 1
    file.write_bytes(bytes(data))
    kinds = {each.kind for each in verify_bundle(tmp_path / "out").problems}
    assert {"bag-file-changed", "bundle-evidence", "bundle-case"} <= kinds
    file.unlink()
    assert "bag-file-missing" in {each.kind for each in verify_bundle(tmp_path / "out").problems}


@pytest.mark.parametrize("as_zip", [False, True])
def test_the_evidence_part_is_the_same_each_time(case: Case, tmp_path: Path, as_zip: bool) -> None:
    manifests = []
    for name in ("one", "two"):
        out = tmp_path / name
        assert write_bundle(case, out, Filter(path=("cut/*",)), as_zip=as_zip).left_out
        case.run(marks.journal, "in between")
        assert verify_bundle(out).ok
        if not as_zip:
            manifests.append((out / layout.EVIDENCE_MANIFEST).read_bytes())
            assert b"warc.gz" in manifests[-1]
    assert len(set(manifests)) == (0 if as_zip else 1)


def test_a_selection_takes_the_exchanges_of_its_files(case: Case, tmp_path: Path) -> None:
    made = written(case, tmp_path / "out", Filter(path=("*two.png",)))
    assert [row["url"] for row in lines(tmp_path / "out", "requests")] == [f"{START}cut/two.png"]
    assert dict(made.left_out)["outside-filter-exchanges"] == 5
    assert b"first drawing" not in bytes_in(tmp_path / "out")
    assert lines(tmp_path / "out", "charter")


def test_a_file_that_was_not_fetched_again_comes_with_the_exchange_that_brought_it(case: Case, tmp_path: Path) -> None:
    """The second look trusted the listing: its sighting shows the page, and the bytes came in the first look."""
    written(case, tmp_path / "out", Filter(path=("*one.png",), snapshot=(2,)))
    rows = lines(tmp_path / "out", "requests")
    assert [(row["snapshot"], row["url"]) for row in rows] == [(1, f"{START}cut/one.png"), (2, START)]
    assert [each[3] for each in records(tmp_path / "out") if each[0] == "response"] == [
        b"first drawing", b"<pre>cut/ secret/</pre>",
    ]  # fmt: skip


def test_parts_of_a_file_come_along_as_they_came(tmp_path: Path) -> None:
    with create(tmp_path / "a.wbcase", "Store", "Kim") as case:
        watched(case)
        whole = b"0123456789" * 50
        held = stored(case, whole)
        first = Said(
            f"{START}big", uid=b"\7" * 16, purpose=Purpose.FILE, object=held.sha256, body=whole[:200], starts=0,
            size=500, outcome="network-cut-off",
        )  # fmt: skip
        rest = replace(first, uid=b"\x08" * 16, body=whole[200:], starts=200, outcome="done", status=206)
        named = f"urn:uuid:{'08' * 4}-0808-0808-0808-{'08' * 6}"
        look_at(case, [first, rest, Said(f"{START}other")], [sighted(b"big", held, T0, record=named)])
        written(case, tmp_path / "out", Filter(path=("big",)))
    bodies = [each[3] for each in records(tmp_path / "out") if each[0] == "response"]
    assert bodies == [whole[:200], whole[200:]]


def test_what_was_said_by_ftp_comes_along_too(tmp_path: Path) -> None:
    url = "ftp://open.example/pub/"
    with create(tmp_path / "a.wbcase", "Store", "Kim") as case:
        watched(case, url=url, kind="ftp")
        held = stored(case, b"a drawing")
        file = Said(f"{url}a", 226, Purpose.FILE, "RETR", ("USER anonymous",), body=b"a drawing", object=held.sha256)
        listing = Said(url, 226, method="MLSD", fields=("USER anonymous",), body=b"type=file;size=9; a\r\n")
        look_at(case, [listing, file], [sighted(b"a", held, T0)])
        assert written(case, tmp_path / "out").left_out == []
    found = [(kind, body) for kind, _, _, body in records(tmp_path / "out")]
    assert [body for kind, body in found if kind == "resource"] == [b"type=file;size=9; a\r\n", b"a drawing"]
    assert (b"USER anonymous\r\nRETR\r\n" in [body for kind, body in found if kind == "metadata"]) is True


def test_with_withheld_paths_no_page_comes_along(case: Case, tmp_path: Path) -> None:
    made = written(case, tmp_path / "out", paths=["cut/two*", "secret"])
    assert [row["url"] for row in lines(tmp_path / "out", "requests")] == [f"{START}cut/one.png"]
    assert dict(made.left_out)["redacted-exchange"] == 5
    everything = bytes_in(tmp_path / "out")
    for word in (b"two.png", b"secret", b"second drawing"):
        assert word not in everything, word


def test_with_withheld_paths_a_file_that_had_not_changed_still_comes_along(tmp_path: Path) -> None:
    """An answer without a body says nothing but that; one with a body may name anything."""
    with create(tmp_path / "a.wbcase", "Store", "Kim") as case:
        watched(case)
        held = stored(case, b"a drawing")
        uids = [bytes([each]) * 16 for each in (1, 2, 3)]
        names = [f"urn:uuid:{shown(each)}" for each in uids]
        file = Said(f"{START}a", uid=uids[0], purpose=Purpose.FILE, object=held.sha256, body=b"a drawing")
        same = Said(f"{START}a", 304, Purpose.FILE, uid=uids[1], body=b"")
        look_at(case, [file], [sighted(b"a", held, T0, record=names[0])])
        look_at(case, [same], [sighted(b"a", held, T0, record=names[1], trusted="not-modified")], day=1)
        gone = Said(f"{START}a", 404, Purpose.FILE, uid=uids[2], body=b"see secret.png")
        listed = sighted(b"secret.png", None, T0)
        look_at(case, [gone, Said(START)], [sighted(b"a", None, T0, record=names[2]), listed], day=2)
        written(case, tmp_path / "out", paths=["secret*"])
    assert [row["status"] for row in lines(tmp_path / "out", "requests")] == [200, 304]
    assert b"secret.png" not in bytes_in(tmp_path / "out")


def test_a_pattern_that_meets_nothing_is_refused_before_anything_is_written(case: Case, tmp_path: Path) -> None:
    with pytest.raises(UserError) as raised:
        written(case, tmp_path / "out", paths=["cut/two*", "never/recorded*"])
    assert raised.value.message.code == "redaction-matches-nothing"
    assert "never/recorded*" in str(raised.value)
    assert not (tmp_path / "out").exists()


def test_with_withheld_bytes_their_exchange_stays_behind(case: Case, tmp_path: Path) -> None:
    sha256 = case.ask(lambda reader: reader.value("SELECT sha256 FROM object WHERE id = 2")).hex()
    made = written(case, tmp_path / "out", objects=[sha256])
    assert len(lines(tmp_path / "out", "requests")) == 5
    assert dict(made.left_out)["redacted-exchange"] == 1
    assert b"second drawing" not in bytes_in(tmp_path / "out")


def test_with_a_withheld_address_of_the_server_nothing_of_it_comes_along(case: Case, tmp_path: Path) -> None:
    made = written(case, tmp_path / "out", addresses=["192.0.2.0/24"])
    assert lines(tmp_path / "out", "requests") == []
    assert not (tmp_path / "out" / layout.WARCS).exists()
    assert dict(made.left_out)["redacted-exchange"] == 6
    assert b"192.0.2.7" not in bytes_in(tmp_path / "out")


def test_a_withheld_address_that_no_log_has_shown(tmp_path: Path) -> None:
    """It stands in the server's own address, or in a page."""
    with create(tmp_path / "a.wbcase", "Store", "Kim") as case:
        watched(case, url="http://203.0.113.9/store/")
        case.run(watch.decision, "server", None, "limit", "As 2001:db8::7 said")
        look_at(
            case,
            [
                Said("http://203.0.113.9/store/"),
                Said("http://open.example/store/", body=b"<p>call 2001:DB8::7</p>"),
                Said("http://open.example/time/", body=b"at 12:30:00 on 10.0.0.1"),
            ],
        )
        made = written(case, tmp_path / "out", addresses=["203.0.113.0/24", "2001:db8::/32"])
    assert [row["url"] for row in lines(tmp_path / "out", "requests")] == ["http://open.example/time/"]
    left = dict(made.left_out)
    assert (left["redacted-watch"], left["redacted-decision"], left["redacted-exchange"]) == (1, 1, 2)
    everything = bytes_in(tmp_path / "out")
    assert b"203.0.113.9" not in everything
    assert b"2001:db8::7" not in everything.lower()


@pytest.mark.parametrize("packed", [False, True])
def test_pages_that_show_the_observer_stay_behind(tmp_path: Path, packed: bool) -> None:
    """Own addresses are left out of every bundle: servers like to greet a visitor by his."""
    own = b"198.51.100.77"
    body = gzip.compress(b"Hello " + own) if packed else b"Hello " + own
    with create(tmp_path / "a.wbcase", "Store", "Kim") as case:
        watched(case)
        look_at(
            case,
            [
                Said(START, body=body, answered=("Content-Encoding: gzip",) if packed else ()),
                Said(f"{START}a", answered=(f"X-You: {own.decode()}",)),
                Said(f"{START}b"),
                Said(f"{START}c", body=b"?", answered=("Content-Encoding: br",)),
            ],
        )
        case.run(watch.charter, "server", connection=f"From {own.decode()}")
        case.run(marks.own, [own.decode()])
        made = written(case, tmp_path / "out")
    assert [row["url"] for row in lines(tmp_path / "out", "requests")] == [f"{START}b"]
    assert dict(made.left_out)["redacted-exchange"] == 3
    assert dict(made.left_out)["redacted-charter"] == 1
    found = bytes_in(tmp_path / "out")
    assert own not in found
    assert gzip.compress(b"Hello " + own) not in found


def test_authors_are_withheld_with_the_charter_and_the_contact_line(case: Case, tmp_path: Path) -> None:
    case.run(watch.confirm, 1)
    plain = written(case, tmp_path / "plain", actors=True)
    assert len(lines(tmp_path / "plain", "requests")) == 6
    assert dict(plain.left_out)["redacted-charter"] == 1
    watched(case, rate=1.0, contact="ada@desk.example")
    made = written(case, tmp_path / "out", actors=True)
    assert (lines(tmp_path / "out", "charter"), lines(tmp_path / "out", "requests")) == ([], [])
    assert dict(made.left_out)["redacted-watch"] == 1
    for bundle in ("plain", "out"):
        everything = bytes_in(tmp_path / bundle)
        for word in (b"Ada", b"Kim", b"ada@desk.example"):
            assert word not in everything, (bundle, word)
    report = (tmp_path / "out" / layout.REPORT).read_text("utf-8")
    assert "The charter is withheld." in report
    assert "an author whose name is withheld" in report


def damage_warc(case: Case) -> None:
    file = min((case.evidence.folder / "warc").iterdir())
    file.chmod(0o600)
    file.write_bytes(file.read_bytes()[:-9])


def lose_warc(case: Case) -> None:
    min((case.evidence.folder / "warc").iterdir()).unlink()


def lose_object(case: Case) -> None:
    for file in (case.evidence.folder / "objects").rglob("*"):
        if file.is_file() and file.read_bytes() == b"first drawing":
            file.unlink()


def damage_object(case: Case) -> None:
    for file in (case.evidence.folder / "objects").rglob("*"):
        if file.is_file() and file.read_bytes() == b"first drawing":
            file.chmod(0o600)
            file.write_bytes(b"FIRST DRAWING")


@pytest.mark.parametrize(
    ("harm", "reason", "count", "kept"),
    [
        (damage_warc, "damaged-exchanges", 1, 5),
        (lose_warc, "missing-exchanges", 5, 1),  # the second look refers to a page of the first
        (lose_object, "missing-exchanges", 1, 5),
        (damage_object, "damaged-exchanges", 1, 5),
    ],
)
def test_what_the_store_has_lost_is_left_out_and_said(
    case: Case, tmp_path: Path, harm: Callable[[Case], None], reason: str, count: int, kept: int
) -> None:
    harm(case)
    made = write_bundle(case, tmp_path / "out", Filter())
    assert verify_bundle(tmp_path / "out").ok
    assert dict(made.left_out)[reason] == count
    assert len(lines(tmp_path / "out", "requests")) == kept


def test_the_report_tells_of_the_watched_server(case: Case, tmp_path: Path) -> None:
    case.run(watch.confirm, 1)
    look_at(case, [Said("https://elsewhere.example/")], day=4, notes=[Folder(b"", Coverage.FAILED)])
    look(case, [sighted(b"x", stored(case, b"x"))], source="a folder")
    written(case, tmp_path / "out")
    report = (tmp_path / "out" / layout.REPORT).read_text("utf-8")
    assert report.count("Watched server:") == 1
    for words in (
        "To know who works there", "Public interest", "2 missed", "2024-01-04 00:00", "2 listed, 1 refused", "1 failed",
        "+3 s", "1 answer<", "not told", "Confirmed by Kim", "Not confirmed by a person.",
        "By the request log nothing was bypassed",
        "does not show that nothing was bypassed", "01" * 32,
    ):  # fmt: skip
        assert words in report, words
    readme = (tmp_path / "out" / layout.README).read_text("utf-8")
    assert "warcio check" in readme


def test_hostile_words_are_shown_as_words(tmp_path: Path) -> None:
    with create(tmp_path / "a.wbcase", "Store", "Kim") as case:
        watched(case, "<script>x</script>", "https://open.example/<img>/", contact="\u202eevil")
        case.run(watch.charter, "<script>x</script>", "<b>\u202eAda</b>")
        look_at(case, [Said("https://open.example/<img>/")], source="<script>x</script>")
        written(case, tmp_path / "out")
    report = (tmp_path / "out" / layout.REPORT).read_text("utf-8")
    for wrong in ("<script>", "<img>", "<b>\u202e", "\u202e"):
        assert wrong not in report


def test_a_bundle_without_watched_servers_says_nothing_of_them(tmp_path: Path) -> None:
    with create(tmp_path / "a.wbcase", "Plain", "Kim") as case:
        look(case, [sighted(b"x", stored(case, b"x"))])
        written(case, tmp_path / "out")
    assert "Watched server" not in (tmp_path / "out" / layout.REPORT).read_text("utf-8")
    assert "warcio" not in (tmp_path / "out" / layout.README).read_text("utf-8")
    assert not (tmp_path / "out" / layout.WARCS).exists()
