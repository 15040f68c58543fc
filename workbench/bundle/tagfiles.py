"""The files at the top of a bag that describe it: ``bag-info.txt``, the README for strangers, the verifier."""

from __future__ import annotations

import platform
import sqlite3
from datetime import UTC
from typing import TYPE_CHECKING

from workbench import __version__
from workbench.bundle import layout
from workbench.bundle.formats import counted
from workbench.bundle.leftout import sentences
from workbench.core.resources import resource
from workbench.core.times import to_datetime

if TYPE_CHECKING:
    from workbench.bundle.report import Facts


Labels = list[tuple[str, str]]


def labels(facts: Facts, signed_by: str | None) -> Labels:
    """What ``bag-info.txt`` (RFC 8493 §2.2.2) says that does not depend on the payload; every value on one line.

    It stands in ``bundle.json`` too, so that nobody can change it in one place only.
    """
    made = to_datetime(facts.made, UTC)
    values: list[tuple[str, str | None]] = [
        ("Source-Organization", facts.organisation),
        ("Contact-Name", facts.examiner),
        ("External-Description", facts.title),
        ("External-Identifier", facts.case_uid),
        ("Internal-Sender-Identifier", facts.number),
        ("Internal-Sender-Description", facts.sentence),
        ("Bagging-Date", made.strftime("%Y-%m-%d")),
        ("Bag-Software-Agent", f"investigation-workbench {__version__}"),
        ("Workbench-Bundle", layout.VERSION),
        ("Workbench-Recipient", facts.recipient),
        ("Workbench-Custody-Head", facts.head),
        ("Workbench-Custody-Ops", str(facts.ops)),
        ("Workbench-Evidence-Manifest-Sha256", facts.evidence_manifest),
        ("Workbench-Signed-By", signed_by),
    ]
    return [(label, _line(value)) for label, value in values if value and _line(value)]


def bag_info(known: Labels, size: int, count: int, seal: str) -> bytes:
    """``bag-info.txt`` for a payload of that many bytes and files."""
    own = [("Bag-Size", _bag_size(size)), ("Payload-Oxum", f"{size}.{count}"), ("Workbench-Seal", seal)]
    return "".join(f"{label}: {value}\n" for label, value in (*known, *own)).encode()


def _line(value: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in value).split())


def _bag_size(size: int) -> str:
    amount = float(size)
    for unit in ("B", "KB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.3g} {unit}" if unit != "B" else f"{size} B"
        amount /= 1000
    return f"{amount:.3g} TB"


def readme(facts: Facts, signed_by: str | None) -> bytes:
    """The README for people who have never heard of this program."""
    from jinja2 import Environment, StrictUndefined

    template = resource("templates", "bundle-readme.txt").read_text(encoding="utf-8")
    # A text file, not HTML: there is nothing to escape.
    environment = Environment(undefined=StrictUndefined, trim_blocks=True, autoescape=False)  # noqa: S701
    environment.filters["counted"] = counted
    text = environment.from_string(template).render(
        facts=facts,
        made=to_datetime(facts.made, UTC).strftime("%Y-%m-%d %H:%M UTC"),
        title=_line(facts.title or ""),
        left_out=[each.text() for each in sentences(facts.left_out)],
        signed_by=signed_by,
        versions=versions(),
    )
    return (text.rstrip("\n") + "\n").encode()


def verifier() -> bytes:
    """The stand-alone verifier, as shipped."""
    return resource("templates", "verify_bundle.py").read_bytes()


def versions() -> list[tuple[str, str]]:
    """The programs that had a part in it."""
    import PIL

    return [
        ("Workbench", __version__),
        ("Python", platform.python_version()),
        ("SQLite", sqlite3.sqlite_version),
        ("Pillow", PIL.__version__),
    ]
