"""Random changes to bundles: each is found and named, or is outside of the promise, and then the seal tells.

``WORKBENCH_TRIALS`` says how many (default few); ``WORKBENCH_SEED`` which. Three judges are asked: Workbench, the
stand-alone program, and bagit.py, which knows manifests and nothing of what a bundle means. Where they differ is told
by `AGREEMENT`.
"""

from __future__ import annotations

import json
import logging
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import bagit
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.bundle.forging import digest_of, resealed
from workbench.bundle import layout
from workbench.bundle.bagfiles import is_bundle
from workbench.bundle.verify import verify_bundle
from workbench.bundle.write import write_bundle
from workbench.case.case import open_case
from workbench.core.filter import Filter

TRIALS = int(os.environ.get("WORKBENCH_TRIALS", "9"))
SEED = int(os.environ.get("WORKBENCH_SEED", "7"))
PROGRAM = Path(__file__).parents[2] / "resources/templates/verify_bundle.py"

OUTSIDE = {
    "report.html": "pictures and words of the report",
    "previews/": "pictures and words of the report",
    "README.txt": "what stands beside the payload, when bundle.json is changed with it",
    "verify.py": "what stands beside the payload, when bundle.json is changed with it",
    "logs/": "lines of logs as they stand here",
    "tables/changes": "tables that are not computed again",
    "tables/charter": "tables that are not computed again",
    "tables/timeline": "tables that are not computed again",
    "tables/snapshots": "columns of looks that the case of the bundle does not have",
    "tables/logs": "columns of logs that the case of the bundle does not have",
    "objects.": "tables that only Workbench computes again",
    "tables/": "tables that only Workbench computes again",
    "selection.wbcase, its acts": "the own chain and guards of selection.wbcase, which only Workbench checks",
    "selection.wbcase, of a closed set": "rows whose row sets are closed; Workbench has the own chain of that case",
    ".csv": "line ends and quotes of a table whose values are the same",
    "bundle.json": "words of bundle.json that nothing else tells: recipient, time, programs",
}
"""Places where a change can go unnoticed once everything is made anew: only the seal or a signature covers it."""
BOTH = ("report.html", "previews/", "README.txt", "verify.py", "logs/", "bundle.json", ".csv")
WORKBENCH = (*BOTH, "tables/changes", "tables/charter", "tables/timeline", "tables/snapshots", "tables/logs")
STAND_ALONE = tuple(OUTSIDE)
AGREEMENT = {
    "manifests as they were": "all three find it; bagit.py does not see a tag file that no manifest lists",
    "manifests made anew": "bagit.py finds nothing, because manifests and files agree; it does not know what they mean",
}


@pytest.fixture(scope="module")
def bundles(made_case: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, str]]:
    """Clean bundles of several kinds, with their seals."""
    folder = tmp_path_factory.mktemp("bundles")
    (folder / "key.pem").write_bytes(
        Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    (folder / "redact.json").write_text(json.dumps({"addresses": ["192.0.2.1"], "notes": True}))
    made = {}
    with open_case(made_case / "test.wbcase", write=False) as case:
        for name, asked, more in (
            ("whole", Filter(), {}),
            ("filtered", Filter(path=("*00[12].png",)), {}),
            ("redacted", Filter(), {"redact": folder / "redact.json"}),
            ("signed", Filter(), {"sign": folder / "key.pem"}),
        ):
            written = write_bundle(case, folder / name, asked, **more)  # type: ignore[arg-type]
            made[name] = (folder / name, written.seal)
    return made


def stand_alone(bundle: Path, *more: str) -> int:
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(PROGRAM), *more, str(bundle)],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.stderr == ""
    return done.returncode


@pytest.fixture(autouse=True)
def _silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """bagit.py logs every file, and each damage as a warning."""
    monkeypatch.setattr(logging.getLogger("bagit"), "disabled", True)


def bag_holds(bundle: Path) -> bool:
    try:
        return bool(bagit.Bag(str(bundle)).validate())
    except (bagit.BagError, UnicodeError):  # a manifest that is no text makes it fail
        return False


def chosen(bundle: Path, rng: random.Random) -> Path:
    return rng.choice(sorted(path for path in bundle.rglob("*") if path.is_file()))


def flip(bundle: Path, rng: random.Random) -> Path:
    path = chosen(bundle, rng)
    content = bytearray(path.read_bytes() or b"\0")
    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    path.write_bytes(content)
    return path


def cut(bundle: Path, rng: random.Random) -> Path:
    path = chosen(bundle, rng)
    content = path.read_bytes()
    path.write_bytes(content[: rng.randrange(len(content))] if content else b"x")
    return path


