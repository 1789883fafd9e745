"""Files of a data set on a Hugging Face hub, in the hub client's own cache.

    id, revision -> commit and its files (asked once, kept in the cache) -> the readable ones, by name
                 -> each fetched when it is wanted, the next one meanwhile

A commit never changes, so a source pinned to one reads the same text for ever, also without a network.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import pairwise
from pathlib import Path, PurePosixPath
from threading import Thread
from types import ModuleType
from typing import NamedTuple

from msgspec.structs import replace

from engine import figures
from engine.config.corpus import SourceConfig
from engine.corpus.reading.listing import FORMATS, format_of
from engine.errors import InputError
from engine.hub import client

_DATASET = re.compile(r"\w[\w.-]*(/\w[\w.-]*)?")
_CHECKED = 0.5
"""Seconds."""
_ABOUT = {"dataset_infos.json", "dataset_info.json", "dataset_dict.json", "state.json", "readme.md", "license.md",
          "license.txt", "citation.md", "changelog.md", "contributing.md", "requirements.txt"}  # fmt: skip
"""Files about a data set, which are no part of it."""


def _nothing(text: str = "") -> None:
    """Says nothing, asks nothing."""


class Waiting(NamedTuple):
    """Whoever waits for a file."""

    say: Callable[[str], None] = _nothing
    """Is told what is fetched."""
    check: Callable[[], None] = _nothing
    """Is called twice a second meanwhile; what it raises ends the waiting."""


PATIENT = Waiting()
"""Waits in silence, however long."""


class HubFile:
    """A `SourceFile` that is fetched when its path is asked for; that begins with fetching the next one."""

    def __init__(self, source: SourceConfig, label: str, size: int, waiting: Waiting):
        self.source, self.label, self.size, self._waiting = source, label, size, waiting
        self.next: HubFile | None = None

    @property
    def path(self) -> Path:
        self._fetching.start()
        if self.next:
            self.next._fetching.start()
        return self._fetching.result(self._waiting.check)

    @cached_property
    def _fetching(self) -> _Fetching:
        return _Fetching(self._fetch)

    def _fetch(self) -> Path:
        source = self.source
        known = {"repo_type": "dataset", "revision": source.revision, "cache_dir": source.cache or None}
        asked = {"endpoint": source.endpoint or None, "local_files_only": source.offline}
        with _client(source) as hub:
            found = hub.try_to_load_from_cache(source.dataset, self.label, **known)
            if not isinstance(found, str):
                self._waiting.say(f"hub: {source.dataset}: fetching {self.label} ({figures.size(self.size)})")
                found = hub.hf_hub_download(source.dataset, self.label, **known, **asked)
        return Path(found)


class _Fetching:
    """Work in a thread of its own, which dies with the process."""

    def __init__(self, work: Callable[[], Path]):
        self._thread = Thread(target=self._run, args=(work,), daemon=True)
        self._path: Path | None = None
        self._error: BaseException | None = None

    def _run(self, work: Callable[[], Path]) -> None:
        try:
            self._path = work()
        except BaseException as error:  # noqa: BLE001 - raised again where the result is asked for
            self._error = error

    def start(self) -> None:
        if not self._thread.ident:
            self._thread.start()

    def result(self, check: Callable[[], None]) -> Path:
        while self._thread.is_alive():
            self._thread.join(_CHECKED)
            check()
        if self._error:
            raise self._error
        assert self._path
        return self._path


def check_dataset(id: str, *, where: object, key: str) -> None:
    """Raise `InputError` for what cannot be the id of a data set. Asks nobody."""
    if not _DATASET.fullmatch(id):
        problem = f"{id!r} is no id of a data set" if id else "is missing"
        raise InputError(problem, where=where, key=key, fix="an id is ORG/NAME")


def pinned(source: SourceConfig) -> SourceConfig:
    """The source with the commit that its revision stands for now. Raises `InputError` when the hub does not say."""
    if source.type != "hub":
        return source
    with _client(source) as hub:
        # Fetches no file; keeps the commit and its listing in the cache, where `_tree` finds them without a network.
        folder = hub.snapshot_download(
            source.dataset,
            repo_type="dataset",
            revision=source.revision or None,
            endpoint=source.endpoint or None,
            cache_dir=source.cache or None,
            local_files_only=source.offline,
            allow_patterns=[],
        )
    return replace(source, revision=Path(folder).name)


def hub_files(source: SourceConfig, waiting: Waiting = PATIENT) -> list[HubFile]:
    """The files of a data set that can be read and fit the source's `path`, sorted by name. Fetches none yet."""
    source = pinned(source)
    names = dict(_tree(source))
    chosen = sorted(name for name in names if _wanted(name, source.path))
    if not source.path and any(format_of(name) != "txt" for name in chosen):
        chosen = [name for name in chosen if format_of(name) != "txt"]  # text beside tables is about them
    if not chosen:
        fix = f"choose some by `path`; files may be {FORMATS}"
        raise InputError(f"nothing to read among {_few(sorted(names))}", where=source.dataset, key="path", fix=fix)
    found = [HubFile(source, name, names[name], waiting) for name in chosen]
    for one, other in pairwise(found):
        one.next = other
    return found


@contextmanager
def _client(source: SourceConfig) -> Iterator[ModuleType]:
    """The hub's client, without bars and warnings of its own."""
    with client(source.dataset, instead="files that are here") as hub:
        from huggingface_hub.utils.tqdm import disable_progress_bars

        disable_progress_bars()
        logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
        yield hub


def _tree(source: SourceConfig) -> Iterator[tuple[str, int]]:
    """Every file of a pinned source's commit, with its size in bytes."""
    with _client(source) as hub:
        for file in hub.get_cached_repo_tree(
            source.dataset, repo_type="dataset", revision=source.revision, cache_dir=source.cache or None
        ):
            yield file.path, file.size


def _wanted(name: str, pattern: str) -> bool:
    if not format_of(name):
        return False
    if pattern:
        return fnmatchcase(name, pattern + "*" if pattern.endswith("/") else pattern)
    path = PurePosixPath(name)
    return path.name.lower() not in _ABOUT and not any(part.startswith(".") for part in path.parts)


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "") or "no files"
