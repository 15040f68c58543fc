"""Anchor files name the chain's head and nothing of this computer; a reply counts only when it stamps one of them."""

from __future__ import annotations

import datetime
import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.making import look, sighted, stored
from workbench.case.case import Case
from workbench.core.errors import UserError
from workbench.jobs import anchors
from workbench.queries import custody
from workbench.queries.anchors import anchored
from workbench.queries.verify import verify

TOKEN = bytes.fromhex("060b2a864886f70d0109100104")
SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")
SHA256_BARE = bytes.fromhex("302f300b06096086480165030402010420")
SHA512 = bytes.fromhex("3051300d060960864801650304020305000440")


def reply(place: Path, *digests: bytes, front: bytes = b"\x30\x82\x01\x00" + TOKEN) -> Path:
    """Something like a reply: its beginning, and what it stamps."""
    kinds = {32: SHA256, 64: SHA512}
    place.write_bytes(front + b"\xa0\x03" + b"".join(kinds[len(each)] + each for each in digests) + b"\x02\x01\x07")
    return place


def last(case: Case) -> dict[str, object]:
    return case.ask(lambda reader: list(custody.rows(reader)))[-1]


def test_an_anchor_file(case: Case, tmp_path: Path) -> None:
    look(case, [sighted(b"a", stored(case, b"a"))])
    head = case.ask(custody.head)
    made = anchors.write(case, tmp_path)
    text = made.path.read_text("utf-8")
    assert (made.seq, made.head) == (head.seq, head.hash)
    assert made.sha256 == hashlib.sha256(made.path.read_bytes()).digest()
    assert f"custody-head: {head.hash.hex()}\nsightings: 1\n" in text
    assert str(tmp_path) not in text
    assert last(case)["arguments"] == {
        "ops": head.seq, "head": head.hash.hex(), "anchor_sha256": made.sha256.hex(),
        "anchor_sha512": hashlib.sha512(made.path.read_bytes()).hexdigest(),
        "clock": text.partition("clock: ")[2].partition("\n")[0],
    }  # fmt: skip
    assert case.ask(verify).ok
    before = made.path.read_bytes()
    for wrong in (tmp_path / "absent", made.path):
        with pytest.raises(UserError) as raised:
            anchors.write(case, wrong)
        assert raised.value.message.code == "anchor-cannot-write"
    assert made.path.read_bytes() == before


def test_the_clock_is_asked_of_whoever_answers_first(monkeypatch: pytest.MonkeyPatch) -> None:
    said = anchors.CLOCKS
    monkeypatch.setattr(anchors, "CLOCKS", (("no-such-program",), ("false",), ("echo", " a\n b "), said[0]))
    assert anchors.clock_state() == "echo: a b"
    monkeypatch.setattr(anchors, "CLOCKS", (("no-such-program",), ("true",)))
    assert anchors.clock_state() == "unknown"


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_a_reply_to_one_of_our_anchors(case: Case, tmp_path: Path, algorithm: str) -> None:
    first, second = anchors.write(case, tmp_path), anchors.write(case, tmp_path)
    for made in (first, second):
        digest = hashlib.new(algorithm, made.path.read_bytes()).digest()
        found = anchors.attach(case, reply(tmp_path / "r.tsr", b"\7" * 32, digest))
        assert found.anchor == made.sha256
        assert last(case)["arguments"]["anchor"] == made.sha256.hex()  # type: ignore[index]
        assert found.head == case.ask(custody.head).hash
    assert case.ask(verify).ok


def test_a_reply_that_stamps_something_else_is_kept_all_the_same(case: Case, tmp_path: Path) -> None:
    made = anchors.write(case, tmp_path)
    for number, wrong in enumerate(
        (
            reply(tmp_path / "other.tsr", b"\7" * 32),
            reply(tmp_path / "none.tsr"),
            reply(tmp_path / "no-token.tsr", made.sha256, front=b""),
        )
    ):
        found = anchors.attach(case, wrong)
        assert found.anchor is None
        with case.evidence.open(found.sha256) as kept:
            assert kept.read() == wrong.read_bytes()
        assert case.ask(lambda reader: reader.value("SELECT count(*) FROM object")) == number + 1
        assert last(case)["arguments"]["anchor"] is None  # type: ignore[index]
    empty = tmp_path / "empty.tsr"
    empty.touch()
    for nothing in (empty, tmp_path / "absent", tmp_path):
        with pytest.raises(UserError) as raised:
            anchors.attach(case, nothing)
        assert raised.value.message.code == "anchor-reply"


@given(st.binary(max_size=200), st.binary(min_size=32, max_size=32), st.booleans())
def test_what_is_stamped_is_found_wherever_it_stands(junk: bytes, digest: bytes, bare: bool) -> None:
    made = TOKEN + junk + (SHA256_BARE if bare else SHA256) + digest + junk
    assert digest in anchors.imprints(made)
    assert list(anchors.imprints(junk)) == [] or TOKEN in junk


def test_no_digests_are_no_anchor(case: Case) -> None:
    assert case.ask(anchored, []) is None


CONFIG = """
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256, sha512
"""


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_a_real_reply_by_openssl(case: Case, tmp_path: Path, algorithm: str) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl here")
    made = anchors.write(case, tmp_path)
    stamped = stamp(tmp_path, made.path, algorithm)
    assert anchors.attach(case, stamped).anchor == made.sha256
    made.path.write_text("something else", "utf-8")
    assert anchors.attach(case, stamp(tmp_path, made.path, algorithm)).anchor is None


def stamp(folder: Path, file: Path, algorithm: str) -> Path:
    """A time-stamp reply of our own small service."""
    certificate(folder)
    (folder / "tsa.conf").write_text(CONFIG.format(folder=folder), "utf-8")
    (folder / "serial").write_text("01\n", "utf-8")
    query, made = folder / "q.tsq", folder / "r.tsr"
    for words in (
        ("-query", "-data", file, f"-{algorithm}", "-cert", "-out", query),
        ("-reply", "-config", folder / "tsa.conf", "-queryfile", query, "-signer", folder / "tsa.pem",
         "-inkey", folder / "tsa.key", "-out", made),
    ):  # fmt: skip
        subprocess.run(["openssl", "ts", *map(str, words)], check=True, capture_output=True, timeout=30)
    return made


def certificate(folder: Path) -> None:
    """A certificate that may stamp times."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    begins = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
        .not_valid_before(begins).not_valid_after(begins + datetime.timedelta(days=30))
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "tsa.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "tsa.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
