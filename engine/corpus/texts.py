"""A built corpus's documents as text again: what another tokenizer, or a test set, starts from."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.corpus.documents import Document
from engine.corpus.manifest import CorpusFolder, Split


def texts(corpus: CorpusFolder, split: Split) -> Iterator[str]:
    """Each document's text, in order, cut at the end-of-text tokens."""
    tokenizer = corpus.tokenizer()
    tokens = corpus.tokens(split)
    start = 0
    for end in np.flatnonzero(tokens == tokenizer.end_of_text):
        yield tokenizer.decode(tokens[start:end].tolist())
        start = int(end) + 1


def heldout_documents(corpus: CorpusFolder) -> list[Document]:
    """The held-out side as documents; ids count from 0."""
    return [Document(f"heldout:{at}", text, corpus.ref) for at, text in enumerate(texts(corpus, "heldout"))]
