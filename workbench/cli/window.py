"""The command that opens the window, which the front door hands in: nothing here knows Qt."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

from workbench.cli.call import Call, Command, case_path
from workbench.cli.filters import filtering, read_filter
from workbench.core.errors import UserError
from workbench.workspace import Opening


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("case", metavar="CASE", nargs="?", help="the case to open")
    parser.add_argument("--screenshot", metavar="FILE.png", help="draw the window into a picture and end")
    parser.add_argument("--size", metavar="WxH", help="size of the picture in pixels")
    parser.add_argument("--theme", choices=("light", "dark"), help="instead of the system's")
    parser.add_argument(
        "--pane", metavar="NAME", help="the pane to show in front, or today: what the last look brought"
    )
    parser.add_argument("--focus", metavar="TARGET", help="what to show in detail: a SHA-256 or an address")
    filtering(parser)


def _run(call: Call) -> int:
    args = call.args
    size = None if args.size is None else _size(args.size)
    case = None if args.case is None else case_path(args.case)
    if case is not None:
        _check(case)
    screenshot = None if args.screenshot is None else Path(args.screenshot)
    return call.open_window(
        Opening(case, read_filter(args), args.focus, screenshot, size, theme=args.theme, pane=args.pane)
    )


def _check(case: Path) -> None:
    """What is no case is said before the window is built."""
    from workbench.case import driver

    found = driver.sniff(case)
    if found is None:
        raise UserError("not-a-case", path=case.name)
    if found > driver.SCHEMA:
        raise UserError("case-newer", path=case.name, found=found, known=driver.SCHEMA)


def _size(text: str) -> tuple[int, int]:
    wide, cross, high = text.lower().replace("×", "x").partition("x")
    if not (cross and wide.isdecimal() and high.isdecimal() and 0 < int(wide) <= 16384 and 0 < int(high) <= 16384):
        raise UserError("cli-size", word=text)
    return int(wide), int(high)


COMMANDS = {
    "open": Command(
        "open",
        _arguments,
        _run,
        (
            "workbench open storage.wbcase",
            "workbench open storage.wbcase --not-label vpn --not-label hosting",
            "workbench open storage.wbcase --screenshot window.png --size 1440x900 --theme dark --pane origins",
        ),
    )
}
