"""What a data set is: who says it, as of when, under which licence, and which claims it makes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from workbench.core.errors import UserError
from workbench.core.records import Claim
from workbench.origins.addresses import Version, range_text
from workbench.origins.packed import Unpacked
from workbench.origins.ranges import Ranges

COUNTRY = "country"
"""Key of a claim: ISO 3166-1 alpha-2 code of the registration, as the data set has it."""
ASN = "asn"
"""Key of a claim: number of the autonomous system that announces the prefix, digits only."""
AS_NAME = "as_name"
"""Key of a claim: the name of that network; a weak hint at who uses it."""
LABEL = "label"
"""Key of a claim: one label, such as ``vpn``. Several labels are several claims."""
LABELS = "labels"
"""Field of a data set: any number of labels with spaces between."""
NOTE = "note"
"""Key of a claim: the data set's own remark, grade and as-of date."""


@dataclass(frozen=True)
class About:
    """Where a data set is from. `name` and `release` stand in every claim; `rows` counts ranges or networks.

    `kind` is ``country``, ``as``, ``labels`` or ``mixed``. `release` starts with an ISO date when one is known.
    """

    name: str
    title: str
    release: str
    kind: str
    licence: str
    rows: int
    sha256: bytes
    attribution: str = ""
    caution: str = ""

    def claim(self, prefix: str, key: str, value: str, level: str = "prefix") -> Claim:
        """A claim of this data set."""
        return Claim(self.name, self.release, prefix, level, key, value)


class DataSet(ABC):
    """Something that can be asked. Immutable once made; any thread."""

    about: About
    lists_labels: bool
    """Whether an address could be on its lists at all; these sets are counted in "on no list held"."""


class PrefixSet(DataSet):
    """A data set of address ranges."""

    @abstractmethod
    def ranges(self, version: Version) -> Ranges:
        """All ranges of one IP version, for `Ranges.find`. Raises `UserError` when the file is damaged."""

    @abstractmethod
    def claims_at(self, version: Version, number: int) -> tuple[Claim, ...]:
        """What the set says of the range with this number in `ranges`."""


class PackedSet(PrefixSet):
    """A shipped set. Reading it costs a checksum; columns are unpacked when first asked for and then kept.

    Raises `UserError` when the bytes are damaged or not a data set of ours.
    """

    def __init__(self, data: bytes, name: str) -> None:
        self._unpacked = Unpacked(data, name)
        header = self._unpacked.header
        try:
            rows = header["rows"]
            self.about = about_from(header, rows=int(rows["v4"]) + int(rows["v6"]), sha256=self._unpacked.sha256)
        except (KeyError, TypeError, ValueError) as error:
            raise UserError("origins.set-damaged", name=name, problem="header") from error
        self.header: Mapping[str, Any] = header
        self.lists_labels = LABELS in self._unpacked.fields

    @cached_property
    def _v4(self) -> Ranges:
        return self._unpacked.ranges(4)

    @cached_property
    def _v6(self) -> Ranges:
        return self._unpacked.ranges(6)

    def ranges(self, version: Version) -> Ranges:
        """See `PrefixSet.ranges`."""
        return self._v4 if version == 4 else self._v6

    def claims_at(self, version: Version, number: int) -> tuple[Claim, ...]:
        """See `PrefixSet.claims_at`."""
        ranges = self.ranges(version)
        prefix = range_text(*ranges.bounds(number), version)
        values = self._unpacked.record(int(ranges.index[number]))
        named = zip(self._unpacked.fields, values, strict=True)
        return tuple(self.about.claim(prefix, key, value) for key, value in split_labels(named))


class AsTable(DataSet):
    """What is said of whole networks: AS number → labels and a remark. Its claims have level ``as``."""

    lists_labels = True

    def __init__(self, about: About, labels: Mapping[int, tuple[str, ...]], notes: Mapping[int, str]) -> None:
        self.about = about
        self._labels, self._notes = labels, notes

    def __len__(self) -> int:
        return len(self._labels)

    def claims_of(self, asn: str) -> tuple[Claim, ...]:
        """The claims on one AS (digits); their prefix is ``AS9009``."""
        number = int(asn)
        prefix = f"AS{number}"
        found = [self.about.claim(prefix, LABEL, label, "as") for label in self._labels.get(number, ())]
        if number in self._notes:
            found.append(self.about.claim(prefix, NOTE, self._notes[number], "as"))
        return tuple(found)


def about_from(header: Mapping[str, Any], *, rows: int, sha256: bytes) -> About:
    """The description in a header of ours."""
    return About(
        name=header["name"],
        title=header["title"],
        release=header["release"],
        kind=header["kind"],
        licence=header["licence"],
        rows=rows,
        sha256=sha256,
        attribution=header.get("attribution", ""),
        caution=header.get("caution", ""),
    )


def split_labels(values: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    """Key and value pairs without the empty ones, and one pair for each label."""
    for key, value in values:
        if key == LABELS:
            yield from ((LABEL, label) for label in sorted(value.split()))
        elif value:
            yield key, value
