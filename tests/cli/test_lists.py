"""What lists say of their rows' origin, of sources that are not there, and of having no rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import listed, run
from tests.making import look, sighted, stored
from tests.watching import START, Said, look_at, watched, week
from workbench.case.case import create
from workbench.core.messages import Message
from workbench.core.records import Coverage, Folder, Noted

LOG = '198.51.100.7 - - [03/Jan/2024:09:00:00 +0000] "GET /a HTTP/1.1" 200 10 "-" "curl/8"\n'


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two watched servers, a folder and a log's origin; each has something that could not be read."""
    folder = tmp_path_factory.mktemp("lists")
    path = folder / "a.wbcase"
    cut = Noted(b"", Message("listing-cut-off"))
    with create(path, "T", "Kim") as made:
        week(made)
        watched(made, "other", "https://other.example/")
        look_at(
            made, [Said("https://other.example/")], source="other", day=2, notes=[Folder(b"", Coverage.FAILED), cut]
        )
        look(made, [sighted(b"x", stored(made, b"x"))], source="a folder", notes=[cut, Noted(b"y", cut.message)])
    (folder / "access.log").write_text(LOG * 9 + "no line at all\n")
    run("logs", path, folder / "access.log", "--source", "log of it", code=1)
    return path


def test_rejects_name_source_and_look(case: Path) -> None:
    told = [(row["source"], row["snapshot"], row["where"], row["line"]) for row in listed("rejects", case)]
    assert told == [
        ("log of it", None, "access.log", 10),
        ("other", 3, "https://other.example/", None),
        ("a folder", 4, None, None),
        ("a folder", 4, "y", None),
    ]
    lines = run("rejects", case).out.splitlines()
    assert lines[0].split()[:3] == ["source", "snapshot", "where"]
    assert "(start)" in lines[3]


@pytest.mark.parametrize(
    ("words", "sources"),
    [
        (("--source", "other"), ["other"]),
        (("--source", "log of it"), ["log of it"]),
        (("--snapshot", "4"), ["a folder", "a folder"]),
        (("--source", "a folder", "--snapshot", "4"), ["a folder", "a folder"]),
        (("--source", "server"), []),
        (("--snapshot", "1"), []),
    ],
)
def test_rejects_of_one_source_or_look(case: Path, words: tuple[str, ...], sources: list[str]) -> None:
    assert [row["source"] for row in listed("rejects", case, *words)] == sources


def test_what_an_object_is_warned_of_belongs_to_those_that_saw_it(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"broken" * 9)
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "plain.txt").write_text("plain")
    path = tmp_path / "a.wbcase"
    run("new", path)
    run("add", path, tmp_path / "in", "--source", "one", code=None)
    run("add", path, tmp_path / "log", "--source", "two", code=None)
    (row,) = listed("rejects", path)
    assert (row["source"], row["snapshot"], len(row["where"])) == (None, None, 64)
    assert listed("rejects", path, "--source", "one") == listed("rejects", path, "--snapshot", "1") == [row]
    assert listed("rejects", path, "--source", "two") == listed("rejects", path, "--snapshot", "2") == []


def test_requests_and_coverage_of_one_source(case: Path) -> None:
    assert {(row["source"], row["snapshot"]) for row in listed("requests", case)} == {("other", 3)}
    assert {(row["source"], row["snapshot"]) for row in listed("requests", case, "--source", "server")} == {
        ("server", 2)
    }
    assert {row["url"] for row in listed("requests", case, "--source", "server", "--snapshot", "1")} > {START}
    assert listed("requests", case, "--source", "a folder") == []
    assert {row["source"] for row in listed("coverage", case)} == {"server", "other"}
    assert [row["state"] for row in listed("coverage", case, "--source", "other")] == ["partial"]
    for command in ("rejects", "requests", "coverage"):
        assert "Look 3" in run(command, case, "--source", "server", "--snapshot", "3", code=2).err
        assert "other" in run(command, case, "--source", "other").out
        assert run(command, case, "--snapshot", "9", code=2).out == ""


@pytest.mark.parametrize(
    "command",
    ["files", "sightings", "changes", "events", "rejects", "origins", "timeline", "requests", "coverage"],
)
def test_a_source_that_is_not_there_is_said(case: Path, command: str) -> None:
    ran = run(command, case, "--source", "nope", "--json", code=2)
    assert ran.out == ""
    assert "nope" in ran.err
    assert "a folder, log of it, other, server" in ran.err
    for name in ("log of it", "a folder", "server"):
        run(command, case, "--source", name)


def test_no_bundle_of_a_source_that_is_not_there(case: Path, tmp_path: Path) -> None:
    assert "nope" in run("bundle", case, tmp_path / "out", "--source", "nope", code=2).err
    assert not (tmp_path / "out").exists()


def test_a_case_without_sources_says_so(tmp_path: Path) -> None:
    run("new", tmp_path / "a.wbcase")
    assert "none yet" in run("files", tmp_path / "a.wbcase", "--source", "nope", code=2).err


def test_a_list_without_rows_says_so_to_people_only(case: Path) -> None:
    for words in (("files", "--tag", "x"), ("sightings", "--path", "no*"), ("rejects", "--snapshot", "1")):
        assert run(words[0], case, *words[1:]).out == "Nothing fits.\n"
        assert run(words[0], case, *words[1:], "--json").out == ""


def test_changes_say_why_there_are_none(tmp_path: Path) -> None:
    path = tmp_path / "a.wbcase"
    with create(path, "T", "Kim") as made:
        one = stored(made, b"x")
        look_at(made, [Said(START)], [sighted(b"x", one)])
    assert run("changes", path).out == "There is nothing to compare with yet.\n"
    with create(tmp_path / "b.wbcase", "T", "Kim") as made:
        one = stored(made, b"x")
        look_at(made, [Said(START)], [sighted(b"x", one)])
        look_at(made, [Said(START)], [sighted(b"x", one)], day=1)
    assert run("changes", tmp_path / "b.wbcase").out == "The compared looks show no change.\n"
    assert run("changes", tmp_path / "b.wbcase", "--json").out == ""


@pytest.mark.parametrize("word", ["abc", "g" * 64, "a" * 65, ""])
def test_a_certificate_is_a_whole_fingerprint(case: Path, word: str) -> None:
    told = run("decide", case, "--source", "server", f"--certificate={word}", code=2).err
    assert "64 hexadecimal digits" in told
    assert "workbench requests" in told


def test_sightings_say_what_was_trusted(case: Path) -> None:
    rows = listed("sightings", case, "--source", "server")
    assert [(row["trusted"], row["rechecked"]) for row in rows] == [(None, None), ("etag", True), ("size-time", True)]
    assert "rechecked: yes" in run("sightings", case).out


def test_trust_stands_in_the_text(tmp_path: Path) -> None:
    with create(tmp_path / "a.wbcase", "T", "Kim") as made:
        one = stored(made, b"x")
        look_at(made, [Said(START)], [sighted(b"x", one)])
        look_at(made, [Said(START)], [sighted(b"x", one, trusted="size-time")], day=1)
    lines = run("sightings", tmp_path / "a.wbcase").out.splitlines()
    assert ["trusted: size-time" in line for line in lines] == [False, False, True]
