"""Small random cases, and a second, naive implementation of every filter, in plain Python over plain rows."""

from __future__ import annotations

import fnmatch
import ipaddress
import random
import re
from dataclasses import dataclass, field, replace
from typing import Any

from tests.making import T0, dataset, log, look, sighted, stored
from workbench.case.bigrams import fold
from workbench.case.case import Case
from workbench.case.readers import Reader
from workbench.core.filter import Clock, Filter
from workbench.core.messages import Message
from workbench.core.records import Action, Analysis, Claim, Sighted, State, Status
from workbench.core.times import DAY, HOUR
from workbench.ops import facts, logs, marks, networks

NAMES = [
    "cut_012/밑그림.png",
    "cut_012/Knife.psd",
    "cut_013/分镜 稿.jpg",
    "Ｋｎｉｆｅ.txt",
    "notes/Résumé.txt",
    "a.bin",
    "deep/er/칼.png",
]
ADDRESSES = ["192.0.2.1", "192.0.2.77", "198.51.100.5", "2001:db8::7", "10.0.0.1", "host.example"]
WORDS = ["knife", "칼", "稿", "分镜", "밑그림", "resume", "nif", "cut 012", "png", "012/", "er", "없", "é", "구도"]
TAGS = ["knife", "later look", "누구"]
VERDICTS = ["relevant", "not-relevant", "later", "own words"]


def build(case: Case, seed: int) -> None:
    """Looks at two sources, logs with superseded readings, claims, facts, marks of two people, matches."""
    dice = random.Random(seed)
    contents = [stored(case, b"content %d" % each if each else b"") for each in range(6)]
    for number in range(dice.randint(2, 5)):
        chosen = dice.sample(NAMES, dice.randint(1, len(NAMES)))
        files = [
            sighted(
                name.encode(),
                dice.choice([*contents, None]),
                dice.choice([None, T0 + dice.randint(-5, 5) * HOUR]),
            )
            for name in chosen
        ]
        files = [_refused(each) if each.stored is None and dice.random() < 0.4 else each for each in files]
        status = dice.choice([Status.COMPLETE, Status.COMPLETE, Status.PARTIAL, None])
        look(
            case,
            files,
            T0 + number * DAY + dice.randint(0, 3) * HOUR,
            source=dice.choice(["one", "two"]),
            status=status,
        )
    _log(case, dice)
    _claims(case, dice)
    _facts(case, dice)
    _marks(case, dice)


def _refused(file: Sighted) -> Sighted:
    return replace(file, warnings=(Message("file-refused-there", {"status": 403}),))


def _log(case: Case, dice: random.Random) -> None:
    def lines() -> list[dict[str, object]]:
        return [
            {
                "address": dice.choice([*ADDRESSES, None]),
                "path": dice.choice(
                    [b"/srv/" + name.encode() for name in NAMES] + [b"/" + NAMES[0].encode(), b"\xff\xfe", None]
                ),
                "time": dice.choice([None, T0 + dice.randint(0, 5 * 24) * HOUR + dice.randint(0, 10**9)]),
                "action": int(dice.choice(list(Action))),
                "ok": dice.choice([0, 1, 1, None]),
                "received": dice.choice([None, 0, 5, 10**12]),
            }
            for _ in range(dice.randint(1, 25))
        ]

    log_id, reading = log(case, lines(), source="one", name="first.log")
    log(case, lines(), source="log", name="second.log")
    if dice.random() < 0.5:
        log(case, lines(), log_id=log_id, supersedes=reading)
    if dice.random() < 0.7:
        case.run(logs.map_root, log_id, b"/srv")
    count = case.ask(
        lambda reader: (reader.value("SELECT count(*) FROM event"), reader.value("SELECT count(*) FROM sighting"))
    )
    pairs = {(dice.randint(1, count[0]), dice.randint(1, count[1])) for _ in range(dice.randint(0, 12))}
    event, sighting = [each for each, _ in pairs], [each for _, each in pairs]
    case.run(logs.matches, event, sighting, ["path"] * len(pairs), [0.6] * len(pairs))


def _claims(case: Case, dice: random.Random) -> None:
    known = case.ask(lambda reader: [row for (row,) in reader.all("SELECT id FROM address")])
    for name in ("countries", "lists", "iana-special"):
        own = dataset(case, name)
        asked = [each for each in known if dice.random() < 0.8]
        values = {
            "countries": [
                ("country", "ES"),
                ("country", "CN"),
                ("asn", "64500"),
                ("asn", "64501"),
                ("as_name", "Example"),
            ],
            "lists": [("label", "vpn"), ("label", "hosting")],
            "iana-special": [("label", "private"), ("label", "reserved")],
        }[name]
        found = [
            (each, own, Claim(name, "2024-01", "192.0.2.0/24", "prefix", *dice.choice(values)))
            for each in asked
            if dice.random() < 0.6
        ]
        case.run(networks.claims, [(each, own) for each in asked], found)


