"""Anchor files name the chain's head and nothing of this computer; a reply counts only when it stamps one of them."""

from __future__ import annotations

import datetime
import hashlib
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.running import run
from tests.making import look, sighted, stored
from workbench.case.case import Case
from workbench.core.errors import UserError
from workbench.jobs import anchors
from workbench.ops import bundles
from workbench.queries import anchors as queries
from workbench.queries import custody
from workbench.queries.anchors import Anchor, anchored
from workbench.queries.verify import verify


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


def refused(case: Case, reply: Path, roots: Path | None = None) -> str:
    """Why a reply is not taken in; nothing is recorded then."""
    before = case.ask(custody.head)
    with pytest.raises(UserError) as raised:
        anchors.attach(case, reply, roots)
    assert case.ask(custody.head) == before
    return raised.value.message.code


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_a_real_reply_by_openssl(case: Case, tmp_path: Path, algorithm: str) -> None:
    """What `openssl ts -verify` says of it, we say; the chain is checked to the root that is handed in."""
    made, service = anchors.write(case, tmp_path), Service(tmp_path / "tsa")
    stamped = service.stamp(made.path, algorithm)
    assert service.agrees(made.path, stamped)
    found = anchors.attach(case, stamped, service.root)
    assert (found.anchor, found.stamp.state, found.stamp.signer) == (made.sha256, "valid", "CN=service")
    assert last(case)["arguments"]["anchor"] == made.sha256.hex()  # type: ignore[index]
    assert anchors.attach(case, stamped).stamp.state == "unchecked"
    with_root = service.stamp(made.path, algorithm, "-chain", service.root)
    assert anchors.attach(case, with_root).stamp.state == "root-unknown"
    assert anchors.attach(case, with_root, service.root).stamp.state == "valid"
    assert case.ask(verify).ok


