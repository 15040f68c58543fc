"""Text search that finds Chinese, Japanese and Korean by substring over FTS5's ``unicode61`` tokeniser.

Each run of such characters is indexed as its overlapping pairs and its last character (``abc`` as ``ab bc c``),
so that a word of two characters is one token and a longer one a phrase of pairs. Other scripts are indexed by
word and found from the start of a word. Both sides go through `fold`. FTS5's own trigram tokeniser finds no word
of two characters at all. Standard library only; pure; any thread.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_CJK = (
    "\u1100-\u11ff\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303c\u3041-\u3096\u309d-\u309f\u30a1-\u30fa"
    "\u30fc-\u30ff\u3105-\u312f\u3131-\u318e\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97c"
    "\uac00-\ud7a3\ud7b0-\ud7fb\uf900-\ufaff\U0001b000-\U0001b16f\U00020000-\U0003fffd"
)
_CJK_RUN = re.compile(f"[{_CJK}]+")
_RUN = re.compile(f"(?P<cjk>[{_CJK}]+)|(?P<word>[^\\W_{_CJK}]+)")
# Accents, characters without width, variation selectors, lone halves of UTF-16 pairs (no database takes those).
_DROPPED = re.compile(
    "[\u0300-\u036f\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\U000e0000-\U000e01ef\ud800-\udfff]"
)
_LOOSE_MARKS = re.compile("[\u3099\u309a]")


def fold(text: str) -> str:
    """As both sides of a search are compared: compatibility forms, width, case and accents made equal."""
    if text.isascii():
        return text.lower()
    # Case folding can bring back compatibility forms and decomposed letters, hence twice.
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    together = unicodedata.normalize("NFKC", _DROPPED.sub("", apart))
    return _LOOSE_MARKS.sub("", together)


def index_text(text: str) -> str:
    """What is given to an FTS5 table with ``tokenize='unicode61'`` in the place of `text`."""
    folded = fold(text)
    if folded.isascii():
        return folded
    return _CJK_RUN.sub(lambda run: f" {' '.join(_pairs(run[0]))} {run[0][-1]} ", folded)


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run) - 1)]


@dataclass(frozen=True)
class Query:
    """How to look for words that must all occur, each as it stands.

    `match` is an FTS5 expression; null when no word has a character that is indexed, and then only `contains`
    over the texts can tell. When not `exact`, hits may hold the parts in another spacing: keep those for which
    `contains` is true. When not `complete`, a word begins with a letter or digit of a script with spaces and is
    found at the start of words only; `contains` over all texts finds it within words too.
    """

    match: str | None
    needles: tuple[str, ...]
    exact: bool
    complete: bool

    def contains(self, text: str) -> bool:
        """Is every word somewhere in the text?"""
        folded = fold(text)
        return all(needle in folded for needle in self.needles)


def query(words: str) -> Query:
    """Words separated by white space, all of which must occur; nothing in them is syntax."""
    needles = tuple(fold(words).split())
    phrases: list[str] = []
    exact = complete = bool(needles)
    for needle in needles:
        runs = list(_RUN.finditer(needle))
        if not runs:
            exact = False
            continue
        phrases.append(_phrase(runs))
        only_cjk = len(runs) == 1 and runs[0]["cjk"] == needle
        exact = exact and only_cjk
        # A word at the very start may go on to the left in the text; after a sign it cannot.
        complete = complete and not (runs[0]["word"] and runs[0].start() == 0)
    return Query(" AND ".join(phrases) or None, needles, exact, complete and bool(phrases))


def match_query(words: str) -> str | None:
    """The ``MATCH`` expression alone: `Query.match`."""
    return query(words).match


def _phrase(runs: list[re.Match[str]]) -> str:
    """The tokens of a needle in a row. The last one may go on to the right in the text."""
    tokens: list[str] = []
    for run in runs[:-1]:
        tokens += [*_pairs(run[0]), run[0][-1]] if run["cjk"] else [run[0]]
    last = runs[-1]
    ends_here = last.end() < len(last.string)
    if not last["cjk"]:
        tokens.append(last[0])
    elif ends_here:
        tokens += [*_pairs(last[0]), last[0][-1]]
    else:
        tokens += _pairs(last[0]) or [last[0]]
    open_end = not ends_here and (not last["cjk"] or len(last[0]) == 1)
    return f'"{" ".join(tokens)}"' + (" *" if open_end else "")
