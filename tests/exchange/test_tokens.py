"""Token for token: imported tokenizers against `transformers`, and ours, exported, against ourselves."""

from __future__ import annotations

import pytest
import tokenizers
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.corpus.merges import oniguruma
from engine.corpus.tokenizer import PATTERN, BytePairs, Tokenizer
from engine.corpus.vocabulary import train_bpe
from engine.exchange.tokens import merges_of, read_tokenizer, tokenizer_files
from tests.exchange import peers

PIECES = st.sampled_from(
    ["The quick", " brown", "'s", "'S", "don't", "12345", "\n\n", "\r\n", "   ", "\t", "é", "e\u0301", "ſ", "İ", "中文",
     "🙂", "<|endoftext|>", "</s>", "<s>", "▁", "\u00a0", "\u2028", "\x85", "x**2", "\x00", "\ufeff", " "]
)  # fmt: skip
TEXTS = st.lists(PIECES | st.text(max_size=8), max_size=12).map("".join)
KINDS = ("gpt2", "llama3", "qwen2", "llama2")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A folder with each kind of tokenizer, and what `transformers` makes of it."""
    from transformers import AutoTokenizer, PreTrainedTokenizerFast

    made = {}
    for kind in KINDS:
        folder = tmp_path_factory.mktemp(kind)
        end = "</s>" if kind == "llama2" else "<|endoftext|>"
        PreTrainedTokenizerFast(tokenizer_object=peers.tokenizer(kind), eos_token=end).save_pretrained(folder)
        made[kind] = (read_tokenizer(folder, kind), AutoTokenizer.from_pretrained(folder))
    return made


@given(text=TEXTS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_imported_tokenizers_are_those_of_transformers(folders, text):
    for ours, theirs in folders.values():
        wanted = theirs(text, add_special_tokens=False, split_special_tokens=True).input_ids
        assert ours.encode(text) == wanted
        assert ours.encode_batch([text, "x"])[0] == wanted
        whole = theirs(text, split_special_tokens=True).input_ids
        assert ours.opened(wanted) == (whole or [ours.end_of_text])
        assert ours.decode(wanted) == theirs.decode(wanted, skip_special_tokens=True)


def test_a_kept_tokenizer_is_read_back_the_same(folders, tmp_path):
    for kind, (ours, _) in folders.items():
        (tmp_path / kind).mkdir()
        ours.save(tmp_path / kind)
        again = Tokenizer.load(tmp_path / kind)
        assert again.same_as(ours) and (again.starts, again.end_of_text) == (ours.starts, ours.end_of_text)
        assert not again.same_as(train_bpe(["abc"], 257))
        assert tokenizer_files(again, 64)["tokenizer.json"] == ours.data


@pytest.fixture(scope="module")
def exported(tmp_path_factory) -> tuple[BytePairs, object]:
    from transformers import AutoTokenizer

    text = ["The quick brown fox's 12345 jumps don't x**2\n\n  and é 中文 🙂 once more, the fox\t\tquick"] * 3
    ours, folder = train_bpe(text, 330), tmp_path_factory.mktemp("ours")
    for name, content in tokenizer_files(ours, 64).items():
        (folder / name).write_bytes(content)
    return ours, AutoTokenizer.from_pretrained(folder)


@given(text=TEXTS)
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_our_tokenizer_is_the_same_once_exported(exported, text):
    ours, theirs = exported
    assert theirs(text, split_special_tokens=True).input_ids == ours.opened(ours.encode(text))
    assert theirs.decode(ours.encode(text)) == ours.decode(ours.encode(text))


def test_every_longer_token_has_the_merge_that_makes_it(exported):
    ours, _ = exported
    merges = merges_of(ours.ranks)
    assert [left + right for left, right in merges] == [t for t in ours.ranks if len(t) > 1]
    assert oniguruma(PATTERN) != PATTERN


def test_special_tokens_keep_their_numbers() -> None:
    ours = train_bpe(["some text", "some more"], 270, special=["<|user|>", "<|assistant|>"])
    theirs = tokenizers.Tokenizer.from_str(tokenizer_files(ours, 64)["tokenizer.json"].decode())
    assert {name: theirs.token_to_id(name) for name in ours.special} == ours.special
