"""Documents of corpora built before, so that what stands in them is not taken again.

    corpora/<name>/<hash>/ -> its documents decoded (workers) -> digests, signatures  => prepared/known-<hash>/
    several corpora, in order -> Known: their documents numbered in a row, ahead of those of the new corpus

A corpus never changes, so what is found of it is found once. Texts come from its tokens: it needs nothing else.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.corpus.dedup.exact import digests
from engine.corpus.dedup.minhash import PERMUTATIONS, Rows, signatures
from engine.corpus.manifest import DOCUMENTS, CorpusFolder, Split, find_corpus, open_corpus
from engine.corpus.measure.batch import Batch
from engine.corpus.measure.words import Hashes, Indices
from engine.corpus.pool import in_order
from engine.paths import Workspace, atomic_folder

SIDES: tuple[Split, ...] = ("train", "heldout")
_BATCH_TOKENS = 1 << 18
_COLUMNS = ("digests", "twins", "sizes", "places")


class Documents(NamedTuple):
    """Some documents of one corpus."""

    digests: Hashes
    """(documents, 2)."""
    twins: Hashes
    sizes: Indices
    """Bytes of text."""
    places: Indices
    """(documents, 3): the side, 0 or 1, and where among its tokens each begins and ends."""
    rows: Rows
    """(documents, 144): signatures."""


class Known:
    """All documents of some corpora."""

    def __init__(self, corpora: Sequence[tuple[CorpusFolder, Path]]):
        """Each corpus with the folder that `remember` made of it."""
        self._corpora = corpora
        self._found = [
            Documents(*(np.load(folder / f"{name}.npy", mmap_mode="r") for name in (*_COLUMNS, "rows")))
            for _, folder in corpora
        ]
        self._begins = np.cumsum([0, *(len(found.twins) for found in self._found)])
        self.texts = KnownTexts([corpus.path for corpus, _ in corpora], self._begins, [f.places for f in self._found])

    def __len__(self) -> int:
        return int(self._begins[-1])

    @cached_property
    def digests(self) -> Hashes:
        """(documents, 2)."""
        return np.concatenate([np.empty((0, 2), dtype=np.uint64), *(found.digests for found in self._found)])

    @cached_property
    def twins(self) -> Hashes:
        return np.concatenate([np.empty(0, dtype=np.uint64), *(found.twins for found in self._found)])

    @cached_property
    def sizes(self) -> Indices:
        return np.concatenate([np.empty(0, dtype=np.int64), *(found.sizes for found in self._found)])

    @property
    def rows(self) -> Iterator[Rows]:
        """Signatures, a corpus at a time."""
        return (found.rows for found in self._found)

    @property
    def names(self) -> list[str]:
        return [corpus.ref for corpus, _ in self._corpora]

    def called(self, numbers: Iterable[int]) -> dict[int, tuple[str, str]]:
        """How documents are called, and the corpora they stand in: `poems.jsonl:12`, `books/0a1b2c3d4e5f`.

        Where a corpus has no record of its documents, they are called by their place: `train:17`.
        """
        wanted = np.array(sorted(set(numbers)), dtype=np.int64)
        owners = np.searchsorted(self._begins, wanted, side="right") - 1
        names: dict[int, tuple[str, str]] = {}
        for owner in np.unique(owners).tolist():
            rows = wanted[owners == owner] - self._begins[owner]
            called = self._by_digest(owner, rows)
            for row in rows.tolist():
                digest = tuple(self._found[owner].digests[row].tolist())
                names[row + int(self._begins[owner])] = called.get(digest, self._place(owner, row)), self.names[owner]
        return names

    def _by_digest(self, owner: int, rows: Indices) -> dict[tuple[int, ...], str]:
        """The ids of documents that a corpus kept, by their digests. Documents that lost paragraphs have another."""
        import duckdb

        table = self._corpora[owner][0].path / DOCUMENTS
        if not table.exists():
            return {}
        query = """SELECT digest_0, digest_1, min(id) FROM read_parquet($1)
            WHERE rule IS NULL AND digest_0 IN (FROM unnest($2)) GROUP BY ALL"""
        digests = self._found[owner].digests[rows, 0].tolist()
        with duckdb.connect() as database:
            return {(low, high): id for low, high, id in database.execute(query, [str(table), digests]).fetchall()}

    def _place(self, owner: int, row: int) -> str:
        places = self._found[owner].places
        side = int(places[row, 0])
        return f"{SIDES[side]}:{row - int(np.searchsorted(places[:, 0], side))}"


class KnownTexts:
    """Reads documents of corpora by number, in a worker process too."""

    def __init__(self, paths: Sequence[Path], begins: Indices, places: Sequence[Indices]):
        self._paths, self._begins = list(paths), begins
        self._places = [np.asarray(place) for place in places]
        self._open: dict[int, CorpusFolder] = {}

    def __len__(self) -> int:
        return int(self._begins[-1])

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_open": {}}

    def __call__(self, numbers: Indices) -> list[str]:
        owners = np.searchsorted(self._begins, numbers, side="right") - 1
        return [
            self._text(owner, number - int(self._begins[owner]))
            for owner, number in zip(owners.tolist(), numbers.tolist())
        ]

    def _text(self, owner: int, row: int) -> str:
        if owner not in self._open:
            self._open[owner] = open_corpus(self._paths[owner])
        side, begin, end = self._places[owner][row].tolist()
        corpus = self._open[owner]
        return corpus.tokenizer().decode(corpus.tokens(SIDES[side])[begin:end].tolist())


def known_corpora(workspace: Workspace, refs: Sequence[str], *, where: object) -> list[CorpusFolder]:
    """The corpora that `dedup.against` names. Raises `InputError`."""
    return [find_corpus(workspace, ref, where=where, key="dedup.against") for ref in refs]


def remember(
    workspace: Workspace, corpora: Sequence[CorpusFolder], workers: int, tell: Callable[[int, int], None]
) -> Known:
    """What is known of corpora, found now where it was not before. `tell` hears of documents and bytes."""
    both = [(corpus, _folder(workspace, corpus)) for corpus in corpora]
    for corpus, folder in both:
        with _claimed(folder):
            if not folder.exists():
                with atomic_folder(folder) as draft:
                    _remember(corpus, draft, workers, tell)
    return Known(both)


@contextmanager
def _claimed(folder: Path) -> Iterator[None]:
    """Nobody else makes this folder meanwhile. What a killed build left of it is removed."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f".{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for draft in folder.parent.glob(f".{folder.name}.*/"):
            shutil.rmtree(draft, ignore_errors=True)
        yield


def remembered(workspace: Workspace, refs: Sequence[str]) -> Known:
    """What an earlier build found of corpora. Raises `NotFoundError` for one that is gone."""
    corpora = [find_corpus(workspace, ref) for ref in refs]
    both = [(corpus, _folder(workspace, corpus)) for corpus in corpora]
    return Known([(corpus, folder) for corpus, folder in both if folder.exists()])


def _folder(workspace: Workspace, corpus: CorpusFolder) -> Path:
    return workspace.home / "prepared" / f"known-{corpus.manifest.hash}"


def _remember(corpus: CorpusFolder, folder: Path, workers: int, tell: Callable[[int, int], None]) -> None:
    columns: dict[str, list[NDArray[Any]]] = {name: [] for name in _COLUMNS}
    shape = (corpus.manifest.documents, PERMUTATIONS)
    rows = np.lib.format.open_memmap(folder / "rows.npy", mode="w+", dtype=np.uint16, shape=shape)
    at = 0
    for found in in_order(partial(_Reader, corpus.path), _tasks(corpus), workers):
        for name, parts in columns.items():
            parts.append(getattr(found, name))
        rows[at : at + len(found.rows)] = found.rows
        at += len(found.rows)
        tell(len(found.rows), int(found.sizes.sum()))
    for name, parts in columns.items():
        np.save(folder / f"{name}.npy", np.concatenate(parts))


def _tasks(corpus: CorpusFolder) -> Iterator[Indices]:
    """The places of documents, about a megabyte of text in each task."""
    end_of_text = corpus.tokenizer().end_of_text
    for side, split in enumerate(SIDES):
        tokens = corpus.tokens(split)
        begin = 0
        for block in range(0, len(tokens), _BATCH_TOKENS):
            ends = block + np.flatnonzero(tokens[block : block + _BATCH_TOKENS] == end_of_text)
            if len(ends):
                begins = np.append(begin, ends[:-1] + 1)
                yield np.stack([np.full(len(ends), side), begins, ends], axis=1)
                begin = int(ends[-1]) + 1


class _Reader:
    """A worker's share: what stands at some places."""

    def __init__(self, path: Path):
        self._corpus = open_corpus(path)

    def __call__(self, places: Indices) -> Documents:
        tokenizer = self._corpus.tokenizer()
        tokens = [self._corpus.tokens(split) for split in SIDES]
        texts = [tokenizer.decode(tokens[side][begin:end].tolist()) for side, begin, end in places.tolist()]
        batch = Batch(texts)
        signed = signatures(batch.folded_words)
        same = digests(batch.text, batch.words).view(np.uint64)
        return Documents(same, signed.twins, np.diff(batch.text.begins) - 1, places, signed.rows)
