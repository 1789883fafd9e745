"""Listed words: what counts as one, what does not, and that the built-in list leaves clean text alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.corpus.measure.batch import Batch
from engine.corpus.measure.toxicity import PASSAGE, ToxicWords, toxic_entries
from engine.errors import InputError

LIST = [("foo", "foos"), ("bar",), ("big bar",), ("foo of a bar",)]


def measured(texts: list[str], entries: list[tuple[str, ...]] = LIST) -> list[tuple[int, float]]:
    columns = ToxicWords(entries)(Batch(texts))
    return list(zip(columns["toxic_words"].tolist(), columns["toxic_share"].tolist()))


@pytest.mark.parametrize(
    ("text", "different", "covered"),
    [
        ("a foo, FOO! foos", 1, 3),  # forms of one word are one
        ("foobar food barfoo", 0, 0),  # whole words alone
        ("Foo's bar", 2, 2),
        ("big bar", 2, 2),  # a phrase, and a word in it
        ("foo-of a\nbar", 3, 4),
        ("foo of", 1, 1),
        ("", 0, 0),
    ],
)
def test_a_word_counts_whole_once_and_in_every_form(text: str, different: int, covered: int) -> None:
    ((words, share),) = measured([text])
    assert words == different
    assert share == pytest.approx(covered / max(1, len(re.findall(r"\w+", text))))


def test_a_phrase_does_not_reach_from_one_document_into_the_next() -> None:
    assert [words for words, _ in measured(["so big", "bar none", "big", ""])] == [0, 1, 0, 0]


@pytest.mark.parametrize(("apart", "together"), [(PASSAGE - 1, 2), (PASSAGE, 1)])
def test_words_of_a_long_document_count_together_where_they_stand_together(apart: int, together: int) -> None:
    between = "word " * (apart - 1)
    counts = [measured([f"{'word ' * before} foo {between} bar"])[0][0] for before in (0, 1, 499, 500, 501, 999)]
    assert counts == [together] * 6


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.sampled_from(["foo", "foos", "bar", "big", "of", "a", "é"]), max_size=12), max_size=6))
def test_it_finds_what_a_loop_over_words_finds(documents: list[list[str]]) -> None:
    slow = []
    for words in documents:
        found, covered = set(), set()
        for number, forms in enumerate(LIST):
            for form in (form.split() for form in forms):
                for at in range(len(words) - len(form) + 1):
                    if words[at : at + len(form)] == form:
                        found.add(number)
                        covered |= set(range(at, at + len(form)))
        slow.append((len(found), pytest.approx(len(covered) / max(1, len(words)))))
    assert measured([" ".join(words) for words in documents]) == slow


def test_the_built_in_list_knows_foul_text_from_clean() -> None:
    entries = toxic_entries("built-in")
    clean = "The cock crowed; the ass brayed; Dick, magna cum laude, ejaculated that pussy sat by the great tits' nest."
    foul = "fucking bullshit, you motherfucker. Free porn here."
    (clean_words, _), (foul_words, share) = measured([clean, foul], entries)
    assert clean_words == 0
    assert (foul_words, round(share * 7)) == (4, 4)


def test_no_form_of_the_built_in_list_counts_twice_for_one_place() -> None:
    entries = toxic_entries("built-in")
    forms = [form for entry in entries for form in entry]
    assert dict(zip(forms, measured(forms, entries))) == dict.fromkeys(forms, (1, 1.0))


def test_allowed_words_are_no_reason_and_their_other_forms_still_are(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("# mine\n\nFoo, foos\nBar\n")
    entries = toxic_entries(str(path), allow=["FOO", "bar"])
    assert measured(["foo bar", "foos"], entries) == [(0, 0.0), (1, 1.0)]


def test_no_list_finds_nothing() -> None:
    assert measured(["foo"], toxic_entries("")) == [(0, 0.0)]


@pytest.mark.parametrize(
    ("content", "says"), [(None, "no such file"), (b"\xff\xfe", "not UTF-8"), (b"# nothing\n\n, ,\n", "no word in it")]
)
def test_a_list_that_cannot_be_used_is_named(tmp_path: Path, content: bytes | None, says: str) -> None:
    path = tmp_path / "list.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=says) as error:
        toxic_entries(str(path), where="here.toml")
    assert str(path) in str(error.value)
