from __future__ import annotations

import subprocess
from pathlib import Path

import bagit
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tests.bundle.forging import resealed
from workbench.bundle import layout
from workbench.bundle.signing import expected_key, fingerprint_of
from workbench.bundle.verify import verify_bundle
from workbench.bundle.write import write_bundle
from workbench.case.case import Case, open_case
from workbench.core import passphrase
from workbench.core.errors import UserError
from workbench.core.filter import Filter
from workbench.queries.custody import rows


def pem(key: object, how: KeySerializationEncryption) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)  # type: ignore[attr-defined]


def test_a_signed_bundle(case: Case, tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_bytes(pem(Ed25519PrivateKey.generate(), NoEncryption()))
    out = tmp_path / "out"
    written = write_bundle(case, out, Filter(), sign=tmp_path / "key.pem")
    found = verify_bundle(out)
    assert found.ok
    assert found.warnings == ()
    own = subprocess.run(
        f"openssl pkey -pubin -in {out / layout.PUBLIC_KEY} -outform DER | sha256sum",
        shell=True, capture_output=True, text=True, check=True,
    ).stdout[:64]  # fmt: skip
    assert written.signed_by == found.signed_by == own
    info = bagit.Bag(str(out)).info
    assert (info["Workbench-Signed-By"], info["Workbench-Seal"]) == (own, written.seal)
    assert verify_bundle(out, expect_key=own).ok
    assert {each.kind for each in verify_bundle(out, expect_key="0" * 64).problems} == {"bundle-key-expected"}
    assert bagit.Bag(str(out)).validate()
    done = subprocess.run(["python3", str(out / "verify.py")], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "signature" in done.stdout
    other = Ed25519PrivateKey.generate().sign(b"other").hex().encode()
    (out / layout.SIGNATURE).write_bytes(other)
    assert {problem.kind for problem in verify_bundle(out).problems} == {"bundle-signature"}
    (out / layout.SIGNATURE).unlink()
    assert {problem.kind for problem in verify_bundle(out).problems} == {"bundle-signature"}
    (out / layout.PUBLIC_KEY).unlink()
    assert {problem.kind for problem in verify_bundle(out).problems} == {"bundle-signature-missing"}
    resealed(out)
    assert {problem.kind for problem in verify_bundle(out).problems} == {"bundle-signature-missing"}
    other = Ed25519PrivateKey.generate()
    (out / layout.PUBLIC_KEY).write_bytes(
        other.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    content = b"".join((out / name).read_bytes() for name in ("manifest-sha256.txt", "tagmanifest-sha256.txt"))
    (out / layout.SIGNATURE).write_bytes(other.sign(content).hex().encode())
    assert {problem.kind for problem in verify_bundle(out).problems} == {"bundle-signature-other"}


def test_keys(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passphrase, "_taken", [])
    key = tmp_path / "key.pem"
    locked = pem(Ed25519PrivateKey.generate(), BestAvailableEncryption("pass 词".encode()))
    for content, code in (
        (b"no key", "key-wrong"),
        (pem(generate_private_key(SECP256R1()), NoEncryption()), "key-wrong"),
        (locked, "key-needs-passphrase"),
    ):
        key.write_bytes(content)
        with pytest.raises(UserError) as raised:
            write_bundle(case, tmp_path / "out", Filter(), sign=key)
        assert raised.value.message.code == code
    with pytest.raises(UserError) as raised:
        write_bundle(case, tmp_path / "out", Filter(), sign=tmp_path / "absent.pem")
    assert raised.value.message.code == "key-unreadable"
    monkeypatch.setenv("WORKBENCH_KEY_PASSPHRASE", "wrong")
    with pytest.raises(UserError) as raised:
        write_bundle(case, tmp_path / "out", Filter(), sign=key)
    assert raised.value.message.code == "key-wrong"
    monkeypatch.setenv("WORKBENCH_KEY_PASSPHRASE", "pass 词")
    write_bundle(case, tmp_path / "out", Filter(), sign=key)
    assert verify_bundle(tmp_path / "out").ok


def test_an_unsigned_bundle_is_not_what_a_key_was_expected_for(case: Case, tmp_path: Path) -> None:
    written = write_bundle(case, tmp_path / "out", Filter())
    assert written.signed_by is None
    found = verify_bundle(tmp_path / "out", expect_key="a" * 64)
    assert {each.kind for each in found.problems} == {"bundle-key-expected"}


def test_a_key_that_is_expected(tmp_path: Path) -> None:
    public = Ed25519PrivateKey.generate().public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "key.pem").write_bytes(pem)
    own = fingerprint_of(pem)
    spaced = ":".join(own[at : at + 2] for at in range(0, 64, 2)).upper()
    assert expected_key(str(tmp_path / "key.pem")) == expected_key(spaced) == own
    (tmp_path / "other.pem").write_bytes(pem[:40])
    for text in (str(tmp_path / "other.pem"), str(tmp_path / "absent"), "abc"):
        with pytest.raises(UserError) as raised:
            expected_key(text)
        assert raised.value.message.code == "key-expected"


def test_the_seal_is_recorded_and_compared(case: Case, tmp_path: Path) -> None:
    written = write_bundle(case, tmp_path / "out", Filter())
    assert written.recorded
    last = case.ask(lambda reader: list(rows(reader))[-1])
    assert (last["op"], last["arguments"]["seal"]) == ("bundle.sealed", written.seal)
    found = verify_bundle(tmp_path / "out", expect_seal=written.seal.upper())
    assert (found.ok, found.seal) == (True, written.seal)
    (tmp_path / "out/data/record/report.html").write_text("forged")
    resealed(tmp_path / "out")
    assert verify_bundle(tmp_path / "out").ok  # only the seal covers the words of the report
    found = verify_bundle(tmp_path / "out", expect_seal=written.seal)
    assert {each.kind for each in found.problems} == {"bundle-seal-expected"}


def test_a_case_that_must_not_be_changed_keeps_its_head(made_case: Path, tmp_path: Path) -> None:
    with open_case(made_case / "test.wbcase", write=False) as case:
        assert not write_bundle(case, tmp_path / "out", Filter()).recorded
