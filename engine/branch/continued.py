"""`continued`: go on with next-token prediction, on domain text.

Text comes from a built corpus, with its own held-out split, or from files. A corpus that was tokenised by another
tokenizer is taken back to text, document by document, and tokenised with the base's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

import numpy as np
from msgspec.structs import replace

from engine.branch.data import domain
from engine.branch.method import Recipe, Setting
from engine.corpus.check import checked
from engine.corpus.manifest import CorpusFolder, find_corpus
from engine.corpus.texts import texts
from engine.corpus.tokenizer import Tokenizer
from engine.train.data import Tokens
from engine.train.language import LanguageTask

_AT_ONCE = 1024
"""Documents encoded together, on several threads."""


@dataclass(frozen=True)
class DomainText:
    """Both sides of the text as rows of the base's tokens: documents with an end-of-text token after each."""

    train: Tokens
    heldout: Tokens
    heldout_bytes: int
    """Of the held-out text in UTF-8."""


def continued(setting: Setting) -> Recipe:
    """The base on other text. Raises `InputError` for text that cannot be read or is too short."""
    config = setting.config
    text = _from_corpus(setting) if config.data.corpus else _from_files(setting)
    setting.context.say(f"data: {len(text.train):,} training and {len(text.heldout):,} held-out tokens")
    task = LanguageTask(
        text.train,
        text.heldout,
        setting.card.model.context,
        config.train,
        seed=config.seed,
        bytes_per_token=text.heldout_bytes / len(text.heldout),
        source=config.data.corpus or config.data.train,
        vocab_size=setting.card.model.vocab_size,
    )
    return Recipe(replace(setting.card, head="lm", classes=()), task)


def _from_corpus(setting: Setting) -> DomainText:
    where = setting.context.folder.config
    corpus = checked(find_corpus(setting.context.workspace, setting.config.data.corpus, where=where, key="data.corpus"))
    if corpus.tokenizer().same_as(setting.tokenizer):
        train, heldout = corpus.tokens("train"), corpus.tokens("heldout")
        return DomainText(train, heldout, corpus.manifest.heldout_bytes)
    setting.context.say(f"{corpus.ref} has another tokenizer: tokenising its text again with that of {setting.base.id}")
    return _encoded(setting, corpus)


def _encoded(setting: Setting, corpus: CorpusFolder) -> DomainText:
    train, _ = encode_documents(setting.tokenizer, texts(corpus, "train"))
    heldout, size = encode_documents(setting.tokenizer, texts(corpus, "heldout"))
    return DomainText(train, heldout, size)


def _from_files(setting: Setting) -> DomainText:
    found = domain(setting.config)
    train, _ = encode_documents(setting.tokenizer, found.train)
    heldout, size = encode_documents(setting.tokenizer, found.heldout)
    return DomainText(train, heldout, size)


def encode_documents(tokenizer: Tokenizer, documents: Iterable[str]) -> tuple[Tokens, int]:
    """All documents as one row of tokens, end-of-text after each, and how many bytes of text they are."""
    dtype = np.uint16 if tokenizer.n_vocab <= 1 << 16 else np.uint32
    parts, size, stream = [np.empty(0, dtype)], 0, iter(documents)
    while batch := list(islice(stream, _AT_ONCE)):
        size += sum(len(text.encode()) for text in batch)
        for tokens in tokenizer.encode_batch(batch):
            parts.append(np.array([*tokens, tokenizer.end_of_text], dtype))
    return np.concatenate(parts), size
