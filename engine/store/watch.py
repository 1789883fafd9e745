"""Which run folders to look at now, so that ten thousand of them at rest cost next to nothing.

    Listing    the run folders; read again only when the workspace's own folder changed
    Rotation   a few at a time of those at rest, all of them in turn

A run that waits or trains is looked at every time. One that has ended changes only when somebody resumes it by hand or
tampers with its files: that may be seen some looks later.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

from engine.paths import RunFolder, Workspace, is_run_id

_SETTLED = 50_000_000  # ns; file systems keep time in ticks: a change within one of the listing's own may not show


class Listing:
    """The run folders of a workspace, by id, oldest first."""

    def __init__(self, workspace: Workspace):
        self._home = workspace.home
        self._mark: int | None = None
        self._listed = 0
        self.folders: dict[str, RunFolder] = {}

    def refresh(self) -> bool:
        """List again if that can give something else; whether it was done. One `stat` when nothing changed."""
        try:
            mark = self._home.stat().st_mtime_ns
        except FileNotFoundError:
            mark = None
        if mark is not None and mark == self._mark and self._listed - mark > _SETTLED:
            return False
        self._mark, self._listed = mark, time.time_ns()
        self.folders = {name: self.folders.get(name) or RunFolder(self._home / name) for name in self._names()}
        return True

    def _names(self) -> list[str]:
        try:
            with os.scandir(self._home) as entries:
                return sorted(entry.name for entry in entries if is_run_id(entry.name) and entry.is_dir())
        except FileNotFoundError:
            return []


class Rotation:
    """Every one in turn, so many at a time."""

    def __init__(self, count: int):
        self._count, self._at = count, 0

    def next(self, ids: Sequence[str]) -> Sequence[str]:
        """The next few of `ids`; all when there are no more than that."""
        if len(ids) <= self._count:
            return ids
        at = self._at % len(ids)
        self._at = at + self._count
        return ids[at : self._at]
