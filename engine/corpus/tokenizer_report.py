"""How well a corpus's vocabulary suits its text, measured on text that it did not learn from.

    held-out documents  ->  bytes per token, in all and by source, beside published vocabularies that are at hand
    all tokens          ->  which of the vocabulary are never used
    held-out words      ->  the words that cost most tokens

Of a large held-out side some documents are taken, evenly spaced, which bounds time and memory.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.corpus.manifest import CorpusFolder
from engine.corpus.tokenizer import BytePairs
from engine.corpus.vocabulary import at_hand

PEERS = ("gpt2", "cl100k_base")
SAMPLE_BYTES = 8 << 20
_CHUNK = 1 << 24
"""Tokens counted at once."""
_WORDS = 5_000
"""The most frequent ones, among which those that cost most are looked for."""
_WORD = re.compile(r"(?<!['’\w])[^\W\d_]{2,}")


class Fit(msgspec.Struct, frozen=True, kw_only=True):
    """What a vocabulary makes of some text."""

    name: str
    """Of the source, or of the vocabulary."""
    bytes: int
    """UTF-8."""
    tokens: int
    """Without those that end documents."""

    @property
    def bytes_per_token(self) -> float:
        return self.bytes / max(1, self.tokens)


class TokenUse(msgspec.Struct, frozen=True, kw_only=True):
    """One token of the vocabulary."""

    id: int
    text: str
    """Bytes that are no whole characters as U+FFFD."""
    bytes: int
    times: int
    """In the whole corpus, both sides."""


class WordCost(msgspec.Struct, frozen=True, kw_only=True):
    """A word that is cut into several tokens."""

    word: str
    pieces: list[str]
    times: int
    """In the held-out text that was looked at."""


class TokenizerReport(msgspec.Struct, frozen=True, kw_only=True):
    corpus: str
    """`name/hash`"""
    name: str
    n_vocab: int
    special: dict[str, int]
    """Beside the one that ends documents."""
    end_of_text: int
    heldout_bytes: int
    """Of all held-out text."""
    fit: Fit
    """On the documents that were looked at."""
    sources: list[Fit]
    """The same by source; empty in corpora that do not say which document came from where."""
    peers: list[Fit]
    """Published vocabularies on the same text: those that can be had without fetching anything."""
    peer_sources: dict[str, list[Fit]]
    """For each of them, the same by source."""
    merges: int
    """Tokens of more than one byte."""
    unused: int
    """Of those, how many stand nowhere in the corpus. Some are steps on the way to longer ones."""
    longest: list[TokenUse]
    costly: list[WordCost]
    """The words that take most tokens beyond one each, all their occurrences together."""


def tokenizer_report(corpus: CorpusFolder, sources: Sequence[str], most: int = 20) -> TokenizerReport:
    """Measure it. `sources`: the names of the corpus's sources, by number. `most`: entries in each list.

    A few seconds for a corpus of a billion tokens. Raises `InputError` when the tokenizer's folder is damaged.
    """
    tokenizer = BytePairs.read(corpus.path / "tokenizer")
    owners = _owners(corpus.path)
    texts, rows = _some_heldout(corpus, tokenizer)
    named = [sources[owners[row]] for row in rows] if len(owners) == corpus.manifest.heldout_documents else []
    peers = {name: found for name in PEERS if name != tokenizer.name and (found := at_hand(name))}
    used = _counts(corpus, tokenizer.n_vocab)
    longer = [token for token in tokenizer.ranks.items() if len(token[0]) > 1]
    return TokenizerReport(
        corpus=corpus.ref,
        name=tokenizer.name,
        n_vocab=tokenizer.n_vocab,
        special=tokenizer.special,
        end_of_text=tokenizer.end_of_text,
        heldout_bytes=corpus.manifest.heldout_bytes,
        fit=_fits(tokenizer, texts, [])[0],
        sources=_fits(tokenizer, texts, named)[1:],
        peers=[_fits(peer, texts, [])[0] for peer in peers.values()],
        peer_sources={name: _fits(peer, texts, named)[1:] for name, peer in peers.items()},
        merges=len(longer),
        unused=sum(not used[rank] for _, rank in longer),
        longest=[_use(tokenizer, *token, used) for token in sorted(longer, key=_by_length)[:most]],
        costly=_costly(tokenizer, texts, most),
    )


def _by_length(token: tuple[bytes, int]) -> tuple[int, int]:
    return -len(token[0]), token[1]


def _owners(folder: Path) -> list[int]:
    """The source's number of each held-out document, in their order; empty where it is not known."""
    path = folder / "documents.parquet"
    if not path.exists():
        return []
    import duckdb

    query = "SELECT source FROM read_parquet($1) WHERE heldout AND rule IS NULL ORDER BY document"
    with duckdb.connect() as database:
        return [source for (source,) in database.execute(query, [str(path)]).fetchall()]


def _some_heldout(corpus: CorpusFolder, tokenizer: BytePairs) -> tuple[list[str], list[int]]:
    """Held-out documents, evenly spaced, of about `SAMPLE_BYTES`; and the place of each among all of them."""
    tokens = corpus.tokens("heldout")
    ends = np.flatnonzero(tokens == tokenizer.end_of_text)
    begins = np.concatenate([[0], ends[:-1] + 1])
    step = max(1, -(-corpus.manifest.heldout_bytes // SAMPLE_BYTES))
    rows = list(range(0, len(ends), step))
    return [tokenizer.decode(tokens[begins[row] : ends[row]].tolist()) for row in rows], rows


def _fits(tokenizer: BytePairs, texts: Sequence[str], named: Sequence[str]) -> list[Fit]:
    """What it makes of the texts in all, then of those of each name."""
    sizes = np.array([[len(text.encode()), len(ids)] for text, ids in zip(texts, tokenizer.encode_batch(texts))])
    total: NDArray[np.int64] = sizes.reshape(-1, 2).sum(axis=0)
    found = [Fit(name=tokenizer.name, bytes=int(total[0]), tokens=int(total[1]))]
    for name in dict.fromkeys(named):
        size, count = sizes[[one == name for one in named]].sum(axis=0).tolist()
        found.append(Fit(name=name, bytes=size, tokens=count))
    return found


def _counts(corpus: CorpusFolder, n_vocab: int) -> NDArray[np.int64]:
    """(vocabulary): how often each token stands in the corpus."""
    counts = np.zeros(n_vocab, dtype=np.int64)
    for tokens in (corpus.tokens("train"), corpus.tokens("heldout")):
        for start in range(0, len(tokens), _CHUNK):
            counts += np.bincount(tokens[start : start + _CHUNK], minlength=n_vocab)
    return counts


def _use(tokenizer: BytePairs, token: bytes, rank: int, used: NDArray[np.int64]) -> TokenUse:
    return TokenUse(id=rank, text=tokenizer.decode([rank]), bytes=len(token), times=int(used[rank]))


def _costly(tokenizer: BytePairs, texts: Sequence[str], most: int) -> list[WordCost]:
    words: Counter[str] = Counter()
    for text in texts:
        words.update(_WORD.findall(text))
    common = words.most_common(_WORDS)
    cut = zip(common, tokenizer.encode_batch([f" {word}" for word, _ in common]))
    costly = sorted(cut, key=lambda one: -(len(one[1]) - 1) * one[0][1])[:most]
    return [
        WordCost(word=word, pieces=[tokenizer.decode([token]) for token in tokens], times=times)
        for (word, times), tokens in costly
        if len(tokens) > 1
    ]
