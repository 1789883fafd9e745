"""Where vocabularies come from: two trainers, tiktoken's names and cache, local files, and special tokens."""

from __future__ import annotations

import base64
import hashlib
import importlib
from pathlib import Path

import msgspec
import pytest

from engine.config.corpus import CorpusConfig, LanguageConfig, SourceConfig, TokenizerConfig
from engine.corpus.merges import _by_tokenizers, learn
from engine.corpus.tokenizer import END_OF_TEXT, PATTERN, BytePairs, Tokenizer
from engine.corpus.vocabulary import at_hand, check_tokenizer, chosen, published, train_bpe
from engine.errors import InputError
from engine.launch.prepare import problems
from engine.paths import Workspace
from tests.corpus.conftest import SENTENCES

RANKS = learn(SENTENCES, 300, PATTERN)
ROLES = ("<|user|>", "<|assistant|>")
PUBLIC = importlib.import_module("tiktoken_ext.openai_public")


def config(**keys: object) -> TokenizerConfig:
    return msgspec.convert(keys, TokenizerConfig)


def write(path: Path, ranks: dict[bytes, int]) -> Path:
    path.write_bytes(b"".join(b"%s %d\n" % (base64.b64encode(token), rank) for token, rank in ranks.items()))
    return path


# --- learning


def test_both_trainers_learn_vocabularies_of_one_kind() -> None:
    """The same bytes first, the same number of tokens, whole merges; as good on the text to within a token in fifty."""
    texts = [*SENTENCES, "naïve 12345 'twas\n\n  indented\t\n ", "日本語 text  \n"]
    ours, theirs = (BytePairs("t", PATTERN, make(texts, 320, PATTERN), 320) for make in (learn, _by_tokenizers))
    assert theirs.n_vocab == ours.n_vocab == 321
    assert [theirs.ranks[bytes([byte])] for byte in range(256)] == list(range(256))
    assert sorted(theirs.ranks.values()) == list(range(320))
    assert theirs.decode(theirs.encode(texts[-2] + texts[-1])) == texts[-2] + texts[-1]
    lengths = [sum(map(len, tokenizer.encode_batch(texts))) for tokenizer in (ours, theirs)]
    assert lengths[1] == pytest.approx(lengths[0], rel=0.02)
    common = ours.ranks.keys() & theirs.ranks.keys()
    assert len(common) > 300


def test_the_other_trainer_also_stops_where_the_text_runs_out() -> None:
    assert len(_by_tokenizers(["ab"], 400, PATTERN)) == 257


def test_without_the_trainer_the_other_one_learns_and_without_both_the_error_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    there = {"tokenizers"}
    monkeypatch.setattr("engine.corpus.merges.find_spec", lambda name: name if name in there else None)
    assert learn(SENTENCES, 300, PATTERN) == _by_tokenizers(SENTENCES, 300, PATTERN)
    there.clear()
    with pytest.raises(InputError, match="pip install rustbpe"):
        learn(SENTENCES, 300, PATTERN)


# --- special tokens


def test_special_tokens_come_after_the_merges_and_out_of_no_text(tmp_path: Path) -> None:
    made = train_bpe(SENTENCES, 300, special=ROLES)
    assert (made.n_vocab, made.end_of_text) == (300, 297)
    assert made.special == {"<|user|>": 298, "<|assistant|>": 299}
    spelt = "".join([*ROLES, END_OF_TEXT])
    assert max(made.encode(spelt)) < 297 and made.decode(made.encode(spelt)) == spelt
    assert made.decode([299]) == "<|assistant|>"
    made.save(tmp_path)
    loaded = Tokenizer.load(tmp_path)
    assert loaded.same_as(made) and loaded.decode([298]) == "<|user|>"
    assert not made.same_as(train_bpe(SENTENCES, 300, special=ROLES[::-1]))


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"special": ["<|a|>", "<|a|>"]}, "twice"),
        ({"special": [""]}, "cannot be one"),
        ({"special": [END_OF_TEXT]}, "always there"),
        ({"special": ["<|a|>"], "vocab_size": 257}, "do not fit"),
        ({"file": "x.tiktoken"}, 'tokenizer.type = "tiktoken"'),
        ({"file": "x.tiktoken", "type": "tiktoken"}, "no such file: x.tiktoken"),
    ],
)
def test_what_cannot_be_is_refused_first(keys: dict[str, object], says: str) -> None:
    check_tokenizer(config(special=ROLES, vocab_size=259))
    with pytest.raises(InputError, match=says):
        check_tokenizer(config(**keys))


