"""Servers that want to exhaust, mislead or lead astray: every look ends, says what it met, and keeps to its folder."""

from __future__ import annotations

import datetime
import gzip
import hashlib
import os
import re
import ssl
import sys
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.cli.running import listed, run
from tests.servers import web
from tests.servers.raw import Asked, raw_server
from tests.watch.looking import Looked, contents, coverage, files_outside, sightings, sound, watch
from workbench.jobs.session import ATTEMPTS, LARGEST_PAGE

MOST = 300
"""MB that no process of ours may reach."""
IMPATIENT = "tests.watch.impatient"
BRISK = "tests.watch.brisk"
LOGIN = b'<html><body><form method="post"><input name="u"><input type="password" name="p"></form></body></html>'


def row(href: str, size: int | str = 5, shown: str | None = None) -> str:
    """A line of a listing as nginx writes it."""
    size = "-" if href.endswith("/") else size
    return f'<a href="{href}">{shown or href[:50]}</a>{" " * 20}01-Jan-2024 00:00{size:>20}\r\n'


def listing(*rows: str, at: str = "/") -> bytes:
    """A listing as nginx writes it."""
    head = f"<html>\r\n<head><title>Index of {at}</title></head>\r\n<body>\r\n<h1>Index of {at}</h1><hr><pre>"
    return (head + '<a href="../">../</a>\r\n' + "".join(rows) + "</pre><hr></body>\r\n</html>\r\n").encode()


def hello(asked: Asked) -> None:
    """Five bytes."""
    asked.answer(b"hello", kind="application/octet-stream", last_modified="Mon, 01 Jan 2024 00:00:00 GMT")


def missing(asked: Asked) -> None:
    """404 for what nobody has, such as robots.txt."""
    asked.answer(b"no", 404, "text/plain")


def look(case: Path, url: str, *options: str, seconds: float = 60, program: str = "workbench") -> Looked:
    """A look that ends in time, in little memory, without a word too much, and without a file outside of the case."""
    evidence = case.with_suffix(".evidence")
    before = files_outside(case)
    looked = watch(case, url, *options, seconds=seconds, program=program)
    print(f"peak {looked.peak:.0f} MB, exit {looked.code}: {looked.out.strip()} {looked.err.strip()}")
    assert looked.peak < MOST
    assert looked.code in (0, 1)
    assert files_outside(case) == before
    for each in evidence.rglob("*"):
        place = each.relative_to(evidence).as_posix()
        assert OWN.fullmatch(place), place
    sound(case)
    return looked


OWN = re.compile(
    r"(columns|locks|tmp)(/[\w.-]+)*|checkpoint\.lock|newest-op|previews\.sqlite[\w-]*|objects(/[0-9a-f]{2}(/[0-9a-f]{64})?)?|"
    r"partial(/[0-9a-f]{64}\.(part|json))?|warc(/[0-9TZ]+-[0-9a-f]{12}-\d+\.warc\.gz)?"
)
"""What may lie in the evidence folder: no name in it comes from a server."""


def codes(case: Path) -> Counter[str]:
    """Codes or words of everything that was left out or odd."""
    return Counter(str(each["reason"]) for each in listed("rejects", case))


# without end


@pytest.mark.slow
def test_folders_without_end_and_without_files(case: Path) -> None:
    """Every folder has two new ones in it."""

    def script(asked: Asked) -> None:
        if asked.target == "/robots.txt":
            missing(asked)
        else:
            depth = asked.target.count("/")  # the same names in each would be taken for a loop
            asked.answer(listing(row(f"a{depth}/"), row(f"b{depth}/"), at=asked.target))

    with raw_server(script) as server:
        looked = look(case, server.url, seconds=90)
    assert (looked.code, looked.look["status"], looked.look["sightings"]) == (1, "partial", 0)
    assert len(server.asked) < 5_000
    states = Counter(coverage(case).values())
    assert states["listed"] > 1_000
    assert states["not-reached"] > 0