def rename(bundle: Path, rng: random.Random) -> Path:
    path = chosen(bundle, rng)
    path.rename(path.with_name(path.name + "x"))
    return path


def swap(bundle: Path, rng: random.Random) -> Path:
    one = chosen(bundle, rng)
    two = chosen(bundle, rng)
    while one.read_bytes() == two.read_bytes():
        one, two = chosen(bundle, rng), chosen(bundle, rng)
    a, b = one.read_bytes(), two.read_bytes()
    one.write_bytes(b)
    two.write_bytes(a)
    return one


def add(bundle: Path, rng: random.Random) -> Path:
    path = chosen(bundle, rng).parent / f"more-{rng.randrange(99)}.txt"
    path.write_text("more")
    return path


def drop(bundle: Path, rng: random.Random) -> Path:
    path = chosen(bundle, rng)
    path.unlink()
    return path


def cell(bundle: Path, rng: random.Random) -> Path:
    """One value of one table, in both of its files' language."""
    found = [path for path in sorted((bundle / layout.TABLES).glob("*.jsonl")) if path.stat().st_size]
    path = rng.choice(found)
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    row = rng.choice(rows)
    name = rng.choice(sorted(row))
    row[name] = f"{row[name]}x" if isinstance(row[name], str) else 7 if row[name] != 7 else 8
    path.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in rows), encoding="utf-8")
    return path


def row(bundle: Path, rng: random.Random) -> Path:
    """A row of a table dropped from both of its files, and from the figures."""
    path = rng.choice([each for each in sorted((bundle / layout.TABLES).glob("*.jsonl")) if each.stat().st_size])
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    at = rng.randrange(len(lines))
    del lines[at]
    path.write_text("".join(lines), encoding="utf-8")
    return path


def case_row(bundle: Path, rng: random.Random) -> Path:
    """A value of the case of the bundle, with its guards taken off."""
    conn = sqlite3.connect(bundle / layout.CASE_FILE)
    with conn:
        for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            conn.execute(f"DROP TRIGGER {name}")
        table, column = rng.choice(
            [("address", "text"), ("source", "name"), ("event", "status"), ("event", "line"), ("mark", "slot"),
             ("claim", "value"), ("object", "size"), ("sighting", "modified"), ("path", "display")]
        )  # fmt: skip
        (row_id,) = conn.execute(f"SELECT rowid FROM {table} ORDER BY rowid LIMIT 1").fetchone()
        value = 424242 if column in ("status", "line", "size", "modified") else "forged"
        conn.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (value, row_id))
    conn.close()
    return bundle / layout.CASE_FILE


def case_op(bundle: Path, rng: random.Random) -> Path:
    """The time of an act in the own chain of the case of the bundle."""
    conn = sqlite3.connect(bundle / layout.CASE_FILE)
    with conn:
        conn.execute("DROP TRIGGER op_no_update")
        conn.execute("UPDATE op SET time = ? WHERE seq = 1", (rng.randrange(9999),))
    conn.close()
    return bundle / layout.CASE_FILE


def preview(bundle: Path, rng: random.Random) -> Path:
    found = sorted((bundle / layout.PREVIEWS).glob("*.jpg"))
    if len(found) < 2:
        return flip(bundle, rng)
    one, two = rng.sample(found, 2)
    a, b = one.read_bytes(), two.read_bytes()
    one.write_bytes(b)
    two.write_bytes(a)
    return one


def report(bundle: Path, rng: random.Random) -> Path:
    path = bundle / layout.REPORT
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("<h2>", f"<h2>{rng.randrange(9)}", 1), encoding="utf-8")
    return path


CHANGES: tuple[Callable[[Path, random.Random], Path], ...] = (
    flip, cut, rename, swap, add, drop, cell, row, case_row, case_op, preview, report,
)  # fmt: skip


def one_manifest(bundle: Path, changed: Path) -> None:
    """Only the line of that file is made anew, in every manifest that has one."""
    if not changed.exists():
        return
    path = changed.relative_to(bundle).as_posix()
    for algorithm in layout.ALGORITHMS:
        for name in (layout.manifest(algorithm), layout.tag_manifest(algorithm)):
            manifest = bundle / name
            if manifest.exists() and name != path:
                lines = manifest.read_text(encoding="utf-8", errors="replace").splitlines()
                manifest.write_text(
                    "".join(
                        f"{digest_of(changed, algorithm) if line.endswith(f'  {path}') else line.partition('  ')[0]}"
                        f"  {line.partition('  ')[2]}\n"
                        for line in lines
                    )
                )


