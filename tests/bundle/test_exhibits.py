"""Exhibits: every file has a number and a page that says all that the bundle knows of it."""

from __future__ import annotations

import csv
import json
import re
from html import unescape
from pathlib import Path

from tests.bundle.building import add_log, look, match_all, new_case, picture
from workbench.bundle import exhibits, layout
from workbench.bundle.verify import verify_bundle
from workbench.bundle.write import write_bundle
from workbench.case.case import Case
from workbench.core.filter import Filter
from workbench.core.times import Zone

LINE = '198.51.100.7 - - [02/Jan/2024:10:{:02}:00 +0000] "PUT /cut/000.png HTTP/1.1" 201 0 "https://a.example/<b>" "x"'


def rows(bundle: Path, table: str) -> list[dict]:
    return [json.loads(line) for line in (bundle / f"data/record/tables/{table}.jsonl").read_text("utf-8").splitlines()]


def entry(bundle: Path, number: int) -> str:
    """The HTML of one exhibit."""
    path = layout.exhibit_pages(number)[-1]
    found = re.search(
        rf'<section class="exhibit" id="{number}">.*?</section>', (bundle / path).read_text("utf-8"), re.DOTALL
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


def test_words() -> None:
    assert exhibits.rule_in_words("path+size+time", 0.98) == "path + size + time, score 0.98"
    assert exhibits.stated(0, Zone.UNKNOWN) == "1970-01-01 00:00:00 zone unknown"
    assert exhibits.stated(0, Zone.LINE) == "1970-01-01 00:00:00 UTC"
    assert exhibits.observed(0, 5) == "1970-01-01 (UTC day)"
