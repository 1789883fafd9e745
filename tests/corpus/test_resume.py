"""A build that is stopped goes on from what is finished; prepared text goes when nobody needs it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.cli.corpus_prune import prune
from engine.config.load import convert, dump, load
from engine.config.schema import CorpusConfig
from engine.corpus import blocks, budget
from engine.corpus.manifest import list_corpora
from engine.corpus.prepared import prepared_folder
from engine.corpus.run import run
from engine.errors import InputError
from engine.journal.writer import JournalWriter
from engine.paths import RunFolder, Workspace, new_run_id
from engine.stage import StageContext
from tests.corpus.conftest import SENTENCES, SHORT_TEXTS


class Impatient(StageContext):
    """Somebody asks it to stop at the n-th look."""

    looks: Iterator[bool] = iter(())

    @property
    def stop_asked(self) -> bool:  # type: ignore[override]
        return next(self.looks, False)

    @stop_asked.setter
    def stop_asked(self, asked: bool) -> None:
        pass


def make(workspace: Workspace, text: Path, **source: float) -> RunFolder:
    folder = RunFolder(workspace.home / new_run_id("corpus", "test"))
    folder.path.mkdir(parents=True)
    raw = {**SHORT_TEXTS, "sources": [{"path": str(text), **source}], "tokenizer": {"vocab_size": 300}, "workers": 1}
    folder.config.write_text(dump(convert(raw, CorpusConfig, where="test")))
    return folder


def attempt(workspace: Workspace, folder: RunFolder, looks: int | None = None) -> bool:
    """Whether it stopped, at that look."""
    config = load(folder.config, CorpusConfig)
    with JournalWriter(folder.journal) as journal:
        context = Impatient(folder, workspace, journal)
        context.looks = iter([False] * looks + [True]) if looks is not None else iter(())
        return run(context, config).stopped


@pytest.fixture
def text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Several blocks of a few sentences."""
    monkeypatch.setattr(budget, "_BLOCK", 1000)
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps({"text": sentence}) + "\n" for sentence in SENTENCES))
    return path


def test_stopped_at_any_look_it_goes_on_and_comes_out_the_same(tmp_path: Path, text: Path) -> None:
    whole = Workspace(tmp_path / "whole")
    assert not attempt(whole, make(whole, text))
    (expected,) = list_corpora(whole)
    workspace, looks, parts = Workspace(tmp_path / "stopped"), 0, []
    folder = make(workspace, text)
    while attempt(workspace, folder, looks):
        looks += 1
        parts.append(len(list(prepared_folder(workspace).glob("*/part-*"))))
    assert looks > 8 and parts == sorted(parts) and parts[0] == 0 and parts[-1] > 3
    (corpus,) = list_corpora(workspace)
    assert corpus.manifest.hash == expected.manifest.hash
    assert not (folder.path / "work").exists()


def test_what_one_build_tolerated_another_refuses_though_it_reads_nothing(tmp_path: Path, text: Path) -> None:
    with text.open("a") as file:
        file.write("{\n")
    workspace = Workspace(tmp_path / "home")
    assert not attempt(workspace, make(workspace, text, tolerance=0.1))
    before = sorted(prepared_folder(workspace).glob("*/part-*"))
    with pytest.raises(InputError, match=r"a\.jsonl:55: not JSON.*1 of 55 records are damaged.*tolerance"):
        attempt(workspace, make(workspace, text, tolerance=0.001))
    assert sorted(prepared_folder(workspace).glob("*/part-*")) == before


def test_a_document_too_large_to_measure_is_refused(
    tmp_path: Path, text: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "LARGEST", 50)
    workspace = Workspace(tmp_path / "home")
    with pytest.raises(InputError, match=r"a\.jsonl:1: one document of .*separator"):
        attempt(workspace, make(workspace, text))


def test_prepared_text_stays_as_long_as_somebody_needs_it(tmp_path: Path, text: Path) -> None:
    workspace = Workspace(tmp_path / "home")
    folder = make(workspace, text)

    def pruned(*options: str) -> tuple[list[str], list[str]]:
        answer = CliRunner().invoke(prune, [*options, "--home", str(workspace.home), "--json"])
        found = json.loads(answer.output)
        return found["would_go"], found["deleted"]

    assert attempt(workspace, folder, 3)
    (key,) = [entry.name for entry in prepared_folder(workspace).iterdir()]
    assert pruned("--yes", "--all") == ([], []), "a stopped build goes on from it"
    assert not attempt(workspace, folder)
    assert pruned("--yes") == ([], []), "a corpus is previewed with it"
    assert pruned("--all") == ([key], []) and prepared_folder(workspace).joinpath(key).exists()
    shutil.rmtree(workspace.corpora)
    assert pruned("--yes") == ([key], [key])
    assert not prepared_folder(workspace).joinpath(key).exists()