def test_replies_that_are_refused(case: Case, tmp_path: Path) -> None:
    made, service, other = anchors.write(case, tmp_path), Service(tmp_path / "tsa"), Service(tmp_path / "other")
    stamped = service.stamp(made.path, "sha256")
    assert not other.agrees(made.path, stamped)
    assert refused(case, stamped, other.root) == "timestamp-not-valid"
    foreign = tmp_path / "foreign"
    foreign.write_text("something else", "utf-8")
    assert refused(case, service.stamp(foreign, "sha256"), service.root) == "anchor-stamps-none"
    stamped = service.stamp(made.path, "sha256")
    whole = stamped.read_bytes()
    for at in range(0, len(whole), 1 + len(whole) // 40):
        stamped.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        try:
            taken = anchors.attach(case, stamped, service.root).stamp.state
        except UserError as error:
            taken = error.message.code
        assert taken != "valid" or service.agrees(made.path, stamped), at
    for damaged in (whole[:-40], b"x" * 50, (tmp_path / "tsa" / "q.tsq").read_bytes()):
        stamped.write_bytes(damaged)
        assert refused(case, stamped, service.root) == "timestamp-no-reply"
    stamped.write_bytes(b"")
    for nothing in (stamped, tmp_path / "absent", tmp_path):
        assert refused(case, nothing) == "anchor-reply"
    stamped.write_bytes(whole)
    assert refused(case, stamped, foreign) == "timestamp-roots"


def test_an_anchor_held_against_its_case(new_case: Callable[..., Case], tmp_path: Path) -> None:
    case, other = new_case(), new_case("other")
    look(case, [sighted(b"a", stored(case, b"a"))])
    seq = case.ask(custody.head).seq
    made = anchors.write(case, tmp_path)
    anchor = anchors.read_anchor(made.path)
    assert case.ask(queries.compare, anchor) == queries.Compared("grown", seq, 1)
    newest = case.ask(custody.head)
    assert case.ask(queries.compare, Anchor(case.uid, newest.seq, newest.hash)).state == "same"
    # The copies of one template share their uid: what differs is the ops.
    assert other.ask(queries.compare, anchor).state == "rolled-back"
    assert other.ask(queries.compare, anchor).op == other.ask(custody.head).seq
    assert case.ask(queries.compare, replace(anchor, hash=bytes(32))) == queries.Compared("forked", seq)
    assert case.ask(queries.compare, replace(anchor, uid=bytes(16))) == queries.Compared("different-case", None)
    case.close()
    ran = run("anchor", case.path, "--check", made.path, "--json")
    assert '"state": "grown"' in ran.out
    other.close()
    assert "rolled back at op" in run("anchor", other.path, "--check", made.path, code=1).out
    made.path.write_text("ops: x", "utf-8")
    assert run("anchor", case.path, "--check", made.path, code=None).code in (1, 2)


def test_an_older_case_file_is_said_when_it_is_opened(case: Case, tmp_path: Path) -> None:
    look(case, [sighted(b"a", stored(case, b"a"))])
    case.close()
    older = tmp_path / "older"
    shutil.copyfile(case.path, older)
    run("note", case.path, "seen")
    older.replace(case.path)
    assert "CAUTION" in run("custody", case.path).err
    assert "CAUTION" in run("note", case.path, "seen").err
    assert "CAUTION" in run("custody", case.path).err


CONFIG = """
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256, sha512
"""


class Service:
    """A time-stamping service of our own, made by openssl alone, with a root and a certificate below it."""

    def __init__(self, folder: Path) -> None:
        if shutil.which("openssl") is None:
            pytest.skip("there is no openssl here")
        folder.mkdir()
        self.folder = folder
        self.root = folder / "root.pem"
        self.count = 0
        certificates(folder)
        (folder / "tsa.conf").write_text(CONFIG.format(folder=folder), "utf-8")
        (folder / "serial").write_text("01\n", "utf-8")

    def stamp(self, file: Path, algorithm: str, *more: object) -> Path:
        """A reply to a query for a file."""
        query, made = self.folder / "q.tsq", self.folder / f"r{self.count}.tsr"
        self.count += 1
        self._do("-query", "-data", file, f"-{algorithm}", "-cert", "-out", query)
        self._do("-reply", "-config", self.folder / "tsa.conf", "-queryfile", query, "-signer",
                 self.folder / "tsa.pem", "-inkey", self.folder / "tsa.key", "-out", made, *more)  # fmt: skip
        return made

    def agrees(self, file: Path, reply: Path) -> bool:
        """Does openssl find it valid?"""
        words = ("-verify", "-data", file, "-in", reply, "-CAfile", self.root)
        done = subprocess.run(["openssl", "ts", *map(str, words)], check=False, capture_output=True, timeout=60)
        return done.returncode == 0

    @staticmethod
    def _do(*words: object) -> None:
        subprocess.run(["openssl", "ts", *map(str, words)], check=True, capture_output=True, timeout=60)


def certificates(folder: Path) -> None:
    """A root, and below it a certificate that may stamp times."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    begins = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("root", "service")}

    def builder(name: str, number: int) -> x509.CertificateBuilder:
        def named(common: str) -> x509.Name:
            return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])

        return (
            x509.CertificateBuilder().subject_name(named(name)).issuer_name(named("root"))
            .public_key(keys[name].public_key()).serial_number(number)
            .not_valid_before(begins).not_valid_after(begins + datetime.timedelta(days=30))
        )  # fmt: skip

    root = builder("root", 7).add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    service = builder("service", 8).add_extension(usage, critical=True)
    for made, place in ((root, "root.pem"), (service, "tsa.pem")):
        signed = made.sign(keys["root"], hashes.SHA256())
        (folder / place).write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    (folder / "tsa.key").write_bytes(
        keys["service"].private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


def test_an_anchor_carries_the_seals_of_bundles(case: Case, tmp_path: Path) -> None:
    for letter in "ab":
        case.run(bundles.sealed, f"{letter}.zip", letter * 64, "0" * 64)
    text = anchors.write(case, tmp_path).path.read_text(encoding="utf-8")
    assert f"bundle-seals: {'b' * 64} {'a' * 64}\n" in text
