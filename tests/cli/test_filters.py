"""Each word of FILTER, on one small case with a known content."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import listed, run
from tests.cli.test_commands import line, picture
from workbench.cli.filters import EXCLUDED, REPEATED


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("filters")
    looks = folder / "looks"
    picture(looks / "2024-01-01/a/one.png", 1)
    (looks / "2024-01-01/a/分镜说明.txt").write_text("first")
    (looks / "2024-01-01/bad.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 60)
    picture(looks / "2024-01-02/a/one.png", 1)
    picture(looks / "2024-01-02/a/two.png", 2)
    (looks / "2024-01-02/a/分镜说明.txt").write_text("second")
    (looks / "2024-01-02/bad.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 60)
    log = [
        line("8.8.8.8", "/a/two.png", 2),
        line("5.9.0.1", "/a/%E5%88%86%E9%95%9C%E8%AF%B4%E6%98%8E.txt", 2, 5),
        line("10.1.2.3", "/a/one.png", 2, 9, "GET", 200),
        line("10.1.2.3", "/a/one.png", 3, 9, "DELETE", 204),
        line("192.168.9.9", "/", 3, 9, "GET", 200),
    ]
    (folder / "access.log").write_text("\n".join(log) + "\n")
    path = folder / "a.wbcase"
    run("new", path, "--examiner", "Kim")
    run("add", path, looks, "--series", "%Y-%m-%d", "--scope", "complete", "--source", "server", code=1)
    run("logs", path, folder / "access.log", "--source", "log")
    run("own", path, "192.168.9.9")
    one = next(row["sha256"] for row in listed("files", path) if "a/one.png" in row["paths"])
    run("mark", path, one, "--tag", "key", "--verdict", "relevant", "--note", "看这里 look")
    run("mark", path, "8.8.8.8", "--tag", "resolver")
    return path


ONE, TWO, BAD = "a/one.png", "a/two.png", "bad.png"
FIRST, SECOND = "a/分镜说明.txt (1)", "a/分镜说明.txt (2)"
EVERY = {ONE, TWO, BAD, FIRST, SECOND}


def shown(case: Path, *words: object) -> set[str]:
    """Names of the files that are listed; the two texts of one name by their snapshot."""
    names = set()
    for row in listed("files", case, *words):
        name = row["paths"][0]
        names.add(f"{name} ({row['snapshots'][0]})" if name.endswith(".txt") else name)
    return names


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", EVERY),
        ("--since 2024-01-02", {ONE, TWO, BAD, SECOND}),
        ("--until 2024-01-02", {ONE, BAD, FIRST}),
        ("--since 2024-01-02T09:00+09:00 --until 2024-01-03", {ONE, TWO, BAD, SECOND}),
        ("--clock event --since 2024-01-02T05:00 --until 2024-01-02T06:00", {SECOND}),
        ("--clock modified --until 2000-01-01", set()),
        ("--clock embedded --since 2000-01-01", set()),
        ("--source server", EVERY),
        ("--snapshot 1", {ONE, BAD, FIRST}),
        ("--snapshot 1 --snapshot 2", EVERY),
        ("--path a/*", EVERY - {BAD}),
        ("--path *.PNG", set()),
        ("--path *one* --path *two*", {ONE, TWO}),
        ("--not-path a/*", {BAD}),
        ("--not-path *one* --not-path *two*", {BAD, FIRST, SECOND}),
        ("--type text", {FIRST, SECOND}),
        ("--type image/png --state ok", {ONE, TWO}),
        ("--not-type text", {ONE, TWO, BAD}),
        ("--state undecodable", {BAD}),
        ("--state ok --state undecodable", EVERY),
        ("--state missing", set()),
        ("--tag key", {ONE}),
        ("--not-tag key", EVERY - {ONE}),
        ("--verdict relevant", {ONE}),
        ("--verdict unseen", EVERY - {ONE}),
        ("--not-verdict relevant", EVERY - {ONE}),
        ("--address 8.8.8.8", {TWO}),
        ("--address 8.8.8.0/24 --address 5.9.0.1", {TWO, SECOND}),
        ("--not-address 8.8.8.8", EVERY - {TWO}),
        ("--country us", {TWO}),
        ("--not-country US --action upload", {SECOND}),
        ("--asn 15169", {TWO}),
        ("--asn AS15169 --asn 24940", {TWO, SECOND}),
        ("--not-asn 15169", EVERY - {TWO}),
        ("--action upload", {TWO, SECOND}),
        ("--not-action upload", EVERY - {TWO, SECOND}),
        ("--change changed", {SECOND}),
        ("--change added", {TWO}),
        ("--text 分镜", {FIRST, SECOND}),
        ("--text 这里", {ONE}),
        ("--text two --text look", {ONE, TWO}),
        ("--type image --path *two* --change added", {TWO}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_files(case: Path, words: str, expected: set[str]) -> None:
    assert shown(case, *words.split()) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", {"8.8.8.8", "5.9.0.1", "10.1.2.3"}),
        ("--own", {"8.8.8.8", "5.9.0.1", "10.1.2.3", "192.168.9.9"}),
        ("--since 2024-01-03", {"10.1.2.3"}),
        ("--until 2024-01-02T04:00", {"8.8.8.8"}),
        ("--source log", {"8.8.8.8", "5.9.0.1", "10.1.2.3"}),
        ("--source server", set()),
        ("--path *.txt", {"5.9.0.1"}),
        ("--not-path *.txt --not-path *one*", {"8.8.8.8"}),
        ("--address 10.0.0.0/8", {"10.1.2.3"}),
        ("--not-address 10.0.0.0/8 --not-address 8.8.8.8", {"5.9.0.1"}),
        ("--label private", {"10.1.2.3"}),
        ("--not-label private", {"8.8.8.8", "5.9.0.1"}),
        ("--action delete", {"10.1.2.3"}),
        ("--not-action upload --not-action delete", {"10.1.2.3"}),
        ("--tag resolver", {"8.8.8.8"}),
        ("--not-tag resolver", {"5.9.0.1", "10.1.2.3"}),
        ("--type text", {"5.9.0.1"}),
        ("--snapshot 2", {"8.8.8.8", "5.9.0.1"}),
        ("--change added", {"8.8.8.8"}),
        ("--text 说明", {"5.9.0.1"}),
        ("--clock observed --since 2024-01-02", {"8.8.8.8", "5.9.0.1"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_origins(case: Path, words: str, expected: set[str]) -> None:
    assert {row["address"] for row in listed("origins", case, *words.split())} == expected


def test_every_word_was_tried() -> None:
    text = Path(__file__).read_text("utf-8")
    for name in REPEATED:
        assert f"--{name} " in text
    for name in EXCLUDED:
        assert f"--not-{name} " in text


def test_the_same_filter_means_the_same_in_lists_of_sightings_and_bundles(case: Path, tmp_path: Path) -> None:
    assert {row["path"] for row in listed("sightings", case, "--change", "added")} == {TWO}
    made = run("bundle", case, tmp_path / "out", "--change", "added", "--json", code=None).object
    assert made["objects"] == 1
