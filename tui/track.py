"""A curve that is being written, in bounded memory: a day at 10 Hz costs no more than its first minutes.

    add(step, tokens, seconds, value)  ->  rows (n, 4), ascending; n <= MOST

When it is full it thins itself, keeping the extremes of every part of the curve, so that a spike of one step is never
lost. A view handed out earlier stays as it was: rows are only ever added behind it, or a new buffer is begun.
"""

from __future__ import annotations

import numpy as np

from tui.widgets.decimate import Floats, thin

MOST = 8192
_PARTS = MOST // 8
"""Thinned to this many parts, at most 5 rows each: then there is room for 3,000 more."""


class Track:
    """Rows (step, tokens, seconds, value), appended one by one."""

    def __init__(self, rows: Floats | None = None):
        """`rows`: what came before, thinned by the store."""
        begun = np.empty((0, 4)) if rows is None else thin(rows, _PARTS)
        self._count = len(begun)
        self._rows: Floats = np.concatenate([begun, np.empty((256, 4))])
        self._shown: Floats | None = None

    def add(self, step: int, tokens: int, seconds: float, value: float | None) -> None:
        if self._count >= MOST:
            self._rows = thin(self._rows[: self._count], _PARTS)
            self._count = len(self._rows)
        if self._count == len(self._rows):
            self._rows = np.concatenate([self._rows, np.empty((max(256, self._count), 4))])
        self._rows[self._count] = (step, tokens, seconds, np.nan if value is None else value)
        self._count += 1
        self._shown = None

    def cut(self, step: int) -> None:
        """Forget what was measured after `step`, in a new buffer: views of the old one stay as they are."""
        kept = int(np.searchsorted(self._rows[: self._count, 0], step, side="right"))
        self._rows, self._count, self._shown = self._rows.copy(), kept, None

    @property
    def rows(self) -> Floats:
        """The rows so far. The same object as long as nothing is added, so that `is` tells whether to draw anew."""
        if self._shown is None:
            self._shown = self._rows[: self._count]
        return self._shown
