from __future__ import annotations

import gc
import gzip
import hashlib
import io
import random
import shutil
import socket
import subprocess
import threading
import uuid
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator
from warcio.cli import main as warcio_main
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from workbench.core.times import parse_option
from workbench.sources.base import SourceError
from workbench.sources.warcformat import Conversation, Earlier, derived_id, full, header_record, pack, record_id
from workbench.sources.warcread import Unpacked, unpack

UID = bytes(range(16))
TIME = parse_option("2024-01-03T09:00:00.123456Z").micros
URL = "http://127.0.0.1:8099/d/%EA%B7%B8%EB%A6%BC.png"
SENT = b"GET /d/%EA%B7%B8%EB%A6%BC.png HTTP/1.1\r\nHost: 127.0.0.1:8099\r\n\r\n"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 9\r\n\r\n"
BODY = b"nine byte"
HASH = hashlib.sha256(BODY).digest()
LISTED = Conversation(UID, TIME, "GET", URL, SENT, HEAD, BODY, peer="127.0.0.1:8099")


def other(conversation: Conversation, **changes: object) -> Conversation:
    return replace(conversation, uid=uuid.uuid4().bytes, **changes)


SAMPLES = {
    "listing": LISTED,
    "object": replace(LISTED, body=None, object=(HASH, 9), certificate=HASH),
    "part": replace(LISTED, body=None, object=(HASH, 9), part=(3, 6)),
    "whole part": replace(LISTED, body=None, object=(HASH, 9), part=(0, 9)),
    "same page": replace(LISTED, earlier=Earlier(bytes(16), URL, TIME - 86_400_000_000)),
    "cut off": replace(LISTED, body=BODY[:4], truncated="disconnect", problem="network-cut-off"),
    "empty": replace(LISTED, body=b""),
    "head only": replace(LISTED, method="HEAD", sent=SENT.replace(b"GET", b"HEAD"), body=b""),
    "chunked": replace(
        LISTED, head=b"HTTP/1.1 200 OK\r\ntransfer-Encoding: chunked\r\nX-Archive-Orig-Transfer-Encoding: x\r\n\r\n"
    ),
    "no answer": replace(LISTED, head=b"", body=None, problem="network-timeout"),
    "refused": replace(LISTED, sent=b"", head=b"", body=None, peer=None, problem="network-refused"),
    "garbage": replace(LISTED, head=b"SSH-2.0-OpenSSH_9\r\n", body=None, problem="network-protocol"),
    "half a head": replace(LISTED, head=HEAD[:30], body=None, problem="network-cut-off"),
    "ipv6": replace(LISTED, url="http://[::1]/", peer="[::1]:80"),
    "with a body": replace(
        LISTED, method="PROPFIND", sent=b"PROPFIND / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n<a>"
    ),
    "unasked": replace(LISTED, sent=b""),
    "ftp": Conversation(
        UID, TIME, "MLSD", "ftp://127.0.0.1/d/", b"MLSD\r\n", b"226 Done\r\n", b"type=dir; a\r\n", protocol="ftp",
        media_type="text/plain",
    ),
    "ftp object": Conversation(
        UID, TIME, "RETR", "ftp://127.0.0.1/d/a", b"RETR a\r\n", b"226 Done\r\n", None, (HASH, 9), protocol="ftp"
    ),
    "ftp refused": Conversation(
        UID, TIME, "MLSD", "ftp://127.0.0.1/d/", b"MLSD\r\n", b"550 No\r\n", problem="ftp-refused", protocol="ftp"
    ),
}  # fmt: skip


def read(data: bytes) -> list[tuple[Unpacked, bytes | None]]:
    return [(each, each.body.read() if each.body is not None else None) for each in unpack(io.BytesIO(data))]