def outside(path: str, places: tuple[str, ...]) -> str | None:
    return next((OUTSIDE[place] for place in places if place in path), None)


def test_random_changes(bundles: dict[str, tuple[Path, str]], tmp_path: Path) -> None:
    rng = random.Random(SEED)
    tally: Counter[str] = Counter()
    wrong: list[str] = []
    for number in range(TRIALS):
        kind = rng.choice(sorted(bundles))
        clean, seal = bundles[kind]
        bundle = tmp_path / "bundle"
        shutil.copytree(clean, bundle)
        change = CHANGES[number % len(CHANGES)]
        how = ("as they were", "one anew", "all anew")[(number // len(CHANGES) + number) % 3]
        changed = change(bundle, rng)
        path = changed.relative_to(bundle).as_posix() + ", its acts" * (change is case_op)
        path += ", of a closed set" * (change is case_row and kind in ("filtered", "redacted"))
        if how == "one anew":
            one_manifest(bundle, changed)
        elif how == "all anew":
            try:
                resealed(bundle)
            except (OSError, ValueError, KeyError, TypeError, IndexError):
                how = "cannot be sealed"
        if how == "all anew" and "manifest" in changed.name:
            tally["a manifest, made anew as it was"] += 1
            shutil.rmtree(bundle)
            continue
        alone = stand_alone(bundle)
        if not is_bundle(bundle):  # without bagit.txt: refused, with exit code 2
            tally["refused as no bundle"] += 1
            assert alone == 2
            assert not bag_holds(bundle)
            shutil.rmtree(bundle)
            continue
        found = verify_bundle(bundle)
        told = f"{number} {kind} {change.__name__} {path} {how}"
        if not found.problems:
            sentence = outside(path, WORKBENCH)
            tally[f"outside: {sentence}"] += 1
            if how != "all anew" or sentence is None:
                wrong.append(f"Workbench: {told}")
            if verify_bundle(bundle, expect_seal=seal).ok:
                wrong.append(f"the seal of Workbench: {told}")
        else:
            tally["found"] += 1
        if not alone:
            if how != "all anew" or outside(path, STAND_ALONE) is None:
                wrong.append(f"verify.py: {told}")
            if not stand_alone(bundle, "--expect-seal", seal):
                wrong.append(f"the seal of verify.py: {told}")
        if not bag_holds(bundle) and not (found.problems and alone):
            wrong.append(f"only bagit.py: {told}")
        tally[f"bagit.py {'holds' if bag_holds(bundle) else 'finds'}, manifests {how}"] += 1
        shutil.rmtree(bundle)
    print(f"{TRIALS} changes, seed {SEED}")
    for name, count in sorted(tally.items()):
        print(f"  {count:4} {name}")
    assert wrong == []


@pytest.mark.parametrize("as_zip", [False, True])
def test_no_false_alarm(made_case: Path, tmp_path: Path, as_zip: bool) -> None:
    """Clean bundles of random filters and redactions, signed or not."""
    rng = random.Random(SEED)
    (tmp_path / "key.pem").write_bytes(
        Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    filters = (
        Filter(), Filter(path=("*00[12].png",)), Filter(label=("vpn",)), Filter(type=("image",)), Filter(own=True),
        Filter(address=("198.51.100.7",)), Filter(tag=("knife",)), Filter(action=("upload",)),
    )  # fmt: skip
    redactions: tuple[dict[str, object], ...] = (
        {}, {"addresses": ["192.0.2.0/24"]}, {"notes": True}, {"actors": True}, {"tags": ["knife"]},
        {"paths": ["cut/00[12].png"]},
    )  # fmt: skip
    for number in range(max(TRIALS // 12, 2)):
        redact = tmp_path / "redact.json"
        asked, withheld = rng.choice(filters), rng.choice(redactions)
        if asked.tag and "tags" in withheld:
            withheld = {}  # the filter, which the bundle states, would tell it
        redact.write_text(json.dumps(withheld))
        out = tmp_path / f"out{number}{'.zip' if as_zip else ''}"
        with open_case(made_case / "test.wbcase", write=False) as case:
            written = write_bundle(
                case, out, asked, as_zip=as_zip, redact=redact,
                sign=tmp_path / "key.pem" if rng.random() < 0.5 else None,
            )  # fmt: skip
        found = verify_bundle(out, expect_seal=written.seal, expect_key=written.signed_by)
        assert found.problems == (), number
        if as_zip:
            shutil.unpack_archive(out, tmp_path / f"folder{number}")
            out = tmp_path / f"folder{number}" / f"out{number}"
        assert stand_alone(out, "--expect-seal", written.seal) == 0
        assert bag_holds(out)