def test_launching_names_all_that_is_wrong_at_once(tmp_path: Path) -> None:
    text = tmp_path / "a.txt"
    text.write_text("some text")
    asked = CorpusConfig(
        name="a",
        sources=(SourceConfig(path=str(text)),),
        language=LanguageConfig(keep=("en",), identifier="nobody"),
        tokenizer=config(special=["<|a|>", "<|a|>"]),
    )
    found = [error.key for error in problems(Workspace(tmp_path), asked)]
    assert found == ["tokenizer.special", "language.identifier"]


# --- published vocabularies and local files


ADDRESS = "https://here.invalid/small.tiktoken"
PUBLISHED = f"""
def small():
    ranks = load_tiktoken_bpe({ADDRESS!r}, expected_hash=HASH)
    return {{"pat_str": r50k_pat_str, "mergeable_ranks": ranks, "special_tokens": {{ENDOFTEXT: 400, ENDOFPROMPT: 410}}}}
"""


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """tiktoken knows one more vocabulary, defined as its own are, and this is the file behind its address."""
    path = write(tmp_path / "renamed.tiktoken", RANKS)
    space = {**vars(PUBLIC), "HASH": hashlib.sha256(path.read_bytes()).hexdigest()}
    exec(PUBLISHED, space)
    monkeypatch.setattr(PUBLIC, "HASH", space["HASH"], raising=False)
    monkeypatch.setitem(PUBLIC.ENCODING_CONSTRUCTORS, "small", space["small"])
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # nobody listens there
    return path


def test_a_published_vocabulary_is_taken_from_the_cache_offline(small: Path) -> None:
    assert at_hand("small") is None
    with pytest.raises(InputError, match=r"tokenizer.name: .*/cache and could not be fetched.*TIKTOKEN_CACHE_DIR"):
        published("small")
    (small.parent / "cache").mkdir()
    small.rename(small.parent / "cache" / hashlib.sha1(ADDRESS.encode()).hexdigest())
    found = at_hand("small")
    assert found is not None and (found.ranks, found.end_of_text) == (RANKS, 400)
    taken = chosen(config(type="tiktoken", name="small", special=["<|endofprompt|>", "<|user|>"]))
    assert taken.special == {"<|endofprompt|>": 410, "<|user|>": 411}
    assert chosen(config(type="tiktoken", name="small")).n_vocab == 401


def test_a_local_file_takes_the_pattern_it_is_called_after(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"{name}.tiktoken", RANKS) for name in ("r50k_base", "mine")]
    by_file, by_name = (chosen(config(type="tiktoken", file=str(path), name="cl100k_base")) for path in paths)
    assert (by_file.pattern, by_name.pattern) == (PUBLIC.r50k_pat_str, PATTERN)
    assert (by_name.name, by_name.ranks, by_name.end_of_text, by_name.n_vocab) == ("mine", RANKS, 300, 301)


def test_a_published_file_is_known_by_its_content(small: Path) -> None:
    found = chosen(config(type="tiktoken", file=str(small), name="cl100k_base"))
    assert (found.name, found.pattern, found.end_of_text) == ("small", PUBLIC.r50k_pat_str, 400)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("gpt2", None, "tokenizer.file: no such file"),
        ("gpt2", b"AA== 0\n", "256 bytes"),
        ("gpt2", b"nonsense", "line 1"),
        ("my-own", b"", "which pattern"),
    ],
)
def test_a_file_that_is_no_vocabulary_is_named(tmp_path: Path, name: str, content: bytes | None, says: str) -> None:
    path = tmp_path / "x.tiktoken"
    if content is not None:
        path.write_bytes(content or write(path, RANKS).read_bytes())
    with pytest.raises(InputError, match=says) as error:
        chosen(config(type="tiktoken", file=str(path), name=name), where="here.toml")
    assert str(path) in str(error.value)
