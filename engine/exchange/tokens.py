"""The tokenizer of a folder in the Hugging Face layout, and ours as such a folder's files.

Theirs is kept as it is and read by the library that wrote it. Ours becomes a `tokenizer.json` of the same pieces: the
splitting pattern, the merges that the ranks stand for, and the token that begins a text.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from engine.corpus.foreign_tokenizer import FILE, KEPT, Ends, ForeignTokenizer, parsed
from engine.corpus.merges import byte_letters, oniguruma
from engine.corpus.tokenizer import END_OF_TEXT, BytePairs, Tokenizer
from engine.errors import InputError
from engine.exchange.shape import CONFIG, read_json


def read_tokenizer(folder: Path, name: str) -> ForeignTokenizer:
    """A published tokenizer. Raises `InputError` when there is none, or nothing says which token ends a text."""
    try:
        data = (folder / FILE).read_bytes()
    except FileNotFoundError:
        fix = "AutoTokenizer.from_pretrained(..).save_pretrained(..) writes one"
        raise InputError("no such file", where=folder / FILE, fix=fix) from None
    inner = parsed(data, folder / FILE)
    inner.encode_special_tokens = False
    bare, whole = (inner.encode("a", add_special_tokens=special).ids for special in (False, True))
    before = len(whole) - len(bare) if bare and whole[len(whole) - len(bare) :] == bare else 0
    ends = Ends(name=name, end_of_text=_end(folder, inner), starts=tuple(whole[:before]))
    others = {name: (folder / name).read_bytes() for name in KEPT if (folder / name).is_file()}
    return ForeignTokenizer(data, ends, others, folder / FILE)


def _end(folder: Path, inner: Any) -> int:
    """The token that ends a text, as tokenizer_config.json names it, else as the model's files number it."""
    if (folder / "tokenizer_config.json").is_file():
        said = read_json(folder / "tokenizer_config.json").get("eos_token")
        token = inner.token_to_id(said.get("content", "") if isinstance(said, dict) else said) if said else None
        if token is not None:
            return int(token)
    for name in (CONFIG, "generation_config.json"):
        said = read_json(folder / name).get("eos_token_id") if (folder / name).is_file() else None
        first = said[0] if isinstance(said, list) and said else said
        if isinstance(first, int):
            return first
    where = folder / "tokenizer_config.json"
    raise InputError("no file says which token ends a text", where=where, key="eos_token", fix="add it")


def padding(tokenizer: Tokenizer) -> int:
    """The token that fills up short rows, by which published classifiers know where a text ends."""
    if isinstance(tokenizer, ForeignTokenizer) and "tokenizer_config.json" in tokenizer.others:
        said = msgspec.json.decode(tokenizer.others["tokenizer_config.json"]).get("pad_token")
        token = tokenizer.number_of(said.get("content", "") if isinstance(said, dict) else said) if said else None
        if token is not None:
            return token
    return tokenizer.end_of_text


# --- ours to theirs -----------------------------------------------------------------------------------


def tokenizer_files(tokenizer: Tokenizer, context: int) -> dict[str, bytes]:
    """The files of a tokenizer in the Hugging Face layout, by name."""
    if isinstance(tokenizer, ForeignTokenizer):
        return {**tokenizer.others, FILE: tokenizer.data}
    assert isinstance(tokenizer, BytePairs)
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": context,
        **dict.fromkeys(("bos_token", "eos_token", "pad_token", "unk_token"), END_OF_TEXT),
        "clean_up_tokenization_spaces": False,
    }
    return {FILE: _json(_byte_level(tokenizer)), "tokenizer_config.json": _json(config)}


def _json(value: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


def _byte_level(tokenizer: BytePairs) -> dict[str, Any]:
    """`tokenizer.json`: byte-level BPE with our pattern, merges and start of a text."""
    letters = byte_letters()
    spelt = {token: "".join(letters[byte] for byte in token) for token in tokenizer.ranks}
    merges = [[spelt[left], spelt[right]] for left, right in merges_of(tokenizer.ranks)]
    special = {END_OF_TEXT: tokenizer.end_of_text, **tokenizer.special}
    plain = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    start = {"SpecialToken": {"id": END_OF_TEXT, "type_id": 0}}
    sequences = [{"Sequence": {"id": part, "type_id": number}} for number, part in enumerate("AB")]
    bytes_as_letters = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}
    split = {"type": "Split", "pattern": {"Regex": oniguruma(tokenizer.pattern)}, "behavior": "Isolated"}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": number, "content": name, "special": True, **plain} for name, number in special.items()],
        "normalizer": None,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [{**split, "invert": False}, bytes_as_letters],
        },
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [start, sequences[0]],
            "pair": [start, sequences[0], sequences[1]],
            "special_tokens": {
                END_OF_TEXT: {"id": END_OF_TEXT, "ids": [tokenizer.end_of_text], "tokens": [END_OF_TEXT]}
            },
        },
        "decoder": bytes_as_letters,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": True,  # as tiktoken: a piece that is a token is taken whole
            "vocab": {spelt[token]: rank for token, rank in tokenizer.ranks.items()},
            "merges": merges,
        },
    }


def merges_of(ranks: dict[bytes, int]) -> list[tuple[bytes, bytes]]:
    """The pair that each longer token is merged from, in the order of their numbers: what is left of its bytes when
    all merges before its own are done."""
    made = []
    for token, rank in sorted(ranks.items(), key=lambda item: item[1]):
        if len(token) > 1 and len(pair := _merged(ranks, token, rank)) == 2:
            made.append((pair[0], pair[1]))
    return made


def _merged(ranks: dict[bytes, int], token: bytes, below: int) -> list[bytes]:
    """A token's bytes after all merges that come before the number `below`."""
    parts = [token[i : i + 1] for i in range(len(token))]
    while len(parts) > 1:
        order = [ranks.get(left + right, below) for left, right in pairwise(parts)]
        first = min(order)
        if first >= below:
            break
        at = order.index(first)
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    return parts
