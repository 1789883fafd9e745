"""Text to tokens and back: byte-level BPE, trained here or published, run by tiktoken; or one that came with a model.

    tokenizer/ranks.tiktoken    one token a line: its bytes in base64, a space, its number (tiktoken's own format)
    tokenizer/meta.json         name, splitting pattern, special tokens
    tokenizer/tokenizer.json    instead of ranks: see `engine.corpus.foreign_tokenizer`

There is one special token, `<|endoftext|>`, which ends every document. It never comes out of `encode`: text that
happens to spell it is ordinary text.
"""

from __future__ import annotations

import base64
import binascii
import importlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import tiktoken

from engine.errors import InputError
from engine.paths import write_atomic

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

END_OF_TEXT = "<|endoftext|>"

# How text is cut before merging: GPT-4's pattern (cl100k_base). Words keep their leading space, numbers go in
# groups of three, and indentation stays together, which source code and aligned documentation like.
PATTERN = (
    r"""'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+"""
    r"""|\s++$|\s*[\r\n]|\s+(?!\S)|\s"""
)


class _Meta(msgspec.Struct, frozen=True):
    name: str
    pattern: str
    special_tokens: dict[str, int]


class Tokenizer(ABC):
    """What every vocabulary can do. Get one with `train_bpe`, `published` or `Tokenizer.load`."""

    name: str
    end_of_text: int
    """Ends every document and every answer."""
    starts: tuple[int, ...]
    """What stands before every text that a model is asked about."""

    @property
    @abstractmethod
    def n_vocab(self) -> int:
        """One more than the largest token: the least size of a model's embedding."""

    @abstractmethod
    def encode(self, text: str) -> list[int]:
        """The tokens of a text alone; a special token's name in it is ordinary text."""

    @abstractmethod
    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        """Each text's tokens, in order; on several threads."""

    @abstractmethod
    def decode(self, ids: Iterable[int]) -> str:
        """The text of some tokens. Bytes that are not whole UTF-8 characters become U+FFFD."""

    @abstractmethod
    def same_as(self, other: Tokenizer) -> bool:
        """Whether both give the same tokens for every text."""

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write what `load` reads."""

    @property
    def document_start(self) -> int:
        """The token that a document is predicted from, where none of its own has come yet."""
        return self.starts[-1] if self.starts else self.end_of_text

    def opened(self, tokens: list[int]) -> list[int]:
        """A text's tokens as a model is asked about them. Of an empty text a token remains that it can begin from."""
        return [*self.starts, *tokens] or [self.end_of_text]

    @staticmethod
    def load(folder: Path) -> Tokenizer:
        """Read a folder that `save` wrote. Raises `InputError` naming the file that is missing or damaged."""
        if (folder / "tokenizer.json").exists():
            from engine.corpus.foreign_tokenizer import ForeignTokenizer

            return ForeignTokenizer.read(folder)
        return BytePairs.read(folder)