def _facts(case: Case, dice: random.Random) -> None:
    objects = case.ask(lambda reader: [row for (row,) in reader.all("SELECT id FROM object")])
    for version in ("1", "2"):
        found = []
        for each in objects:
            if dice.random() < 0.7:
                kind, media = dice.choice([("image", "image/png"), ("image", "image/jpeg"), ("text", "text/plain")])
                values = (("kind", kind), ("media_type", media), ("exif.datetime", T0 + dice.randint(0, 4) * DAY))
                state = dice.choice([State.OK, State.OK, State.UNDECODABLE, State.TOO_LARGE])
                found.append((each, "type", version, Analysis(state, values if version == "1" else ())))
        case.run(facts.record, found)


def _marks(case: Case, dice: random.Random) -> None:
    counts = case.ask(
        lambda reader: {
            table: reader.value(f"SELECT count(*) FROM {table}") for table in ("object", "sighting", "event", "address")
        }
    )
    for _ in range(dice.randint(3, 25)):
        case.actor = dice.choice(["Examiner", "Reviewer"])
        kind = dice.choice([each for each, count in counts.items() if count])
        targets = [(kind, dice.randint(1, counts[kind]))]
        verb = dice.choice(["tag", "tag", "untag", "verdict", "verdict", "note", "own"])
        if verb == "verdict":
            case.run(marks.verdict, targets, dice.choice([*VERDICTS, "unseen"]))
        elif verb == "note":
            case.run(marks.note, targets, dice.choice(["칼 here", "the knife again", "구도"]))
        elif verb == "own":
            case.run(marks.own, [dice.choice(ADDRESSES)], dice.random() < 0.6)
        else:
            case.run(marks.tag if verb == "tag" else marks.untag, targets, dice.choice(TAGS))


