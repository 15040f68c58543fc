"""The data sets that come with the program (``resources/reference``)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from workbench.core.errors import UserError
from workbench.core.resources import resource
from workbench.origins.addresses import parse_range
from workbench.origins.dataset import LABEL, NOTE, AsTable, DataSet, PackedSet, about_from
from workbench.origins.special import special_set
from workbench.origins.tableset import Entry, TableSet

PACKED = ("iptoasn-country", "ip-location-db-asn", "x4bnet-vpn", "x4bnet-datacenter", "tor-exits")
TABLES = ("labels", "x4bnet-as")
UNCONFIRMED = "unconfirmed"
"""Grade of a row that is shown as a remark and gives no label."""


def shipped() -> list[DataSet]:
    """All sets of the program, the IANA registries first. Read anew on each call: keep the list.

    Raises `UserError` when a file is missing or damaged. Any thread.
    """
    sets: list[DataSet] = [special_set()]
    sets += [PackedSet(_bytes(f"{name}.wbset"), name) for name in PACKED]
    for name in TABLES:
        sets += read_tables(_bytes(f"{name}.json"), name)
    return sets


def read_tables(data: bytes, name: str) -> list[DataSet]:
    """Read a file of hand-written sets (level ``prefix`` or ``as``); raises `UserError` when it is damaged."""
    try:
        return [_table(table) for table in json.loads(data)["sets"]]
    except (KeyError, TypeError, ValueError) as error:
        raise UserError("origins.set-damaged", name=name, problem="json") from error


def _bytes(file: str) -> bytes:
    try:
        return resource("reference", file).read_bytes()
    except OSError as error:
        raise UserError("origins.set-missing", name=file) from error


def _table(table: Mapping[str, Any]) -> DataSet:
    rows = table["rows"]
    canonical = json.dumps(table, ensure_ascii=False, sort_keys=True).encode()
    about = about_from(table, rows=len(rows), sha256=hashlib.sha256(canonical).digest())
    if table["level"] == "as":
        labels = {int(row["asn"]): tuple(sorted(row["labels"])) for row in rows}
        notes = {int(row["asn"]): row["note"] for row in rows if row.get("note")}
        return AsTable(about, labels, notes)
    return TableSet(about, [_entry(row) for row in rows])


def _entry(row: Mapping[str, Any]) -> Entry:
    start, end, version = parse_range(row["prefix"])
    values = [] if row["grade"] == UNCONFIRMED else [(LABEL, label) for label in sorted(row["labels"])]
    remark = f"{' '.join(row['labels'])}: {row['grade']}, as of {row['as_of']}. {row['note']}"
    return Entry(version, start, end, (*values, (NOTE, remark)))
