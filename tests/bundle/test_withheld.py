"""Whatever column a withheld thing stands in, and however it is written, its line stays behind."""

from __future__ import annotations

import gzip
import ipaddress
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bundle.building import look, new_case, picture
from tests.cli.running import listed, run
from workbench.bundle.formats import guarded_text
from workbench.bundle.patterns import PathPatterns
from workbench.bundle.redaction import Redaction, read_redaction
from workbench.bundle.withheld import Withheld, folded, is_distinctive
from workbench.bundle.write import write_bundle
from workbench.case.case import Case
from workbench.case.secret import keyed
from workbench.core.errors import UserError
from workbench.core.filter import Filter
from workbench.ops import history, marks

NET = ipaddress.ip_network
HIDDEN = Withheld(
    (NET("203.0.113.0/24"), NET("2001:db8::/32")),
    frozenset({"192.0.2.9"}),
    ("a/secret studio", "비밀/장면.png", "x/1.png", "sub/secret-file.png", "a (1).png"),
    frozenset(),
    ("Zqexaminer Kwon", "letterhead", "cat"),
)


@pytest.mark.parametrize(
    "text",
    [
        "203.0.113.7", "::ffff:203.0.113.7", "::ffff:cb00:7107", "0:0:0:0:0:ffff:203.0.113.7", "[2001:DB8:0:0::1]:80",
        "2001:0db8:0000:0000:0000:0000:0000:0001", "192.0.2.9:8080", "203.000.113.007", "ip=203%2E0%2E113%2E7",
        "203.0.113.7,", "for=203.0.113.7;", "x-203.0.113.7-y", '"203.0.113.55"', "2002:cb00:7107::1",
        "GET /a/secret%20studio/x.png", "/a/secret+studio/", "%EB%B9%84%EB%B0%80/%EC%9E%A5%EB%A9%B4.png",
        "see secret-file.png.", "by Zqexaminer Kwon", "a%252Fsecret%2520studio%2520", "?next=x%2F1.png", "/x/1.png",
        r"\xeb\xb9\x84\xeb\xb0\x80/\xec\x9e\xa5\xeb\xa9\xb4.png", "비밀/장면.png",
        "203-0-113-55.dsl.example", "host_55_113_0_203", "55.113.0.203.in-addr.arpa", "64:ff9b::cb00:7137",
        "0:0:0:0:0:FFFF:CB00:7107", "LETTERHEAD", "tag letterhead!", "a&#32;(1).png", "http://h/비밀/장면.png?x",
    ],
)  # fmt: skip
def test_what_mentions_something(text: str) -> None:
    assert HIDDEN.mentions_text(text)
    assert HIDDEN.mentions(b"\x00\xff before " + text.encode() + b" after")


@pytest.mark.parametrize(
    "text",
    [
        "203.0.114.7", "1203.0.113.7", "2001:db9::1", "192.0.2.99", "12:30:45", "/1.png", "y/1.png", "xx/1.png",
        "secret-file.png2", "the cat", "letterheads", "", "장면.jpg", "a/secret", "studio", "203.0.113",
        "55.113.0.203", "203-0-114-55", "1203-0-113-55", "2024-01-02-03", "203-0-113-555", "999-0-113-203",
    ],
)  # fmt: skip
def test_what_does_not(text: str) -> None:
    assert not HIDDEN.mentions_text(text)


@given(st.binary(max_size=60))
def test_no_bytes_are_too_odd(raw: bytes) -> None:
    HIDDEN.mentions(raw)
    assert HIDDEN.mentions(raw + b" 203.0.113.7 " + raw)


@given(st.integers(0, 2**32 - 1), st.integers(0, 32), st.integers(0, 2**32 - 1), st.sampled_from(range(9)))
def test_every_member_of_a_network_is_met_in_every_form(number: int, bits: int, host: int, form: int) -> None:
    network = ipaddress.ip_network((number, bits), strict=False)
    member = network[host % network.num_addresses]
    a, b, c, d = str(member).split(".")
    high, low = int(member) >> 16, int(member) & 0xFFFF
    text = (
        f"{member}", f"::ffff:{member}", f"::FFFF:{high:x}:{low:x}", f"[0:0:0:0:0:ffff:{high:04x}:{low:04x}]:80",
        f"{int(a):03}.{int(b):03}.{int(c):03}.{int(d):03}", f"{a}%2E{b}%2e{c}.{d}", f"host-{a}-{b}-{c}-{d}.example",
        f"{d}.{c}.{b}.{a}.in-addr.arpa", f"64:ff9b::{high:x}:{low:x}",
    )[form]  # fmt: skip
    for hidden in (Withheld((network,)), Withheld(addresses=frozenset({str(member)}))):
        assert hidden.mentions_text(f'x "{text}" y'), text
        assert hidden.mentions_text(text), text


