"""A corpus's report on the command line: what was dropped, by rule and source, and the documents themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.paths import Workspace
from tests.cli.conftest import Graftline, ask
from tests.support.screen import control_characters
from tests.support.supervised import supervised
from tests.support.web import web_corpus


def test_show_tells_every_stage_of_a_report(graftline: Graftline) -> None:
    out = graftline("corpus", "show", "email-docs").out
    for words in ("50 to 100,000", "near_duplicate", "mojibake", "MB/s", "1,024-2,047", "432 MB at most", "B/TOKEN"):
        assert words in out, words
    assert not control_characters(out)


def test_one_source_has_a_waterfall_of_its_own(graftline: Graftline) -> None:
    out = graftline("corpus", "show", "email-docs", "--source", "notes").out
    ends = {line.split()[0]: line.split()[-1] for line in out.split("RULE")[1].splitlines() if line.strip()}
    assert (ends["read"], ends["words"], ends["near_duplicate"]) == ("122", "117", "103")
    wrong = graftline("corpus", "show", "email-docs", "--source", "nope")
    assert wrong.code == 3 and "one of: email-docs, notes" in wrong.one_line()


def test_samples_stand_with_their_measure_beside_the_bound(graftline: Graftline) -> None:
    out = graftline("corpus", "samples", "email-docs", "words").out
    assert "email.message.words.0 in email-docs: words 12, 50 to 100,000" in out and "    Internal." in out
    assert graftline("corpus", "show", "email-docs", "--rule", "words").out == out
    pair = graftline("corpus", "samples", "email-docs", "near_duplicate").out
    assert "similarity 0.87 to email.policy in docs" in pair and "kept: email.policy in docs" in pair
    kept = graftline("corpus", "samples", "email-docs", "kept", "--full", "--json").json()
    assert kept["rule"] == "kept" and len(kept["samples"]) == 12
    wrong = graftline("corpus", "samples", "email-docs", "wrods")
    assert wrong.code == 3 and "near_duplicate, kept" in wrong.one_line()


def test_foreign_text_of_samples_steers_nothing(graftline: Graftline) -> None:
    out = graftline("corpus", "samples", "email-docs", "repeated_lines", "--full").out
    assert "[red]-[/red] deprecated ␛[2J" in out and not control_characters(out)


def test_duplicates_are_told_by_cluster(graftline: Graftline) -> None:
    out = graftline("corpus", "duplicates", "email-docs").out
    assert "email.policy in docs was kept, 4 went" in out and "similarity 0.87: email.message.near_duplicate.0" in out
    assert graftline("corpus", "duplicates", "email-docs", "--json").json()[0]["documents"] == 4


def test_the_report_as_markdown(graftline: Graftline) -> None:
    out = graftline("corpus", "show", "email-docs", "--md").out
    for words in (
        "# Corpus email-docs/",
        "## Dropped documents by source",
        "## The largest clusters",
        "before and after",
    ):
        assert words in out, words


def test_rules_are_told_with_their_origin_and_what_a_preset_asks(graftline: Graftline) -> None:
    out = graftline("corpus", "rules", "general").out
    row = next(line for line in out.splitlines() if line.startswith("alphabetic_words"))
    assert "at least 0.7 *" in row and "at least 0.8" in row and "Gopher" in row
    rows = graftline("corpus", "rules", "c4", "--json").json()["rules"]
    assert [row["name"] for row in rows] == ["lorem_ipsum", "curly_brackets", "c4_sentences"]
    wrong = graftline("corpus", "rules", "gofer")
    assert wrong.code == 3 and "did you mean 'gopher'?" in wrong.one_line()


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A workspace with a corpus that was really built, so that its measures are there."""
    home = tmp_path_factory.mktemp("web") / "runs"
    web_corpus(Workspace(home))
    with supervised(home):
        yield home


def test_other_thresholds_are_previewed_beside_what_was_built(web: Path) -> None:
    out = ask("corpus", "preview", "web", "--set", "clean.rules.words=[30,50]", "--samples", "1", home=web).out
    row = next(line.split() for line in out.splitlines() if line.startswith("words"))
    dropped, before, change = (int(cell.replace(",", "")) for cell in row[4:7])
    assert dropped == before + change > before > 0
    assert "as built" in out and "would be dropped by words" in out
    would = ask("corpus", "preview", "web", "--json", home=web).json()
    assert [rule["documents"] for rule in would["dropped"] if rule["rule"] == "words"] == [before]
    refused = ask("corpus", "preview", "web", "--set", "repair.control=false", home=web)
    assert refused.code == 2 and "not a threshold" in refused.one_line()


def test_who_a_rule_only_just_keeps(web: Path) -> None:
    out = ask("corpus", "samples", "web", "words", "--nearest", "--source", "news", home=web).out
    assert out.splitlines()[0].endswith("in news: words 11, 10 to 1,000") and "in forum" not in out
