"""What is previewed of other thresholds is what a build with them gives, and every document is accounted for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from engine.config.load import load
from engine.config.schema import CorpusConfig
from engine.corpus.manifest import find_corpus
from engine.corpus.preview import BINS, Preview, binned, preview
from engine.corpus.report import CorpusReport, load_report
from engine.corpus.waterfall import flow, lines
from engine.errors import InputError
from engine.paths import Workspace
from tests.support.stages import stage
from tests.support.web import web_corpus

OTHER = ("clean.rules.words=[30, 50]", "dedup.near=0.6")


@dataclass(frozen=True)
class Built:
    workspace: Workspace
    config: Path
    report: CorpusReport
    session: Preview

    def other(self, *overrides: str) -> CorpusConfig:
        return load(self.config, CorpusConfig, overrides)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    workspace = Workspace(tmp_path_factory.mktemp("preview") / "runs")
    run, config = web_corpus(workspace)
    report = load_report(find_corpus(workspace, "web").path)
    with preview(workspace, report, config) as session:
        yield Built(workspace, run, report, session)


def counts(report: CorpusReport) -> dict[str, tuple[int, int, dict[str, int]]]:
    """What each rule dropped, in all and by source; rules that dropped nothing left out."""
    return {
        rule.rule: (rule.documents, rule.bytes, {name: one.documents for name, one in rule.by_source.items()})
        for rule in report.dropped
        if rule.documents
    }


def test_as_built_it_is_the_report_and_nothing_changes_sides(built: Built) -> None:
    would = built.session.report(built.other())
    assert counts(would) == counts(built.report)
    for source in ("", "forum", "news"):
        assert flow(would, source).kept == flow(built.report, source).kept
    assert not would.kept_samples and not any(rule.samples for rule in would.dropped)


def test_a_build_with_these_thresholds_gives_the_same(built: Built) -> None:
    config = built.other(*OTHER)
    would = built.session.report(config)
    stage(built.workspace, config)
    made = max(find_corpus(built.workspace, "web").path.parent.iterdir(), key=lambda path: path.stat().st_mtime)
    again = load_report(made)
    assert again.hash != built.report.hash and again.prepared == built.report.prepared
    assert counts(would) == counts(again) and would.kept_documents == again.kept_documents
    assert [rule.rule for rule in would.dropped if rule.documents] == [rule.rule for rule in again.dropped]


def test_samples_are_of_documents_that_change_sides(built: Built) -> None:
    stricter = built.session.report(built.other("clean.rules.words=[30, 50]"))
    words = next(rule for rule in stricter.dropped if rule.rule == "words")
    assert words.samples and all(10 <= (one.value or 0) < 30 or (one.value or 0) > 50 for one in words.samples)
    looser = built.session.report(built.other("clean.rules.words=false"))
    assert looser.kept_samples and all(len(one.text.split()) < 12 for one in looser.kept_samples)


def test_a_near_duplicate_stands_beside_the_one_that_would_be_kept(built: Built) -> None:
    would = built.session.report(built.other("dedup.near=0.55", "clean.rules.words=[5, 1000]"))
    pairs = [one for rule in would.dropped if rule.rule == "near_duplicate" for one in rule.samples]
    assert pairs and all((one.similarity or 0) >= 0.55 and one.text == f"{one.kept_text} and more" for one in pairs)


def test_who_is_kept_nearest_to_a_bound(built: Built) -> None:
    near = built.session.just_inside(built.other("clean.rules.words=[20, 1000]"), "words")
    values = [one.value or 0 for one in near]
    assert len(near) == 10 and values == sorted(values) and values[0] == 20, "nearest first, none dropped among them"
    assert {one.source for one in built.session.just_inside(built.other(), "words", "news")} == {"news"}
    assert built.session.just_inside(built.other(), "near_duplicate") == []


def test_lines_say_what_was_and_what_would_be(built: Built) -> None:
    found = lines(built.report, "", built.session.report(built.other("clean.rules.words=false", "clean.rules.chars=1")))
    shown = {line.label: (line.documents, line.was) for line in found}
    assert shown["words"] == (0, counts(built.report)["words"][0]) and shown["chars"] == (0, 0)
    assert shown["kept"][0] > (shown["kept"][1] or 0)
    rules = [line for line in found if line.kind == "rule"]
    assert found[0].documents - sum(line.documents for line in rules) == rules[-1].left == shown["kept"][0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("repair.control=false", "not a threshold"),
        ("toxicity.words=''", "toxicity.words"),
        ("clean.rules.wrods=3", "did you mean 'words'"),
    ],
)
def test_what_is_no_threshold_is_refused(built: Built, change: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        built.session.report(built.other(change))


def test_histograms_hold_every_document(built: Built) -> None:
    words = built.session.histogram("words")
    assert sum(words.counts) == 300 and len(words.edges) == len(words.counts) + 1 and words.edges[0] == 5
    assert sum(built.session.histogram("words", "news").counts) == 100
    near = built.session.histogram("near_duplicate")
    assert sum(near.counts) == 30 and near.edges[0] >= 0.5, "similarities of pairs, down to what is looked for"
    assert built.session.histogram("nothing").counts == []


def test_bins_fit_what_is_measured() -> None:
    chance = np.random.default_rng(3)
    edges, many = binned(chance.lognormal(5, 2, 1000))
    assert edges[0] == 0 and edges[-1] / edges[-2] > 1.1 and sum(many) == 1000, "a long tail has growing bins"
    edges, many = binned(chance.random(1000))
    assert edges[0] == 0 and len(many) == BINS and np.ptp(np.diff(edges)) < 1e-9
    assert binned(np.array([np.nan])) == ([], []) and sum(binned(np.array([3.0, 3.0]))[1]) == 2


def test_without_its_prepared_text_it_says_so(built: Built, tmp_path: Path) -> None:
    missing = preview(Workspace(tmp_path), built.report, built.other())
    with pytest.raises(InputError, match="prepared text of this corpus is gone"), missing:
        pass
