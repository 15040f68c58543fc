"""From words to an exit code: 0 done, 1 found something, 2 wrong use, 3 a mistake of ours, 130 and 143 stopped."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence

from workbench.cli import commands
from workbench.cli.call import DONE, MISTAKE, WRONG_USE, Call, Stop, Window
from workbench.cli.output import PipeClosed, flush, forget_output, prepare_streams, say
from workbench.cli.parsing import PROGRAM, Misuse, parse
from workbench.core.errors import Cancelled, UserError
from workbench.core.messages import Message

HELP = ("-h", "--help", "help")


def main(words: Sequence[str], window: Window | None = None) -> int:
    """Run one command and give its exit code. Prints; never raises. `window` is what ``open`` opens."""
    prepare_streams()
    with Stop() as stop:
        try:
            code = _run(list(words), stop, window)
            flush()
        except PipeClosed:
            forget_output()
            return DONE
        except (Misuse, UserError) as error:
            say(str(error))
            return WRONG_USE
        except (Cancelled, KeyboardInterrupt):
            say(Message("cli-stopped").text())
            return 128 + (stop.signal or signal.SIGINT)
        except SystemExit as ended:  # argparse after --help
            return ended.code if isinstance(ended.code, int) else WRONG_USE
        except Exception as error:  # noqa: BLE001 - told in one sentence, with the details in a file
            known = _in_words(error)
            if known is not None:
                say(known)
                return WRONG_USE
            from workbench.cli.crash import report

            say(report(error))
            return MISTAKE
        return code


def _run(words: list[str], stop: Stop, window: Window | None) -> int:
    words = _ordered(words)
    if not words:
        words = ["open"]
    name, *rest = words
    if name in HELP:
        if rest and name == "help":
            return _run([rest[0], "--help"], stop, window)
        sys.stdout.write(overview())
        return DONE
    if name == "--version":
        from workbench import __version__
        from workbench.jobs.sandbox import protection

        sys.stdout.write(f"{PROGRAM} {__version__}\n{protection().message().text()}\n")
        return DONE
    command = commands.find(name)
    if command is None:
        kind = "option" if name.startswith("-") else "command"
        raise Misuse(f"{PROGRAM}: there is no {kind} {name!r}. Try {PROGRAM} --help")
    call = Call(parse(command, commands.SUMMARIES[name], rest), stop, window)
    try:
        return command.run(call)
    finally:
        call.out.close()


def _in_words(error: Exception) -> str | None:
    """The sentence for what a disk or a damaged case file does to us; null for a mistake of ours."""
    from workbench.case import driver

    known = driver.in_words(error)
    return str(known) if isinstance(known, UserError) else None


def _ordered(words: list[str]) -> list[str]:
    """Options that every command has may stand before its name too."""
    early: list[str] = []
    while words and (words[0] == "--json" or words[0].startswith("--actor")):
        count = 2 if words[0] == "--actor" else 1
        early += words[:count]
        words = words[count:]
    return [*words[:1], *early, *words[1:]] if words else early


def overview() -> str:
    """What ``workbench --help`` prints."""
    lines = [
        f"usage: {PROGRAM} [COMMAND] [ARGUMENT…]",
        "",
        "Look at what an open server showed, and prove it later. Without a command the window opens.",
        "",
        "commands:",
    ]
    wide = max(map(len, commands.SUMMARIES))
    lines += [f"  {name:<{wide}}  {summary}" for name, summary in commands.SUMMARIES.items()]
    lines += [
        "",
        f"{PROGRAM} COMMAND --help explains a command with an example. Options may stand before or after arguments;",
        "--json prints JSON for programs. Exit codes: 0 done, 1 done but something was found or left, 2 wrong use,",
        "3 a mistake in Workbench, 130 and 143 stopped.",
        "",
        "example:",
        f"  {PROGRAM} demo demonstration && {PROGRAM} origins demonstration/demo.wbcase --not-label vpn",
        "",
    ]
    return "\n".join(lines)