@pytest.mark.parametrize("rows", [("loop/",), ("loop/", "a.txt"), ("loop/", "a/")])
def test_a_folder_that_leads_to_itself_is_not_followed(case: Path, rows: tuple[str, ...]) -> None:
    def script(asked: Asked) -> None:
        if asked.target == "/robots.txt" or asked.target.endswith("/a/"):
            missing(asked)
        elif asked.target.endswith("/"):
            asked.answer(listing(*map(row, rows), at=asked.target))
        else:
            hello(asked)

    with raw_server(script) as server:
        looked = look(case, server.url)
    assert looked.look["status"] == "partial"
    assert coverage(case)[b"loop"] == "not-reached"
    assert not any(target.startswith("/loop/loop") for _, target in server.asked)


def test_ten_thousand_folders_deep(case: Path) -> None:
    """Each with a file and one more folder: the depth has its limit."""

    def script(asked: Asked) -> None:
        if asked.target.endswith("/"):
            name = f"f{asked.target.count('/')}.txt"  # the same names in each would be taken for a loop
            asked.answer(listing(row("d/"), row(name), at=asked.target))
        elif asked.target.endswith(".txt") and asked.target != "/robots.txt":
            hello(asked)
        else:
            missing(asked)

    with raw_server(script) as server:
        looked = look(case, server.url)
    assert (looked.code, looked.look["status"]) == (1, "partial")
    assert 20 <= looked.look["sightings"] <= 200
    assert Counter(coverage(case).values())["not-reached"] == 1


def test_a_listing_that_never_has_its_last_page(case: Path) -> None:
    """An S3 bucket that always has one more page, with a new token each time."""
    count = 0

    def script(asked: Asked) -> None:
        nonlocal count
        if "robots" in asked.target:
            missing(asked)
            return
        count += 1
        body = (
            '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            "<Name>b</Name><Prefix></Prefix><KeyCount>1</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>true</IsTruncated>"
            f"<NextContinuationToken>t{count}</NextContinuationToken><Contents><Key>k{count}</Key>"
            "<LastModified>2024-01-01T00:00:00.000Z</LastModified><ETag>&quot;e&quot;</ETag><Size>5</Size></Contents>"
            "</ListBucketResult>"
        )
        asked.answer(body.encode(), kind="application/xml")

    with raw_server(script) as server:
        looked = look(case, server.url, "--kind", "s3", "--list-only", program=IMPATIENT)
    assert (looked.code, looked.look["status"]) == (1, "partial")
    assert coverage(case) == {b"": "partial"}
    assert len(server.asked) < 400


def test_loops_by_symlink(root: Path, case: Path) -> None:
    """A real server that follows links back up: every file is seen once."""
    for path in ("a/one.txt", "a/two.txt", "b/three.txt"):
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(path)
    (root / "a" / "again").symlink_to(root / "a")
    (root / "b" / "up").symlink_to(root)
    with web.nginx(root) as server:
        looked = look(case, server.url)
        assert len(server.requests()) < 100
    seen = contents(case)
    assert {b"a/one.txt", b"a/two.txt", b"b/three.txt"} <= seen.keys()
    assert len(seen) < 20, sorted(seen)
    assert looked.look["status"] == "partial", "what lies behind a loop was not looked at"


# too large, too slow


