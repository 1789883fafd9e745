"""The tokenizer that came with an imported model: its own `tokenizer.json`, read by Hugging Face's `tokenizers`.

    tokenizer/tokenizer.json          the file as it came, byte for byte
    tokenizer/meta.json               which tokens end and begin a text
    tokenizer/tokenizer_config.json   and others beside it: kept for export alone, the chat template among them

The library that published the file reads it, so tokens are equal by construction. A special token's name in a text is
ordinary text here, as with our own vocabularies.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from engine.corpus.tokenizer import Tokenizer
from engine.errors import InputError
from engine.paths import write_atomic

if TYPE_CHECKING:
    import tokenizers

FILE, META = "tokenizer.json", "meta.json"
KEPT = (
    "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "chat_template.jinja",
    "generation_config.json",
)  # fmt: skip
"""What is kept beside `tokenizer.json` when there is one."""


class Ends(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    end_of_text: int
    starts: tuple[int, ...]


class ForeignTokenizer(Tokenizer):
    """A published vocabulary, whatever its kind. `others`: files that are kept for export, by name."""

    def __init__(self, data: bytes, ends: Ends, others: dict[str, bytes], where: Path):
        self.name, self.end_of_text, self.starts = ends.name, ends.end_of_text, ends.starts
        self.data, self.others, self.special = data, others, {}
        self._inner = parsed(data, where)
        self._n_vocab = 1 + max(self._inner.get_vocab(with_added_tokens=True).values())

    @property
    def n_vocab(self) -> int:
        return self._n_vocab

    def encode(self, text: str) -> list[int]:
        return list(self._inner.encode(_whole(text), add_special_tokens=False).ids)

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        made = self._inner.encode_batch_fast([_whole(text) for text in texts], add_special_tokens=False)
        return [list(one.ids) for one in made]

    def decode(self, ids: Iterable[int]) -> str:
        return str(self._inner.decode([i for i in ids if i < self._n_vocab], skip_special_tokens=True))

    def number_of(self, token: str) -> int | None:
        """A token's number, by its name; None when there is none of that name."""
        found = self._inner.token_to_id(token)
        return None if found is None else int(found)

    def same_as(self, other: Tokenizer) -> bool:
        return isinstance(other, ForeignTokenizer) and self.data == other.data

    def save(self, folder: Path) -> None:
        for name, content in {**self.others, FILE: self.data}.items():
            write_atomic(folder / name, content)
        ends = Ends(name=self.name, end_of_text=self.end_of_text, starts=self.starts)
        write_atomic(folder / META, msgspec.json.format(msgspec.json.encode(ends)) + b"\n")

    @classmethod
    def read(cls, folder: Path) -> ForeignTokenizer:
        """Read a folder that `save` wrote. Raises `InputError` naming the file that is missing or damaged."""
        fix = "copy the tokenizer folder whole, or import the model again"
        try:
            ends = msgspec.json.decode((folder / META).read_bytes(), type=Ends)
        except FileNotFoundError:
            raise InputError("no such file", where=folder / META, fix=fix) from None
        except msgspec.DecodeError as error:
            raise InputError(f"not a tokenizer: {error}", where=folder / META, fix=fix) from None
        others = {name: (folder / name).read_bytes() for name in KEPT if (folder / name).is_file()}
        return cls((folder / FILE).read_bytes(), ends, others, folder / FILE)


def parsed(data: bytes, where: Path) -> tokenizers.Tokenizer:
    """A `tokenizer.json` as Hugging Face's library reads it, without truncation and padding of its own."""
    try:
        import tokenizers
    except ModuleNotFoundError:
        fix = "pip install 'graftline[hub]'"
        raise InputError("an imported tokenizer needs the package tokenizers", where=where, fix=fix) from None
    try:
        inner = tokenizers.Tokenizer.from_str(data.decode())
    except Exception as error:  # noqa: BLE001 - the library raises nothing more exact
        raise InputError(f"not a tokenizer: {error}", where=where, fix="fetch the file again") from None
    inner.no_truncation()
    inner.no_padding()
    inner.encode_special_tokens = True
    return inner


def _whole(text: str) -> str:
    """Text that UTF-8 can hold: half of a surrogate pair becomes U+FFFD, as tiktoken has it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
