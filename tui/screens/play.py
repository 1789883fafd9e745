"""One prompt to several models, answers side by side."""

from __future__ import annotations

from tui.screens.place import Place


class PlayScreen(Place):
    """One prompt to several models, answers side by side."""

    PLACE = "play"
