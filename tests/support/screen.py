"""Drive the real app in a test: wait until it is at rest, and look at what it drew."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

from textual.pilot import Pilot

_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


async def settle(pilot: Pilot[Any], until: Callable[[], bool] = lambda: True, *, seconds: float = 20.0) -> None:
    """Wait until the store has answered, no worker is busy for a while, and `until` holds. Fails when it never does."""
    calm = 0
    for _ in range(round(seconds / 0.02)):
        await pilot.pause()
        await asyncio.sleep(0.02)
        app = pilot.app
        at_work = {worker.group for worker in app.workers if not worker.is_finished} - {"dialog", "snapshot"}
        snapshot = getattr(app, "snapshot", True)
        busy = bool(at_work) or snapshot is None or getattr(snapshot, "remembered", False)
        calm = 0 if busy or not until() else calm + 1
        if calm >= 7:  # longer than the cursor must rest before details are asked for
            return
    raise AssertionError(f"not at rest after {seconds} s; on screen:\n{screen_text(pilot)}")


async def shows(pilot: Pilot[Any], what: Callable[[], bool], *, seconds: float = 60.0) -> None:
    """Wait until `what` holds, however busy the app is. Fails when it never does."""
    for _ in range(round(seconds / 0.02)):
        await pilot.pause()
        if what():
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"not so after {seconds} s; on screen:\n{screen_text(pilot)}")


async def at_rest(pilot: Pilot[Any]) -> None:
    """For `snap_compare(run_before=...)`: settled, and without the notifications of the supervisor."""
    await settle(pilot)
    pilot.app.clear_notifications()
    await settle(pilot, lambda: not pilot.app.screen.query("Toast"))


def pressing(*keys: str) -> Callable[[Pilot[Any]], Any]:
    """For `snap_compare(run_before=...)`: settled, then these keys, then settled again."""

    async def run(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        for key in keys:
            if key == "tab":  # to what may still be coming
                await settle(pilot)
            await pilot.press(key)
        await at_rest(pilot)

    return run


def screen_text(pilot: Pilot[Any]) -> str:
    """What is on the screen, as lines of text."""
    app = pilot.app
    strips = app.screen._compositor.render_strips(app.size)
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


def control_characters(text: str) -> list[str]:
    """Control and bidirectional characters that must never reach a terminal from a widget."""
    return _CONTROL.findall(text)
