"""Keys that come faster than they are done are done in their order.

    ctrl+u d o c s, in one read  ->  one key; when it has climbed from the focused widget to the app, the next

The framework gives every key at once to what has the focus then. Text acts there; what a binding is for acts when the
key has climbed to the app, which takes a while: of `ctrl+u` and a name in one read the name came first and was
deleted, and after `/` the letters of a search were keys of the list. So do keys come over a line that stalls, and from
who types while the machine is busy.

What must hold: no key is lost, and none waits for longer than `PATIENCE`. One that repeats, as while it is held down,
waits for nothing: its order does not matter.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from textual.app import App
from textual.events import Key
from textual.message_pump import MessagePump
from textual.timer import Timer

PATIENCE = 0.25
"""Seconds after which the next key is done anyhow: what had the last one may be gone."""


class Typeahead:
    """Holds keys back while one of another kind climbs."""

    def __init__(self, app: App[Any], do: Callable[[Key], Awaitable[None]]):
        """`do`: what the framework does with a key that has just come."""
        self._app, self._do = app, do
        self._held: deque[Key] = deque()
        self._climbing: Key | None = None
        self._timer: Timer | None = None

    async def take(self, key: Key) -> None:
        """Do this key now, or as soon as those before it are done."""
        if self._held or (self._climbing is not None and self._climbing.key != key.key):
            self._held.append(key)
            return
        await self._start(key)

    async def _start(self, key: Key) -> None:
        self._climbing = key
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._app.set_timer(PATIENCE, lambda: self._next(key))
        first = self._app.focused or self._app.screen
        await self._do(key)
        self._follow(key, first)

    def _follow(self, key: Key, node: MessagePump) -> None:
        """Be called by each node, from the one that had the key up to the app, after what it was given before."""
        above = node._parent
        if above is None:
            # once more: an action may have asked the app to move the focus, which comes behind this
            node.call_later(node.call_later, self._next, key)
        else:
            node.call_later(self._follow, key, above)

    async def _next(self, key: Key) -> None:
        """This key is done: the next."""
        if key is not self._climbing:
            return
        self._climbing = None
        if self._held:
            await self._start(self._held.popleft())
        elif self._timer is not None:
            self._timer.stop()
