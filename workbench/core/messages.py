"""Messages are codes with arguments; the words live in ``resources/translations/LANGUAGE/*.json``.

A case holds codes only, so that a Korean colleague reads a Korean sentence for a warning that was
recorded on an English laptop, and so that a test can ask for a code instead of a wording.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from workbench.core.resources import resource

Argument = str | int | float | None


@cache
def catalogue(language: str = "en") -> Mapping[str, str]:
    """All templates of one language: code to ``str.format`` template.

    One file a room, merged. A code that stands in two files is a mistake and raises `ValueError`.
    """
    merged: dict[str, str] = {}
    folder = resource("translations") / language
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".json"):
            for code, template in json.loads(file.read_text(encoding="utf-8")).items():
                if code in merged:
                    raise ValueError(f"message code {code!r} is defined twice")
                merged[code] = template
    return merged


@dataclass(frozen=True)
class Message:
    """A code and its arguments; `text` makes the sentence."""

    code: str
    args: Mapping[str, Argument] = field(default_factory=dict)

    def text(self, language: str = "en") -> str:
        """The sentence. A code without a template shows itself rather than nothing."""
        template = catalogue(language).get(self.code)
        if template is None:
            shown = ", ".join(f"{name}={value}" for name, value in self.args.items())
            return f"{self.code} ({shown})" if shown else self.code
        return template.format_map(_Lenient(self.args))

    def to_json(self) -> str:
        """Arguments as canonical JSON, for the case file."""
        return json.dumps(dict(self.args), ensure_ascii=False, sort_keys=True)


def numbered(code: str, count: int) -> Message:
    """The message about so many of something: ``CODE.one`` for one, ``CODE.other`` for every other number."""
    return Message(f"{code}.{'one' if count == 1 else 'other'}", {"count": f"{count:,}"})


class _Lenient(dict[str, Argument]):
    """An argument that an older case did not record reads as a dash, not as a crash."""

    def __missing__(self, key: str) -> str:
        return "–"
