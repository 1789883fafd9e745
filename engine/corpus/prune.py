"""Prepared text that may go: what it takes, who still has a use for it, and deleting it.

    prepared/<key>/ -> is a build at work on it?  would a stopped one go on from it?  does a corpus preview with it?

Nothing is lost for good: a build makes again what it does not find.
"""

from __future__ import annotations

import fcntl
import shutil
from collections import defaultdict
from pathlib import Path

import msgspec

from engine.corpus.fill import LOCK
from engine.corpus.manifest import list_corpora
from engine.corpus.prepared import prepared_folder
from engine.corpus.report import load_report
from engine.errors import InputError
from engine.paths import Workspace, write_atomic

_WORKS_ON = "prepared"
"""The file in a run's work folder that names the key of the text it works on."""


class PreparedSize(msgspec.Struct, frozen=True, kw_only=True):
    """One folder of prepared text."""

    key: str
    bytes: int
    building: bool = False
    """A build is at work on it. It stays."""
    runs: tuple[str, ...] = ()
    """Stopped or killed builds that would go on from it."""
    corpora: tuple[str, ...] = ()
    """Corpora whose thresholds are previewed with it, and whose next build reads no text again."""

    @property
    def needed(self) -> bool:
        return self.building or bool(self.runs or self.corpora)


def work_on(work: Path, key: str) -> None:
    """Note in a run's work folder which text it needs, until that folder is gone."""
    write_atomic(work / _WORKS_ON, key)


def prepared_sizes(workspace: Workspace) -> list[PreparedSize]:
    """Every folder of prepared text, the largest first."""
    runs, corpora = _runs(workspace), _corpora(workspace)
    folders = [entry for entry in prepared_folder(workspace).glob("[!.]*") if entry.is_dir()]
    locked = {folder for folder in folders if _locked(folder)}
    found = [
        PreparedSize(
            key=folder.name,
            bytes=sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()),
            # What is known of other corpora has no lock: any build may be reading it.
            building=folder in locked or (bool(locked) and not (folder / LOCK).exists()),
            runs=tuple(runs.get(folder.name, ())),
            corpora=tuple(corpora.get(folder.name, ())),
        )
        for folder in folders
    ]
    return sorted(found, key=lambda one: (-one.bytes, one.key))


def remove(workspace: Workspace, key: str) -> bool:
    """Delete one; False: a build has begun to work on it, and it stays."""
    folder = prepared_folder(workspace) / key
    with (folder / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        shutil.rmtree(folder)
    return True


def _locked(folder: Path) -> bool:
    if not (folder / LOCK).exists():
        return False
    with (folder / LOCK).open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _runs(workspace: Workspace) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for run in workspace.runs():
        if (note := run.path / "work" / _WORKS_ON).exists():
            found[note.read_text()].append(run.id)
    return found


def _corpora(workspace: Workspace) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for corpus in list_corpora(workspace):
        try:
            found[load_report(corpus.path).prepared].append(corpus.ref)
        except InputError:  # it has no report that can be read, and so no use for prepared text
            continue
    return found
