"""Writes are whole or not at all, and no name leaves the workspace."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from engine.errors import InputError
from engine.paths import Workspace, atomic_folder, is_run_id, make_read_only, new_run_id, safe_name, slug, write_atomic


def test_a_run_id_sorts_by_time_and_holds_nothing_foreign() -> None:
    early = new_run_id("pretrain", "../../etc/passwd", dt.datetime(2026, 1, 2, 3, 4, 5))
    late = new_run_id("branch", "\x1b[31m", dt.datetime(2026, 1, 2, 3, 4, 6))
    assert early.startswith("20260102-030405-pretrain-etc-passwd-")
    assert early < late
    assert is_run_id(early)
    assert is_run_id(late)


@pytest.mark.parametrize("name", ["..", "", ".hidden", "a/b", "a b", "x" * 65, "né", "a\n"])
def test_names_that_are_not_one_folder_are_refused(name: str) -> None:
    with pytest.raises(InputError):
        safe_name(name)


@pytest.mark.parametrize("run_id", ["../x", "tiny@1", "20260102-030405-pretrain-a-k3f9/.."])
def test_a_run_folder_is_never_looked_up_by_a_path(tmp_path: Path, run_id: str) -> None:
    with pytest.raises(InputError):
        Workspace(tmp_path).run(run_id)


def test_any_text_has_a_slug() -> None:
    assert slug("Sentiment: SST-2 (v2)") == "sentiment-sst-2-v2"
    assert slug("日本語") == "run"


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "status.json"
    write_atomic(target, "old")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", refuse)
    with pytest.raises(OSError):
        write_atomic(target, "new")
    assert target.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["status.json"]


def test_a_folder_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), atomic_folder(tmp_path / "base@1") as draft:
        (draft / "weights").write_text("half")
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
    with atomic_folder(tmp_path / "base@1") as draft:
        (draft / "weights").write_text("whole")
    assert (tmp_path / "base@1" / "weights").read_text() == "whole"


def test_read_only_takes_every_write_bit(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "weights").write_text("w")
    make_read_only(tmp_path / "base")
    assert not (tmp_path / "base" / "weights").stat().st_mode & 0o222
    (tmp_path / "base").chmod(0o755)
