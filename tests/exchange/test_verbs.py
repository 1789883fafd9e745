"""Through the command line: a published folder becomes a base in the lineage, is spoken to, and goes out again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.freeze.exported import Exported
from engine.store.rows import Lineage, RunRow
from tests.cli.conftest import ask
from tests.support.supervised import supervised


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with supervised(tmp_path_factory.mktemp("verbs") / "runs") as client:
        client.workspace.home.mkdir()
        yield client.workspace.home


def test_in_and_out_again(imported, home: Path, tmp_path: Path) -> None:
    folder = imported("qwen2").folder
    run = ask("import", folder, "--as", "qwen", "--json", home=home).json(RunRow)
    assert (run.kind, run.state, run.name) == ("import", "finished", "qwen")
    (root,) = ask("lineage", "--json", home=home).json(Lineage).roots
    assert (root.id, root.kind, root.run_id, root.detail["source"]) == ("qwen@1", "base", run.id, str(folder))
    assert "every byte" in ask("verify", "qwen@1", home=home).out
    assert ask("generate", "qwen", "the fox", "--max-tokens", 3, "--device", "cpu", "--json", home=home).code == 0
    made = ask("export", run.id, tmp_path / "out", "--dtype", "bf16", "--json", home=home).json(Exported)
    assert (made.architecture, made.dtype) == ("Qwen2ForCausalLM", "bfloat16")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == list(made.files)
    assert (tmp_path / "out" / "tokenizer.json").read_bytes() == (folder / "tokenizer.json").read_bytes()


def test_what_is_not_there_is_one_line(home: Path, tmp_path: Path) -> None:
    for source in ("nothing-like-it", tmp_path / "nowhere", tmp_path):
        answer = ask("import", source, "--as", "x", home=home)
        assert answer.code == 2 and "source" in answer.one_line()
    assert ask("export", "nobody@1", tmp_path / "out", home=home).code == 3