def test_a_listing_page_of_a_gigabyte(case: Path) -> None:
    block = row("x" * 60 + ".txt").encode() * 600

    def script(asked: Asked) -> None:
        if asked.target == "/":
            asked.answer(listing(row("huge/"), row("f.txt")))
        elif asked.target == "/huge/":
            asked.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n")
            asked.send(listing(at="/huge/")[:100])
            for _ in range((1 << 30) // len(block)):
                asked.send(block)
            asked.keep = False
        elif asked.target == "/f.txt":
            hello(asked)
        else:
            missing(asked)

    with raw_server(script) as server:
        looked = look(case, server.url)
    assert (looked.code, looked.look["status"], looked.look["sightings"]) == (1, "partial", 1)
    assert coverage(case) == {b"": "listed", b"huge": "failed"}


@pytest.mark.slow
def test_a_listing_page_with_all_the_names_that_a_page_may_hold(case: Path) -> None:
    """Some 15 MB of long names, just below the limit of a page."""
    page = listing(*(row(f"{number:05}{'%E7%94%BB' * 64}.txt") for number in range(20_000)))
    assert LARGEST_PAGE * 3 // 4 < len(page) < LARGEST_PAGE

    def script(asked: Asked) -> None:
        if asked.target == "/":
            asked.answer(page)
        else:
            missing(asked)

    with raw_server(script) as server:
        looked = look(case, server.url, "--list-only", seconds=120)
    assert (looked.look["status"], looked.look["sightings"]) == ("complete", 20_000)


@pytest.mark.slow
def test_a_body_that_drips(case: Path) -> None:
    def script(asked: Asked) -> None:
        if asked.target == "/":
            asked.answer(listing(row("slow/"), row("slow.bin", 1_000_000), row("f.txt")))
        elif asked.target.startswith("/slow"):
            asked.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000000\r\n\r\n")
            while True:
                asked.send(b"x")
                asked.wait(0.1)
        elif asked.target == "/f.txt":
            hello(asked)
        else:
            missing(asked)

    with raw_server(script) as server:
        looked = look(case, server.url, program=IMPATIENT)
    assert (looked.code, looked.look["status"]) == (1, "partial")
    assert coverage(case)[b"slow"] == "failed"
    assert contents(case) == {b"slow.bin": None, b"f.txt": hashlib.sha256(b"hello").hexdigest()}


@pytest.mark.slow
def test_a_head_that_never_comes(case: Path) -> None:
    with raw_server(lambda asked: asked.wait(60)) as server:
        looked = look(case, server.url, "--kind", "web", "--robots", "ignore", program=IMPATIENT)
    assert looked.code == 1
    assert looked.look["sightings"] == 0


@pytest.mark.parametrize("claimed", [3, 5_000, 10**18])
def test_a_wrong_content_length(case: Path, claimed: int) -> None:
    """Less than comes: only that much is the answer. More: the file did not arrive, and nothing is made up."""

    def script(asked: Asked) -> None:
        if asked.target == "/":
            asked.answer(listing(row("f.bin", 1000), row("g.txt")))
        elif asked.target == "/f.bin":
            asked.send(f"HTTP/1.1 200 OK\r\nContent-Length: {claimed}\r\n\r\n".encode() + b"b" * 1000)
            asked.keep = False
        elif asked.target == "/g.txt":
            hello(asked)
        else:
            missing(asked)

    with raw_server(script) as server:
        looked = look(case, server.url, program=BRISK)
    assert looked.code == 1
    assert server.asked.count(("GET", "/f.bin")) == (1 if claimed == 3 else ATTEMPTS)
    seen = sightings(case)
    assert seen[b"g.txt"]["sha256"] == hashlib.sha256(b"hello").hexdigest()
    if claimed == 3:
        assert seen[b"f.bin"]["sha256"] == hashlib.sha256(b"bbb").hexdigest()
    else:
        assert (seen[b"f.bin"]["sha256"], seen[b"f.bin"]["state"]) == (None, "not-fetched")
    assert codes(case)


def test_a_file_without_end_stops_at_the_agreed_bytes(case: Path) -> None:
    def script(asked: Asked) -> None:
        if asked.target == "/":
            asked.answer(listing(row("endless.bin"), row("g.txt")))
        elif asked.target == "/endless.bin":
            asked.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n")
            while not asked.closing.is_set():
                asked.send(b"e" * 65536)
        elif asked.target == "/g.txt":
            hello(asked)
        else:
            missing(asked)

    with raw_server(script) as server:
        looked = look(case, server.url, "--limit-bytes", "20M")
    assert (looked.code, looked.look["status"]) == (1, "partial")
    assert sightings(case)[b"endless.bin"]["state"] == "not-fetched"
    evidence = case.with_suffix(".evidence")
    assert sum(each.stat().st_size for each in evidence.rglob("*") if each.is_file()) < 2 << 20


def _bomb(size: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = b"<a>" * (1 << 20)
    packed = b"".join(packer.compress(block) for _ in range(size // len(block)))
    return packed + packer.flush()


@pytest.mark.slow
def test_bombs_stay_packed(case: Path) -> None:
    """A listing that unpacks to 300 MB is none; a packed file is kept as it came."""
    bomb = _bomb(300 << 20)

    def script(asked: Asked) -> None:
        if asked.target == "/":
            asked.answer(gzip.compress(listing(row("bomb/"), row("bomb.txt"))), content_encoding="gzip")
        elif asked.target.startswith("/bomb"):
            asked.answer(bomb, content_encoding="gzip")
        else:
            missing(asked)

    with raw_server(script) as server:
        looked = look(case, server.url)
    assert (looked.code, looked.look["status"]) == (1, "partial")
    assert coverage(case) == {b"": "listed", b"bomb": "failed"}
    assert contents(case) == {b"bomb.txt": hashlib.sha256(bomb).hexdigest()}


# names


BAD = (
    "../../../../tmp/escape.txt", "%2e%2e%2fescape.txt", "..%2f..%2fescape.txt", "%2e%2e/escape.txt", "/etc/passwd",
    "a%00b.txt", "a%2fb.txt", "//203.0.113.9/x.txt", "http://203.0.113.9/y.txt", "file:///etc/passwd",
    "..%5cescape.txt", "javascript:alert(1)", "data:text/plain,x", "%2e", "%2e%2e", ".%2e/", "%2f",
)  # fmt: skip
ODD = {
    "bell%07.txt": b"bell\x07.txt",
    "line%0aend.txt": b"line\nend.txt",
    "carriage%0d.txt": b"carriage\r.txt",
    "%1b[31mred.txt": b"\x1b[31mred.txt",
    "%e2%80%aegnp.txt": "\u202egnp.txt".encode(),
    "%ff%fe.txt": b"\xff\xfe.txt",
    "%2541.txt": b"%41.txt",
    "back%5Cslash.txt": b"back\\slash.txt",
    "q%3Fuery.txt": b"q?uery.txt",
    "=cmd.txt": b"=cmd.txt",
    "%3Cscript%3Ealert(1)%3C!--.txt": b"<script>alert(1)<!--.txt",
    "..%2e.txt": b"....txt",
    "CON": b"CON",
}


def test_names_that_lead_out_and_names_that_deceive(case: Path) -> None:
    other = case.parent / "escape.txt"

    def script(asked: Asked) -> None:
        if asked.target == "/in/":
            asked.answer(listing(*map(row, BAD), *map(row, ODD), at="/in/"))
        elif asked.target == "/robots.txt":
            missing(asked)
        else:
            hello(asked)

    with raw_server(script) as server:
        looked = look(case, f"{server.url}in/")
    assert looked.code == 1
    seen = contents(case)
    assert seen.keys() >= set(ODD.values())
    for path in seen.keys() - set(ODD.values()):
        assert path == b"..\\escape.txt", path
    assert set(seen.values()) == {hashlib.sha256(b"hello").hexdigest()}
    assert all(target.startswith("/in/") or target == "/robots.txt" for _, target in server.asked), server.asked
    assert not any(segment in target for _, target in server.asked for segment in ("/../", "/./", "%2e%2e", "%2E%2E"))
    assert not other.exists()
    assert codes(case), "what was left out is told"
    shown = run("sightings", case).out
    assert "\u202e" not in shown
    assert "\x1b" not in shown
    assert len(shown.splitlines()) == len(seen) + 1


# led astray


def test_redirects_to_elsewhere_are_told_and_not_followed(case: Path) -> None:
    with raw_server(hello) as other:
        elsewhere = (
            other.url, "file:///etc/passwd", "http://203.0.113.9/", "//203.0.113.9/x", "https://127.0.0.1:1/",
            "ftp://127.0.0.1/", "/outside/", "gopher://x/", "http://[::1", "",
        )  # fmt: skip

        def script(asked: Asked) -> None:
            found = re.fullmatch(r"/in/(f|d)(\d+)(\.txt|/)", asked.target)
            if asked.target == "/in/":
                names = [f"f{number}.txt" for number in range(len(elsewhere))]
                names += [f"d{number}/" for number in range(len(elsewhere))]
                asked.answer(listing(*map(row, [*names, "g.txt"]), at="/in/"))
            elif found is not None:
                asked.answer(b"", 302, location=elsewhere[int(found[2])])
            elif asked.target == "/in/g.txt":
                hello(asked)
            else:
                missing(asked)

        with raw_server(script) as server:
            looked = look(case, f"{server.url}in/", "--robots", "ignore")
        assert other.asked == []
    assert (looked.code, looked.look["status"]) == (1, "partial")
    assert all(target.startswith("/in/") or target == "/robots.txt" for _, target in server.asked)
    seen = contents(case)
    assert {path for path, sha256 in seen.items() if sha256 is not None} == {b"g.txt"}
    assert len(seen) == len(elsewhere) + 1
    states = coverage(case)
    assert states.pop(b"") == "listed"
    assert len(states) == len(elsewhere)
    assert not set(states.values()) & {"listed"}


def test_a_start_that_redirects_elsewhere_is_no_look(case: Path) -> None:
    with (
        raw_server(hello) as other,
        raw_server(lambda asked: asked.answer(b"", 301, location=other.url)) as server,
    ):
        looked = look(case, server.url)
        assert other.asked == []
    assert (looked.code, looked.look["status"], looked.look["sightings"]) == (1, "failed", 0)


PAGES = {
    "a blog": b"<html><head><title>Index of my heart</title></head><body><h1>Index of my heart</h1>"
    b'<a href="http://203.0.113.9/">friend</a> <a href="about.html">about me</a> <a href="#top">up</a></body></html>',
    "a home page": b"<!doctype html><title>ACME</title><a href=/products/>Products</a> <a href=/jobs/>Jobs</a>",
    "an application": b'<!doctype html><div id="app"></div><script src="/app.js"></script>',
    "nothing": b"",
    "binary": bytes(range(256)) * 40,
    "broken": b"<html><head><title>Index of /</title>" + b"<div>" * 50_000,
}  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_what_only_claims_to_be_a_listing_is_not_understood_and_not_empty(name: str, case: Path) -> None:
    with raw_server(lambda asked: asked.answer(PAGES[name])) as server:
        looked = look(case, server.url, "--robots", "ignore")
    assert (looked.code, looked.look["status"], looked.look["sightings"]) == (1, "failed", 0)
    assert coverage(case) == {b"": "not-understood"}
    assert codes(case)


# closed doors


@pytest.mark.parametrize(("status", "body"), [(401, b"no"), (403, b"no"), (200, LOGIN)])
def test_a_closed_start_ends_the_look(case: Path, status: int, body: bytes) -> None:
    with raw_server(lambda asked: asked.answer(body, status, www_authenticate='Basic realm="x"')) as server:
        looked = look(case, server.url)
    assert (looked.code, looked.look["status"], looked.look["sightings"]) == (1, "failed", 0)
    assert coverage(case) == {b"": "refused"}
    assert len(server.asked) <= 4, "robots, and each way of asking once"
    assert not any("authorization" in each for each in server.sent)


def test_closed_doors_further_down_are_told_and_not_tried_again(case: Path) -> None:
    closed = {"/401/": 401, "/403/": 403, "/403.txt": 403, "/401.txt": 401}

    def script(asked: Asked) -> None:
        if asked.target == "/":
            names = [target.lstrip("/") for target in closed]
            asked.answer(listing(*map(row, [*names, "login/", "open/", "g.txt"])))
        elif asked.target in closed:
            asked.answer(b"no", closed[asked.target], www_authenticate='Basic realm="x"')
        elif asked.target == "/login/":
            asked.answer(LOGIN)
        elif asked.target == "/open/":
            asked.answer(listing(row("h.txt"), at="/open/"))
        elif asked.target in ("/g.txt", "/open/h.txt"):
            hello(asked)
        else:
            missing(asked)

    with raw_server(script) as server:
        looked = look(case, server.url)
    assert (looked.code, looked.look["status"]) == (1, "partial")
    refused = {b"401": "refused", b"403": "refused", b"login": "refused"}
    assert coverage(case) == {b"": "listed", b"open": "listed", **refused}
    seen = sightings(case)
    assert seen.keys() == {b"401.txt", b"403.txt", b"g.txt", b"open/h.txt"}
    assert [seen[path]["state"] for path in (b"401.txt", b"403.txt")] == ["refused"] * 2
    again = {target: count for (_, target), count in Counter(server.asked).items() if count > 1}
    assert again == {}
    assert not any("authorization" in each for each in server.sent)


# in no hurry


@pytest.mark.parametrize("status", [429, 503])
def test_a_server_that_wants_a_rest_gets_it(case: Path, status: int) -> None:
    busy = Counter({"/": 1, "/sub/": 1, "/f.txt": 1})

    def script(asked: Asked) -> None:
        if busy[asked.target]:
            busy[asked.target] -= 1
            asked.answer(b"later", status, retry_after="1")
        elif asked.target == "/":
            asked.answer(listing(row("sub/"), row("f.txt")))
        elif asked.target == "/sub/":
            asked.answer(listing(at="/sub/"))
        elif asked.target == "/f.txt":
            hello(asked)
        else:
            missing(asked)

    with raw_server(script) as server:
        looked = look(case, server.url)
    assert looked.look["status"] == "complete"
    assert coverage(case) == {b"": "listed", b"sub": "listed"}
    assert contents(case) == {b"f.txt": hashlib.sha256(b"hello").hexdigest()}
    assert Counter(target for _, target in server.asked)["/f.txt"] == 2


def test_a_server_that_is_always_busy_is_left_alone(case: Path) -> None:
    def script(asked: Asked) -> None:
        asked.answer(b"later", 503, retry_after="99999999")

    with raw_server(script) as server:
        looked = look(case, server.url)
    assert (looked.code, looked.look["sightings"]) == (1, 0)
    assert len(server.asked) <= 4


# another certificate


def _certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, str]:
    """A self-signed certificate for this machine, and its SHA-256."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = folder / f"{name}.pem"
    pem.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context, made.fingerprint(hashes.SHA256()).hex()


@pytest.fixture
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


def test_another_certificate_waits_for_a_decision(case: Path, keys: Path) -> None:
    def script(asked: Asked) -> None:
        if asked.target == "/":
            asked.answer(listing(row("f.txt")))
        elif asked.target == "/f.txt":
            hello(asked)
        else:
            missing(asked)

    (first, first_digest), (second, second_digest) = (_certificate(keys, name) for name in ("one", "two"))
    with raw_server(script, first) as server:
        looked = look(case, server.url, "--source", "tls")
        assert (looked.look["status"], looked.look["sightings"]) == ("complete", 1)
        assert codes(case), "nobody vouches for this certificate"
        port, server_asked = server.port, len(server.asked)
    with raw_server(script, second, port) as server:
        waiting = look(case, server.url, "--source", "tls")
        assert waiting.code == 1
        assert waiting.look["paused"] == "certificate-changed"
        assert server.asked == [], "nothing is asked of whoever that is"
        assert first_digest in waiting.err
        assert second_digest in waiting.err

        run("decide", case, "--source", "tls", "--certificate", second_digest)
        looked = look(case, server.url, "--source", "tls")
        assert (looked.look["status"], looked.look["snapshot"]) == ("complete", waiting.look["snapshot"])
    assert server_asked == 3
    assert {each["certificate"] for each in listed("requests", case, "--snapshot", 1)} == {first_digest}
    assert {each["certificate"] for each in listed("requests", case, "--snapshot", 2)} - {None} == {second_digest}


def test_the_limits_of_these_tests_are_those_of_the_program() -> None:
    """`impatient` changes what it says and nothing else."""
    import subprocess

    script = (
        "from tests.watch.impatient import hurry; hurry(); from workbench.jobs.bounds import Bounds;"
        "from workbench.sources.http.wire import Timeouts; print(Bounds(), Timeouts())"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=_env())
    from workbench.jobs.bounds import Bounds
    from workbench.sources.http.wire import Timeouts

    def facts(text: str) -> dict[str, Any]:
        return dict(re.findall(r"(\w+)=([\d.]+)", text))

    short, real = facts(said.stdout), facts(f"{Bounds()} {Timeouts()}")
    assert {name for name in real if float(real[name]) != float(short[name])} == {
        "pages", "connect", "head", "idle", "window",
    }  # fmt: skip


def _env() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
