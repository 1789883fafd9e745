"""What a text is prepared by: all that can change it or a measure of it, and the name that this gives.

configuration -> materials (word lists, test items: loaded once, sent to every worker) -> recipe -> key
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import msgspec

from engine.config.corpus import CorpusConfig, SourceConfig
from engine.config.fingerprint import fingerprint
from engine.corpus.budget import block_bytes
from engine.corpus.contamination.build import index_for
from engine.corpus.contamination.index import Index
from engine.corpus.measure.language import identity
from engine.corpus.measure.toxicity import toxic_entries
from engine.corpus.rules.custom import custom_rules
from engine.corpus.sources import files, source_files
from engine.paths import Workspace

VERSION = 7
"""Counts changes of what any step makes of a text: prepared text of another version is not taken."""


@dataclass(frozen=True)
class Materials:
    """A configuration with the files that it names."""

    config: CorpusConfig
    toxic: list[tuple[str, ...]]
    """Listed words, all forms of one together."""
    index: Index | None
    """Test items that are looked for."""


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """`about.json`. No threshold is in it: two builds with one recipe share their parts."""

    version: int = VERSION
    block_bytes: int
    sources: tuple[tuple[tuple[str, ...], ...], ...]
    """For each source how it is read, then its files, each with size and time of its last change."""
    repair: dict[str, object]
    scrub: tuple[str, ...]
    toxic: list[tuple[str, ...]]
    test_items: str
    signatures: bool
    """For near duplicates."""
    language: str
    """Who identifies it, and which version of that; empty: nobody."""
    custom: tuple[str, ...]
    """Rules of others."""

    @property
    def key(self) -> str:
        """16 hex digits."""
        return fingerprint(self)[:16]


def gather(config: CorpusConfig, workspace: Workspace, *, where: object) -> Materials:
    """Load what a configuration names. Raises `InputError` for what cannot be read."""
    index = index_for(workspace, config.contamination, where=where)
    return Materials(config, toxic_entries(config.toxicity.words, config.toxicity.allow, where=where), index)


def recipe(materials: Materials) -> Recipe:
    config = materials.config
    return Recipe(
        block_bytes=block_bytes(config),
        sources=tuple(_stamps(source) for source in config.sources),
        repair=msgspec.to_builtins(config.repair),
        scrub=config.privacy.scrub,
        toxic=materials.toxic,
        test_items=materials.index.fingerprint if materials.index else "",
        signatures=config.dedup.near > 0,
        language=identity(config.language.identifier) if config.language.keep else "",
        custom=tuple(rules.identity for rules in custom_rules(config.clean.rules)),
    )


def _stamps(source: SourceConfig) -> tuple[tuple[str, ...], ...]:
    """How a source is read, and its files with sizes and times of their last change."""
    how = (source.type, source.field, source.separator)
    if source.type == "python-docs":
        return ((*how, sys.version, *source.include), source.exclude, source.only)
    if source.type == "hub":  # pinned to a commit, which stands for the content of all its files
        return ((*how, source.dataset, source.revision), tuple(file.label for file in source_files(source)))
    found = ((file.label, str(file.path), file.path.stat()) for file in files(source))
    return (how, *((label, path, str(stat.st_size), str(stat.st_mtime_ns)) for label, path, stat in found))
