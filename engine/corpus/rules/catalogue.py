"""Every measure of Graftline's own that a rule may bound, in the order in which rules are tried.

`docs/corpus.md` shows this table, `graftline corpus rules` prints it, `[clean.rules]` takes its names as keys.
"""

from __future__ import annotations

from engine.corpus.measure.function_words import LANGUAGES, STOP_WORDS
from engine.corpus.measure.lines import LINE_WORDS, LONGEST_WORD, SHORT_LINE
from engine.corpus.rules.rules import Bounds, Criterion, Side

GOPHER = "Rae et al. 2021 (Gopher), A.1.1"
GOPHER_A1 = "Rae et al. 2021 (Gopher), table A1"
C4 = "Raffel et al. 2020 (C4), 2.2"
C4_CODE = "Raffel et al. 2020 (C4), its code"
FINEWEB = "Penedo et al. 2024 (FineWeb), custom filters"
FINEWEB_CODE = "Penedo et al. 2024 (FineWeb), its code"
FINEWEB_C4 = "Penedo et al. 2024 (FineWeb), from C4"
CODEPARROT = "Tunstall et al. 2022 (CodeParrot)"
CODEX = "Chen et al. 2021 (Codex), 3.1"
OURS = "Graftline"


def _c(name: str, usual: Bounds, meaning: str, reason: str, origin: str, side: Side | None = None) -> Criterion:
    chosen: Side = side or ("lowest" if usual[1] is None else "highest" if usual[0] is None else "both")
    return Criterion(name=name, meaning=meaning, reason=reason, origin=origin, usual=usual, side=chosen)


CATALOGUE = (
    _c("chars", (200, None), "characters", "too short, or too long", OURS),
    _c("words", (50, 100_000), "words: what stands between whitespace", "too few words, or too many", GOPHER, "lowest"),
    _c("mean_word_length", (3, 10), "characters a word, on average", "words of an odd length", GOPHER),
    _c("alphabetic", (0.5, None), "share of characters that are letters or spaces", "too few letters", OURS),
    _c("alphanumeric", (0.25, None), "share of characters that are letters or digits", "hardly a letter", CODEPARROT),
    _c(
        "alphabetic_words",
        (0.8, None),
        "share of words with a letter in them",
        "too many words without a letter",
        GOPHER,
    ),
    _c(
        "symbol_words",
        (None, 0.3),
        "share of words without a letter or digit",
        "too many words that are symbols",
        OURS,
    ),
    _c("hash_ratio", (None, 0.1), "number signs a word", "too many number signs", GOPHER),
    _c("ellipsis_ratio", (None, 0.1), "ellipses (`...` or `…`) a word", "too many ellipses", GOPHER),
    _c("stop_words", (2, None), f"different ones of: {', '.join(STOP_WORDS)}", "no English stop words", GOPHER),
    _c(
        "function_words",
        (0.03, None),
        f"share of words that are function words of one language, of the {len(LANGUAGES)} listed the one that has most",
        "no running text in any known language",
        OURS,
    ),
    _c("bullet_lines", (None, 0.9), "share of lines that begin with a bullet", "nothing but a list", GOPHER),
    _c("ellipsis_lines", (None, 0.3), "share of lines that end in an ellipsis", "lines cut off", GOPHER),
    _c("duplicate_lines", (None, 0.3), "share of lines that stood before", "repeated lines", GOPHER_A1),
    _c(
        "duplicate_paragraphs",
        (None, 0.3),
        "share of paragraphs that stood before",
        "repeated paragraphs",
        GOPHER_A1,
    ),
    _c(
        "duplicate_line_chars",
        (None, 0.2),
        "share of characters in lines that stood before",
        "much text in repeated lines",
        GOPHER_A1,
    ),
    _c(
        "duplicate_paragraph_chars",
        (None, 0.2),
        "share of characters in paragraphs that stood before",
        "much text in repeated paragraphs",
        GOPHER_A1,
    ),
    *(
        _c(
            f"top_{n}gram",
            (None, highest),
            f"share of characters in the most frequent {n} words in a row",
            f"the same {n} words again and again",
            GOPHER_A1,
        )
        for n, highest in ((2, 0.20), (3, 0.18), (4, 0.16))
    ),
    *(
        _c(
            f"duplicate_{n}grams",
            (None, highest),
            f"share of characters in {n} words in a row that stood before",
            f"repeated runs of {n} words",
            GOPHER_A1,
        )
        for n, highest in ((5, 0.15), (6, 0.14), (7, 0.13), (8, 0.12), (9, 0.11), (10, 0.10))
    ),
    _c("lorem_ipsum", (None, 0), "times that `lorem ipsum` stands in it", "placeholder text", C4),
    _c("curly_brackets", (None, 0), "number of `{`", "code: a curly bracket", C4),
    _c(
        "c4_sentences",
        (5, None),
        f"sentences in lines that end in a sentence's end, have {LINE_WORDS} words or more, none over {LONGEST_WORD:,} "
        "characters, and name neither JavaScript nor a policy",
        "too few sentences",
        C4,
    ),
    _c(
        "sentences",
        (5, None),
        "the same, however the lines end",
        "too few sentences",
        FINEWEB_C4,
    ),
    _c(
        "javascript_lines",
        (None, 0.1),
        "share of lines with the word JavaScript",
        "messages about JavaScript",
        f"{C4}; the bound is ours",
    ),
    _c(
        "policy_lines",
        (None, 0.1),
        "share of lines with `terms of use`, `privacy policy`, `use cookies` and the like",
        "legal notices",
        f"{C4_CODE}; the bound is ours",
    ),
    _c(
        "punctuated_lines",
        (0.12, None),
        "share of lines that end in a sentence's end",
        "lines that are no sentences",
        FINEWEB,
    ),
    _c(
        "short_lines",
        (None, 0.67),
        f"share of lines of at most {SHORT_LINE} characters",
        "mostly short lines",
        FINEWEB,
    ),
    _c("newline_ratio", (None, 0.3), "line ends a word", "a list: too many line ends", FINEWEB_CODE),
    _c("mean_line_length", (None, 100), "characters a line, on average", "long lines on average", CODEX),
    _c("longest_line", (None, 1000), "characters of the longest line", "a very long line", CODEX),
)
"""A line is one that is not blank."""
CRITERIA = {criterion.name: criterion for criterion in CATALOGUE}
