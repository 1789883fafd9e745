"""A built corpus as a folder, and how one is found by name.

    corpora/<name>/<hash>/      manifest.json  report.json  tokenizer/  train-00000.bin  heldout.bin

A corpus never changes. Its hash is of what was built (tokens and tokenizer), so that one input has one hash
wherever and whenever it is built.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from engine.errors import InputError, NotFoundError
from engine.paths import Workspace

if TYPE_CHECKING:
    import numpy as np

    from engine.corpus.tokenizer import Tokenizer

Split = Literal["train", "heldout"]
FILES: dict[Split, str] = {"train": "train-00000.bin", "heldout": "heldout.bin"}
DOCUMENTS = "documents.parquet"
"""Every document that was read: its measures, what dropped it (`rule`, or null), who was kept in its place
(`kept_document`; below 0: a document of another corpus). Not part of the hash."""


class CorpusManifest(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    hash: str
    """12 hex digits over the token files and the tokenizer."""
    dtype: Literal["uint16", "uint32"]
    """Of one token on disk; little-endian."""
    documents: int
    """In training and held out together."""
    heldout_documents: int
    train_tokens: int
    """With one end-of-text token a document, like `heldout_tokens`."""
    heldout_tokens: int
    train_bytes: int
    """Of the text in UTF-8, end-of-text tokens apart: what bits per byte divides by."""
    heldout_bytes: int
    vocab_size: int
    fingerprint: str
    """Of the configuration it was built from."""
    files: dict[str, str]
    """SHA-256 by path inside the folder."""
    built: float
    """Seconds since the epoch. Not part of the hash."""


@dataclass(frozen=True)
class CorpusFolder:
    """A built corpus on disk."""

    path: Path
    manifest: CorpusManifest

    @property
    def ref(self) -> str:
        return f"{self.manifest.name}/{self.manifest.hash}"

    def tokens(self, split: Split) -> np.memmap[Any, Any]:
        """One side of the split as a read-only memory map: documents one after the other, end-of-text after each."""
        import numpy as np

        dtype = np.dtype(self.manifest.dtype).newbyteorder("<")
        return np.memmap(self.path / FILES[split], dtype=dtype, mode="r")

    def tokenizer(self) -> Tokenizer:
        return self._tokenizer

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from engine.corpus.tokenizer import Tokenizer

        return Tokenizer.load(self.path / "tokenizer")


def open_corpus(folder: Path) -> CorpusFolder:
    """The corpus in one folder. Raises `InputError` when its manifest cannot be read."""
    path = folder / "manifest.json"
    try:
        return CorpusFolder(folder, msgspec.json.decode(path.read_bytes(), type=CorpusManifest))
    except FileNotFoundError:
        raise InputError("no such file", where=path, fix="build the corpus again") from None
    except msgspec.DecodeError as error:
        raise InputError(f"not a corpus manifest: {error}", where=path, fix="build the corpus again") from None


def list_corpora(workspace: Workspace) -> list[CorpusFolder]:
    """Every corpus that is whole, by name, then oldest first."""
    found = [open_corpus(path.parent) for path in sorted(workspace.corpora.glob("[!.]*/[!.]*/manifest.json"))]
    return sorted(found, key=lambda corpus: (corpus.manifest.name, corpus.manifest.built))


def find_corpus(workspace: Workspace, ref: str, *, where: object = None, key: str | None = None) -> CorpusFolder:
    """The newest corpus of a name, or the one at `name/hash` (any unique beginning of the hash will do).

    Raises `InputError` when a configuration's `key` asked for it, else `NotFoundError`.
    """
    corpora = list_corpora(workspace)
    name, slash, prefix = ref.partition("/")
    matching = [c for c in corpora if c.manifest.name == name and c.manifest.hash.startswith(prefix)]
    if len(matching) == 1 or (matching and not slash):
        return matching[-1]
    error = InputError if key else NotFoundError
    if matching:
        several = ", ".join(c.ref for c in matching)
        raise error(f"{ref!r} could be several corpora", where=where, key=key, fix=f"one of {several}")
    raise error(f"no corpus {ref!r} in {workspace.corpora}", where=where, key=key, fix=_nearest(ref, corpora))


def _nearest(ref: str, corpora: list[CorpusFolder]) -> str:
    if not corpora:
        return "build one with `graftline corpus build CONFIG`"
    refs = sorted({c.manifest.name for c in corpora} | {c.ref for c in corpora})
    near = difflib.get_close_matches(ref, refs, n=1)
    return f"did you mean {near[0]!r}?" if near else f"there are {', '.join(refs)}"
