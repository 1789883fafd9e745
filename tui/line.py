"""How slow the line to the terminal is, from how long writing to it has kept the app waiting.

The framework writes on a thread behind a queue of thirty frames. A put into it waits only when the terminal, or the
network on the way there, takes less than we send: then the app spares the line rather than fall behind.
"""

from __future__ import annotations

import time
from collections import deque
from functools import cache

from textual.driver import Driver

WINDOW = 10
"""Looks, about a second apart, that are judged together."""
STALLED = 1.0
"""Seconds of waiting in those that make a line slow."""


class LineWatch:
    """Judges a line by the total of seconds waited, seen about once a second."""

    def __init__(self) -> None:
        self._totals: deque[float] = deque([0.0], maxlen=WINDOW + 1)

    def stalls(self, waited: float) -> bool:
        """`waited`: seconds so far, since the start. Whether too many of them are recent."""
        self._totals.append(waited)
        return waited - self._totals[0] > STALLED


@cache
def measured(driver: type[Driver]) -> type[Driver]:
    """The same driver, counting the seconds that its writes wait in `waited`."""

    class Measured(driver):  # type: ignore[valid-type, misc]
        waited = 0.0

        def write(self, data: str) -> None:
            start = time.monotonic()
            super().write(data)
            self.waited += time.monotonic() - start

    return Measured
