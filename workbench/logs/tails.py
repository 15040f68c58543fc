"""Fields behind the size or the agent: which of them is a forwarded-for list, and what it says."""

from __future__ import annotations

import re

import numpy as np

from workbench.core.batch import NULL
from workbench.logs.columns import Builder, Ints, Rows, cut
from workbench.logs.forwarded import client_of, from_text, is_list, items_of, to_text
from workbench.logs.heads import EMPTY, HOSTS, LIST, LOCAL, NAMED, PORT, PUBLIC, Heads, signs_of
from workbench.logs.layout import FIELDS, Column, Layout

_FIELD = re.compile(
    rb' (?:(?!for=)[\w-]+=)?("(?:[^"\\]|\\.)*"|\[[^\]\[]*\]|[^ "\[][^ "]*(?:(?<=,) [^ "]+|(?= ,) ,[^ "]*)*)',
    re.IGNORECASE,
)
"""One field: quoted, in brackets, or bare, where a list with blanks behind its commas is one; a name may stand before
it (``xff="…"``).
"""
_WORTH = re.compile(rb'\d\.\d+\.\d+\.\d|:[0-9A-Fa-f]*:| (?:[\w-]+=)?"?-"?(?: |$)')
"""Something like an address, or a field without a value: a line with neither says nothing about a list."""


class Tails:
    """The further fields of a chunk's lines. `start` is where they begin, by line; `NULL` where there are none."""

    def __init__(self, builder: Builder, layout: Layout, heads: Heads) -> None:
        self.start = np.full(len(builder.lines), NULL, np.int64)
        self._builder = builder
        self._layout = layout
        self._heads = heads

    def is_list(self, tail: bytes) -> bool:
        """Is this lone field, which might be a referrer, the log's forwarded-for list?"""
        fields = _fields(tail)
        return self._layout.behind == 0 and len(fields) == 1 and is_list(items_of(fields[0]))

    def read(self) -> None:
        """Take the lists, where the layout knows their place, and gather the evidence for one."""
        end = self._builder.lines.end
        which = np.flatnonzero((self.start != NULL) & (end > self.start))
        if not len(which):
            return
        raws = cut(self._builder.lines.data, self.start[which], end[which])
        telling = np.fromiter((_WORTH.search(raw) is not None for raw in raws), np.bool_, len(raws))
        if self._layout.behind is None:
            if not telling.any():
                return
            which, raws = which[telling], [raw for raw, each in zip(raws, telling.tolist(), strict=True) if each]
            telling = telling[telling]
        rows = Rows(FIELDS + 1, self._row)
        at = np.fromiter(map(rows.__getitem__, raws), np.int64, len(raws))
        table = np.array([rows.row(raw) for raw in rows], np.int64).reshape(-1, FIELDS + 1)
        found: Ints = table[at]
        peers = np.where(self._builder.column("peer")[which] == NULL, self._builder.column("address")[which],
                         self._builder.column("peer")[which])  # fmt: skip
        self._count(found[telling, :FIELDS], peers[telling])
        if self._layout.behind is not None:
            self._take(which, peers, found[:, FIELDS])

    def _row(self, raw: bytes) -> tuple[int, ...]:
        """The signs of each field, and the list."""
        signs = [0] * FIELDS
        taken = NULL
        for at, field in enumerate(_fields(raw)[:FIELDS]):
            items = items_of(field)
            listed = is_list(items)
            values = self._heads.evidence.behind[at].values
            signs[at] = signs_of(items, None, self._heads.trust, values) | PRESENT if listed else HOSTS | PRESENT
            if listed and at == self._layout.behind:
                taken = self._builder.intern("forwarded", to_text(items))
        return *signs, taken

    def _count(self, signs: Ints, peers: Ints) -> None:
        texts = list(self._builder.table("address"))
        local = np.array([self._heads.trust.holds(each) for each in texts] or [False])[np.maximum(peers, 0)]
        for at, column in enumerate(self._heads.evidence.behind):
            own = signs[:, at]
            here = own > 0
            if here.any():
                count_signs(column, np.where(local, own | LOCAL, own)[here])
                for peer in np.unique(peers[here & (peers != NULL)]).tolist():
                    column.peers.add(texts[peer])

    def _take(self, which: Ints, peers: Ints, taken: Ints) -> None:
        """Put the lists into the events, and the clients that they name. Pairs of peer and list are few."""
        builder = self._builder
        free = (taken != NULL) & (builder.column("rule")[which] == NULL) & (peers != NULL)
        which, peers, taken = which[free], peers[free], taken[free]
        pairs, at = np.unique(np.stack([peers, taken]), axis=1, return_inverse=True)
        texts, lists = list(builder.table("address")), list(builder.table("forwarded"))
        clients = np.full(pairs.shape[1], NULL, np.int64)
        for place, (peer, items) in enumerate(pairs.T.tolist()):
            client = client_of(texts[peer], from_text(lists[items]), self._heads.trust)
            clients[place] = builder.intern("address", client)
        client_at = clients[at.reshape(-1)]
        builder.column("peer")[which] = peers
        builder.column("forwarded")[which] = taken
        builder.column("rule")[which] = client_at != NULL
        builder.column("address")[which] = np.where(client_at == NULL, peers, client_at)


PRESENT = 1 << 20
"""The field is there."""


def _fields(tail: bytes) -> list[bytes]:
    return _FIELD.findall(tail) if tail.startswith(b" ") else []


def count_signs(column: Column, signs: Ints) -> None:
    """Add the lines of these signs to the evidence."""
    column.lines += len(signs)
    for name, sign in (
        ("named", NAMED), ("lists", LIST), ("empty", EMPTY), ("others", HOSTS), ("local", LOCAL), ("public", PUBLIC),
        ("ports", PORT),
    ):  # fmt: skip
        setattr(column, name, getattr(column, name) + int(((signs & sign) > 0).sum()))
