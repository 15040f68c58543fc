"""The program that lies in every bundle: it finds what Workbench finds, and nothing makes it crash."""

from __future__ import annotations

import importlib.util
import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import ModuleType

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.bundle.forging import resealed
from workbench.bundle import layout
from workbench.bundle.signing import fingerprint_of
from workbench.bundle.verify import verify_bundle
from workbench.bundle.write import write_bundle
from workbench.case.case import Case
from workbench.core.filter import Filter

PROGRAM = Path(__file__).parents[2] / "resources/templates/verify_bundle.py"


@pytest.fixture(scope="module")
def program() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verify_bundle", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules["verify_bundle"] = made
    spec.loader.exec_module(made)
    return made


def ran(*words: object, program: Path = PROGRAM) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-S", str(program), *map(str, words)],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


RFC_8032 = (
    ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
    ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
    ("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
)  # fmt: skip
"""RFC 8032 §7.1, tests 1 to 3: public key, message, signature."""


@pytest.mark.parametrize(("public", "message", "signature"), RFC_8032)
def test_ed25519_of_the_rfc(program: ModuleType, public: str, message: str, signature: str) -> None:
    key, said, made = map(bytes.fromhex, (public, message, signature))
    assert program.ed25519(key, made, said)
    assert not program.ed25519(key, made, said + b"x")
    for at in (0, 31, 32, 63):
        assert not program.ed25519(key, made[:at] + bytes([made[at] ^ 1]) + made[at + 1 :], said)


def test_ed25519_agrees_with_the_library(program: ModuleType) -> None:
    for number in range(8):
        key = Ed25519PrivateKey.generate()
        raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        said = bytes([number]) * number * 50
        made = key.sign(said)
        assert program.ed25519(raw, made, said)
        more = int.from_bytes(made[32:], "little") + program.ORDER
        assert not program.ed25519(raw, made[:32] + more.to_bytes(32, "little"), said)  # §5.1.7: s below the order
        assert not program.ed25519(raw, bytes(64), said)
        assert not program.ed25519(bytes(31) + b"\xff", made, said)


def test_a_signed_bundle(case: Case, tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    (tmp_path / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "public.pem").write_bytes(public)
    out = tmp_path / "out"
    written = write_bundle(case, out, Filter(), sign=tmp_path / "key.pem")
    own = fingerprint_of(public)
    done = ran("--expect-seal", written.seal, "--expect-key", tmp_path / "public.pem", out)
    assert (done.returncode, f"Signed by {own}" in done.stdout) == (0, True), done.stdout + done.stderr
    assert ran("--expect-key", own, out).returncode == 0
    assert ran("--expect-key", "0" * 64, out).returncode == 1
    assert ran("--expect-seal", "0" * 64, out).returncode == 1
    assert ran("--expect-key", tmp_path / "absent", out).returncode == 2
    for name in (layout.SIGNATURE, layout.PUBLIC_KEY):
        (out / name).unlink()
    resealed(out)
    assert "the signature is not there" in ran(out).stdout


def an_event(bundle: Path, change: Callable[[dict[str, object]], object]) -> None:
    path = bundle / layout.TABLES / "events.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    change(rows[2])
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def line(path: str, number: int, text: bytes) -> Callable[[Path], object]:
    def change(bundle: Path) -> None:
        lines = (bundle / path).read_bytes().split(b"\n")
        lines[number] = text
        (bundle / path).write_bytes(b"\n".join(lines))

    return change


def sql(*statements: str) -> Callable[[Path], object]:
    def change(bundle: Path) -> None:
        conn = sqlite3.connect(bundle / layout.CASE_FILE)
        with conn:
            for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                conn.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                conn.execute(statement)
        conn.close()

    return change


def an_object_less(bundle: Path) -> None:
    next(path for path in sorted((bundle / layout.OBJECTS).rglob("*")) if path.is_file()).unlink()


ROWS = f"{layout.ROWS}/event.jsonl"
DEEP = b"[" * 200_000 + b"]" * 200_000
FORGED: dict[str, Callable[[Path], object]] = {
    "an address in events": lambda bundle: an_event(bundle, lambda row: row.update(address="175.45.176.1")),
    "an object less": an_object_less,
    "an object that nothing names": lambda bundle: (
        (bundle / layout.object_path("a" * 64)).parent.mkdir(exist_ok=True)
        or (bundle / layout.object_path("a" * 64)).write_text("x")
    ),
    "a file that nothing names": lambda bundle: (bundle / layout.RECORD / "more.txt").write_text("x"),
    "a short row": line(ROWS, 3, b"[3, 1]"),
    "a row of another kind": line(ROWS, 3, b'{"id": 3}'),
    "a number of 30 digits": line(ROWS, 3, b"[3" + b", 123456789012345678901234567890" * 19 + b"]"),
    "a number of a million digits": line(ROWS, 3, b"[3, " + b"9" * 1_000_000 + b"]"),
    "not a number": line(ROWS, 3, b"[3" + b", NaN" * 19 + b"]"),
    "nesting": line(ROWS, 3, DEEP),
    "nesting in the log": line(layout.CUSTODY, 1, DEEP),
    "no UTF-8": line(f"{layout.TABLES}/events.jsonl", 1, b'{"time": "\xff"}'),
    "no columns": line(ROWS, 0, b'{"table": "event"}'),
    "a column less": sql("ALTER TABLE reject DROP COLUMN code"),
    "a row of the case": sql("UPDATE address SET text = '175.45.176.1' WHERE id = 1"),
    "a row less in the case": sql("DELETE FROM event WHERE id = (SELECT max(id) FROM event)"),
    "a row more in the case": sql("INSERT INTO address VALUES (99, '175.45.176.1')"),
    "a mark of the case": sql("UPDATE mark SET value = 'other' WHERE id = 1"),
    "a view for a table": sql("ALTER TABLE word RENAME TO w", "CREATE VIEW word AS SELECT * FROM w"),
    "another origin": sql("UPDATE setting SET value = 'ff' WHERE key = 'origin_head'"),
    "another numbering": line(layout.NUMBERING, 0, b'{"table": "source", "new": 1, "old": 2, "count": 1}'),
    "a numbering without end": line(
        layout.NUMBERING, 0, b'{"table": "path", "new": 1, "old": 1, "count": 99999999999}'
    ),
    "a time told otherwise": lambda bundle: (bundle / layout.CUSTODY).write_text(
        (bundle / layout.CUSTODY).read_text().replace('"time": "20', '"time": "19', 1)
    ),
    "a cell of a CSV": lambda bundle: (bundle / layout.TABLES / "marks.csv").write_text(
        (bundle / layout.TABLES / "marks.csv").read_text(encoding="utf-8").replace("knife", "spoon"), encoding="utf-8"
    ),
    "a CSV that ends in quotes": lambda bundle: (bundle / layout.TABLES / "marks.csv").write_text(
        '\ufefftime,guarded\r\n"cut', encoding="utf-8"
    ),
    "nesting in a table": line(f"{layout.TABLES}/events.jsonl", 0, b'{"time": ' + b"[" * 900 + b"]" * 900 + b"}"),
    "no bundle.json": lambda bundle: (bundle / layout.SUMMARY).write_text("[1]"),
}


@pytest.mark.parametrize("what", FORGED)
def test_forgeries_with_everything_made_anew_are_found_by_both(copied: Path, what: str) -> None:
    FORGED[what](copied)
    if what != "no bundle.json":
        with suppress(ValueError):  # what cannot be read is not sealed
            resealed(copied)
    assert verify_bundle(copied).problems
    done = ran(copied)
    assert (done.returncode, done.stderr) == (1, ""), done.stdout + done.stderr
    assert done.stdout.startswith("PROBLEMS: ")


def test_it_says_what_the_chain_proves(case: Case, tmp_path: Path) -> None:
    write_bundle(case, tmp_path / "some", Filter(path=("*00[12].png",)))
    said = ran(tmp_path / "some").stdout
    found = verify_bundle(tmp_path / "some").proof
    assert found is not None
    assert f"proves: {found.bound:,} of {found.bound + found.unbound:,} rows" in said
    assert found.unbound > 0
    assert "proves nothing here" in said
    assert "SOUND" not in said.upper()
