"""Country codes in words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache

from workbench.core.resources import resource


@cache
def countries() -> Mapping[str, str]:
    """ISO 3166-1 alpha-2 code → short English name; and ``XK``, which data sets use and ISO leaves to users."""
    names: dict[str, str] = json.loads(resource("reference", "countries.json").read_text(encoding="utf-8"))
    return names


def country_name(code: str) -> str:
    """``Spain`` for ``ES``; a code that is no country's (``EU``, ``AP``, ``ZZ``) is its own name."""
    return countries().get(code.upper(), code)


def country_words(code: str | None) -> str:
    """How a country is worded in tooltips and reports: ``Spain (ES)``; nothing known is an empty text."""
    if not code:
        return ""
    name = country_name(code)
    return f"{name} ({code})" if name != code else code