class BytePairs(Tokenizer):
    """Byte-level BPE by tiktoken: `ranks` gives each token's bytes its number, which is its place among the merges."""

    def __init__(self, name: str, pattern: str, ranks: dict[bytes, int], end_of_text: int):
        self.name, self.pattern, self.end_of_text = name, pattern, end_of_text
        self.starts = (end_of_text,)  # since a base saw every document begin after one
        self.ranks = ranks
        self._encoding = tiktoken.Encoding(
            name, pat_str=pattern, mergeable_ranks=ranks, special_tokens={END_OF_TEXT: end_of_text}
        )
        # Published vocabularies have holes among their numbers, where other special tokens stood.
        self._holes = set(range(self.n_vocab)) - {*ranks.values(), end_of_text}

    @property
    def n_vocab(self) -> int:
        return self._encoding.n_vocab

    def encode(self, text: str) -> list[int]:
        return self._encoding.encode_ordinary(text)

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        return self._encoding.encode_ordinary_batch(list(texts))

    def encode_array(self, text: str) -> NDArray[np.uint32]:
        """The tokens of a text without lone surrogates, made outside of the interpreter's lock."""
        return self._encoding.encode_to_numpy(text, disallowed_special=())

    def decode(self, ids: Iterable[int]) -> str:
        return self._encoding.decode([i for i in ids if i < self.n_vocab and i not in self._holes])

    def same_as(self, other: Tokenizer) -> bool:
        """Whether splitting, merges and numbers are the same."""
        if not isinstance(other, BytePairs):
            return False
        mine, theirs = (self.pattern, self.end_of_text), (other.pattern, other.end_of_text)
        return mine == theirs and self.ranks == other.ranks

    def decode_bytes(self, token: int) -> bytes:
        """The bytes that one token stands for."""
        return self._encoding.decode_single_token_bytes(token)

    def save(self, folder: Path) -> None:
        lines = (b"%s %d\n" % (base64.b64encode(token), rank) for token, rank in _by_rank(self.ranks))
        write_atomic(folder / "ranks.tiktoken", b"".join(lines))
        meta = _Meta(self.name, self.pattern, {END_OF_TEXT: self.end_of_text})
        write_atomic(folder / "meta.json", msgspec.json.format(msgspec.json.encode(meta)) + b"\n")

    @classmethod
    def read(cls, folder: Path) -> BytePairs:
        """Read a folder that `save` wrote. Raises `InputError` naming the file that is missing or damaged."""
        fix = "build the corpus again, or copy the tokenizer folder whole"
        path = folder / "meta.json"
        try:
            meta = msgspec.json.decode(path.read_bytes(), type=_Meta)
            path = folder / "ranks.tiktoken"
            ranks = _parse_ranks(path.read_bytes())
            return cls(meta.name, meta.pattern, ranks, meta.special_tokens[END_OF_TEXT])
        except FileNotFoundError:
            raise InputError("no such file", where=path, fix=fix) from None
        except (msgspec.DecodeError, ValueError, KeyError) as error:
            raise InputError(f"not a tokenizer: {error}", where=path, fix=fix) from None


def _by_rank(ranks: dict[bytes, int]) -> list[tuple[bytes, int]]:
    return sorted(ranks.items(), key=lambda item: item[1])


def _parse_ranks(data: bytes) -> dict[bytes, int]:
    ranks: dict[bytes, int] = {}
    for number, line in enumerate(data.splitlines(), start=1):
        token, space, rank = line.partition(b" ")
        try:
            if not space:
                raise ValueError("no number")
            ranks[base64.b64decode(token, validate=True)] = int(rank)
        except (binascii.Error, ValueError) as error:
            raise ValueError(f"line {number}: {error}") from None
    if len(ranks) < 256:
        raise ValueError("some of the 256 bytes have no token")
    return ranks


def train_bpe(texts: Iterable[str], vocab_size: int, name: str = "bpe") -> BytePairs:
    """Learn merges from texts: 256 bytes, then merges, then `<|endoftext|>`; `vocab_size` tokens in all.

    Fewer when the text runs out of pairs to merge. The same texts in any order give the same merges: counts are
    sums, and rustbpe breaks ties by the pair itself.
    """
    import rustbpe

    trainer = rustbpe.Tokenizer()
    trainer.train_from_iterator(iter(texts), vocab_size - 1, pattern=PATTERN)
    ranks = {bytes(token): rank for token, rank in trainer.get_mergeable_ranks()}
    return BytePairs(name, PATTERN, ranks, len(ranks))


def published(name: str, *, where: object = None) -> BytePairs:
    """A vocabulary that tiktoken knows by name, such as `gpt2`. The first use of one downloads it.

    Raises `InputError` when there is none of that name, or it is not in the cache and cannot be fetched.
    """
    known = importlib.import_module("tiktoken_ext.openai_public").ENCODING_CONSTRUCTORS
    if name not in known:
        raise InputError(f"no vocabulary {name!r}", where=where, key="tokenizer.name", fix=f"one of {', '.join(known)}")
    try:
        parts = known[name]()
    except (OSError, ValueError) as error:  # requests' errors are OSErrors
        raise InputError(
            f"the vocabulary {name!r} is not in tiktoken's cache and could not be fetched ({type(error).__name__})",
            where=where,
            key="tokenizer.name",
            fix='connect once, point TIKTOKEN_CACHE_DIR at a folder that holds it, or use tokenizer.type = "bpe"',
        ) from None
    return BytePairs(name, parts["pat_str"], parts["mergeable_ranks"], parts["special_tokens"][END_OF_TEXT])
