"""A changed byte in a frozen file is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import FrozenError, NotFoundError
from engine.freeze.freeze import freeze
from engine.freeze.refs import find_model
from engine.freeze.verify import checked, verify
from engine.paths import Workspace

FILES = ["model.safetensors", "config.json", "manifest.json", "tokenizer/ranks.tiktoken", "tokenizer/meta.json"]


@pytest.fixture
def frozen(workspace: Workspace) -> Path:
    freeze(workspace, workspace.runs()[-1].id, "tiny", now=0.0)
    folder = workspace.bases / "tiny@1"
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755)
    return folder


def test_what_nobody_touched_is_sound(workspace: Workspace, frozen: Path) -> None:
    assert verify(workspace, "tiny@1") == []
    assert checked(find_model(workspace, "tiny@1")).id == "tiny@1"


@pytest.mark.parametrize("name", FILES)
def test_one_changed_byte_is_named(workspace: Workspace, frozen: Path, name: str) -> None:
    path = frozen / name
    data = bytearray(path.read_bytes())
    # In the manifest a digit, so that it stays valid JSON and only its seal can tell.
    at = data.index(b'"step": ') + 8 if name == "manifest.json" else len(data) // 2
    data[at] = ord("1") if data[at] != ord("1") else ord("2")
    path.write_bytes(data)
    (problem,) = verify(workspace, "tiny@1")
    assert str(path) in problem and "changed" in problem
    with pytest.raises(FrozenError, match=path.name) as caught:
        checked(find_model(workspace, "tiny@1"))
    assert caught.value.exit_code == 2


def test_missing_and_added_files_are_named(workspace: Workspace, frozen: Path) -> None:
    (frozen / "config.json").unlink()
    (frozen / "tokenizer" / "extra").write_text("x")
    missing, added = verify(workspace, "tiny@1")
    assert "config.json: missing" in missing and "tokenizer/extra: not there" in added


def test_a_folder_under_another_name_is_not_that_version(workspace: Workspace, frozen: Path) -> None:
    frozen.rename(frozen.with_name("tiny@2"))
    assert "manifest.json" in verify(workspace, "tiny@2")[0]


def test_a_manifest_that_is_no_json_is_named(workspace: Workspace, frozen: Path) -> None:
    (frozen / "manifest.json").write_bytes(b"\xff{")
    with pytest.raises(FrozenError, match=r"manifest\.json: is damaged"):
        verify(workspace, "tiny@1")


def test_only_frozen_models_can_be_verified(workspace: Workspace) -> None:
    with pytest.raises(NotFoundError, match="not frozen"):
        verify(workspace, workspace.runs()[-1].id)
