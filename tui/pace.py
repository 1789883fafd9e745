"""When a screen is painted: once for all that a key set in motion, and at once when nothing was painted just before.

    a key -> handlers -> messages -> their handlers ... -> all that is to be painted  ->  a frame

The framework's own timer paints what the first handler changed, and what messages changed after that up to two of its
ticks later: a cursor moved in one frame, its reading in the next, 33 ms on. This is the one place that knows of it.
"""

from __future__ import annotations

import asyncio
import time

from textual.screen import Screen, ScreenResultType
from textual.timer import Timer

PERIOD = 1 / 60
"""Seconds from one frame to the next, at least."""
TURNS = 24
"""Of the event loop before a frame: a message that climbs from a widget to its screen, is handled, and makes another
widget ask to be painted takes a turn for each step. An idle turn costs about 20 µs.
"""


class Pacer(Timer):
    """Ticks after `resume`, until `pause`: the first time `TURNS` later, and never more often than every `PERIOD`."""

    async def _run(self) -> None:
        painted, count = 0.0, 0
        while True:
            await self._active.wait()
            for _ in range(TURNS):
                await asyncio.sleep(0)
            await asyncio.sleep(max(0.0, painted + PERIOD - time.monotonic()))
            painted, count = time.monotonic(), count + 1
            await self._tick(next_timer=painted, count=count)


class Paced(Screen[ScreenResultType]):
    """A screen that is painted when a `Pacer` says so."""

    _pacer: Pacer | None = None

    @property
    def _update_timer(self) -> Timer:
        if self._pacer is None:
            self._pacer = Pacer(self, PERIOD, name="paint", callback=self._on_timer_update, pause=True)
            self._timers.add(self._pacer)
            self._pacer._start()
        return self._pacer
