"""Is the case what it was? Every byte, every row digest, every chain link is computed again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from workbench.case import custody, driver, schema
from workbench.case.custody import RowSet
from workbench.case.readers import Reader
from workbench.case.transaction import column_names
from workbench.core.messages import Message
from workbench.core.progress import Progress


@dataclass(frozen=True)
class Problem:
    """Something that is not what it was. `where` names the place: an object's hash, ``event op 12``, ``op 7``."""

    kind: str
    where: str

    @property
    def text(self) -> str:
        """The sentence for people."""
        return Message(f"verify-{self.kind}", {"where": self.where}).text()


@dataclass(frozen=True)
class Verified:
    """What a check came to."""

    checked: int
    problems: tuple[Problem, ...]
    ops: int
    rows: int
    objects: int
    head: bytes

    @property
    def ok(self) -> bool:
        """Nothing is wrong."""
        return not self.problems


def verify(reader: Reader, progress: Progress | None = None) -> Verified:
    """Check the case: the file, the chain, the rows of every op, derived marks, and the bytes of every object."""
    progress = progress or Progress()
    problems: list[Problem] = []
    ops = rows = objects = 0
    head = custody.genesis(reader.case_uid)
    try:
        progress.stage("stage-verify-file")
        problems += [
            Problem("file-damaged", str(row[0])) for row in reader.all("PRAGMA quick_check(20)") if row[0] != "ok"
        ]
        problems += _guards(reader)
        chain = _Chain(reader, progress)
        problems += chain.check()
        ops, rows, head = chain.ops, chain.rows, chain.head
        problems += _unrecorded(reader)
        problems += _marks(reader)
        objects = int(reader.value("SELECT count(*) FROM object"))
        problems += _objects(reader, progress, objects)
    except driver.DatabaseError as error:
        if "interrupted" in str(error):
            raise
        problems.append(Problem("file-damaged", str(error)))
    return Verified(ops + rows + objects, tuple(problems), ops, rows, objects, head)


class _Chain:
    """Walks the ops in order and computes each again."""

    def __init__(self, reader: Reader, progress: Progress) -> None:
        self.reader = reader
        self.progress = progress
        self.ops = 0
        self.rows = 0
        self.head = custody.genesis(reader.case_uid)

    def check(self) -> Iterator[Problem]:
        reader = self.reader
        total = int(reader.value("SELECT count(*) FROM op"))
        self.progress.stage("stage-verify-chain", total)
        actors = dict(reader.all("SELECT id, name FROM actor"))
        expected = 1
        for row in reader.conn.execute(
            "SELECT seq, uid, time, name, actor, arguments, undoes, actor_salt, actor_digest, arguments_salt, "
            "arguments_digest, prev, hash FROM op ORDER BY seq"
        ):
            seq, uid, time, name, actor, arguments, undoes, a_salt, a_digest, g_salt, g_digest, prev, own = row
            while expected < seq:
                yield Problem("op-missing", f"op {expected}")
                expected += 1
            expected = seq + 1
            self.ops += 1
            self.progress.update(self.ops)
            if bytes(prev) != self.head:
                yield Problem("chain-broken", f"op {seq}")
            if actor is not None and custody.salted(a_salt, actors.get(actor)) != a_digest:
                yield Problem("actor-changed", f"op {seq}")
            if arguments is not None and _salted_text(g_salt, arguments) != g_digest:
                yield Problem("arguments-changed", f"op {seq}")
            sets = [RowSet(*each) for each in self._sets(seq)]
            form = custody.op_form(
                seq=seq,
                uid=uid,
                time=time,
                name=name,
                undoes=undoes,
                actor=a_digest,
                arguments=g_digest,
                rows=sets,
                prev=prev,
            )
            if custody.op_hash(form) != own:
                yield Problem("op-changed", f"op {seq}")
            yield from self._row_sets(seq)
            self.head = bytes(own)
        last = reader.value("SELECT max(op) FROM op_rows") or 0
        for missing in range(expected, int(last) + 1):
            yield Problem("op-missing", f"op {missing}")

    def _sets(self, seq: int) -> list[tuple[str, int, int, int, bytes]]:
        return self.reader.all("SELECT tab, first, last, count, digest FROM op_rows WHERE op = ? ORDER BY tab", (seq,))

    def _row_sets(self, seq: int) -> Iterator[Problem]:
        for table, first, last, count, salt, digest in self.reader.all(
            "SELECT tab, first, last, count, salt, digest FROM op_rows WHERE op = ?", (seq,)
        ):
            if table not in schema.RECORDED:
                yield Problem("rows-changed", f"{table} op {seq}")
                continue
            if salt is None:
                continue  # withheld: only the digest came along
            names = column_names(table)
            found = self.reader.all(
                f"SELECT {', '.join(names)} FROM {table} WHERE id BETWEEN ? AND ? ORDER BY id", (first, last)
            )
            self.rows += len(found)
            self.progress.check()
            columns = dict(zip(names, zip(*found, strict=True), strict=True)) if found else {}
            if len(found) != count or custody.rows_digest(salt, table, first, columns) != digest:
                yield Problem("rows-changed", f"{table} op {seq}")


