"""`python -m tui --home HOME`: open the app on a workspace. The command line's `graftline` comes here."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from engine.paths import default_home


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="graftline", description="Open the app on a workspace.")
    parser.add_argument("--home", type=Path, default=None, help="the workspace folder")
    home = parser.parse_args(arguments).home or default_home()
    from tui.app import GraftlineApp

    app = GraftlineApp(home.absolute())
    app.run()
    return app.return_code or 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
