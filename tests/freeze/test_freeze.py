"""Freezing: versions, hashes, lineage, read-only files; and nothing half-made."""

from __future__ import annotations

import hashlib
import json
import stat
from pathlib import Path

import pytest

from engine.errors import InputError, NotFoundError
from engine.freeze.freeze import count_parameters, freeze
from engine.freeze.manifest import frozen_folders, load_manifest
from engine.freeze.refs import best_step
from engine.journal.events import Checkpoint
from engine.model.transformer import parameters
from engine.model.weights import load_model
from engine.paths import Workspace
from tests.support.stages import events


def test_a_frozen_base_tells_where_it_comes_from(workspace: Workspace) -> None:
    run = workspace.runs()[-1]
    made = freeze(workspace, run.id, "tiny", now=123.0)
    step = best_step(run)
    loss = next(e.heldout_loss for e in events(run, Checkpoint) if e.step == step)
    assert (made.id, made.kind, made.parent, made.method) == ("tiny@1", "base", None, None)
    assert (made.run_id, made.step, made.frozen_at) == (run.id, step, 123.0)
    assert made.corpus is not None and made.corpus.startswith("text/")
    assert made.heldout_loss == loss
    assert load_manifest(workspace.bases / "tiny@1") == made
    model = load_model(workspace.bases / "tiny@1")
    assert made.parameters == parameters(model) and made.card == model.card


def test_every_file_is_hashed_and_locked(workspace: Workspace) -> None:
    made = freeze(workspace, workspace.runs()[-1].id, "tiny", now=0.0)
    folder = workspace.bases / "tiny@1"
    there = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
    assert set(there) == {*made.files, "manifest.json"}
    assert {"model.safetensors", "config.json", "tokenizer/ranks.tiktoken", "tokenizer/meta.json"} <= set(made.files)
    assert made.files == {n: hashlib.sha256(p.read_bytes()).hexdigest() for n, p in there.items() if n in made.files}
    assert made.sha256 == made.files["model.safetensors"]
    assert not any(p.stat().st_mode & stat.S_IWUSR for p in [folder, *folder.rglob("*")])


def test_versions_count_up_and_the_same_checkpoint_is_one_version(workspace: Workspace) -> None:
    run = workspace.runs()[-1]
    said: list[str] = []
    first = freeze(workspace, f"{run.id}@2", "tiny", now=1.0, say=said.append)
    second = freeze(workspace, f"{run.id}@4", "tiny", now=2.0, say=said.append)
    again = freeze(workspace, f"{run.id}@2", "tiny", now=3.0, say=said.append)
    other = freeze(workspace, f"{run.id}@2", "other", now=4.0)
    assert (first.id, second.id, again, other.id) == ("tiny@1", "tiny@2", first, "other@1")
    assert "already" in said[2] and "tiny@1" in said[2]
    assert [folder.name for folder in frozen_folders(workspace, "tiny")] == ["tiny@1", "tiny@2"]


def test_versions_sort_as_numbers(workspace: Workspace) -> None:
    for version in (1, 2, 10):
        (workspace.bases / f"tiny@{version}").mkdir(parents=True)
    assert [f.name for f in frozen_folders(workspace)] == ["tiny@1", "tiny@2", "tiny@10"]


@pytest.mark.parametrize("name", ["../x", "a/b", "", "a@1", "-x", "\x1b[31m"])
def test_a_name_that_is_no_folder_is_refused(workspace: Workspace, name: str) -> None:
    with pytest.raises(InputError, match="cannot be a name"):
        freeze(workspace, workspace.runs()[-1].id, name, now=0.0)
    assert not workspace.bases.exists()


def test_what_is_frozen_is_not_frozen_again(workspace: Workspace) -> None:
    freeze(workspace, workspace.runs()[-1].id, "tiny", now=0.0)
    with pytest.raises(InputError, match="frozen already"):
        freeze(workspace, "tiny@1", "other", now=0.0)


def test_nothing_is_left_when_a_copy_fails(workspace: Workspace) -> None:
    run = workspace.runs()[-1]
    (run.checkpoint(4) / "config.json").write_text("{}")
    with pytest.raises(InputError, match=r"config\.json"):
        freeze(workspace, f"{run.id}@4", "tiny", now=0.0)
    assert list(workspace.bases.iterdir()) == []


def test_a_corpus_run_is_no_model(workspace: Workspace) -> None:
    with pytest.raises(NotFoundError, match="corpus run"):
        freeze(workspace, workspace.runs()[0].id, "tiny", now=0.0)


def test_parameters_are_counted_from_the_header(tmp_path: Path) -> None:
    header = {
        "__metadata__": {"format": "pt"},
        "a": {"dtype": "F32", "shape": [3, 5], "data_offsets": [0, 60]},
        "b": {"dtype": "F32", "shape": [], "data_offsets": [60, 64]},
    }
    text = json.dumps(header).encode()
    (tmp_path / "m.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + bytes(64))
    assert count_parameters(tmp_path / "m.safetensors") == 16
