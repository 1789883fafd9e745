"""Exact de-duplication: of documents whose text is the same but for whitespace, the first is kept.

First means first in the order of sources and files, which is fixed, so the same document always wins.
"""

from __future__ import annotations

from engine.corpus.documents import Document


class Deduplicator:
    """Remembers, for each text seen, 16 bytes and who was first."""

    def __init__(self) -> None:
        self._first: dict[bytes, str] = {}

    def first(self, document: Document, digest: bytes) -> str | None:
        """Which kept document has this text (`ID in SOURCE`); None: this one is the first, and is now the kept one."""
        kept = self._first.get(digest)
        if kept is None:
            self._first[digest] = f"{document.id} in {document.source}"
        return kept