@dataclass
class World:
    """Every row that filters look at, as it stands."""

    rows: dict[str, dict[int, dict[str, Any]]]
    now: list[dict[str, Any]]
    missing: set[int] = field(default_factory=set)

    def of(self, table: str) -> list[dict[str, Any]]:
        return list(self.rows[table].values())

    # parts

    def marked(self, kind: str, target_kind: str, target: int) -> set[str]:
        rows = [
            each
            for each in self.now
            if (each["kind"], each["target_kind"], each["target"]) == (kind, target_kind, target)
            and (each["present"] or (kind == "verdict" and each["value"] == "unseen"))
        ]
        if kind == "verdict":  # the latest decision counts, whoever made it
            rows = [max(rows, key=lambda each: each["mark"])] if rows else []
        return {each["value"] for each in rows if each["present"]}

    def state(self, sighting: dict[str, Any]) -> str:
        if sighting["object"] is None:
            where = (sighting["snapshot"], sighting["path"], "file-refused-there")
            refused = any((each["snapshot"], each["path"], each["code"]) == where for each in self.of("warning"))
            return "refused" if refused else str(sighting["state"])
        own = sighting["object"]
        if own in self.missing:
            return "missing"
        last: dict[str, dict[str, Any]] = {}
        for each in self.of("analysis"):
            if each["object"] == own:
                last[each["analyzer"]] = each
        found = "empty" if self.rows["object"][own]["size"] == 0 else "ok"
        for each in sorted(last.values(), key=lambda row: row["id"]):
            if each["state"] != "ok":
                found = each["state"]
        return found

    def facts(self, own: int | None, key: str) -> set[Any]:
        return {each["value"] for each in self.of("fact") if each["object"] == own and each["key"] == key}

    def noted(self, target_kind: str, target: int) -> list[str]:
        live = {each["mark"] for each in self.now if each["present"]}
        return [
            each["value"]
            for each in self.of("mark")
            if each["kind"] in ("note", "journal") and (each["target_kind"], each["target"]) == (target_kind, target)
            and each["id"] in live and each["value"]
        ]  # fmt: skip

    def superseded(self) -> set[int]:
        return {each["supersedes"] for each in self.of("reading")}

    # files

    def sighting_fits(self, row: dict[str, Any], asked: Filter) -> bool:
        look_row = self.rows["snapshot"][row["snapshot"]]
        path, own = self.rows["path"][row["path"]]["display"], row["object"]
        source = self.rows["source"][look_row["source"]]["name"]
        timed = asked.since is not None or asked.until is not None
        fits = [
            not asked.source or source in asked.source,
            not asked.snapshot or row["snapshot"] in asked.snapshot,
            not asked.path or any(glob(path, each) for each in asked.path),
            not any(glob(path, each) for each in asked.not_path),
            not asked.objects or (own is not None and self.rows["object"][own]["sha256"].hex() in asked.objects),
            not asked.type or any(self.typed(own, each, path) for each in asked.type),
            not any(self.typed(own, each, path) for each in asked.not_type),
            not asked.state
            or self.state(row) in asked.state
            or (row["state"] == "not-fetched" and "not-fetched" in asked.state),
            not asked.tag or bool(self.file_marks(row, "tag") & set(asked.tag)),
            not self.file_marks(row, "tag") & set(asked.not_tag),
            not asked.verdict or bool(self.file_marks(row, "verdict") & set(asked.verdict)),
            not self.file_marks(row, "verdict") & set(asked.not_verdict),
            not asked.text or any(self.file_text(row, each) for each in asked.text),
        ]
        if timed and asked.clock in (None, Clock.OBSERVED):
            fits.append(within(look_row["observed"], asked))
        if timed and asked.clock is Clock.MODIFIED:
            fits.append(within(row["modified"], asked))
        if timed and asked.clock is Clock.EMBEDDED:
            fits.append(any(within(each, asked) for each in self.facts(own, "exif.datetime")))
        by_event = timed and asked.clock is Clock.EVENT
        facets = ("address", "country", "asn", "label", "action")
        matched = [
            self.rows["event"][each["event"]]
            for each in self.of("match")
            if self.same_file(self.rows["sighting"][each["sighting"]], row)
        ]
        for facet in facets:
            if excluded := getattr(asked, f"not_{facet}"):
                unwanted = Filter(own=asked.own, **{facet: excluded})
                fits.append(not any(self.event_fits(each, unwanted) for each in matched))
        if by_event or any(getattr(asked, each) for each in facets):
            only = Filter(own=asked.own, **{each: getattr(asked, each) for each in facets})
            if by_event:
                only = only.with_time(asked.since, asked.until, asked.clock)
            fits.append(any(self.event_fits(each, only) for each in matched))
        return all(fits)

    @staticmethod
    def same_file(one: dict[str, Any], other: dict[str, Any]) -> bool:
        return one["id"] == other["id"] or (one["object"] is not None and one["object"] == other["object"])

    def typed(self, own: int | None, wanted: str, path: str) -> bool:
        if wanted == "misnamed":
            promised = {"png": "image/png", "jpg": "image/jpeg", "psd": "image/vnd.adobe.photoshop"}
            ending = path.rpartition(".")[2]
            return own is not None and ending in promised and bool(self.facts(own, "media_type") - {promised[ending]})
        return own is not None and wanted in self.facts(own, "media_type" if "/" in wanted else "kind")

    def file_marks(self, row: dict[str, Any], kind: str) -> set[str]:
        found = self.marked(kind, "sighting", row["id"])
        if row["object"] is not None:
            found |= self.marked(kind, "object", row["object"])
        return found or ({"unseen"} if kind == "verdict" else set())

    def file_text(self, row: dict[str, Any], words: str) -> bool:
        texts = [self.rows["path"][row["path"]]["display"], *self.noted("sighting", row["id"])]
        if row["object"] is not None:
            texts += self.noted("object", row["object"])
        return any(contains(each, words) for each in texts)

    # events

    def event_fits(self, row: dict[str, Any], asked: Filter) -> bool:
        if row["reading"] in self.superseded():
            return False
        address = row["address"]
        if not asked.own and address is not None and self.owned(address):
            return False
        word = Action(row["action"]).word()
        shown = None if row["path"] is None else self.rows["logpath"][row["path"]]["display"]
        log_row = self.rows["log"][self.rows["reading"][row["reading"]]["log"]]
        source = self.rows["source"][log_row["source"]]["name"]
        timed = asked.since is not None or asked.until is not None
        fits = [
            not asked.source or source in asked.source,
            not (timed and asked.clock in (None, Clock.EVENT)) or within(row["time"], asked),
            not asked.action or word in asked.action,
            word not in asked.not_action,
            not asked.path or (shown is not None and any(self.logged_glob(shown, each) for each in asked.path)),
            shown is None or not any(self.logged_glob(shown, each) for each in asked.not_path),
            not asked.tag or bool(self.event_marks(row, "tag") & set(asked.tag)),
            not self.event_marks(row, "tag") & set(asked.not_tag),
            not asked.verdict or bool(self.event_marks(row, "verdict") & set(asked.verdict)),
            not self.event_marks(row, "verdict") & set(asked.not_verdict),
            not asked.text or any(self.event_text(row, shown, each) for each in asked.text),
        ]
        for facet in ("address", "country", "asn", "label"):
            wanted, unwanted = getattr(asked, facet), getattr(asked, f"not_{facet}")
            fits.append(
                not wanted or (address is not None and any(self.claimed(address, facet, each) for each in wanted))
            )
            fits.append(address is None or not any(self.claimed(address, facet, each) for each in unwanted))
        file_facets = ("snapshot", "type", "state", "change", "objects")
        if asked.not_type:
            fits.append(not any(self.sighting_fits(each, Filter(type=asked.not_type)) for each in self.files_of(row)))
        by_file = timed and asked.clock not in (None, Clock.EVENT)
        if by_file or any(getattr(asked, each) for each in file_facets):
            only = Filter(own=asked.own, **{each: getattr(asked, each) for each in file_facets})
            if by_file:
                only = only.with_time(asked.since, asked.until, asked.clock)
            fits.append(any(self.sighting_fits(each, only) for each in self.files_of(row)))
        return all(fits)

    def files_of(self, event: dict[str, Any]) -> list[dict[str, Any]]:
        matched = [self.rows["sighting"][each["sighting"]] for each in self.of("match") if each["event"] == event["id"]]
        return [row for row in self.of("sighting") if any(self.same_file(each, row) for each in matched)]

    def owned(self, address: int) -> bool:
        return bool(self.marked("own", "address", address))

    def event_marks(self, row: dict[str, Any], kind: str) -> set[str]:
        found = self.marked(kind, "event", row["id"])
        if row["address"] is not None:
            found |= self.marked(kind, "address", row["address"])
        for each in self.files_of(row):
            found |= self.file_marks(each, kind) - {"unseen"}
        return found or ({"unseen"} if kind == "verdict" else set())

    def event_text(self, row: dict[str, Any], shown: str | None, words: str) -> bool:
        texts = [*([] if shown is None else [shown]), *self.noted("event", row["id"])]
        if row["address"] is not None:
            texts += self.noted("address", row["address"])
        return any(contains(each, words) for each in texts) or any(
            self.file_text(each, words) for each in self.files_of(row)
        )

    def logged_glob(self, shown: str, pattern: str) -> bool:
        ways = [shown, shown.lstrip("/")]
        for each in self.of("rootmap"):
            root = each["prefix"].decode()
            if shown.startswith(root + "/"):
                bare = shown[len(root) :].lstrip("/")
                ways += [bare, "/" + bare]
        return any(glob(each, pattern) for each in ways)

    def claimed(self, address: int, facet: str, wanted: str | int) -> bool:
        text = self.rows["address"][address]["text"]
        if facet == "address":
            return in_network(text, str(wanted))
        own = [each for each in self.of("claim") if each["address"] == address]
        if wanted == "unlisted" and facet == "label":
            labels = {each["value"] for each in own if each["key"] == "label"}
            looked = any(each["address"] == address for each in self.of("lookup"))
            described = any(self.rows["dataset"][each["dataset"]]["name"] != "iana-special" for each in own)
            special = labels & {"private", "reserved"}
            return looked and not labels - {"private", "reserved", "tunnel", "carrier"} and (described or not special)
        return any(each["key"] == facet and each["value"] == str(wanted) for each in own)


