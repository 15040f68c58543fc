"""Arguments: options may stand before or after them, words are never guessed, a mistake is one sentence."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import NoReturn

from workbench.cli.call import Command

PROGRAM = "workbench"
_TAKEN = "\0"
"""Marks an argument behind ``--``, which is no option whatever it looks like."""


class Misuse(Exception):
    """The words cannot be understood. Carries the sentence."""


class Parser(argparse.ArgumentParser):
    """Raises `Misuse` instead of printing its usage and ending the program."""

    def error(self, message: str) -> NoReturn:
        """See `Misuse`."""
        raise Misuse(f"{self.prog}: {message[:1].lower()}{message[1:]}. Try {self.prog} --help")


def parser_of(command: Command, summary: str) -> Parser:
    """The parser of one command."""
    examples = "\n".join(f"  {line}" for line in command.examples)
    details = f"{command.details}\n\n" if command.details else ""
    parser = Parser(
        prog=f"{PROGRAM} {command.name}",
        description=summary[:1].upper() + summary[1:] + ".",
        epilog=f"{details}example{'s' if len(command.examples) > 1 else ''}:\n{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.arguments(parser)
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    return parser


def parse(command: Command, summary: str, words: Sequence[str]) -> argparse.Namespace:
    """Read a command's words. Raises `Misuse`, and `SystemExit` after ``--help``."""
    words = list(words)
    if "--" in words:
        at = words.index("--")
        words[at:] = [_TAKEN + word for word in words[at + 1 :]]
    parsed = parser_of(command, summary).parse_intermixed_args(words)
    for name, value in vars(parsed).items():
        if isinstance(value, str):
            setattr(parsed, name, value.removeprefix(_TAKEN))
        elif isinstance(value, list):
            setattr(parsed, name, [each.removeprefix(_TAKEN) if isinstance(each, str) else each for each in value])
    return parsed
