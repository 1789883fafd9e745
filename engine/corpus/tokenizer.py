"""Text to tokens and back: byte-level BPE, trained here or published, run by tiktoken; or one that came with a model.

    tokenizer/ranks.tiktoken    one token a line: its bytes in base64, a space, its number (tiktoken's own format)
    tokenizer/meta.json         name, splitting pattern, special tokens
    tokenizer/tokenizer.json    instead of ranks: see `engine.corpus.foreign_tokenizer`

One special token, `<|endoftext|>`, ends every document; a configuration may name others, for prompts and as ends of
answers. None ever comes out of `encode`: text that happens to spell one is ordinary text.
"""

from __future__ import annotations

import base64
import binascii
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
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
    """What every vocabulary can do. Get one from `engine.corpus.vocabulary`, or by `Tokenizer.load`."""

    name: str
    end_of_text: int
    """Ends every document and every answer."""
    starts: tuple[int, ...]
    """What stands before every text that a model is asked about."""
    special: dict[str, int]
    """Special tokens beside `end_of_text` that a prompt template may spell out, by name."""

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
    """Byte-level BPE by tiktoken: `ranks` gives each token's bytes its number, which is its place among the merges.

    `special`: the special tokens beside `<|endoftext|>`, by name.
    """

    def __init__(
        self,
        name: str,
        pattern: str,
        ranks: dict[bytes, int],
        end_of_text: int,
        special: Mapping[str, int] | None = None,
    ):
        self.name, self.pattern, self.end_of_text = name, pattern, end_of_text
        self.starts = (end_of_text,)  # since a base saw every document begin after one
        self.ranks, self.special = ranks, dict(special or {})
        named = {END_OF_TEXT: end_of_text, **self.special}
        self._encoding = tiktoken.Encoding(name, pat_str=pattern, mergeable_ranks=ranks, special_tokens=named)
        # Published vocabularies have holes among their numbers, where other special tokens stood.
        self._holes = set(range(self.n_vocab)) - {*ranks.values(), *named.values()}

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
        mine, theirs = ((one.pattern, one.end_of_text, one.special, one.ranks) for one in (self, other))
        return mine == theirs

    def decode_bytes(self, token: int) -> bytes:
        """The bytes that one token stands for."""
        return self._encoding.decode_single_token_bytes(token)

    def save(self, folder: Path) -> None:
        lines = (b"%s %d\n" % (base64.b64encode(token), rank) for token, rank in _by_rank(self.ranks))
        write_atomic(folder / "ranks.tiktoken", b"".join(lines))
        meta = _Meta(self.name, self.pattern, {END_OF_TEXT: self.end_of_text, **self.special})
        write_atomic(folder / "meta.json", msgspec.json.format(msgspec.json.encode(meta)) + b"\n")

    @classmethod
    def read(cls, folder: Path) -> BytePairs:
        """Read a folder that `save` wrote. Raises `InputError` naming the file that is missing or damaged."""
        fix = "build the corpus again, or copy the tokenizer folder whole"
        path = folder / "meta.json"
        try:
            meta = msgspec.json.decode(path.read_bytes(), type=_Meta)
            path = folder / "ranks.tiktoken"
            ranks = parse_ranks(path.read_bytes())
            special = dict(meta.special_tokens)
            return cls(meta.name, meta.pattern, ranks, special.pop(END_OF_TEXT), special)
        except FileNotFoundError:
            raise InputError("no such file", where=path, fix=fix) from None
        except (msgspec.DecodeError, ValueError, KeyError) as error:
            raise InputError(f"not a tokenizer: {error}", where=path, fix=fix) from None


def _by_rank(ranks: dict[bytes, int]) -> list[tuple[bytes, int]]:
    return sorted(ranks.items(), key=lambda item: item[1])


def parse_ranks(data: bytes) -> dict[bytes, int]:
    """tiktoken's own format, a token a line. Raises `ValueError` naming the line that is none."""
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
