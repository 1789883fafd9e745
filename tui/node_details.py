"""What the card of a node shows besides the node: curves, checkpoints, files, and what sets it apart from its siblings.

    Node  ->  Gateway.details (a worker)  ->  Details

Everything here reads files and blocks; the store's part is asked by the gateway.
"""

from __future__ import annotations

import os
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.compare.config_diff import differences
from engine.paths import Workspace, is_run_id
from engine.store.rows import CheckpointRow, CurveRow, Node

SIBLINGS = 16
"""Of so many siblings at most the configurations are read."""


@dataclass(frozen=True)
class Unlike:
    """One key of a configuration that most siblings have otherwise."""

    key: str
    """Dotted, such as `train.lr`."""
    here: str
    elsewhere: str
    """What most of them have."""


@dataclass(frozen=True)
class Details:
    """What is asked for one node when it is looked at."""

    node_id: str
    run_id: str | None
    curves: tuple[CurveRow, ...] = ()
    """Of `heldout_loss` and `train_loss`."""
    checkpoints: tuple[CheckpointRow, ...] = ()
    command: str = ""
    folder: str = ""
    """Where its files stand, below the workspace."""
    files: tuple[tuple[str, int], ...] = ()
    """What stands in the folder, largest first: name, and bytes; a folder's end in `/` and counts what is in it."""
    unlike: tuple[Unlike, ...] = ()


def folder_of(workspace: Workspace, node: Node) -> Path | None:
    """Where a node's own files stand: the corpus, the frozen model, or the run. None when nowhere here."""
    if node.kind == "corpus":
        folder = workspace.corpora / node.id
    elif node.kind == "base":
        folder = workspace.bases / node.id
    else:
        folder = workspace.home / node.id
    return folder if folder.is_dir() else None


def files(folder: Path) -> tuple[tuple[str, int], ...]:
    """Name and bytes of what stands in a folder, largest first. What vanishes meanwhile is left out."""
    found: list[tuple[str, int]] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                found.append((f"{entry.name}/", _bytes_below(entry.path)))
            elif entry.is_file(follow_symlinks=False):
                found.append((entry.name, _bytes(entry)))
    return tuple(sorted(found, key=lambda file: (-file[1], file[0])))


def _bytes_below(folder: str) -> int:
    try:
        with os.scandir(folder) as entries:
            return sum(
                _bytes_below(entry.path) if entry.is_dir(follow_symlinks=False) else _bytes(entry) for entry in entries
            )
    except FileNotFoundError:
        return 0


def _bytes(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_size
    except FileNotFoundError:
        return 0


def unlike_siblings(workspace: Workspace, run_id: str, siblings: Sequence[str]) -> tuple[Unlike, ...]:
    """What a run's configuration has otherwise than most of these runs' have (their ids; at most `SIBLINGS` count)."""
    configs = {}
    for id in (run_id, *(id for id in siblings if id != run_id))[: SIBLINGS + 1]:
        if is_run_id(id) and (path := workspace.run(id).config).is_file():
            configs[id] = tomllib.loads(path.read_text(encoding="utf-8"))
    if run_id not in configs or len(configs) < 2:
        return ()
    found = []
    for difference in differences(configs):
        texts = {id: _said(difference.values.get(id)) for id in configs}
        here = texts.pop(run_id)
        elsewhere = Counter(texts.values()).most_common(1)[0][0]
        if here != elsewhere:
            found.append(Unlike(difference.key, here, elsewhere))
    return tuple(found)


def _said(value: object) -> str:
    """A value of a configuration as one would type it; a dash where the key is not there."""
    if value is None:
        return "–"
    if isinstance(value, list):
        return ", ".join(_said(one) for one in value) or "none"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
