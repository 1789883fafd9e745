"""Rules: what a configuration asks for, and that SQL finds the one which a document breaks first."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from engine.config.corpus import Bound, CleanConfig, CorpusConfig, LanguageConfig, Preset, SourceConfig, ToxicityConfig
from engine.config.load import convert
from engine.corpus.measure.batch import Batch, Columns
from engine.corpus.measure.standard import STANDARD
from engine.corpus.rules.catalogue import CATALOGUE
from engine.corpus.rules.chosen import chosen_rules
from engine.corpus.rules.rules import Criterion, Rule
from engine.corpus.rules.verdict import first_broken, order
from engine.errors import InputError

ROOT = Path(__file__).parents[2]
SENTENCES = (
    "The quick brown fox jumps over the lazy dog, and then it sleeps in the warm afternoon sun.",
    "Nobody in the village had ever seen such a thing, so they talked about it for weeks.",
    "When the river rose in spring, all of the boats were carried down to the old mill.",
    "She wrote to her brother that she would not come back before the end of the year.",
    "There is a house with green windows at the corner where two narrow roads meet.",
)
PROSE = "\n".join(SENTENCES)
BAD: dict[str, tuple[Preset, str]] = {
    "empty": ("none", " \n"),
    "words": ("gopher", "Too short to learn from."),
    "alphabetic": ("general", "#### **** 12345 " * 30),
    "alphabetic_words": ("general", PROSE + " 1234 5678" * 30),
    "hash_ratio": ("books", PROSE.replace("the", "#the #one")),
    "stop_words": ("gopher", "Harbour meadow violin compass lantern orchard. " * 10),
    "function_words": ("general", "Harbour meadow violin compass lantern orchard. " * 10),
    "ellipsis_lines": ("general", PROSE.replace(".\n", "...\n")),
    "duplicate_lines": ("general", PROSE + "\nHome and about us.\n" * 9),
    "top_2gram": ("gopher", PROSE + " on and" * 20),
    "duplicate_5grams": ("web", PROSE + " So it was. " + PROSE.replace("\n", " ")),
    "lorem_ipsum": ("c4", PROSE + "\nLorem ipsum dolor sit amet."),
    "curly_brackets": ("fineweb", PROSE + "\nif (a) { return b; }"),
    "c4_sentences": ("c4", PROSE.replace(".", "")),
    "punctuated_lines": ("general", PROSE.replace(".", "")),
    "newline_ratio": ("web", PROSE + "\n" * 60),
    "longest_line": ("code", PROSE + "\nx = 1" * 40 + "\n" + "x" * 1001),
}


def rules_of(
    preset: Preset = "general", rules: dict[str, Bound] | None = None, *sources: SourceConfig, **tables: Any
) -> tuple[tuple[Rule, ...], ...]:
    clean = CleanConfig(preset=preset, rules=rules or {})
    config = CorpusConfig(name="c", sources=sources or (SourceConfig(),), clean=clean, **tables)
    return chosen_rules(config, where="c.toml")


def measured(texts: list[str], **columns: Any) -> Columns:
    batch = Batch(texts)
    nothing = {name: np.zeros(len(texts), dtype=np.int32) for name in ("source", "toxic_words", "toxic_share")}
    return {**nothing, **{name: c for measure in STANDARD for name, c in measure(batch).items()}, **columns}


def verdicts(rules: tuple[tuple[Rule, ...], ...], columns: Columns) -> list[str | None]:
    expression, values = first_broken(rules)
    with duckdb.connect() as database:
        database.register("documents", columns)
        found = database.execute(f"SELECT {expression} FROM documents", values).fetchall()
    names = order(rules)
    return [None if number is None else names[number] for (number,) in found]


def test_every_measure_has_its_criterion() -> None:
    columns = [name for measure in STANDARD for name in measure(Batch([]))]
    assert sorted(columns) == sorted(criterion.name for criterion in CATALOGUE)


@pytest.mark.parametrize("name", BAD)
def test_each_rule_drops_its_example_and_keeps_prose(name: str) -> None:
    preset, bad = BAD[name]
    assert verdicts(rules_of(preset), measured([bad, PROSE])) == [name, None]


def bounds(rules: tuple[tuple[Rule, ...], ...], name: str) -> tuple[float | None, float | None] | None:
    return next(((rule.low, rule.high) for rule in rules[0] if rule.name == name), None)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (False, None),
        (True, (50, 100_000)),
        (60.0, (60, 100_000)),
        ((20.0, 30.0), (20, 30)),
        ((20.0, float("inf")), (20, None)),
    ],
)
def test_a_preset_is_changed_rule_by_rule(change: Bound, expected: object) -> None:
    assert bounds(rules_of("gopher", {"words": change}), "words") == expected


def test_a_lone_number_moves_the_published_side_and_switches_a_rule_on() -> None:
    assert bounds(rules_of("none", {"duplicate_lines": 0.1}), "duplicate_lines") == (None, 0.1)
    assert bounds(rules_of("none", {"alphabetic_words": 0.7}), "alphabetic_words") == (0.7, None)
    assert bounds(rules_of("none", {"top_2gram": True}), "top_2gram") == (None, 0.2)


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"wrods": 5.0}, r"c\.toml: clean\.rules\.wrods: there is no such rule \(did you mean 'words'\?\)"),
        ({"words": (9.0, 5.0)}, r"c\.toml: clean\.rules\.words: lowest 9 is above highest 5"),
        (
            {"mean_word_length": 5.0},
            r"one number could be either bound \(give \[lowest, highest\], such as \[3, 10\]\)",
        ),
        ({"words": (float("nan"), 5.0)}, "not a number"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(rules: dict[str, Bound], message: str) -> None:
    with pytest.raises(InputError, match=message):
        rules_of("general", rules)


@pytest.mark.parametrize("wrong", ["many", [1, 2, 3], ["a", 2]])
def test_a_bound_that_is_no_number_is_named(wrong: object) -> None:
    raw = {"name": "c", "sources": [], "clean": {"rules": {"chars": 5, "words": wrong}}}
    with pytest.raises(InputError, match=r"^c\.toml: clean\.rules\.words: expected"):
        convert(raw, CorpusConfig, where="c.toml")


def test_what_is_published_is_published() -> None:
    """Rae et al. 2021, table A1, and A.1.1."""
    repetition = {f"duplicate_{n}grams": 0.15 - 0.01 * (n - 5) for n in range(5, 11)}
    repetition |= {"top_2gram": 0.20, "top_3gram": 0.18, "top_4gram": 0.16, "duplicate_lines": 0.30}
    gopher = rules_of("gopher")
    for name, highest in repetition.items():
        assert bounds(gopher, name) == pytest.approx((None, highest))
    assert bounds(gopher, "mean_word_length") == (3, 10)
    assert bounds(rules_of("fineweb"), "duplicate_line_chars") == (None, 0.1)
    assert all(rule.from_words == 0 for preset in ("gopher", "c4", "fineweb") for rule in rules_of(preset)[0])


def test_a_measure_at_its_bound_stays() -> None:
    """Three lines of ten repeat, stored in single precision."""
    text = "\n".join([*"abcdefg", "a", "a", "b"])
    rules = rules_of("none", {"duplicate_lines": 0.3, "alphabetic_words": 1.0})
    assert verdicts(rules, measured([text, text + "\nb"])) == [None, "duplicate_lines"]


def test_short_documents_are_not_asked_for_shares() -> None:
    assert verdicts(rules_of(), measured(["see also: see also: see also", "ab xyz " * 30])) == [None, "function_words"]


def test_other_languages_are_text_too() -> None:
    """Articles of the Universal Declaration of Human Rights in eight of them."""
    told = tomllib.loads((ROOT / "bench" / "words.toml").read_text(encoding="utf-8"))["foreign"]
    assert verdicts(rules_of(), measured(list(told.values()))) == [None] * len(told)
    assert {"stop_words"} <= set(verdicts(rules_of("gopher"), measured(list(told.values()))))


def test_sources_have_their_own_rules_and_one_order_of_blame() -> None:
    """`language` comes after every quality rule, whichever source has it."""
    sources = (SourceConfig(preset="gopher"), SourceConfig(), SourceConfig(preset="none"))
    rules = rules_of(
        "technical", {}, *sources, language=LanguageConfig(keep=("en", "de")), toxicity=ToxicityConfig(distinct=2)
    )
    columns = measured(
        ["too short for Gopher"] * 3 + [PROSE] * 4,
        source=np.array([0, 1, 2, 0, 1, 2, 2], dtype=np.int32),
        language=np.array(["en", "en", "fr", "fr", "de", "en", "en"], dtype=object),
        language_confidence=np.array([1, 1, 1, 1, 0.3, 1, 1], dtype=np.float32),
        toxic_words=np.array([0, 0, 2, 0, 0, 1, 2], dtype=np.int32),
    )
    found = verdicts(rules, columns)
    assert found == ["words", None, "language", "language", "language_confidence", None, "toxic_words"]
    assert order(rules)[0] == "empty" and order(rules)[-4:] == [
        *("language", "language_confidence", "toxic_words", "toxic_share")
    ]


def test_names_of_plugged_in_measures_do_no_harm() -> None:
    name = 'odd" OR 1=1 --'
    custom = Criterion(name=name, meaning="", reason="odd", origin="", usual=(None, 1), side="highest")
    config = CorpusConfig(name="c", sources=(SourceConfig(),), clean=CleanConfig(preset="none", rules={name: True}))
    columns = measured([PROSE, PROSE], **{name: np.array([1.0, 2.0])})
    assert verdicts(chosen_rules(config, [custom]), columns) == [None, name]