@pytest.mark.parametrize("count", [1, 1_000])
def test_few_names_and_many_are_met_alike(count: int) -> None:
    hidden = Withheld(paths=[f"studio/secret-drawing{number}.png" for number in range(count)])
    name = f"secret-drawing{count - 1}.png"
    for text in (name, f"see {name}.", f"a:{name}", f'"/x/{name.upper()}?y"', f"of={name.replace('-', '%2D')}"):
        assert hidden.mentions_text(text), text
    for text in (f"x{name}", f"{name}x", "secret-drawing.png", ""):
        assert not hidden.mentions_text(text), text


@given(st.lists(st.sampled_from(["/1.png", "x/1.png", "203.0.113.7", "open", "%", "a%", "31.png", "\\", "&"])))
def test_texts_that_are_looked_into_together(texts: list[str]) -> None:
    raw = [each.encode() for each in texts]
    assert list(HIDDEN.any_in(raw)) == [at for at, each in enumerate(raw) if HIDDEN.mentions(each)]


def test_a_name_that_others_have_too_proves_nothing() -> None:
    path = "studio/storyboard.png"
    assert Withheld(paths=(path,)).mentions_text("storyboard.png")
    shared = Withheld(paths=(path,), open_names=frozenset({"storyboard.png"}))
    assert not shared.mentions_text("other/storyboard.png")
    assert shared.mentions_text("/studio/storyboard.png")
    assert not is_distinctive("a1.png")
    assert is_distinctive("장면.png")
    assert folded("É") == folded("e\u0301")


# which paths are meant


@pytest.mark.parametrize(
    ("pattern", "path", "meant"),
    [
        ("private", "private/a.png", True), ("private/", "private/a/b.png", True), ("/private/*", "private/a.b", True),
        ("/private/*", "private", True), ("private", "not/private/a.png", False), ("*/private/*", "x/private/a", True),
        ("private", "privates/a.png", False), ("*.psd", "a/b.psd", True), ("cut_0?", "cut_01", True),
        ("cut_0[12]", "cut_02/x", True), ("cut_0[^12]", "cut_02", False), ("a[1].png", "a[1].png", True),
        ("a[1].png", "a1.png", True), ("e\u0301.png", "\u00e9.png", True), ("\u00e9.png", "e\u0301.png", True),
        ("a%20b.png", "a b.png", True), ("a b.png", "a%20b.png", True), ("*", "anything", True),
    ],
)  # fmt: skip
def test_patterns(pattern: str, path: str, meant: bool) -> None:
    found = PathPatterns([pattern], [])
    assert found.hits(path) is meant
    assert found.unmet == ([] if meant else [pattern])


@pytest.mark.parametrize("name", ["a*.png", "a?.png", "[a].png", "100%.png", "e\u0301.png", "칼[*]?"])
def test_exact_paths_mean_what_they_say(name: str) -> None:
    found = PathPatterns([], [f"cut/{name}"])
    assert found.hits(f"cut/{name}")
    assert found.hits(f"/srv/ftp/cut/{name}/below.png", logged=True)
    assert not found.hits("cut/abc.png")
    assert not found.hits("cut/a.png")


# whole bundles


def bytes_of(out: Path) -> bytes:
    found = b""
    for path in sorted(out.rglob("*")):
        if path.is_file():
            raw = path.read_bytes()
            found += raw + (gzip.decompress(raw) if path.suffix == ".gz" else b"")
    return found


COMBINED = '{0} - - [03/Jan/2024:10:00:{1:02} +0000] "PUT /cut/{1}.png HTTP/1.1" 201 5 "-" "curl/8"'


def case_with_lines(tmp_path: Path, *odd: str) -> Path:
    lines = [COMBINED.format("198.51.100.7", number) for number in range(12)]
    (tmp_path / "access.log").write_text("\n".join([*lines, *odd]) + "\n", "utf-8")
    run("new", tmp_path / "a.wbcase", "--examiner", "Kim")
    run("logs", tmp_path / "a.wbcase", tmp_path / "access.log", code=None)
    return tmp_path / "a.wbcase"