def prefix(data: bytes) -> tuple[list[tuple[Unpacked, bytes | None]], str | None]:
    """What is there, and the code of the problem."""
    found: list[tuple[Unpacked, bytes | None]] = []
    try:
        for each in unpack(io.BytesIO(data)):
            body: bytearray | None = None
            if each.body is not None:
                body = bytearray()
                found.append((each, b""))
                while more := each.body.read(1):
                    body += more
                    found[-1] = (each, bytes(body))
            else:
                found.append((each, None))
    except SourceError as error:
        return found, error.message.code
    return found, None


def expected(conversation: Conversation) -> Conversation:
    return replace(conversation, body=None, part=conversation.part)


def check_with_warcio(path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        warcio_main(["check", "-v", str(path)])
    said = capsys.readouterr().out
    assert ended.value.code in (0, None), said
    return said


@pytest.mark.parametrize("name", SAMPLES)
def test_what_is_packed_is_unpacked(name: str) -> None:
    conversation = SAMPLES[name]
    (found, body), = read(pack(conversation))  # fmt: skip
    assert found.conversation == expected(conversation)
    assert found.record == record_id(UID)
    kept = conversation.object is None and conversation.earlier is None
    answered = found.type in ("response", "resource")
    assert (body if answered else None) == ((conversation.body or b"") if kept and answered else None)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_full_record_holds_the_body_and_says_the_same(name: str) -> None:
    conversation = SAMPLES[name]
    data = b"".join(full(conversation, io.BytesIO(BODY)))
    assert data == b"".join(full(conversation, io.BytesIO(BODY)))
    (found, body), = read(data)  # fmt: skip
    assert found.conversation == replace(expected(conversation), earlier=None)
    if conversation.object is not None:
        start, size = conversation.part or (0, 9)
        assert body == BODY[start : start + size]
    elif conversation.earlier is not None:
        assert body == BODY
    if found.type in ("response", "resource"):
        assert found.payload_digest == f"sha256:{hashlib.sha256(body or b'').hexdigest()}"


def test_warcio_accepts_all_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.warc.gz"
    data = header_record(bytes(16), TIME, "a.warc.gz", "workbench/1", operator="Kim")
    for conversation in SAMPLES.values():
        data += pack(other(conversation))
        data += b"".join(full(other(conversation), io.BytesIO(BODY)))
    path.write_bytes(data)
    said = check_with_warcio(path, capsys)
    assert said.count("revisit") >= 4
    assert "digest pass" in said
    with path.open("rb") as stream:
        kinds = [record.rec_type for record in ArchiveIterator(stream)]
    assert kinds[:3] == ["warcinfo", "request", "response"]
    assert kinds.count("metadata") >= 8


def test_warcio_notices_a_wrong_byte(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(gzip.decompress(pack(LISTED)).replace(BODY, b"nine bite"))
    with pytest.raises(SystemExit) as ended:
        warcio_main(["check", str(path)])
    assert ended.value.code == 1
    assert "digest failed" in capsys.readouterr().out


def test_warcio_reads_a_chunked_body_as_it_is() -> None:
    record = list(ArchiveIterator(io.BytesIO(pack(SAMPLES["chunked"]))))[-1]
    headers = record.http_headers.headers
    assert ("X-Archive-Orig-transfer-Encoding", "chunked") in headers


def test_headers_of_a_revisit_say_where_the_bytes_are() -> None:
    record = list(ArchiveIterator(io.BytesIO(pack(SAMPLES["object"]))))[-1]
    said = record.rec_headers.get_header
    assert said("WARC-Profile") == "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
    assert said("WARC-Payload-Digest") == f"sha256:{HASH.hex()}"
    assert said("WARC-Date") == "2024-01-03T09:00:00.123456Z"
    assert said("WARC-IP-Address") == "127.0.0.1"
    assert said("WARC-Concurrent-To") == f"<{derived_id(UID, 'request')}>"
    part = list(ArchiveIterator(io.BytesIO(pack(SAMPLES["part"]))))[-1].rec_headers.get_header
    assert part("WARC-Payload-Digest") is None, "nobody has hashed the part"
    assert part("X-Workbench-Part") == "3-6"
    same = list(ArchiveIterator(io.BytesIO(pack(SAMPLES["same page"]))))[-1].rec_headers.get_header
    assert same("WARC-Refers-To") == f"<{record_id(bytes(16))}>"
    assert same("WARC-Refers-To-Date") == "2024-01-02T09:00:00.123456Z"


def test_an_address_cannot_break_out_of_its_line() -> None:
    hostile = replace(LISTED, url="http://a/\r\nWARC-Type: warcinfo\r\n\r\n ü", problem="a\r\nb: c")
    (found, _), = read(pack(hostile))  # fmt: skip
    assert found.type == "response"
    assert found.conversation.url == "http://a/%0D%0AWARC-Type:%20warcinfo%0D%0A%0D%0A%20%C3%BC"


def test_a_full_record_refuses_other_bytes() -> None:
    for wrong in (b"nine bite", b"nine"):
        with pytest.raises(SourceError) as raised:
            list(full(SAMPLES["object"], io.BytesIO(wrong)))
        assert raised.value.message.code == "object-damaged"


def test_a_full_record_streams() -> None:
    noise = random.Random(1).randbytes(5 << 20)
    conversation = replace(LISTED, body=None, object=(hashlib.sha256(noise).digest(), len(noise)))
    pieces = list(full(conversation, io.BytesIO(noise)))
    assert max(map(len, pieces)) < 3 << 20
    (_, body), = read(b"".join(pieces))  # fmt: skip
    assert body == noise
    text = b"the same line again\n" * 100_000
    conversation = replace(LISTED, body=None, object=(hashlib.sha256(text).digest(), len(text)))
    packed = b"".join(full(conversation, io.BytesIO(text)))
    assert len(packed) < len(text) // 20
    assert read(packed)[0][1] == text


def records(*names: str) -> bytes:
    """A small file."""
    return header_record(bytes(16), TIME, "a.warc.gz", "w") + b"".join(pack(SAMPLES[name]) for name in names)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("names", [("listing",), ("object",), ("no answer", "ftp")])
def test_a_file_cut_off_anywhere_gives_what_is_there_and_says_so(names: tuple[str, ...], zipped: bool) -> None:
    whole = records(*names)
    ends, members = {0}, io.BytesIO(whole)
    for record in (iterator := ArchiveIterator(members)):
        record.content_stream().read()
        ends.add(iterator.get_record_offset())
    if not zipped:
        ends = {len(gzip.decompress(whole[:end])) if end else 0 for end in ends}
        whole = gzip.decompress(whole)
    complete, problem = prefix(whole)
    assert problem is None
    assert len(complete) == 1 + len(names)
    for cut in range(0, len(whole), 1 if len(names) == 1 else 5):
        found, problem = prefix(whole[:cut])
        if cut == 0 or cut not in ends:
            assert problem is not None, cut
        for (each, body), (truth, full_body) in zip(found, complete, strict=False):
            if each.type == "request" or each.media_type.startswith("text/x-ftp"):
                continue
            assert replace(each.conversation, sent=b"", head=b"") == replace(truth.conversation, sent=b"", head=b"")
            assert (full_body or b"").startswith(body or b"")


@pytest.mark.parametrize("place", range(0, 2400, 37))
def test_a_damaged_byte_never_passes_for_the_whole(place: int) -> None:
    """Gzip's checksum tells; what came before the damage is there."""
    whole = records("listing", "object", "no answer", "ftp")
    place %= len(whole)
    found, problem = prefix(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
    truth, _ = prefix(whole)
    same = [(each.conversation, body) for each, body in found] == [(each.conversation, body) for each, body in truth]
    assert problem is not None or same  # flags and times of a gzip header mean nothing


def test_what_is_no_warc_file_is_said_to_be_none() -> None:
    for data in (b"", b"PK\3\4", gzip.compress(b"hello"), b"\x1f\x8b\x08"):
        found, problem = prefix(data)
        assert found == []
        assert problem in ("warc-not-one", "warc-cut-off")


def test_a_body_cannot_be_read_when_the_reading_has_gone_on() -> None:
    reading = unpack(io.BytesIO(pack(LISTED) + pack(other(LISTED))))
    first = next(reading)
    next(reading)
    assert first.body is not None
    with pytest.raises(ValueError, match="left"):
        first.body.read()


def written_by_warcio(chunked: bool, zipped: bool, request_first: bool) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # warcio leaves temporary files to the collector
        try:
            return _written_by_warcio(chunked, zipped, request_first)
        finally:
            gc.collect()


def _written_by_warcio(chunked: bool, zipped: bool, request_first: bool) -> bytes:
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=zipped)
    kind = ("Transfer-Encoding", "chunked") if chunked else ("Content-Length", "9")
    body = b"4\r\nnine\r\n5;x=y\r\n byte\r\n0\r\nA: b\r\n\r\n" if chunked else BODY
    for number in range(3):
        url = f"http://example.org/{number}"
        answer = writer.create_warc_record(
            url, "response", io.BytesIO(body), http_headers=StatusAndHeaders("200 OK", [kind], "HTTP/1.1")
        )
        asked = writer.create_warc_record(
            url, "request", io.BytesIO(b""), http_headers=StatusAndHeaders(f"GET /{number} HTTP/1.1", [])
        )
        if request_first:
            writer.write_record(asked)
            writer.write_record(answer)
        else:
            writer.write_request_response_pair(asked, answer)
    return out.getvalue()


@pytest.mark.parametrize("chunked", [True, False])
@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("request_first", [True, False])
def test_files_of_warcio_are_read(chunked: bool, zipped: bool, request_first: bool) -> None:
    found = read(written_by_warcio(chunked, zipped, request_first))
    assert [each.conversation.url for each, _ in found] == [f"http://example.org/{n}" for n in range(3)]
    assert [each.conversation.sent.split(b"\r\n")[0] for each, _ in found] == [
        b"GET /%d HTTP/1.1" % n for n in range(3)
    ]
    assert [body for _, body in found] == [BODY] * 3
    assert {each.conversation.method for each, _ in found} == {"GET"}
    assert all((each.payload_digest or "").startswith("sha1:") for each, _ in found)


def test_a_pipe_is_read_although_it_cannot_be_sought() -> None:
    data = written_by_warcio(chunked=False, zipped=True, request_first=False)
    here, there = socket.socketpair()
    with here, there:
        sender = threading.Thread(target=lambda: (there.sendall(data), there.shutdown(socket.SHUT_WR)))
        sender.start()
        with here.makefile("rb") as stream:
            found = [(each.type, each.body.read() if each.body else None) for each in unpack(stream)]
        sender.join()
    assert [each for each in found if each[0] == "response"] == [("response", BODY)] * 3
    assert len(found) == 6, "requests behind their answers come by themselves"


def test_one_member_around_all_records_is_read() -> None:
    data = gzip.compress(written_by_warcio(chunked=True, zipped=False, request_first=False))
    found = read(data)
    assert [body for each, body in found if each.type == "response"] == [BODY] * 3


def test_broken_chunks_are_not_passed_off_as_a_body() -> None:
    data = written_by_warcio(chunked=True, zipped=False, request_first=False).replace(b"5;x=y", b"z;x=y")
    found, problem = prefix(data)
    assert problem == "warc-chunks"
    assert found[0][1] == b"nine"


def test_a_body_that_only_claims_chunks_is_given_as_it_is() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    data = gzip.decompress(pack(replace(LISTED, head=head))).replace(b"X-Archive-Orig-Tr", b"Tr")
    data = data.replace(
        f"Content-Length: {len(head) + 16 + 9 - 1}".encode(), f"Content-Length: {len(head) + 9}".encode()
    )
    assert read(data)[0][1] == BODY


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    class Quiet(SimpleHTTPRequestHandler):
        def __init__(self, *args: object) -> None:
            super().__init__(*args, directory=str(tmp_path / "site"))  # type: ignore[arg-type]

        def log_message(self, *args: object) -> None:
            return

    (tmp_path / "site" / "그림").mkdir(parents=True)
    (tmp_path / "site" / "그림" / "a.png").write_bytes(BODY)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.skipif(shutil.which("wget") is None, reason="wget is not on this machine")
@pytest.mark.parametrize("options", [[], ["--no-warc-compression"]])
def test_files_of_wget_are_read(site: str, tmp_path: Path, options: list[str]) -> None:
    command = ["wget", "-q", "-r", "-np", f"--warc-file={tmp_path / 'w'}", "-P", str(tmp_path / "got"), *options, site]
    subprocess.run(command, timeout=60, check=False)
    path, = tmp_path.glob("w.warc*")  # fmt: skip
    found = {each.conversation.url: (each, body) for each, body in read(path.read_bytes()) if each.type == "response"}
    each, body = found[site + "%EA%B7%B8%EB%A6%BC/a.png"]
    assert body == BODY
    assert each.conversation.sent.startswith(b"GET /%EA%B7%B8%EB%A6%BC/a.png HTTP/1.1\r\n")
    assert each.conversation.head.startswith(b"HTTP/1.0 200 OK\r\n")
    assert each.conversation.peer == "127.0.0.1"


NAMES = st.from_regex(r"[A-Za-z][A-Za-z-]{0,20}", fullmatch=True) | st.just("Transfer-Encoding")
VALUES = st.from_regex(r"[\x21-\xff]([\x20-\xff]{0,30}[\x21-\xff])?", fullmatch=True)
HEADS = st.lists(st.tuples(NAMES, VALUES), max_size=6).map(
    lambda pairs: b"HTTP/1.1 200 OK\r\n" + "".join(f"{a}: {b}\r\n" for a, b in pairs).encode("latin-1") + b"\r\n"
)
PEERS = st.sampled_from([None, "10.0.0.1:80", "[2001:db8::1]:443"])


@st.composite
def conversations(draw: st.DrawFn) -> Conversation:
    body = draw(st.binary(max_size=300))
    made = Conversation(
        uid=draw(st.binary(min_size=16, max_size=16)),
        time=draw(st.integers(0, 4_000_000_000_000_000)),
        method="GET",
        url="http://" + draw(st.from_regex(r"[\x21-\x3b\x3f-\x7e]{1,40}", fullmatch=True)),
        sent=draw(st.sampled_from([b"", b"GET / HTTP/1.1\r\n\r\n"]))
        and b"GET / HTTP/1.1\r\n\r\n" + draw(st.binary(max_size=50)),
        head=draw(HEADS),
        body=body,
        peer=draw(PEERS),
        certificate=draw(st.none() | st.binary(min_size=32, max_size=32)),
        truncated=draw(st.sampled_from([None, "disconnect", "length", "time"])),
        problem=draw(st.sampled_from([None, "network-cut-off"])),
    )
    if draw(st.booleans()):
        held = (hashlib.sha256(body).digest(), len(body))
        part = draw(st.none() | st.integers(0, len(body)).map(lambda start: (start, len(body) - start)))
        made = replace(made, body=None, object=held, part=part)
    return made


@given(st.lists(conversations(), min_size=1, max_size=4, unique_by=lambda each: each.uid))
@settings(max_examples=40)
def test_any_conversations_come_back(conversations: list[Conversation]) -> None:
    data = b"".join(map(pack, conversations))
    found = read(data)
    assert [each.conversation for each, _ in found] == [expected(each) for each in conversations]
    bodies = [None if each.object is not None else each.body for each in conversations]
    assert [body for _, body in found] == bodies
    assert [each.type for each, _ in read(gzip.decompress(data))] == [each.type for each, _ in found]


@given(st.binary(max_size=200), st.integers(0, 2000), st.booleans())
@settings(max_examples=100)
def test_nothing_but_source_errors_come_of_garbage(junk: bytes, place: int, zipped: bool) -> None:
    whole = pack(LISTED) if zipped else gzip.decompress(pack(LISTED))
    place %= len(whole)
    prefix(whole[:place] + junk + whole[place + len(junk) :])
    prefix(junk)
