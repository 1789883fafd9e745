"""`python -m tui --home HOME`: open the app on a workspace. The command line's `graftline` comes here.

    supervisor woken  |  framework imported  |  app  ->  the first frame

The supervisor starts beside the app, and not after it: on two processors the one costs the other nothing.
`--check-settings` only says, one line each, what is wrong with the settings files, and exits with 2 if anything is.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import get_args

import msgspec

from engine.collector import spare
from engine.config.settings import Found, Theme, find_settings
from engine.launch.wire import wake
from engine.paths import Workspace, default_home

SETTLED_SECONDS = 2.0
"""After so long, what there is was made to stay."""


def main(arguments: list[str]) -> int:
    given = _parser().parse_args(arguments)
    home = (given.home or default_home()).absolute()
    found = find_settings(home)
    if given.check_settings:
        return _check(found)
    if given.theme:
        found = msgspec.structs.replace(found, settings=msgspec.structs.replace(found.settings, theme=given.theme))
    wake(Workspace(home))
    spare(SETTLED_SECONDS)
    from tui.app import GraftlineApp

    app = GraftlineApp(home, found=found)
    app.run(mouse=found.settings.mouse)
    return app.return_code or 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="graftline", description="Open the app on a workspace.")
    parser.add_argument("--home", type=Path, default=None, help="the workspace folder")
    parser.add_argument("--theme", choices=get_args(Theme), help="colours, over the settings' own")
    parser.add_argument("--check-settings", action="store_true", help="only say what is wrong with the settings")
    return parser


def _check(found: Found) -> int:
    from tui.keymap import keymap

    mistakes = [*found.problems, *keymap(found.settings.keys, found.key_files)[1]]
    print(*mistakes, sep="\n", end="\n" if mistakes else "")
    return 2 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
