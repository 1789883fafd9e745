"""What waits to run, and in which order."""

from __future__ import annotations

from tui.screens.place import Place


class QueueScreen(Place):
    """What waits to run, and in which order."""

    PLACE = "queue"