def exported(case: Path, out: Path, **redaction: object) -> tuple[bytes, list[dict[str, object]]]:
    words = []
    if redaction:
        out.with_suffix(".json").write_text(json.dumps(redaction))
        words = ["--redact", out.with_suffix(".json")]
    run("bundle", case, out, *words, code=None)
    index = [
        json.loads(line)
        for file in (out / "data/evidence/logs").glob("*.jsonl")
        if file.name != "index.jsonl"
        for line in file.read_text().splitlines()
    ]
    return bytes_of(out), index


COLUMNS = {
    "further column": COMBINED.format("198.51.100.8", 30) + ' "203.0.113.55"',
    "forwarded list": COMBINED.format("198.51.100.8", 30) + ' "10.0.0.1, 203.0.113.55"',
    "referrer": COMBINED.format("198.51.100.8", 30).replace('"-"', '"http://203.0.113.55/x"'),
    "agent": COMBINED.format("198.51.100.8", 30).replace("curl/8", "probe from 203.0.113.55"),
    "user": COMBINED.format("198.51.100.8", 30).replace("- - [", "- 203.0.113.55 ["),
    "query": COMBINED.format("198.51.100.8", 30).replace("30.png", "30.png?ip=203.0.113.55"),
    "coded query": COMBINED.format("198.51.100.8", 30).replace("30.png", "30.png?ip=203%2E0%2E113%2E55"),
    "mapped": COMBINED.format("198.51.100.8", 30) + ' "::ffff:203.0.113.55"',
    "unread line": "no line of a log, but of 203.0.113.55",
}


@pytest.mark.parametrize("column", COLUMNS)
def test_an_own_address_is_in_no_line(tmp_path: Path, column: str) -> None:
    case = case_with_lines(tmp_path, COLUMNS[column])
    run("own", case, "203.0.113.55")
    everything, index = exported(case, tmp_path / "out")
    for form in (b"203.0.113.55", b"203%2E0%2E113%2E55"):
        assert form not in everything
    withheld = [row for row in index if "withheld" in row]
    assert [row["line"] for row in withheld] == [13]
    assert set(withheld[0]) == {"line", "withheld"}
    assert len(index) == 13
    assert run("verify", tmp_path / "out").code == 0


@pytest.mark.parametrize("column", COLUMNS)
def test_a_withheld_network_is_in_no_line(tmp_path: Path, column: str) -> None:
    case = case_with_lines(tmp_path, COLUMNS[column])
    everything, _ = exported(case, tmp_path / "out", addresses=["203.0.113.0/26"])
    assert b"203.0.113.55" not in everything


def test_a_withheld_path_is_in_no_link(tmp_path: Path) -> None:
    odd = COMBINED.format("198.51.100.8", 30).replace('"-"', '"http://h/%EB%B9%84%EB%B0%80/%EC%9E%A5%EB%A9%B4.png"')
    case = case_with_lines(tmp_path, odd, COMBINED.format("198.51.100.8", 31).replace("/cut/31.png", "/비밀/장면.png"))
    everything, index = exported(case, tmp_path / "out", exact_paths=["비밀/장면.png"])
    for form in ("장면".encode(), b"%EC%9E%A5"):
        assert form not in everything
    assert [row["line"] for row in index if "withheld" in row] == [13, 14]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("paths", "nothing/*"), ("exact_paths", "nothing.png"), ("addresses", "198.51.100.8/32"), ("tags", "nothing"),
        ("authors", "Nobody"), ("objects", "00" * 32), ("marks", "00" * 16),
    ],
)  # fmt: skip
def test_what_is_not_there_cannot_be_withheld(tmp_path: Path, field: str, value: str) -> None:
    case = case_with_lines(tmp_path)
    (tmp_path / "redact.json").write_text(json.dumps({field: [value]}))
    ran = run("bundle", case, tmp_path / "out", "--redact", tmp_path / "redact.json", code=2)
    assert value in ran.err
    assert not (tmp_path / "out").exists()


def test_a_redaction_comes_back_from_its_file(tmp_path: Path) -> None:
    plain = {
        "objects": ["ab" * 32], "paths": ["*.psd"], "exact_paths": ["칼[1]*.png"], "addresses": ["203.0.113.0/24"],
        "tags": ["cat"], "authors": ["Kim"], "marks": ["01" * 16], "notes": True, "actors": True, "hashes": "open",
        "accept": ["cd" * 32],
    }  # fmt: skip
    (tmp_path / "a.json").write_text(json.dumps(plain))
    found = read_redaction(tmp_path / "a.json")
    assert found.to_json() == plain
    assert Redaction().to_json() == {}
    assert not Redaction(hashes="open", accept=frozenset({b"x"}))
    for wrong in ({"hashes": "none"}, {"marks": ["12"]}, {"authors": [1]}):
        (tmp_path / "b.json").write_text(json.dumps(wrong))
        with pytest.raises(UserError, match=next(iter(wrong))):
            read_redaction(tmp_path / "b.json")


