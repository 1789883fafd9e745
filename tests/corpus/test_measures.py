"""Every measure against a slow and obvious one, on text made to be awkward."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.corpus.measure.batch import Batch, Columns
from engine.corpus.measure.function_words import LANGUAGES, STOP_WORDS, function_words
from engine.corpus.measure.lines import ABBREVIATIONS, POLICY, TERMINAL, lines
from engine.corpus.measure.quality import quality
from engine.corpus.measure.repetition import DUPLICATE, TOP, repetition

_WORD = re.compile("[^ \t\n\r\v\f\x1c-\x1f\u00a0\u2000-\u200a\u3000]+")
_PIECES = [
    *("the", "The", "that", "of", "with", "river", "stone", "a", "und", "Die", "não", "не", "Zeit", "été", "ж", "語"),
    *("3.5", "1984", "#", "##tag", "{", "----", "•", "•one", "-", "...", "…", "don’t", "x" * 1001, "é" * 1001),
    *("end.", "end...", "so…", 'said."', "why?)", "no!”", "Mr.", "J.", "e.g."),
    *("JavaScript", "lorem ipsum", "privacy policy", "We use cookies"),
]
_GAPS = [" ", " ", " ", " ", "  ", "\n", "\n", "\n\n", "\r\n", "\n \t\n", "\t", "\u00a0", "\u3000"]


@st.composite
def awkward(draw: st.DrawFn) -> str:
    """Few words, so that they repeat; and every kind of gap, also first and last."""
    parts = draw(st.lists(st.tuples(st.sampled_from(_PIECES), st.sampled_from(_GAPS)), max_size=40))
    text = draw(st.sampled_from(["", *_GAPS])) + "".join(piece + gap for piece, gap in parts)
    return text * draw(st.sampled_from([1, 1, 2, 3]))


documents = st.lists(awkward() | st.text(max_size=60), min_size=1, max_size=4)


def check(measure: Callable[[Batch], Columns], slow: Callable[[str], dict[str, float]], texts: list[str]) -> None:
    columns = measure(Batch(texts))
    for number, text in enumerate(texts):
        found = {name: float(column[number]) for name, column in columns.items()}
        assert found == pytest.approx(slow(text), rel=1e-6), repr(text)


def split_lines(text: str) -> list[str]:
    """Without what stands around them, and without blank ones."""
    return [line for line in (" ".join(_WORD.findall(line)) for line in text.split("\n")) if line]


def share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def slow_quality(text: str) -> dict[str, float]:
    words, rows = _WORD.findall(text), split_lines(text)
    spaces = len(text) - len("".join(words))
    bullets = ("•", "‣", "◦", "●", "▪", "-", "*")
    return {
        "chars": len(text),
        "words": len(words),
        "mean_word_length": share(len(text) - spaces, len(words)),
        "alphabetic": share(sum(map(str.isalpha, text)) + spaces, len(text)),
        "alphanumeric": share(sum(map(str.isalnum, text)), len(text)),
        "alphabetic_words": share(sum(any(map(str.isalpha, word)) for word in words), len(words)),
        "symbol_words": share(sum(not any(map(str.isalnum, word)) for word in words), len(words)),
        "hash_ratio": share(text.count("#"), len(words)),
        "ellipsis_ratio": share(text.count("...") + text.count("…"), len(words)),
        "bullet_lines": share(sum(r.startswith("•") or _WORD.findall(r)[0] in bullets for r in rows), len(rows)),
        "ellipsis_lines": share(sum(r.endswith(("...", "…")) for r in rows), len(rows)),
    }


def slow_function_words(text: str) -> dict[str, float]:
    words = [word[:1].lower() + word[1:] for word in _WORD.findall(text)]
    most = max(sum(word in listed for word in words) for listed in LANGUAGES.values())
    return {"stop_words": len({*words} & {*STOP_WORDS}), "function_words": share(most, len(words))}


def slow_repetition(text: str) -> dict[str, float]:
    words, rows = _WORD.findall(text), split_lines(text)
    blank = re.compile(r"\n[^\S\n]*\n")
    paragraphs = [" ".join(_WORD.findall(part)) for part in blank.sub("\n\n", text).split("\n\n")]
    paragraphs = [part for part in paragraphs if part]
    sizes = [len(word) + 1 for word in words]
    found = {}
    for name, parts in (("line", rows), ("paragraph", paragraphs)):
        again = [part for number, part in enumerate(parts) if part in parts[:number]]
        found[f"duplicate_{name}s"] = share(len(again), len(parts))
        found[f"duplicate_{name}_chars"] = share(sum(len(p) + 1 for p in again), sum(len(p) + 1 for p in parts))
    for n in (*TOP, *DUPLICATE):
        grams = [" ".join(words[at : at + n]) for at in range(len(words) - n + 1)]
        if n in TOP:
            counts = Counter(grams)
            best = max(((k, len(gram) + 1) for gram, k in counts.items() if k > 1), default=(0, 0))
            found[f"top_{n}gram"] = min(1.0, share(best[0] * best[1], sum(sizes)))
        else:
            covered = {at + step for at, gram in enumerate(grams) if gram in grams[:at] for step in range(n)}
            found[f"duplicate_{n}grams"] = share(sum(sizes[at] for at in covered), sum(sizes))
    return found


def slow_lines(text: str) -> dict[str, float]:
    rows = [row for row in (_stripped(row) for row in text.split("\n")) if row]
    words = _WORD.findall(text)
    scripts = ["javascript" in row.lower() for row in rows]
    policies = [any(phrase in row.lower() for phrase in POLICY) for row in rows]
    prose = [
        len(parts) >= 3 and max(map(len, parts)) <= 1000 and not script and not policy
        for parts, script, policy in zip(map(_WORD.findall, rows), scripts, policies)
    ]
    finished = [row.endswith(tuple(TERMINAL)) for row in rows]
    sentences = [slow_sentences(_WORD.findall(row)) for row in rows]
    ended = [end and not row.endswith("...") for row, end in zip(rows, finished)]
    return {
        "punctuated_lines": share(sum(finished), len(rows)),
        "short_lines": share(sum(len(row) <= 30 for row in rows), len(rows)),
        "newline_ratio": text.count("\n") / max(1, len(words)),
        "mean_line_length": share(sum(map(len, rows)), len(rows)),
        "longest_line": max(map(len, rows), default=0),
        "curly_brackets": text.count("{"),
        "lorem_ipsum": text.lower().count("lorem ipsum"),
        "javascript_lines": share(sum(scripts), len(rows)),
        "policy_lines": share(sum(policies), len(rows)),
        "sentences": sum(count for count, good in zip(sentences, prose) if good),
        "c4_sentences": sum(count for count, good, end in zip(sentences, prose, ended) if good and end),
    }


def _stripped(row: str) -> str:
    found = list(_WORD.finditer(row))
    return row[found[0].start() : found[-1].end()] if found else ""


def slow_sentences(words: list[str]) -> int:
    count, open_end = 0, 1
    for word, after in zip(words, [*words[1:], ""]):
        bare = word
        for _ in range(2):
            bare = bare[:-1] if len(bare) > 1 and bare[-1] in "\"')]”’" else bare
        initial = len(word.encode()) == 2 and word[0] < "a" and word[1] == "."
        if bare[-1] in ".!?。！？" and word not in ABBREVIATIONS and not initial and not "a" <= after[:1] <= "z":
            count += 1
            open_end = 0 if not after else open_end
    return count + open_end


@settings(max_examples=60, deadline=None)
@given(documents)
def test_quality(texts: list[str]) -> None:
    check(quality, slow_quality, texts)


@settings(max_examples=60, deadline=None)
@given(documents)
def test_function_words(texts: list[str]) -> None:
    check(function_words, slow_function_words, texts)


@settings(max_examples=60, deadline=None)
@given(documents)
def test_repetition(texts: list[str]) -> None:
    check(repetition, slow_repetition, texts)


@settings(max_examples=60, deadline=None)
@given(documents)
def test_lines(texts: list[str]) -> None:
    check(lines, slow_lines, texts)


def test_no_documents_have_no_measures_but_their_names() -> None:
    for measure in (quality, function_words, repetition, lines):
        assert {len(column) for column in measure(Batch([])).values()} == {0}
        assert set(measure(Batch([]))) == set(measure(Batch(["some text"])))
