"""Which paths a redaction means: patterns and exact paths, whatever form their letters and escapes have.

``NAME``, ``NAME/`` and ``/NAME/*`` all mean the folder with everything in it. In a pattern ``*`` crosses ``/``, ``?``
is one sign, ``[…]`` one of several, as in SQLite's GLOB. A pattern that is a path to the letter means that path too.
An exact path means itself and what lies below it. Composed and decomposed letters (Unicode NFC, NFD) are the same, and
a name that is percent-encoded on one side is decoded.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

from workbench.core.errors import UserError


class PathPatterns:
    """Compiled once; remembers which of its patterns met something."""

    def __init__(self, patterns: Iterable[str], exact: Iterable[str]) -> None:
        self._exact: dict[str, str] = {}
        self._patterns: list[tuple[str, re.Pattern[str], re.Pattern[str]]] = []
        self._met: set[str] = set()
        for path in exact:
            for form in _forms(_core(path)):
                self._exact[form] = path
        for pattern in patterns:
            core = _core(pattern)
            for form in _forms(core):
                self._exact.setdefault(form, pattern)
            regex = "|".join(f"(?:{_translated(form)})" for form in _forms(core))
            whole = f"(?:{regex})(?:/.*)?"
            at_start, anywhere = re.compile(whole, re.DOTALL), re.compile(f"(?:.*/)?{whole}", re.DOTALL)
            self._patterns.append((pattern, at_start, anywhere))
        self.given = tuple(dict.fromkeys((*patterns, *exact)))

    def __bool__(self) -> bool:
        return bool(self.given)

    @property
    def unmet(self) -> list[str]:
        """Patterns that met nothing so far."""
        return [each for each in self.given if each not in self._met]

    def hits(self, path: str, *, logged: bool = False) -> bool:
        """Is this path meant? A log may put the server's root in front of its paths, so there any beginning may."""
        found = False
        for form in _forms(path.strip("/")):
            found |= self._is_exact(form, logged)
            for pattern, regex, below in self._patterns:
                if (below if logged else regex).fullmatch(form):
                    self._met.add(pattern)
                    found = True
        return found

    def _is_exact(self, path: str, logged: bool) -> bool:
        if not self._exact:
            return False
        for start in _starts(path) if logged else (0,):
            end = len(path)
            while end > start:
                given = self._exact.get(path[start:end])
                if given is not None:
                    self._met.add(given)
                    return True
                end = path.rfind("/", start, end)
        return False


def refuse_unmet(field: str, values: Iterable[str]) -> None:
    """Raise `UserError` ``redaction-matches-nothing`` for the first value: whoever withholds what is not there has most
    likely mistyped what must not get out.
    """
    for value in values:
        raise UserError("redaction-matches-nothing", field=field, value=value[:300])


def _core(pattern: str) -> str:
    core = pattern.lstrip("/")
    while core.endswith(("/", "/*")):
        core = core[: -2 if core.endswith("/*") else -1]
    return core or pattern


def _forms(text: str) -> tuple[str, ...]:
    """Composed, as it stands and percent-decoded."""
    plain = unicodedata.normalize("NFC", text)
    if "%" not in plain:
        return (plain,)
    return tuple(dict.fromkeys((plain, unicodedata.normalize("NFC", unquote(plain)))))


def _starts(path: str) -> Iterator[int]:
    yield 0
    at = path.find("/")
    while at >= 0:
        yield at + 1
        at = path.find("/", at + 1)


def _translated(pattern: str) -> str:
    """SQLite's GLOB as a regular expression."""
    out, at = [], 0
    while at < len(pattern):
        sign = pattern[at]
        at += 1
        if sign == "*":
            out.append(".*")
        elif sign == "?":
            out.append(".")
        elif sign == "[" and (end := pattern.find("]", at + 1 + (pattern[at : at + 1] == "^"))) > 0:
            inside = pattern[at:end]
            at = end + 1
            negated = inside.startswith("^")
            members = inside[negated:].replace("\\", "\\\\").replace("[", "\\[").replace("^", "\\^").replace("]", "\\]")
            out.append(f"[{'^' if negated else ''}{members}]")
        else:
            out.append(re.escape(sign))
    return "".join(out)
