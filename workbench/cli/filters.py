"""FILTER: the same words for every list, and for the window's filter bar."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Any

from workbench.core.errors import UserError
from workbench.core.filter import CHANGES, Clock, Filter
from workbench.core.records import Action, State
from workbench.core.times import parse_option

REPEATED = {
    "source": ("NAME", "from this source"),
    "snapshot": ("ID", "seen in this snapshot; with --change: changed, or found removed, in it"),
    "path": ("GLOB", "the whole path; * crosses /, case counts"),
    "type": ("TYPE", "image, video, audio, text, archive, other, or a media type"),
    "state": ("STATE", ", ".join(State)),
    "tag": ("TAG", "with this tag"),
    "verdict": ("VERDICT", "with this verdict"),
    "address": ("IP|CIDR", "this address or network"),
    "country": ("CC", "addresses of this country"),
    "asn": ("N", "addresses of this network"),
    "label": ("LABEL", "addresses with this label: vpn, hosting, tor, unlisted, …"),
    "action": ("ACTION", ", ".join(each.word() for each in Action)),
    "change": ("CHANGE", ", ".join(CHANGES)),
    "text": ("WORDS", "in names, in text read from images, in notes"),
}
EXCLUDED = ("path", "type", "tag", "verdict", "address", "country", "asn", "label", "action")
CLOCKS = tuple(Clock)

DETAILS = """\
Repeating a filter option means or; different options mean and; all exclusions (--not-…) hold together. A facet of the
other side (an address for files, a type for events) goes through the matches between events and sightings. Times are a
date or a time, UTC unless an offset is given; the interval is half-open."""


def filtering(parser: ArgumentParser) -> None:
    """The options of FILTER."""
    group = parser.add_argument_group("filter")
    group.add_argument("--since", metavar="TIME", help="from this date or time on")
    group.add_argument("--until", metavar="TIME", help="before this date or time")
    group.add_argument("--clock", metavar="CLOCK", help=", ".join(CLOCKS))
    for name, (value, text) in REPEATED.items():
        group.add_argument(f"--{name}", metavar=value, action="append", default=[], help=text)
    for name in EXCLUDED:
        value = REPEATED[name][0]
        group.add_argument(f"--not-{name}", metavar=value, action="append", default=[], help=f"exclude by {name}")
    group.add_argument("--own", action="store_true", help="the observer's own traffic too")


def read_filter(args: Namespace) -> Filter:
    """The filter that the options ask for. Raises `UserError` for words that mean nothing."""
    values: dict[str, Any] = {
        "since": _time(args.since),
        "until": _time(args.until),
        "clock": read_clock(args.clock),
        "own": args.own,
    }
    for facet in (*REPEATED, *(f"not_{name}" for name in EXCLUDED)):
        read = _READ.get(facet.removeprefix("not_"), str)
        values[facet] = tuple(dict.fromkeys(read(each) for each in getattr(args, facet)))
    return Filter(**values)


def read_clock(text: str | None) -> Clock | None:
    """One of the four clocks."""
    if text is None:
        return None
    try:
        return Clock(text)
    except ValueError:
        raise UserError("cli-word", word=text, kind="clock", known=", ".join(CLOCKS)) from None


def _time(text: str | None) -> int | None:
    return None if text is None else parse_option(text).micros


def _state(text: str) -> str:
    return _one_of(text, "state", tuple(State))


def _change(text: str) -> str:
    return _one_of(text, "change", CHANGES)


def _action(text: str) -> str:
    return _one_of(text, "action", tuple(each.word() for each in Action))


def _one_of(text: str, kind: str, known: tuple[str, ...]) -> str:
    if text not in known:
        raise UserError("cli-word", word=text, kind=kind, known=", ".join(known))
    return text


def _asn(text: str) -> int:
    digits = text.upper().removeprefix("AS")
    if not (digits.isascii() and digits.isdecimal() and int(digits) < 2**32):
        raise UserError("cli-number", word=text, kind="network number")
    return int(digits)


def number(text: str, kind: str = "snapshot") -> int:
    """A row's number."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise UserError("cli-number", word=text, kind=kind)
    return int(text)


def _country(text: str) -> str:
    if len(text) != 2 or not (text.isascii() and text.isalpha()):
        raise UserError("cli-country", word=text)
    return text.upper()


def _address(text: str) -> str:
    import ipaddress

    try:
        if "/" in text:
            return str(ipaddress.ip_network(text, strict=False))
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise UserError("filter-address", address=text) from None


def _type(text: str) -> str:
    from workbench.core.filter import TYPES

    if text not in TYPES and "/" not in text:
        raise UserError("filter-type", type=text, kinds=", ".join(TYPES))
    return text


_READ: dict[str, Any] = {
    "state": _state,
    "change": _change,
    "action": _action,
    "asn": _asn,
    "snapshot": number,
    "country": _country,
    "address": _address,
    "type": _type,
}
