"""Exhibits: every file has a number and a page that says all that the bundle knows of it."""

from __future__ import annotations

import csv
import json
import re
from html import unescape
from ipaddress import ip_network
from pathlib import Path

from tests.bundle.building import add_log, look, match_all, new_case, picture
from workbench.bundle import exhibits, layout
from workbench.bundle.redaction import Redaction
from workbench.bundle.verify import verify_bundle
from workbench.bundle.write import write_bundle
from workbench.case.case import Case
from workbench.core.filter import Filter
from workbench.core.records import Coverage, Folder, Status
from workbench.core.times import Zone
from workbench.jobs.matching import BASE
from workbench.ops import marks

LINE = '198.51.100.7 - - [02/Jan/2024:10:{:02}:00 +0000] "PUT /cut/000.png HTTP/1.1" 201 0 "https://a.example/<b>" "x"'


def rows(bundle: Path, table: str) -> list[dict]:
    return [json.loads(line) for line in (bundle / f"data/record/tables/{table}.jsonl").read_text("utf-8").splitlines()]


def entry(bundle: Path, number: int) -> str:
    """The HTML of one exhibit."""
    path = layout.exhibit_pages(number)[-1]
    found = re.search(
        rf'<section class="exhibit" id="exhibit-{number}">.*?</section>', (bundle / path).read_text("utf-8"), re.DOTALL
    )
    assert found, number
    return unescape(found[0])


