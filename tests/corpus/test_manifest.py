"""Corpora are found by name, by hash, and by the beginning of a hash."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from engine.corpus.manifest import CorpusManifest, find_corpus, list_corpora, open_corpus
from engine.errors import InputError, NotFoundError
from engine.paths import Workspace


def place(workspace: Workspace, name: str, hash: str, built: float) -> None:
    folder = workspace.corpora / name / hash
    folder.mkdir(parents=True)
    manifest = CorpusManifest(
        name=name, hash=hash, dtype="uint16", documents=2, heldout_documents=1, train_tokens=3, heldout_tokens=3,
        train_bytes=9, heldout_bytes=9, vocab_size=300, fingerprint="f", files={}, built=built,
    )  # fmt: skip
    (folder / "manifest.json").write_bytes(msgspec.json.encode(manifest))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = Workspace(tmp_path)
    place(workspace, "poems", "aaaa11112222", 30.0)
    place(workspace, "poems", "aabb11112222", 10.0)
    place(workspace, "prose", "cccc11112222", 20.0)
    (workspace.corpora / "prose" / ".draft" / "x").mkdir(parents=True)
    return workspace


@pytest.mark.parametrize(
    ("ref", "found"),
    [
        ("poems", "poems/aaaa11112222"),  # the newest
        ("poems/aabb11112222", "poems/aabb11112222"),
        ("poems/aab", "poems/aabb11112222"),
        ("prose", "prose/cccc11112222"),
    ],
)
def test_it_is_found(workspace: Workspace, ref: str, found: str) -> None:
    assert find_corpus(workspace, ref).ref == found


@pytest.mark.parametrize(
    ("ref", "message"),
    [
        ("peoms", "no corpus 'peoms' in .*did you mean 'poems'"),
        ("zzz", "there are poems, poems/aaaa"),
        ("poems/aa", "could be several corpora .one of poems/aabb11112222, poems/aaaa11112222"),
        ("../poems", "no corpus"),
        ("", "no corpus"),
        ("prose/.draft", "no corpus"),
    ],
)
def test_it_is_not_there(workspace: Workspace, ref: str, message: str) -> None:
    with pytest.raises(NotFoundError, match=message):
        find_corpus(workspace, ref)
    with pytest.raises(InputError, match=f"run.toml: corpus: .*{message[:9]}") as caught:
        find_corpus(workspace, ref, where="run.toml", key="corpus")
    assert caught.value.exit_code == 2


def test_an_empty_workspace_says_how_to_build_one(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="graftline corpus build"):
        find_corpus(Workspace(tmp_path / "nothing"), "poems")


def test_they_are_listed_by_name_then_age(workspace: Workspace) -> None:
    assert [c.ref for c in list_corpora(workspace)] == [
        "poems/aabb11112222",
        "poems/aaaa11112222",
        "prose/cccc11112222",
    ]


def test_a_damaged_manifest_is_named(workspace: Workspace) -> None:
    folder = workspace.corpora / "prose" / "cccc11112222"
    (folder / "manifest.json").write_text("{}")
    with pytest.raises(InputError, match=r"manifest\.json: not a corpus manifest"):
        open_corpus(folder)
