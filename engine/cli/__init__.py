"""The command line. One function per verb, in files by what verbs do; each imports what it needs when it runs.

    build     freeze verify demo                  look      lineage runs show watch logs metrics
    launch    pretrain branch evaluate            control   stop resume cancel rm note tag rename
    weigh     compare                             ask       sql reindex doctor
    queue     queue                               manners   settings serve
    plan      plan                                generate  generate
    exchange  import export
    steps     batch profile                       corpus    corpus

Answers go to stdout, everything else to stderr. Exit codes: 0 done, 1 the run or the machine failed, 2 the input is
wrong, 3 no such thing, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click

from engine import __version__
from engine.cli.ask import VERBS as ASK
from engine.cli.base import Sections, examples, home_option
from engine.cli.build import VERBS as BUILD
from engine.cli.control import VERBS as CONTROL
from engine.cli.corpus import VERBS as CORPUS
from engine.cli.exchange import VERBS as EXCHANGE
from engine.cli.generate import VERBS as GENERATE
from engine.cli.launch import VERBS as LAUNCH
from engine.cli.look import VERBS as LOOK
from engine.cli.manners import VERBS as MANNERS
from engine.cli.plan import VERBS as PLAN
from engine.cli.queue import VERBS as QUEUE
from engine.cli.steps import VERBS as STEPS
from engine.cli.weigh import VERBS as WEIGH
from engine.errors import GraftlineError, InputError, machine_error
from engine.plain import one_line


@click.group(
    cls=Sections,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog=examples("graftline demo", "graftline", "graftline pretrain --help"),
)
@home_option
@click.option("--theme", metavar="NAME", help="The app's colours, over the settings' own (see `graftline settings`).")
@click.version_option(__version__, prog_name="graftline", message="%(prog)s %(version)s")
@click.pass_context
def cli(ctx: click.Context, home: Path, theme: str | None) -> None:
    """Pretrain a small base model once, then branch it into many variants, and see what each was worth.

    Without a verb, opens the app on the workspace.
    """
    if ctx.invoked_subcommand is None:
        open_app(home, theme)


def require_terminal() -> None:
    """Raises `InputError` where there is no terminal for the app to draw on."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise InputError("the app needs a terminal", fix="see `graftline --help` for what works without one")


def open_app(home: Path, theme: str | None = None) -> NoReturn:
    """Become the app. Raises `InputError` for an unknown theme, and where there is no terminal to draw on."""
    from engine.config.settings import check_theme
    from engine.launch.wire import python_command

    chosen = ("--theme", check_theme(theme)) if theme else ()
    require_terminal()
    command, environment = python_command("tui", "--home", str(home), *chosen)
    os.execve(command[0], command, environment)


for verb in (
    *BUILD,
    *CORPUS,
    *EXCHANGE,
    *PLAN,
    *LAUNCH,
    *WEIGH,
    *LOOK,
    *STEPS,
    *QUEUE,
    *CONTROL,
    *GENERATE,
    *ASK,
    *MANNERS,
):
    cli.add_command(verb)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command line and exit with its code. A user's mistake is one line on stderr."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without UTF-8 shows a "?", not a traceback
    sys.exit(_run(arguments))


def _run(arguments: Sequence[str] | None) -> int:
    try:
        code = cli.main(arguments, prog_name="graftline", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.exceptions.NoArgsIsHelpError as help_wanted:
        help_wanted.show()
        return 2
    except click.UsageError as wrong:
        where = wrong.ctx.command_path if wrong.ctx else "graftline"
        return _complain(f"{wrong.format_message().rstrip('.')} (see `{where} --help`)", 2)
    except (click.Abort, KeyboardInterrupt):
        return 130
    except GraftlineError as error:
        return _complain(str(error), error.exit_code)
    except BrokenPipeError:
        # Whoever read the answer has had enough of it. Python would complain once more when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        known = machine_error(error)
        if known is None:
            raise
        return _complain(str(known), known.exit_code)


def _complain(text: str, code: int) -> int:
    print(f"graftline: {one_line(text)}", file=sys.stderr)
    return code