def test_every_file_is_an_exhibit_and_its_page_says_what_the_tables_say(whole: Path) -> None:
    files = rows(whole, "files")
    assert [row["exhibit"] for row in files] == list(range(1, len(files) + 1))
    with (whole / "data/record/tables/files.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row["exhibit"] for row in csv.DictReader(file)] == [str(row["exhibit"]) for row in files]
    sightings, events = rows(whole, "sightings"), rows(whole, "events")
    marks = [row for row in rows(whole, "marks") if row["current"] and row["target_kind"] == "object"]
    with_uploads = 0
    for row in files:
        text = entry(whole, row["exhibit"])
        own = [each for each in sightings if row["sha256"] and each["sha256"] == row["sha256"]]
        assert all(path in text for path in row["paths"])
        assert all(f'<td class="num">{each["snapshot"]}</td>' in text for each in own)
        if row["sha256"]:
            assert f'<span class="hash">{row["sha256"]}</span>' in text
        assert all(warning["text"] in text for warning in row["warnings"])
        uploads = [each for each in events if row["sha256"] in [match["sha256"] for match in each["matches"]]]
        with_uploads += bool(uploads)
        for event in uploads if row["sha256"] else ():
            assert f'<span class="address">{event["address"]}</span>' in text
            assert f"line {event['line']} of access.log" in text
            assert event["log"] in text
            assert "joined by path, score 1.00" in text
        for mark in marks:
            if mark["target"] == row["sha256"]:
                assert mark["actor"] in text
                assert all(line in text for line in mark["value"].splitlines())
        if not uploads:
            assert "That does not say that nobody uploaded it." in text
    assert with_uploads >= 6


def test_lines_are_told_word_for_word_and_what_is_too_much_is_counted(tmp_path: Path) -> None:
    case = new_case(tmp_path)
    with case:
        look(case, {b"cut/000.png": picture(1)}, day=0)
        add_log(case, [("198.51.100.7", "/cut/000.png", LINE.format(n)) for n in range(exhibits.UPLOADS + 3)])
        match_all(case)
        write_bundle(case, tmp_path / "out", Filter())
    text = entry(tmp_path / "out", 1)
    assert text.count('<p class="line">') == exhibits.UPLOADS
    assert all(LINE.format(n) in text for n in range(exhibits.UPLOADS))
    assert "3 more acts in tables/events.csv" in text
    page = (tmp_path / "out" / layout.exhibit_pages(1)[0]).read_text("utf-8")
    assert "<b>" not in page
    assert verify_bundle(tmp_path / "out").ok


def test_a_page_that_is_missing_or_too_many_is_named(case: Case, tmp_path: Path) -> None:
    write_bundle(case, tmp_path / "out", Filter())
    assert layout.exhibit_pages(101) == [f"data/record/exhibits/000{n}.html" for n in (1, 2)]
    assert layout.exhibit_pages(0) == []
    page = tmp_path / "out" / layout.exhibit_pages(1)[0]
    page.rename(page.with_name("0002.html"))
    found = {problem.kind for problem in verify_bundle(tmp_path / "out").problems}
    assert {"bundle-file-unnamed", "bundle-incomplete"} <= found


def test_pages_load_nothing_and_their_links_lead_somewhere(whole: Path) -> None:
    for path in layout.exhibit_pages(len(rows(whole, "files"))):
        html = (whole / path).read_text("utf-8")
        assert "<script" not in html
        for target in re.findall(r'(?:src|href)="([^"#]+)', html):
            assert ((whole / path).parent / target).resolve().is_file(), target


def test_hostile_lines_and_names_are_shown_and_do_nothing(tmp_path: Path) -> None:
    long = f'198.51.100.7 - - [02/Jan/2024:10:00:00 +0000] "PUT /cut/000.png HTTP/1.1" 201 0 "-" "{"x" * 100_000}"'
    hostile = '198.51.100.7 "</p><script>alert(1)</script>" \x1b[31m \u202egnp.exe \u2066 </style><img src=x onerror=y>'
    name = "cut/\u202egnp</bdi><script>\x1b.png"
    case = new_case(tmp_path, '</style><script>"\\ 分镜 \u202e')
    with case:
        look(case, {b"cut/000.png": picture(1), name.encode(): picture(2)}, day=0)
        add_log(case, [("198.51.100.7", "/cut/000.png", line) for line in (hostile, long)])
        match_all(case)
        write_bundle(case, tmp_path / "out", Filter())
    pages = [tmp_path / "out" / path for path in (*layout.exhibit_pages(1), layout.REPORT)]
    for page in pages:
        html = page.read_text("utf-8")
        assert not re.search(r"<script|<img src=x|[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", html)
        assert html.count("</style>") == 1
        assert html.count("<bdi") == html.count("</bdi>")
    numbers = {row["paths"][0]: row["exhibit"] for row in rows(tmp_path / "out", "files")}
    text = entry(tmp_path / "out", numbers["cut/000.png"])
    assert "<script>alert(1)</script>" in text
    assert "⟨U+001B⟩[31m ⟨U+202E⟩gnp.exe ⟨U+2066⟩" in text
    assert f"… (cut here; the line has {len(long):,} bytes)" in text
    assert len(text) < 20_000
    assert "⟨U+202E⟩gnp" in entry(tmp_path / "out", numbers[name])
    assert verify_bundle(tmp_path / "out").ok


def test_bytes_that_are_no_text_cannot_be_taken_for_text() -> None:
    assert exhibits.line_text(b"a\xff\\xff \xed\xb3\xbf\r\n") == "a⟨byte FF⟩\\xff ⟨byte ED⟩⟨byte B3⟩⟨byte BF⟩"
    korean = "수정" * 10
    assert exhibits.line_text(korean.encode(), 7) == "수정"


def test_a_line_that_stays_behind_is_said_to(tmp_path: Path) -> None:
    case = new_case(tmp_path)
    with case:
        look(case, {b"cut/000.png": picture(1), b"cut/001.png": picture(2)}, day=0)
        secret = LINE.format(1).replace("000.png", "001.png").replace("a.example", "203.0.113.9")
        add_log(
            case,
            [
                ("198.51.100.7", "/cut/000.png", LINE.format(0)),
                ("203.0.113.9", "/cut/001.png", secret),
            ],
        )
        match_all(case)
        write_bundle(case, tmp_path / "out", Filter(), redact=Redaction(addresses=(ip_network("203.0.113.9"),)))
        sha256 = rows(tmp_path / "out", "logs")[0]["log"]
        log = case.evidence.folder / "objects" / sha256[:2] / sha256
        log.chmod(0o600)
        log.write_bytes(b"damaged" * 100)
        write_bundle(case, tmp_path / "damaged", Filter())
    numbers = {row["paths"][0]: row["exhibit"] for row in rows(tmp_path / "out", "files")}
    text = entry(tmp_path / "out", numbers["cut/001.png"])
    assert "203.0.113.9" not in text
    assert "That does not say that nobody uploaded it. 1 line of the logs is withheld." in text
    assert LINE.format(0) in entry(tmp_path / "out", numbers["cut/000.png"])
    assert "The line is not in this bundle." in entry(tmp_path / "damaged", numbers["cut/000.png"])


def test_four_clocks_stand_beside_each_other(tmp_path: Path) -> None:
    case = new_case(tmp_path)
    with case:
        look(case, {b"cut/000.png": picture(1)}, day=0)
        look(case, {b"cut/000.png": picture(1), b"cut/001.png": picture(2)}, day=1)
        # A look that did not get so far says nothing of what it did not see.
        look(case, {}, day=2, status=Status.FAILED, notes=[Folder(b"", Coverage.FAILED)])
        look(case, {b"cut/000.png": picture(1), b"cut/001.png": picture(2), b"cut/002.png": picture(3)}, day=3)
        add_log(case, [("198.51.100.7", "/cut/001.png", LINE.format(1))])
        match_all(case)
        write_bundle(case, tmp_path / "out", Filter())
    numbers = {row["paths"][0]: row["exhibit"] for row in rows(tmp_path / "out", "files")}
    clocks = {path: clocks_of(tmp_path / "out", number) for path, number in numbers.items()}
    first, second, third = (clocks[f"cut/00{n}.png"] for n in range(3))
    assert [each[0] for each in first] == ["event", "observed", "modified", "", "", "embedded"]
    assert first[0][1:] == first[-1][1:] == ["not stated"]
    assert first[1][1].startswith("present 2024-01-02 09:00 UTC (look 1); no look before it in this bundle")
    assert second[0][1:] == [
        "2024-01-02 10:00:00",
        "UTC; the zone was stated with it",
        "second",
        "line 1 of access.log",
    ]
    assert second[1][1] == "absent 2024-01-02 09:00 UTC (look 1), present 2024-01-03 09:00 UTC (look 2)"
    assert third[1][1] == "absent 2024-01-03 09:00 UTC (look 2), present 2024-01-05 09:00 UTC (look 4)"
    assert second[2] == ["modified", "2024-01-03 08:00:00", "not stated; shown as it stands", "second", second[2][4]]


def test_a_selection_never_makes_a_file_absent(tmp_path: Path) -> None:
    """What was seen at a path before and is not selected is not in the rebuilt case: it was there all the same."""
    case = new_case(tmp_path)
    with case:
        look(case, {b"cut/000.png": None, b"cut/001.png": picture(2)}, day=0)
        look(case, {b"cut/000.png": picture(1), b"cut/001.png": picture(2)}, day=1)
        write_bundle(case, tmp_path / "out", Filter(state=("ok",)))
    [number] = [row["exhibit"] for row in rows(tmp_path / "out", "files") if row["paths"] == ["cut/000.png"]]
    observed = clocks_of(tmp_path / "out", number)[1]
    assert "absent 2" not in observed[1]
    assert "no look before it in this bundle shows that the file was absent" in observed[1]


def test_a_selection_does_not_hide_that_a_file_was_absent(tmp_path: Path) -> None:
    case = new_case(tmp_path)
    with case:
        look(case, {b"cut/000.png": picture(1)}, day=0)
        look(case, {b"cut/000.png": picture(1), b"cut/001.png": picture(2)}, day=1)
        write_bundle(case, tmp_path / "out", Filter(path=("cut/001.png",)))
    assert len(rows(tmp_path / "out", "files")) == 1
    observed = clocks_of(tmp_path / "out", 1)[1]
    assert observed[1] == "absent 2024-01-02 09:00 UTC (look 1), present 2024-01-03 09:00 UTC (look 2)"
    [change] = [row for row in rows(tmp_path / "out", "changes") if row["path"] == "cut/001.png"]
    assert (change["since"], change["snapshot"]) == (1, 2)


def test_marks_on_lines_matches_and_sightings_stand_with_the_exhibit(tmp_path: Path) -> None:
    case = new_case(tmp_path)
    with case:
        look(case, {b"cut/000.png": picture(1)}, day=0)
        add_log(case, [("198.51.100.7", "/cut/000.png", LINE.format(0))])
        match_all(case)
        case.run(marks.note, [("match", 1)], "Not this one.")
        case.run(marks.note, [("event", 1)], "Odd agent.")
        case.run(marks.note, [("sighting", 1)], "Seen by hand.")
        write_bundle(case, tmp_path / "out", Filter())
    text = " ".join(entry(tmp_path / "out", 1).split())
    for on, said in (
        ("this match", "Not this one."),
        ("this line", "Odd agent."),
        ("its sighting in look 1", "Seen by"),
    ):
        assert re.search(rf"Ada, [^<]+, note on {on}:</span></p><blockquote>{said}", text), on


def test_the_report_leads_to_exhibits_and_back(whole: Path) -> None:
    html = (whole / layout.REPORT).read_text("utf-8")
    files, events = rows(whole, "files"), rows(whole, "events")
    number_of = {row["sha256"]: row["exhibit"] for row in files}
    wanted: dict[str, set[int]] = {}
    for event in events:
        for match in event["matches"]:
            wanted.setdefault(event["address"], set()).add(number_of[match["sha256"]])
    for address, numbers in wanted.items():
        row = html.partition(f'<span class="address">{address}</span></td>')[2].partition("uploads joined to")[2]
        told = [int(each) for each in re.findall(r"#exhibit-(\d+)", row.partition("</tr>")[0])]
        assert told == sorted(numbers)[: len(told)]
        assert len(told) == min(len(numbers), 12)
    noted = number_of[next(row["target"] for row in rows(whole, "marks") if row["kind"] == "note")]
    assert f'on <a href="exhibits/0001.html#exhibit-{noted}">exhibit {noted}</a>' in html
    page = (whole / layout.exhibit_pages(1)[0]).read_text("utf-8")
    for row in files:
        assert f'href="#exhibit-{row["exhibit"]}"' in page
        assert f'id="exhibit-{row["exhibit"]}"' in page
    assert page.count('href="#table"') == len(files)


def clocks_of(bundle: Path, number: int) -> list[list[str]]:
    """The cells of the table of clocks of one exhibit."""
    table = re.search(r'<table class="clocks">.*?<tbody>(.*?)</tbody>', entry(bundle, number), re.DOTALL)
    assert table
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in re.findall(r"<tr>(.*?)</tr>", table[1])]


def test_words() -> None:
    assert exhibits.grounds("path+size+time", 4_000_000) == "same path, same size, modified 4 seconds after the upload"
    assert exhibits.grounds("path-suffix+time", -1_000_000).endswith("modified 1 second before the upload")
    assert exhibits.grounds("path+time", None) == "same path, modified time close to the upload"
    assert exhibits.stated(0, Zone.LINE, 3) == "1970-01-01 00:00 UTC"
    assert exhibits.stated(0, Zone.UNKNOWN, 5) == "1970-01-01 zone unknown"
    for rule in BASE:
        assert "exhibit-rule" not in exhibits.grounds(rule, None)
    assert exhibits.rule_in_words("path+size+time", 0.98) == "path + size + time, score 0.98"
    assert exhibits.stated(0, Zone.UNKNOWN) == "1970-01-01 00:00:00 zone unknown"
    assert exhibits.stated(0, Zone.LINE) == "1970-01-01 00:00:00 UTC"
    assert exhibits.observed(0, 5) == "1970-01-01 (UTC day)"
