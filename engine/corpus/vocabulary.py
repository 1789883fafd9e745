"""Where a corpus's tokens come from: learned from its text, published and known to tiktoken by name, or a local file.

    [tokenizer]  ->  train_bpe | published | from_file  ->  BytePairs

A published vocabulary is a list of ranks that tiktoken fetches once and keeps in TIKTOKEN_CACHE_DIR, and beside it in
tiktoken's code a pattern and special tokens. That code is asked for both with a loader of our own, so that a file that
is already here serves as well, and so that nothing is fetched where only a look was wanted.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import FunctionType
from typing import Any, NamedTuple

from engine.config.corpus import TokenizerConfig
from engine.corpus.merges import Ranks, learn
from engine.corpus.tokenizer import END_OF_TEXT, PATTERN, BytePairs, parse_ranks
from engine.errors import InputError


def train_bpe(
    texts: Iterable[str], vocab_size: int, name: str = "bpe", special: Sequence[str] = (), at_once: int = 8192
) -> BytePairs:
    """Learn merges from texts: 256 bytes, then merges, then special tokens; `vocab_size` tokens in all.

    Fewer when the text runs out of pairs to merge. The same texts in any order give the same merges: counts are
    sums, and ties between pairs are broken by the pairs themselves. `at_once`: texts held at a time.
    """
    ranks = learn(texts, vocab_size - 1 - len(special), PATTERN, at_once)
    return BytePairs(name, PATTERN, ranks, len(ranks), _numbered(special, {}, len(ranks) + 1))


def check_tokenizer(config: TokenizerConfig, where: object = None) -> None:
    """Raises `InputError` for what cannot be, or cannot be had, before any text is read. May fetch a vocabulary."""
    check_keys(config, where)
    if config.type == "tiktoken":
        chosen(config, where)


def check_keys(config: TokenizerConfig, where: object = None) -> None:
    """Raises `InputError` for what cannot be, whatever can be had."""

    def refuse(problem: str, fix: str, key: str = "tokenizer.special") -> None:
        raise InputError(problem, where=where, key=key, fix=fix)

    for token in config.special:
        if not token or token.isspace() or token == END_OF_TEXT:
            refuse(f"{token!r} cannot be one", f"{END_OF_TEXT} is always there; others need a text, such as <|user|>")
    if len(set(config.special)) < len(config.special):
        refuse("one token stands there twice", "take one away")
    if config.type == "bpe" and config.vocab_size < 257 + len(config.special):
        refuse(f"{len(config.special)} special tokens do not fit", "raise tokenizer.vocab_size")
    if config.type == "bpe" and config.file:
        refuse("is a vocabulary, and one is to be learned", 'tokenizer.type = "tiktoken" takes it', "tokenizer.file")


def chosen(config: TokenizerConfig, where: object = None) -> BytePairs:
    """The vocabulary of `type = "tiktoken"`: the file's if one is named, else the published one's.

    Raises `InputError` when it cannot be had.
    """
    if config.file:
        found = from_file(Path(config.file), config.name, where=where)
    else:
        found = published(config.name, where=where)
    special = _numbered(config.special, found.special, found.n_vocab)
    return BytePairs(found.name, found.pattern, found.ranks, found.end_of_text, special)


def _numbered(names: Sequence[str], known: dict[str, int], free: int) -> dict[str, int]:
    """Special tokens by name: those that the vocabulary knows keep their numbers, others come after all there are."""
    numbers = iter(range(free, free + len(names)))
    return {name: known[name] if name in known else next(numbers) for name in names}


# --- published ----------------------------------------------------------------------------------------


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
            f"the vocabulary {name!r} is not in {cache_folder()} and could not be fetched ({type(error).__name__})",
            where=where,
            key="tokenizer.name",
            fix="connect once, point TIKTOKEN_CACHE_DIR at a folder that holds it, name a local tokenizer.file,"
            ' or use tokenizer.type = "bpe"',
        ) from None
    return _byte_pairs(name, parts)


def at_hand(name: str) -> BytePairs | None:
    """A published vocabulary if it can be had without fetching anything."""
    kept = cache_folder()
    files = [hashlib.sha1(url.encode()).hexdigest() for url in _described({})[name].urls]
    return published(name) if all((kept / file).is_file() for file in files) else None


def cache_folder() -> Path:
    """Where tiktoken keeps what it has fetched, each file named by its address's SHA-1."""
    for variable in ("TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR"):
        if variable in os.environ:
            return Path(os.environ[variable])
    return Path(tempfile.gettempdir()) / "data-gym-cache"


def _byte_pairs(name: str, parts: dict[str, Any]) -> BytePairs:
    special = dict(parts["special_tokens"])
    end_of_text = special.pop(END_OF_TEXT)
    return BytePairs(name, parts["pat_str"], parts["mergeable_ranks"], end_of_text, special)


# --- a local file -------------------------------------------------------------------------------------


def from_file(path: Path, name: str, *, where: object = None) -> BytePairs:
    """The vocabulary in a `.tiktoken` file: a token a line, in base64, and its rank.

    A published file is known by its content, and gets its own pattern and special tokens. Any other gets the pattern
    of the published vocabulary that the file, or else `name`, is called after.
    Raises `InputError` when it cannot be read, or nothing says which pattern.
    """
    try:
        data = path.read_bytes()
        ranks = parse_ranks(data)
    except (FileNotFoundError, IsADirectoryError):
        raise InputError(f"no such file: {path}", where=where, key="tokenizer.file", fix="check the path") from None
    except ValueError as error:
        fix = "a token in base64, a space and its rank on each line"
        raise InputError(f"not a vocabulary: {error}", where=path, fix=fix) from None
    known, sha256 = _described(ranks), hashlib.sha256(data).hexdigest()
    named = [called for called in (path.stem, name) if called in known]
    for called in (*named, *known):
        if sha256 in known[called].hashes:
            return _byte_pairs(called, known[called].parts)
    if not named:
        fix = f"name the file or tokenizer.name after one of {', '.join(known)}"
        raise InputError("nothing says which pattern cuts text for it", where=path, key="tokenizer.file", fix=fix)
    return BytePairs(path.stem, known[named[0]].parts["pat_str"], ranks, max(ranks.values()) + 1)


class _Described(NamedTuple):
    """What tiktoken's code says of one published vocabulary."""

    parts: dict[str, Any]
    urls: tuple[str, ...]
    hashes: tuple[str, ...]
    """SHA-256 of what the addresses hold."""


def _described(ranks: Ranks) -> dict[str, _Described]:
    """Every vocabulary that tiktoken knows, with these ranks in place of those it would fetch."""
    module = importlib.import_module("tiktoken_ext.openai_public")
    asked: list[tuple[tuple[str, ...], tuple[str, ...]]] = []

    def load(*urls: str, **more: str) -> Ranks:
        named = {key: value for key, value in more.items() if not key.endswith("hash")}
        asked.append(((*urls, *named.values()), tuple(more[key] for key in more if key.endswith("hash"))))
        return ranks

    space = {**vars(module), "load_tiktoken_bpe": load, "data_gym_to_mergeable_bpe_ranks": load}
    names = list(module.ENCODING_CONSTRUCTORS)
    space.update({name: FunctionType(module.ENCODING_CONSTRUCTORS[name].__code__, space) for name in names})
    return {name: _Described(space[name](), *asked[-1]) for name in names}
