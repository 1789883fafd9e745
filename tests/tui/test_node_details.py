"""What a card says besides its node: files with their sizes, and what a run's configuration has otherwise."""

from __future__ import annotations

from pathlib import Path

from engine.paths import Workspace
from engine.store.rows import CheckpointRow, Node
from tests.support.workspace import BASE, DOCS, RUNS
from tui.gateway import Gateway
from tui.node_details import Details, Unlike, files, folder_of, unlike_siblings
from tui.widgets.card_words import body


def test_files_come_largest_first_and_folders_count_what_is_in_them(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 10)
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "b").write_bytes(b"x" * 300)
    (tmp_path / "deep" / "link").symlink_to(tmp_path / "a")
    assert files(tmp_path) == (("deep/", 300 + (tmp_path / "deep" / "link").lstat().st_size), ("a", 10))


def test_each_kind_of_node_has_its_folder(demo_home: Path) -> None:
    workspace = Workspace(demo_home)
    for id, kind, place in (
        (DOCS, "corpus", f"corpora/{DOCS}"),
        (BASE, "base", f"bases/{BASE}"),
        (RUNS["areas"], "variant", RUNS["areas"]),
    ):
        assert folder_of(workspace, Node(id=id, kind=kind, name="n", state="finished")) == demo_home / place
    assert folder_of(workspace, Node(id="gone", kind="variant", name="gone", state="finished")) is None


def test_a_run_is_held_against_most_of_its_siblings(demo_home: Path) -> None:
    siblings = [RUNS[name] for name in ("areas", "areas-scratch", "areas-head", "areas-last")]
    workspace = Workspace(demo_home)
    assert unlike_siblings(workspace, RUNS["areas-head"], siblings) == (Unlike("what", "head", "full"),)
    assert unlike_siblings(workspace, RUNS["areas-scratch"], siblings) == (Unlike("scratch", "yes", "no"),)
    assert unlike_siblings(workspace, RUNS["areas"], siblings) == ()
    assert unlike_siblings(workspace, RUNS["areas"], [RUNS["areas"]]) == ()


def test_details_of_every_kind_of_node(demo_home: Path) -> None:
    gateway = Gateway(demo_home)
    try:
        corpus = gateway.details(Node(id=DOCS, kind="corpus", name="docs", state="built", run_id=RUNS["docs"]))
        base = gateway.details(Node(id=BASE, kind="base", name="tiny", state="frozen", run_id=RUNS["tiny"]))
    finally:
        gateway.close()
    assert (corpus.curves, corpus.command, corpus.folder) == ((), "graftline corpus", f"corpora/{DOCS}")
    assert {name for name, _ in base.files} >= {"model.safetensors", "manifest.json", "config.json"}
    assert {row.name for row in base.curves} == {"heldout_loss", "train_loss"}
    assert [row.step for row in base.checkpoints] == [100, 200]


def test_of_many_checkpoints_the_newest_and_the_best_are_listed() -> None:
    rows = tuple(
        CheckpointRow(run_id="r", step=step, tokens=0, heldout_loss=2.0, best=step == 3, sha256="", time=0.0)
        for step in range(1, 21)
    )
    node = Node(id="r", kind="variant", name="n", state="finished")
    text = body(node, Details("r", "r", checkpoints=rows), 60).plain
    steps = [int(line.split()[1]) for line in text.splitlines() if line.startswith("step")]
    assert steps == [3, *range(13, 21)]
    assert "and 11 more" in text
