"""What the report of a bundle says of each look at a server: what held then, what was trusted, and what had changed."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.making import T0, sighted, stored
from tests.watching import START, Said, look_at, watched
from workbench.bundle import layout, watchchanges
from workbench.bundle.write import write_bundle
from workbench.case.case import Case, create
from workbench.core.filter import Filter
from workbench.ops import watch


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    with create(tmp_path / "a.wbcase", "Store", "Kim") as made:
        yield made


def report(case: Case, out: Path, **redact: object) -> str:
    """The words of the page, with single spaces."""
    file = None
    if redact:
        file = out.with_suffix(".json")
        file.write_text(json.dumps(redact), "utf-8")
    write_bundle(case, out, Filter(), redact=file)
    text = re.sub(r"<style>.*?</style>|<[^>]+>", " ", (out / layout.REPORT).read_text("utf-8"), flags=re.DOTALL)
    return " ".join(html.unescape(text).split())


def lines(bundle: Path, table: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (bundle / layout.TABLES / f"{table}.jsonl").read_text("utf-8").splitlines()]


def test_each_look_is_told_with_the_settings_that_held_then(case: Case, tmp_path: Path) -> None:
    watched(case, trust="listing", robots="obey", limit_files=3)
    look_at(case, [Said(START)])
    look_at(case, [Said(START)], day=1)
    case.run(watch.decision, "server", None, "robots", "ignore")
    look_at(case, [Said(START)], day=2)
    watched(case, trust="never", robots="ignore", limit_bytes=2_000_000, every=86_400)
    text = report(case, tmp_path / "out")
    told = text.partition("Held for What was set ")[2].partition("Certificate")[0]
    assert re.findall("no look yet|looks? [0-9](?: to [0-9])?", told) == ["no look yet", "look 3", "looks 1 to 2"]
    newest, ignoring, first = re.split("look 3|looks 1 to 2", told)
    assert "bytes in one look at most: 2,000,000 · rules for robots: ignore" in newest
    assert "what is trusted to be unchanged: never" in newest
    assert "between looks: 24 h" in newest
    assert "files in one look at most: 3 · rules for robots: ignore" in ignoring
    assert "files in one look at most: 3 · rules for robots: obey" in first
    assert "what is trusted to be unchanged: listing" in first


def test_what_is_set_while_a_look_is_open_is_told_beside_it(case: Case, tmp_path: Path) -> None:
    watched(case, trust="listing")
    look_at(case, [Said(START)], status=None)
    watched(case, trust="never")
    text = report(case, tmp_path / "out")
    assert "set while look 1 was open what is trusted to be unchanged: never" in text
    assert "look 1 what is trusted to be unchanged: listing" in text


def test_a_look_that_did_not_end_is_over_when_the_next_one_begins(case: Case, tmp_path: Path) -> None:
    watched(case, trust="listing")
    look_at(case, [Said(START)], status=None)
    look_at(case, [Said(START)], day=1)
    watched(case, trust="never")
    text = report(case, tmp_path / "out")
    assert "no look yet what is trusted to be unchanged: never" in text
    assert "looks 1 to 2 what is trusted to be unchanged: listing" in text


def test_settings_that_name_somebody_are_withheld_each_by_itself(case: Case, tmp_path: Path) -> None:
    watched(case, trust="listing", contact="ada@desk.example")
    look_at(case, [Said(START)])
    watched(case, trust="never")
    look_at(case, [Said(START)], day=1)
    text = report(case, tmp_path / "out", actors=True)
    assert "look 1 Withheld." in text
    assert "look 2 what is trusted to be unchanged: never" in text
    assert "ada@desk" not in text


def test_every_version_of_the_charter_says_when_it_was_written(case: Case, tmp_path: Path) -> None:
    watched(case)
    case.run(watch.charter, "server", "Ada", "To know")
    look_at(case, [Said(START)])
    case.run(watch.charter, "server", "Ada", "To tell")
    text = report(case, tmp_path / "out")
    day = r"\d{4}-\d\d-\d\d \d\d:\d\d"
    assert re.search(rf"Charter: written {day} by Kim, after look 1 had begun Who looks Ada Why To tell", text)
    assert re.search(rf"Charter, as it was before: written {day} by Kim, before the first look .* Why To know", text)
    readme = (tmp_path / "out" / layout.README).read_text("utf-8")
    assert "as written down before the first look" not in readme
    assert "need not lie before the first look" in readme


def test_changes_are_told_by_kind_and_look(case: Case, tmp_path: Path) -> None:
    watched(case)
    one, two, three = (stored(case, each) for each in (b"1", b"2", b"3"))
    look_at(case, [Said(START)], [sighted(b"a", one), sighted(b"b", two), sighted(b"gone", three)])
    look_at(case, [Said(START)], [sighted(b"a", one, trusted="etag"), sighted(b"c", two)], day=1)
    came = [sighted(b"new%03d" % each, None, T0) for each in range(30)]
    look_at(case, [Said(START)], [sighted(b"a", three), sighted(b"c", two), *came], day=2)
    text = report(case, tmp_path / "out")
    assert "1 file trusted, not fetched" in text
    assert "3 2024-01-03 00:00 30 1 – – – – added: new000 , new001" in text
    assert "new011 and 18 more changed: a 2 2024-01-02" in text
    assert "2 2024-01-02 00:00 – – 1 1 – – moved: b → c removed: gone" in text
    assert "2 looks were compared" in text
    (changed,) = [row for row in lines(tmp_path / "out", "changes") if row["change"] == "changed"]
    assert (changed["snapshot"], changed["since"]) == (3, 1)
    trusted = [(row["path"], row["trusted"], row["rechecked"]) for row in lines(tmp_path / "out", "sightings")]
    assert trusted[:5] == [
        ("a", None, None), ("b", None, None), ("gone", None, None), ("a", "etag", None), ("c", None, None),
    ]  # fmt: skip
    readme = (tmp_path / "out" / layout.README).read_text("utf-8")
    for words in ("trusted     of a sighting", "listing page of that look", "rechecked", "since "):
        assert words in readme


def test_withheld_names_are_not_told_as_changes(case: Case, tmp_path: Path) -> None:
    watched(case)
    one, two = stored(case, b"1"), stored(case, b"2")
    look_at(case, [Said(START)], [sighted(b"a", one)])
    look_at(case, [Said(START)], [sighted(b"a", one), sighted(b"hidden/b", two), sighted(b"c", two)], day=1)
    text = report(case, tmp_path / "out", paths=["hidden/*"])
    assert "added: c" in text
    assert "hidden" not in text


def test_no_change_is_told_from_nothing_to_compare(case: Case, tmp_path: Path) -> None:
    watched(case)
    one = stored(case, b"1")
    look_at(case, [Said(START)], [sighted(b"a", one)])
    assert "nothing is known of changes" in report(case, tmp_path / "one")
    look_at(case, [Said(START)], [sighted(b"a", one)], day=1)
    assert "1 look was compared with what was known before; no change" in report(case, tmp_path / "two")


def test_names_are_bounded() -> None:
    changed = watchchanges.Changed()
    for number in range(50):
        changed.add({"snapshot": 4, "change": "moved", "path": "x" * 5000, "old_path": f"{number}" * 5000})
    told = changed.of(4)
    assert told is not None
    assert told["counts"] == [0, 0, 50, 0, 0, 0]
    ((kind, names, more),) = told["names"]
    assert (kind, len(names), more) == ("moved", watchchanges.NAMES, 50 - watchchanges.NAMES)
    assert max(map(len, names)) < 500
    assert changed.of(5) is None


def test_one_of_a_thing_is_told_as_one(case: Case, tmp_path: Path) -> None:
    watched(case, kind="")
    look_at(case, [Said(START), Said(f"{START}x/", 403)], [sighted(b"a", stored(case, b"1"))])
    text = report(case, tmp_path / "out")
    assert "of what kind was not found out" in text
    assert "1 look, 0 missed" in text
    assert "Refused addresses: 1, none of them asked for again" in text
    assert not re.search(r"\(\)|(?<![-\d])1 (looks|addresses|files|sightings|answers)", text)
    readme = (tmp_path / "out" / layout.README).read_text("utf-8")
    assert "1 file, 1 byte, 1 sighting, 0 log events." in readme
