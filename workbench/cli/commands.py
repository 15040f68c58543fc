"""Every word of the command line, the room of each, and the line that ``workbench --help`` gives it.

The rooms are imported when their word is used, so that help and short commands start at once.
"""

from __future__ import annotations

from importlib import import_module

from workbench.cli.call import Command

GROUPS: dict[str, dict[str, str]] = {
    "window": {"open": "open the window, or draw it into a picture"},
    "cases": {
        "new": "make a case",
        "add": "take in folders, files and archives: one look at one source",
        "logs": "take in access logs",
        "analyze": "run the analyses that are missing",
    },
    "watch": {
        "watch": "look at an open server, once or again and again",
        "schedule": "make an entry for the system's own timer",
    },
    "imports": {
        "import": "take in harvests that other programs made",
    },
    "lists": {
        "files": "list the files, one row per content",
        "sightings": "list where and when each file was seen",
        "changes": "list what changed between looks",
        "events": "list what the access logs say",
        "rejects": "list what could not be read",
        "origins": "list the addresses and what is known of their networks",
        "timeline": "count per hour or day, with the times at which nobody looked",
    },
    "alike": {
        "similar": "list the pictures that look like one",
        "groups": "list groups of pictures of similar layout",
    },
    "marks": {
        "mark": "tag, judge or annotate files, sightings, events and addresses",
        "note": "write a dated entry in the case journal",
        "undo": "undo the last mark, or a named one",
        "own": "mark addresses as the observer's own",
    },
    "watching": {
        "charter": "say who watches a server, why and on what basis, or show it",
        "requests": "list what was asked of a server in a look",
        "coverage": "list which folders each look saw",
        "decide": "decide about a watched server: certificate, robots rules, conduct",
    },
    "trust": {
        "custody": "list every change of the case, chained",
        "verify": "check a case or a bundle: every byte, every row, every link",
        "anchor": "write the chain's head into a small file to keep elsewhere",
        "bundle": "write an evidence bundle that a stranger can check",
        "demo": "build the demonstration case",
    },
}
"""Module to command to summary."""

SUMMARIES = {name: summary for group in GROUPS.values() for name, summary in group.items()}


def find(name: str) -> Command | None:
    """The command of a name; null when there is none."""
    for group, names in GROUPS.items():
        if name in names:
            found: dict[str, Command] = import_module(f"workbench.cli.{group}").COMMANDS
            return found[name]
    return None
