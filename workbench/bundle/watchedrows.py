"""Which rows about watched servers go into a bundle: above all, which exchanges.

Of a whole case all go along. Of a selection these do: the exchange that each selected sighting names as its record, and
every other by which the same file was fetched from the same address. A page can name anything: where paths are withheld
no page goes along at all, and where addresses are held back none that shows one of them (`workbench.bundle.exchanges`
looks inside). A contact line that is sent with every request is a name too.
"""

# ruff: noqa: S608 - SQL is put together from our own names

from __future__ import annotations

import json
from collections import Counter

from workbench.bundle.masks import Mask, Masks, pages
from workbench.bundle.redaction import Redaction
from workbench.bundle.withheld import Withheld


def choose_watched(
    base: Masks,
    redaction: Redaction,
    left_out: Counter[str],
    *,
    whole: bool,
    bytes_of: Mask,
    hidden: Withheld,
) -> None:
    """Enter the masks of all tables about watched servers into `base.masks`, which has those of sources, looks and
    sightings already. `bytes_of` are the objects whose bytes go along.
    """
    masks = base.masks
    for table in ("watch", "charter", "decision", "missed"):
        masks[table] = base.all(table) if whole else base.where(table, "source", masks["source"])
    _withhold_words(base, redaction, left_out, hidden)
    for table in ("trusted", "recheck"):
        masks[table] = base.where(table, "sighting", masks["sighting"])
    masks["exchange"] = _exchanges(base, redaction, left_out, hidden, whole=whole, bytes_of=bytes_of)
    masks["warc"] = base.used("warc", "exchange", "warc", masks["exchange"])


def _withhold_words(base: Masks, redaction: Redaction, left_out: Counter[str], hidden: Withheld) -> None:
    """Charters name people, and addresses can stand in every text."""
    masks = base.masks
    for table, columns in (
        ("charter", "who, why, authority, basis, found, connection"),
        ("watch", "url, options"),
        ("decision", "value"),
    ):
        for row, *texts in base.reader.all(f"SELECT id, {columns} FROM {table}"):
            named = redaction.actors and (table == "charter" or (table == "watch" and _contact(texts[1])))
            shown = any(map(hidden.mentions_text, texts)) or bool(redaction.authors.intersection(texts))
            if masks[table][row] and (named or shown):
                masks[table][row] = False
                left_out[f"redacted-{table}"] += 1


def _contact(options: str) -> bool:
    """Does a source send a line that tells whom to write to?"""
    return bool(json.loads(options).get("contact"))


def _exchanges(
    base: Masks, redaction: Redaction, left_out: Counter[str], hidden: Withheld, *, whole: bool, bytes_of: Mask
) -> Mask:
    every = base.all("exchange")
    if not every.any():
        return every
    wanted = every if whole else _named(base)
    left_out["outside-filter-exchanges"] += int((every & ~wanted).sum())
    kept = wanted & _allowed(base, redaction, hidden, bytes_of)
    if whole and redaction.withholds_paths:
        kept &= _named(base)
    left_out["redacted-exchange" if redaction else "exchange-without-file"] += int((wanted & ~kept).sum())
    return kept


def _named(base: Masks) -> Mask:
    """The exchanges that show selected sightings, and those that brought the same files from the same addresses."""
    reader, sightings = base.reader, base.masks["sighting"]
    ids = {bytes(uid): row for row, uid in reader.conn.execute("SELECT id, uid FROM exchange")}
    out = base.none("exchange")
    for rows in pages(reader, "SELECT id, record FROM sighting WHERE record IS NOT NULL"):
        for row, record in rows:
            if sightings[row]:
                out[ids.get(_uid(record), 0)] = True
    # Bytes that were trusted to be the same came with an earlier look.
    for rows in pages(
        reader,
        "SELECT t.sighting, (SELECT p.record FROM sighting p WHERE p.path = s.path AND p.object = s.object "
        "AND p.id < s.id AND p.record IS NOT NULL AND NOT EXISTS (SELECT 1 FROM trusted x WHERE x.sighting = p.id) "
        "ORDER BY p.id DESC LIMIT 1) FROM trusted t JOIN sighting s ON s.id = t.sighting",
    ):
        for row, record in rows:
            if sightings[row] and record is not None:
                out[ids.get(_uid(record), 0)] = True
    out[0] = False
    fetched: set[tuple[str, int]] = set()
    for rows in pages(reader, "SELECT id, url, object FROM exchange WHERE object IS NOT NULL"):
        fetched.update((url, held) for row, url, held in rows if out[row])
    for rows in pages(reader, "SELECT id, url, object FROM exchange WHERE object IS NOT NULL"):
        for row, url, held in rows:
            out[row] = (url, held) in fetched
    return out


def _uid(record: str) -> bytes:
    digits = record.removeprefix("urn:uuid:").replace("-", "")
    try:
        return bytes.fromhex(digits)
    except ValueError:
        return b""


def _allowed(base: Masks, redaction: Redaction, hidden: Withheld, bytes_of: Mask) -> Mask:
    """Exchanges that nothing of the redaction speaks against, and whose bytes are here."""
    out = base.none("exchange")
    silent = _naming_sources(base) if redaction.actors else frozenset()
    # The heads of every answer about a file whose bytes are withheld may hold its digest, its size or its ETag.
    silent_urls = {
        url
        for url, held in base.reader.conn.execute("SELECT url, object FROM exchange WHERE object IS NOT NULL")
        if not bytes_of[held]
    }
    for rows in pages(
        base.reader,
        "SELECT x.id, x.object, x.peer, x.url, n.source, x.received > 0 OR x.purpose NOT IN ('file', 'check') "
        "FROM exchange x LEFT JOIN snapshot n ON n.id = x.snapshot",
    ):
        for row, held, peer, url, source, is_page in rows:
            out[row] = (
                not (held is None and is_page and redaction.withholds_paths)
                and (held is None or bool(bytes_of[held]))
                and not (peer is not None and hidden.shows_address(peer.encode()))
                and url not in silent_urls
                and source not in silent
                and not (source is None and silent)
            )
    return out


def _naming_sources(base: Masks) -> frozenset[int]:
    """Sources whose requests tell whom to write to."""
    return frozenset(
        source for source, options in base.reader.all("SELECT source, options FROM watch") if _contact(options)
    )
