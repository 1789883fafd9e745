"""Text that is not ours changes nothing but what it says: control codes, markup, quotes, path separators."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.config.load import dump
from engine.config.schema import BranchConfig, CorpusConfig, DataConfig, SourceConfig
from engine.journal.events import Evaluated, Finished, Metrics, Prediction, Said, Score, VariantMade
from engine.journal.writer import JournalWriter
from engine.launch import job
from engine.paths import Workspace
from tests.cli.conftest import Answer, ask
from tests.support.supervised import supervised

EVIL = "\x1b[31m[/b][bold]'; DROP TABLE runs; -- \"../../etc\x07\u202e\x9b2J\r\nnext\ttab"
UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]")
"""What may not reach a terminal; LF is how lines end."""


@pytest.fixture(scope="module")
def evil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A workspace with one finished branch run in which every text that can be foreign is."""
    home = tmp_path_factory.mktemp("evil") / "runs"
    config = BranchConfig(name=EVIL, method="classify", base="x@1", data=DataConfig(train="/x"))
    folder = job.create(Workspace(home), config, command=f"graftline {EVIL}")
    items = [
        Prediction(
            example_id=f"{EVIL}{i}", input=EVIL, target=EVIL, output=EVIL * (i % 2), correct=bool(i % 2), score=i % 2
        )
        for i in range(6)
    ]
    folder.predictions.mkdir()
    (folder.predictions / "s.jsonl").write_text("".join(json.dumps(_plain(item)) + "\n" for item in items))
    scores = (Score("accuracy", 0.5, 0.2, 0.8, 6), Score(f"f1:{EVIL}", 0.5, n=6))
    with JournalWriter(folder.journal) as journal:
        journal.attempt = 1
        journal.append(Said(text=EVIL))
        journal.append(Metrics(step=1, tokens=1, seconds=1.0, values={"heldout_loss": 1.0, EVIL: 2.0}))
        journal.append(VariantMade(method="classify", parent=f"{EVIL}@1", step=1, sha256="0" * 64))
        journal.append(
            Evaluated(
                model=folder.id, step=1, suite=EVIL, suite_sha256="1", task="classification", scores=scores,
                confusion={EVIL: {EVIL: 6}}, predictions="predictions/s.jsonl",
            )
        )  # fmt: skip
        journal.append(Finished(seconds=1.0))
    folder.log.write_text(EVIL)
    folder.status.write_text(json.dumps(json.loads(folder.status.read_text()) | {"state": "finished"}))
    with supervised(home) as client:
        client.note(folder.id, EVIL)
        client.tag(folder.id, EVIL.splitlines()[0])
        yield home, folder.id


def _plain(item: Prediction) -> dict[str, object]:
    return {name: getattr(item, name) for name in item.__struct_fields__}


LOOKS = [
    ["runs"], ["lineage"], ["show", "RUN"], ["logs", "RUN"], ["watch", "RUN"], ["metrics", "RUN"],
    ["metrics", "RUN", "--name", EVIL], ["compare", "RUN", "--items", "5"], ["compare", "--suite", EVIL],
    ["sql", "SELECT name, note, id FROM runs LEFT JOIN (SELECT target, text AS note FROM notes) ON target = id"],
    ["sql", f"SELECT 1 AS \"{EVIL.replace(chr(34), '')}\""],
]  # fmt: skip


@pytest.mark.parametrize("words", LOOKS, ids=lambda words: " ".join(words)[:24].encode("ascii", "replace").decode())
def test_no_control_reaches_the_terminal(evil: tuple[Path, str], words: list[str]) -> None:
    home, run_id = evil
    answer = ask(*(run_id if word == "RUN" else word for word in words), home=home)
    assert answer.code == 0, answer.err
    assert not UNSAFE.search(answer.out) and not UNSAFE.search(answer.err)


@pytest.mark.parametrize("words", [["runs"], ["lineage"], ["show", "RUN"], ["compare", "RUN"], ["logs", "RUN"]])
def test_json_says_the_text_exactly_and_steers_no_terminal(evil: tuple[Path, str], words: list[str]) -> None:
    home, run_id = evil
    answer = ask(*(run_id if word == "RUN" else word for word in words), "--json", home=home)
    assert not UNSAFE.search(answer.out)
    told = json.dumps(answer.json(), ensure_ascii=False)
    assert json.dumps(EVIL.split("\r")[0], ensure_ascii=False)[1:-1] in told


def test_markup_is_text(evil: tuple[Path, str]) -> None:
    home, _ = evil
    assert "␛[31m[/b][bold]'; DROP TABLE runs" in ask("runs", home=home).out
    assert ask("sql", "SELECT count(*) AS n FROM runs", "--json", home=home).json() == [{"n": 1}]


def test_an_error_that_quotes_foreign_text_is_one_safe_line(evil: tuple[Path, str], tmp_path: Path) -> None:
    home, _ = evil
    config = tmp_path / "c.toml"
    config.write_text(dump(CorpusConfig(name=EVIL, sources=(SourceConfig(path="/"),))))
    wrong: list[Answer] = [
        ask("show", EVIL, home=home),
        ask(EVIL, home=home),
        ask("runs", f"--{EVIL}", home=home),
        ask("corpus", "build", config, home=home),
        ask("rename", f"{EVIL}?", EVIL, home=home),
        ask("verify", "../../etc", home=home),
    ]
    for answer in wrong:
        assert answer.code in (2, 3)
        assert not UNSAFE.search(answer.one_line())
