"""The tokenizer against byte-pair encoding written out, and against tiktoken's own vocabularies."""

from __future__ import annotations

import collections
import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import regex
import tiktoken
from hypothesis import given
from hypothesis import strategies as st

from engine.corpus.tokenizer import END_OF_TEXT, PATTERN, BytePairs, Tokenizer
from engine.corpus.vocabulary import published, train_bpe
from engine.errors import InputError
from tests.corpus.conftest import SENTENCES

TOKENIZER = train_bpe(SENTENCES, 320)


def merge(word: tuple[bytes, ...], pair: tuple[bytes, bytes]) -> tuple[bytes, ...]:
    """Byte-pair encoding's one step, left to right."""
    out: list[bytes] = []
    for part in word:
        out.append(part)
        if len(out) > 1 and (out[-2], out[-1]) == pair:
            out[-2:] = [out[-2] + out[-1]]
    return tuple(out)


def words(text: str) -> list[tuple[bytes, ...]]:
    return [tuple(bytes([b]) for b in piece.encode()) for piece in regex.findall(PATTERN, text)]


def test_every_merge_is_of_a_most_frequent_pair() -> None:
    """Ties may fall either way, so each learned merge is checked against the counts at that point."""
    counts = collections.Counter(word for text in SENTENCES for word in words(text))
    learned = [TOKENIZER.decode_bytes(rank) for rank in range(256, TOKENIZER.n_vocab - 1)]
    assert len(learned) > 50
    for token in learned:
        pairs: collections.Counter[tuple[bytes, bytes]] = collections.Counter()
        for word, n in counts.items():
            for pair in itertools.pairwise(word):
                pairs[pair] += n
        most = max(pairs.values())
        candidates = [pair for pair, n in pairs.items() if n == most and pair[0] + pair[1] == token]
        assert candidates, token
        merged: collections.Counter[tuple[bytes, ...]] = collections.Counter()
        for word, n in counts.items():
            merged[merge(word, candidates[0])] += n
        counts = merged


@given(st.text())
def test_any_text_survives_the_round_trip(text: str) -> None:
    assert TOKENIZER.decode(TOKENIZER.encode(text)) == text


def test_text_that_spells_the_special_token_is_ordinary_text() -> None:
    ids = TOKENIZER.encode(f"before {END_OF_TEXT} after")
    assert TOKENIZER.end_of_text not in ids and len(ids) > 3
    assert TOKENIZER.decode([TOKENIZER.end_of_text]) == END_OF_TEXT


def test_a_batch_is_its_texts_in_order() -> None:
    assert TOKENIZER.encode_batch(SENTENCES) == [TOKENIZER.encode(text) for text in SENTENCES]


def test_order_and_process_change_nothing(tmp_path: Path) -> None:
    """Ties between pairs are broken by the pairs, not by a hash seed or a thread's luck."""
    code = (
        "import sys; from pathlib import Path; from engine.corpus.vocabulary import train_bpe;"
        "from tests.corpus.conftest import SENTENCES as s; train_bpe(s[::-1], 320).save(Path(sys.argv[1]))"
    )
    for threads in ("1", "4"):
        folder = tmp_path / threads
        env = {**os.environ, "RAYON_NUM_THREADS": threads, "PYTHONPATH": str(Path(__file__).parents[2])}
        subprocess.run([sys.executable, "-c", code, str(folder)], check=True, env=env)
    TOKENIZER.save(tmp_path / "here")
    saved = {(p.parent.name, p.name): p.read_bytes() for p in tmp_path.rglob("*.*")}
    for name in ("ranks.tiktoken", "meta.json"):
        assert saved["1", name] == saved["4", name] == saved["here", name]


def test_a_saved_tokenizer_loads_as_the_same(tmp_path: Path) -> None:
    TOKENIZER.save(tmp_path)
    loaded = Tokenizer.load(tmp_path)
    assert (loaded.n_vocab, loaded.end_of_text) == (TOKENIZER.n_vocab, TOKENIZER.end_of_text) == (320, 319)
    assert loaded.encode_batch(SENTENCES) == TOKENIZER.encode_batch(SENTENCES)


def test_small_text_gives_a_small_vocabulary() -> None:
    assert train_bpe(["ab"], 400).n_vocab == 258  # 256 bytes, one merge, one special token


@pytest.mark.parametrize(
    ("name", "content"),
    [("meta.json", b"{"), ("ranks.tiktoken", b"AA== 0\n"), ("ranks.tiktoken", b"what 7\n"), ("meta.json", None)],
)
def test_a_damaged_folder_is_named(tmp_path: Path, name: str, content: bytes | None) -> None:
    TOKENIZER.save(tmp_path)
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=name):
        Tokenizer.load(tmp_path)


def test_an_unknown_vocabulary_names_those_there_are() -> None:
    with pytest.raises(InputError, match=r"tokenizer\.name: no vocabulary 'gpt-9'.*cl100k_base"):
        published("gpt-9")


def test_a_vocabulary_that_cannot_be_had_says_where_to_put_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # nobody listens there
    with pytest.raises(InputError, match="TIKTOKEN_CACHE_DIR"):
        published("gpt2")


def test_an_error_in_the_texts_is_not_swallowed() -> None:
    def texts() -> Iterator[str]:
        yield from SENTENCES
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_bpe(texts(), 320)


def test_numbers_that_stand_for_nothing_decode_to_nothing() -> None:
    """Published vocabularies have holes; a model can still produce their numbers."""
    holed = BytePairs("holed", PATTERN, {bytes([b]): b for b in range(256)}, 300)
    assert holed.n_vocab == 301
    assert holed.decode([104, 270, 105]) == "hi"


def test_a_published_vocabulary_is_tiktokens_own(tmp_path: Path) -> None:
    try:
        ours = published("gpt2")
    except InputError:
        pytest.skip("the gpt2 vocabulary is neither cached nor to be fetched here")
    ours.save(tmp_path)
    theirs = tiktoken.get_encoding("gpt2")
    assert (ours.n_vocab, ours.end_of_text) == (theirs.n_vocab, theirs.eot_token)
    assert Tokenizer.load(tmp_path).encode_batch(SENTENCES) == theirs.encode_ordinary_batch(SENTENCES)