def read_world(reader: Reader) -> World:
    tables = (
        *("source", "snapshot", "snapshot_end", "path", "object", "sighting", "log", "reading", "logpath", "address"),
        *("event", "match", "dataset", "lookup", "claim", "analysis", "fact", "mark", "rootmap", "warning"),
    )
    rows: dict[str, dict[int, dict[str, Any]]] = {}
    for table in tables:
        cursor = reader.conn.execute(f"SELECT * FROM {table} ORDER BY id")
        names = [each[0] for each in cursor.description]
        rows[table] = {row[0]: dict(zip(names, row, strict=True)) for row in cursor}
    cursor = reader.conn.execute("SELECT * FROM mark_now")
    names = [each[0] for each in cursor.description]
    now = [dict(zip(names, row, strict=True)) for row in cursor]
    for each in now:
        if each["kind"] == "own":
            each["value"] = "own"
    missing = {row for row, each in rows["object"].items() if not reader.evidence.has(each["sha256"])}
    return World(rows, now, missing)


def within(time: int | None, asked: Filter) -> bool:
    return (
        time is not None
        and (asked.since is None or time >= asked.since)
        and (asked.until is None or time < asked.until)
    )


def glob(text: str, pattern: str) -> bool:
    return re.fullmatch(fnmatch.translate(pattern), text) is not None


def contains(text: str, words: str) -> bool:
    return all(each in fold(text) for each in fold(words).split())


def in_network(text: str, wanted: str) -> bool:
    try:
        if "/" in wanted:
            return ipaddress.ip_address(text) in ipaddress.ip_network(wanted, strict=False)
        return ipaddress.ip_address(text) == ipaddress.ip_address(wanted)
    except (ValueError, TypeError):
        return False
