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
)

from workbench.bundle import layout
from workbench.bundle.verify import verify_bundle
from workbench.bundle.write import write_bundle
from workbench.case.case import Case
from workbench.core.errors import UserError
from workbench.core.filter import Filter


def pem(key: object, how: KeySerializationEncryption) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)  # type: ignore[attr-defined]


def test_a_signed_bundle(case: Case, tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_bytes(pem(Ed25519PrivateKey.generate(), NoEncryption()))
    out = tmp_path / "out"
    write_bundle(case, out, Filter(), sign=tmp_path / "key.pem")
    found = verify_bundle(out)
    assert found.ok
    assert [each.code for each in found.warnings] == ["warning-bag-signature-unchecked"]
    assert bagit.Bag(str(out)).validate()
    done = subprocess.run(["python3", str(out / "verify.py")], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "signature" in done.stdout
    other = Ed25519PrivateKey.generate().sign(b"other").hex().encode()
    (out / layout.SIGNATURE).write_bytes(other)
    assert {problem.kind for problem in verify_bundle(out).problems} == {"bundle-signature"}
    (out / layout.SIGNATURE).unlink()
    assert {problem.kind for problem in verify_bundle(out).problems} == {"bundle-signature"}


def test_keys(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
