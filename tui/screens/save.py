"""Saving a document where the user says: one dialog for every place that exports something."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tui.screens.ask import AskScreen
from tui.screens.place import Place
from tui.text import one_line

_HINT = "A file that is there is replaced."


async def save_as(
    place: Place,
    title: str,
    name: str,
    make: Callable[[str], str],
    *,
    hint: str = "",
    check: Callable[[str], object] | None = None,
) -> None:
    """Ask for a path, `name` to begin with, and write what `make` makes for it. To be awaited in a worker."""
    ask = AskScreen(title, hint=f"{hint} {_HINT}".strip(), value=name, check=check)
    path = await place.app.push_screen_wait(ask)
    if path and path.strip():
        where, text, gateway = Path(path.strip()), make(path), place.graft.gateway
        said = f"Saved {one_line(str(where))}."
        place.graft.ask(lambda: gateway.save(where, text), lambda _: place.graft.say(said))
