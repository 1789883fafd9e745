"""Learning byte-pair merges from texts: by rustbpe, or by Hugging Face's `tokenizers` where that cannot be loaded.

    texts  ->  learn  ->  ranks: each token's bytes and its number, 0 to 255 the bytes, then merges as they were learned

Both count pairs inside the pieces that one pattern cuts, and merge the most frequent first. They break ties
differently, so the two give vocabularies of one kind and quality, not the same one; each gives the same every time.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec

from engine.errors import InputError

Ranks = dict[bytes, int]


def learn(texts: Iterable[str], size: int, pattern: str, at_once: int = 8192) -> Ranks:
    """`size` tokens, the 256 bytes among them; fewer when the text runs out of pairs. `at_once`: texts held at a time.

    Raises `InputError` when neither library is there.
    """
    if find_spec("rustbpe"):
        return _by_rustbpe(texts, size, pattern, at_once)
    if find_spec("tokenizers"):
        return _by_tokenizers(texts, size, pattern)
    fix = 'pip install rustbpe, or tokenizers; tokenizer.type = "tiktoken" takes a published vocabulary'
    raise InputError("learning a vocabulary needs the package rustbpe", key="tokenizer.type", fix=fix)


def _by_rustbpe(texts: Iterable[str], size: int, pattern: str, at_once: int) -> Ranks:
    import rustbpe

    trainer = rustbpe.Tokenizer()
    trainer.train_from_iterator(iter(texts), size, at_once, pattern)
    return {bytes(token): rank for token, rank in trainer.get_mergeable_ranks()}


def _by_tokenizers(texts: Iterable[str], size: int, pattern: str) -> Ranks:
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

    spelling = byte_letters()
    inner = Tokenizer(models.BPE())
    pieces = pre_tokenizers.Split(Regex(oniguruma(pattern)), "isolated")
    as_letters = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    inner.pre_tokenizer = pre_tokenizers.Sequence([pieces, as_letters])
    trainer = trainers.BpeTrainer(
        vocab_size=size, min_frequency=1, initial_alphabet=spelling, show_progress=False, special_tokens=[]
    )
    inner.train_from_iterator(iter(texts), trainer)
    byte_of = {letter: byte for byte, letter in enumerate(spelling)}
    by_number = sorted(inner.get_vocab().items(), key=lambda item: item[1])
    merged = (bytes(byte_of[letter] for letter in token) for token, _ in by_number if len(token) > 1)
    return {token: rank for rank, token in enumerate([*(bytes([byte]) for byte in range(256)), *merged])}


def oniguruma(pattern: str) -> str:
    """A tiktoken pattern (Rust's fancy-regex) in the dialect of `tokenizers` (Oniguruma, Ruby's).

    There `{1,3}+` means "again and again" rather than "give nothing back", and `$` also fits before a newline.
    """
    return pattern.replace("{1,3}+", "{1,3}").replace(r"\s++$", r"\s++\z")


def byte_letters() -> list[str]:
    """A printable character for each byte, as GPT-2 chose them: itself where it is printable, else one from 256 on."""
    printable = {*range(33, 127), *range(161, 173), *range(174, 256)}
    odd = iter(range(256, 512))
    return [chr(byte if byte in printable else next(odd)) for byte in range(256)]