# what people wrote


@pytest.fixture
def marked(tmp_path: Path) -> Case:
    case = new_case(tmp_path)
    look(case, {b"open/drawing.png": picture(1), b"studio/secret-drawing.png": picture(2)})
    case.run(marks.tag, [("object", 1)], "bluebird-op")
    undone = case.run(marks.tag, [("object", 1)], "undone-word")
    case.run(history.undo, undone.seq)
    case.run(marks.note, [("object", 1)], "compare with secret-drawing.png")
    case.run(marks.journal, "found bluebird-op today")
    case.actor = "Zqreviewer Oh"
    case.run(marks.note, [("object", 1)], "a peculiar note")
    return case


@pytest.mark.parametrize(
    ("redaction", "gone", "kept"),
    [
        ({"tags": ["undone-word"]}, [b"undone-word"], [b"bluebird-op", b"peculiar"]),
        ({"tags": ["bluebird-op"]}, [b"bluebird-op"], [b"undone-word", b"peculiar"]),
        ({"paths": ["studio/"]}, [b"secret-drawing"], [b"bluebird-op", b"peculiar"]),
        ({"authors": ["Zqreviewer Oh"]}, [b"Zqreviewer", b"peculiar"], [b"bluebird-op", b"Ada"]),
        ({"actors": True}, [b"Zqreviewer", b"Ada"], [b"peculiar"]),
    ],
)
def test_what_people_wrote_goes_with_what_it_repeats(
    marked: Case, tmp_path: Path, redaction: dict[str, object], gone: list[bytes], kept: list[bytes]
) -> None:
    (tmp_path / "redact.json").write_text(json.dumps(redaction))
    with marked:
        write_bundle(marked, tmp_path / "out", Filter(), redact=tmp_path / "redact.json")
    everything = bytes_of(tmp_path / "out")
    assert [word for word in gone if word in everything] == []
    assert [word for word in kept if word not in everything] == []


def test_a_single_mark_is_withheld_by_its_uid(marked: Case, tmp_path: Path) -> None:
    uid = marked.ask(lambda reader: reader.value("SELECT hex(uid) FROM mark WHERE value LIKE 'compare%'"))
    (tmp_path / "redact.json").write_text(json.dumps({"marks": [uid]}))
    with marked:
        made = write_bundle(marked, tmp_path / "out", Filter(), redact=tmp_path / "redact.json")
    assert b"compare with" not in bytes_of(tmp_path / "out")
    assert dict(made.left_out)["redacted-mark"] == 1


# keyed values


def test_what_a_look_is_resumed_by_never_leaves_the_case(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.txt").write_text("words")
    run("new", tmp_path / "a.wbcase")
    run("add", tmp_path / "a.wbcase", tmp_path / "in")
    run("bundle", tmp_path / "a.wbcase", tmp_path / "out", code=None)
    everything = bytes_of(tmp_path / "out")
    from workbench.case.case import open_case

    with open_case(tmp_path / "a.wbcase", write=False) as case:
        private = case.ask(lambda reader: reader.all("SELECT key FROM resumption UNION ALL SELECT value FROM case_key"))
        assert len(private) == 2
        assert case.ask(lambda reader: reader.value("SELECT count(*) FROM snapshot WHERE resume IS NOT NULL")) == 0
        assert case.ask(keyed, b"a") != case.ask(keyed, b"b")
    for (value,) in private:
        assert value not in everything
        assert value.hex().encode() not in everything
    rows = listed("custody", tmp_path / "a.wbcase")
    assert rows
    told = [json.loads(line) for line in (tmp_path / "out/data/record/custody.jsonl").read_text().splitlines()]
    sets = [each for row in told for each in row["rows"] if each["table"] in ("case_key", "resumption")]
    assert [each["salt"] for each in sets] == [None, None]


# cells


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1", "'=1"), ("＝1", "'＝1"), ("－1", "'－1"), ("＋", "'＋"), ("＠x", "'＠x"), ("a\x1b[31m", "a\\x1b[31m"),
        ("a\nb", "a\\x0ab"), ("\tx", "'\\x09x"), ("\u202eabc", "\\u202eabc"), ("칼", "칼"), ("a=b", "a=b"),
    ],
)  # fmt: skip
def test_cells_are_harmless(text: str, cell: str) -> None:
    assert guarded_text(text) == cell
