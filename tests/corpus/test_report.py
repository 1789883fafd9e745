"""A report comes back as it was saved, and prints without steering the terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.corpus.document import markdown
from engine.corpus.report import (
    Bucket,
    CorpusReport,
    RuleCount,
    Sample,
    SourceCount,
    load_report,
    save_report,
    snippet,
)
from engine.errors import InputError

REPORT = CorpusReport(
    name="poems",
    hash="aaaa11112222",
    sources=[SourceCount(name="old \x1b[2Jbooks", documents=1200, bytes=3_400_000, kept=1100)],
    dropped=[
        RuleCount(
            rule="duplicate",
            reason="the same text",
            documents=100,
            bytes=20_000,
            samples=[Sample(id="a:1", source="x", text="one\n\x1b]0;two", kept="a:0 in x")],
        )
    ],
    kept_documents=1100,
    kept_bytes=3_380_000,
    heldout_documents=50,
    vocab_size=4096,
    train_tokens=900_000,
    heldout_tokens=50_000,
    bytes_per_token=3.56,
    lengths=[Bucket(16, 32, 1000), Bucket(32, 64, 100)],
    seconds={"read": 1.25},
)


def test_it_comes_back_as_saved(tmp_path: Path) -> None:
    save_report(tmp_path, REPORT)
    assert load_report(tmp_path) == REPORT


@pytest.mark.parametrize("content", [None, "{"])
def test_a_missing_or_damaged_report_is_named(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "report.json").write_text(content)
    with pytest.raises(InputError, match=r"report\.json"):
        load_report(tmp_path)


def test_a_snippet_says_that_it_was_cut() -> None:
    assert snippet("short") == "short"
    assert len(snippet("x" * 9000)) == 2000 and snippet("x" * 9000).endswith("…")


def test_as_a_document_it_holds_every_figure_and_foreign_text_only_in_fences() -> None:
    text = markdown(REPORT)
    for words in (
        "# Corpus poems/aaaa11112222",
        "- kept 1,100 of 1,200 documents, 3.38 MB",
        "| duplicate: the same text |  | 100 | 20 kB | 1,100 |",
        "| old ␛\\[2Jbooks | 1,200 | 3.4 MB | 1,100 | 0 |",
        "| 16 to 31 | 1,000 |",
        "a:1 (x), the same as a:0 in x",
        "```text\none\n␛]0;two\n```",
    ):
        assert words in text, words