def _salted_text(salt: bytes, arguments: str) -> bytes | None:
    """Digest of arguments as they stand; null when they are no JSON any more."""
    try:
        return custody.salted(salt, json.loads(arguments))
    except ValueError:
        return None


def _guards(reader: Reader) -> Iterator[Problem]:
    have = {row[0] for row in reader.all("SELECT name FROM sqlite_master WHERE type = 'trigger'")}
    for table in schema.GUARDED:
        for verb in ("update", "delete"):
            if f"{table}_no_{verb}" not in have:
                yield Problem("guard-missing", f"{table} {verb}")


def _unrecorded(reader: Reader) -> Iterator[Problem]:
    """Rows that no op speaks of."""
    for table in schema.RECORDED:
        count, highest = reader.all(f"SELECT count(*), ifnull(max(id), 0) FROM {table}")[0]
        said, last = reader.all(
            "SELECT ifnull(sum(count), 0), ifnull(max(last), 0) FROM op_rows WHERE tab = ?", (table,)
        )[0]
        if count > said or highest > last:
            for (row,) in reader.all(
                f"SELECT id FROM {table} t WHERE NOT EXISTS (SELECT 1 FROM op_rows o WHERE o.tab = ? "
                "AND t.id BETWEEN o.first AND o.last) LIMIT 20",
                (table,),
            ):
                yield Problem("rows-unrecorded", f"{table} {row}")


def _marks(reader: Reader) -> Iterator[Problem]:
    """Are the current marks what the marks say?"""
    key = "kind, target_kind, target, actor, slot"
    latest = f"SELECT {key}, value, present, id FROM mark WHERE id IN (SELECT max(id) FROM mark GROUP BY {key})"
    now = f"SELECT {key}, value, present, mark FROM mark_now"
    differing = reader.all(
        f"SELECT DISTINCT target_kind, target FROM (SELECT * FROM ({latest} EXCEPT {now}) UNION ALL "
        f"SELECT * FROM ({now} EXCEPT {latest})) LIMIT 20"
    )
    for kind, target in differing:
        yield Problem("marks-derived", f"{kind} {target}")


def _objects(reader: Reader, progress: Progress, total: int) -> list[Problem]:
    """Read every object again, on two threads: hashing and reading release the interpreter."""
    progress.stage("stage-verify-objects", total)
    problems: list[Problem] = []
    if total and not reader.evidence.present:
        return [Problem("evidence-missing", reader.evidence.folder.name)]
    rows = reader.conn.execute("SELECT sha256, size FROM object ORDER BY sha256")
    done = 0
    with ThreadPoolExecutor(2, "verify") as pool:
        while batch := rows.fetchmany(64):
            for (sha256, _), wrong in zip(
                batch, pool.map(lambda each: reader.evidence.check(*each), batch), strict=True
            ):
                done += 1
                progress.update(done)
                if wrong is not None:
                    problems.append(Problem(wrong, sha256.hex()))
    return problems
