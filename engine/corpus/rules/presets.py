"""Which rules fit which kind of text.

`gopher`, `c4` and `fineweb` are what their papers publish. The others are ours, made from the same rules: what is
changed, and why, stands beside it. Measured on clean books and on Python's documentation, each drops under 2 %.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from engine.corpus.rules.catalogue import CATALOGUE, CRITERIA, GOPHER_A1
from engine.corpus.rules.rules import Bounds

LONG = 50
"""Words from which on shares are judged in our own presets. Gopher drops shorter texts first, so that its other bounds
were never meant for them."""


class Preset(NamedTuple):
    about: str
    rules: Mapping[str, Bounds]
    """Asked of every document."""
    long: Mapping[str, Bounds] = MappingProxyType({})
    """Asked of documents of at least `LONG` words."""


def _usual(*names: str) -> dict[str, Bounds]:
    return {name: CRITERIA[name].usual for name in names}


_REPETITION = _usual(*(criterion.name for criterion in CATALOGUE if criterion.origin == GOPHER_A1))
_PROSE = _usual("hash_ratio", "ellipsis_ratio", "bullet_lines", "ellipsis_lines", "alphabetic_words")
# A play has the speaker's name before each speech, a poem its refrain: half of the lines may repeat where little of
# the text does. Gopher: 0.3.
_PLAYS: dict[str, Bounds] = {"duplicate_lines": (None, 0.5), "duplicate_paragraphs": (None, 0.5)}
_GOPHER = {**_usual("words", "mean_word_length", "stop_words"), **_PROSE, **_REPETITION}
_C4_PAGE = _usual("lorem_ipsum", "curly_brackets")
# Gopher: 3 to 10. Names in technical text are long.
_WORDS: dict[str, Bounds] = {"mean_word_length": (2, 15)}
# Any language that has function words. Of clean books and documentation 99 % have more than 0.05; random letters, which
# spell a short word now and then, seldom reach 0.03 in 60 words, and in 200 never.
_ANY_TEXT: dict[str, Bounds] = {"function_words": (0.03, None)}

PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "general": Preset(
            "text of any kind: noise, gibberish, menus and repetition go",
            # Entries of a dictionary and doc strings are short and fine: only what holds no statement at all goes.
            {"chars": (10, None), **_WORDS, "alphabetic": (0.5, None), "symbol_words": (None, 0.6)},
            # A page with hardly one finished line, all of them short, is a menu; FineWeb's bounds would take verse too.
            {
                **_ANY_TEXT,
                **_PROSE,
                # Gopher: 0.8. Tables of contents, indexes and examples of calls have 0.75.
                "alphabetic_words": (0.7, None),
                **_REPETITION,
                **_PLAYS,
                "punctuated_lines": (0.03, None),
                "short_lines": (None, 0.95),
            },
        ),
        "web": Preset(
            "pages of the web: FineWeb's choice of rules, in any language, with code allowed",
            {
                "words": (50, 100_000),
                **_WORDS,
                **_ANY_TEXT,
                **_PROSE,
                **_REPETITION,
                # FineWeb's own three, but for duplicate_line_chars: at 0.1 it takes conversations.
                **_usual("lorem_ipsum", "punctuated_lines", "short_lines", "newline_ratio"),
                # C4 takes such lines out and keeps the page; here a page goes that is mostly that.
                "sentences": (3, None),
                "javascript_lines": (None, 0.3),
                "policy_lines": (None, 0.3),
            },
        ),
        "books": Preset(
            "books and articles, verse and plays among them: no rule about how lines end",
            {
                "chars": (100, None),
                **_WORDS,
                **_ANY_TEXT,
                **_usual("hash_ratio", "ellipsis_ratio", "ellipsis_lines", "alphabetic_words"),
                **_REPETITION,
                **_PLAYS,
            },
        ),
        "technical": Preset(
            "manuals, documentation, papers: tables, formulas and examples are part of them",
            {"chars": (10, None), "mean_word_length": (2, 20), "alphabetic": (0.4, None), "symbol_words": (None, 0.6)},
            {
                "function_words": (0.01, None),
                # Bars stand between the columns of a table.
                "alphabetic_words": (0.5, None),
                # Headings in Markdown and comments in examples begin with a number sign.
                "hash_ratio": (None, 0.3),
                "ellipsis_ratio": (None, 0.2),
                # Signatures and examples differ by a word from one another.
                **{name: (None, min(1.0, 2 * (high or 0))) for name, (_, high) in _REPETITION.items()},
            },
        ),
        "code": Preset(
            "source files: what is generated, minified or data goes",
            {
                "chars": (50, None),
                # Codex: mean 100, longest 1,000, "a small percentage of alphanumeric characters"; CodeParrot: 0.25.
                **_usual("mean_line_length", "longest_line", "alphanumeric"),
                # Closing brackets repeat; text in repeated lines does only in generated files.
                "duplicate_line_chars": (None, 0.6),
            },
        ),
        "gopher": Preset("Gopher's rules of quality and repetition as published; English", _GOPHER),
        "c4": Preset("C4's rules for pages as published; English", {**_C4_PAGE, **_usual("c4_sentences")}),
        "fineweb": Preset(
            "FineWeb's as published: Gopher's, C4's but for line ends, and its own; English",
            {
                **_GOPHER,
                **_C4_PAGE,
                **_usual("sentences", "punctuated_lines", "short_lines", "newline_ratio"),
                # Stricter than Gopher's, and so instead of it.
                "duplicate_line_chars": (None, 0.1),
            },
        ),
        "none": Preset("nothing but documents without a word", {}),
    }
)
