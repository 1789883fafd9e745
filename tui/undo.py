"""What can be taken back: each change of a name, a tag, a note or the marks leaves here how to reverse it.

    change done  ->  app.undo.add("#keep on areas", back)        `u`  ->  app.undo.take()  ->  back()  ->  said

A reversal is a change of its own, written to the journals like any other; nothing is erased. What loses data (deleting
a run) is never here: it asks before it is done.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

DEEPEST = 100
"""Changes remembered; older ones are forgotten."""


@dataclass(frozen=True)
class Undoable:
    """One change that was made."""

    what: str
    """In words that follow "Undone: ", such as `#keep on areas`."""
    back: Callable[[], object]
    blocks: bool
    """`back` asks the store, so it belongs on a worker; else on the app's own thread."""


class UndoStack:
    """The newest change is the first to be taken back. Used on the app's thread only."""

    def __init__(self) -> None:
        self._changes: deque[Undoable] = deque(maxlen=DEEPEST)

    def __len__(self) -> int:
        return len(self._changes)

    def add(self, what: str, back: Callable[[], object], *, blocks: bool = True) -> None:
        self._changes.append(Undoable(what, back, blocks))

    def take(self) -> Undoable | None:
        """The newest change, which is then no longer here; None when there is none."""
        return self._changes.pop() if self._changes else None
