"""Every way to name a model, and what is said when there is none."""

from __future__ import annotations

import pytest

from engine.errors import InputError, NotFoundError
from engine.freeze.freeze import freeze
from engine.freeze.refs import best_step, find_model
from engine.journal.events import Renamed
from engine.journal.writer import JournalWriter
from engine.paths import Workspace


def test_a_run_means_its_best_checkpoint(workspace: Workspace) -> None:
    run = workspace.runs()[-1]
    ref = find_model(workspace, run.id)
    assert (ref.id, ref.frozen, ref.kind, ref.step) == (run.id, False, "base", best_step(run))
    assert ref.folder == run.checkpoint(ref.step) and ref.tokenizer == run.tokenizer
    assert ref.card().model.width == 16


def test_best_is_what_the_link_says(workspace: Workspace) -> None:
    run = workspace.runs()[-1]
    for step in (2, 4):
        (run.checkpoints / "best").unlink()
        (run.checkpoints / "best").symlink_to(run.checkpoint(step).name)
        assert find_model(workspace, run.id).step == step
    (run.checkpoints / "best").unlink()
    assert find_model(workspace, run.id).step == 4


def test_a_step_can_be_asked_for(workspace: Workspace) -> None:
    run = workspace.runs()[-1]
    assert find_model(workspace, f"{run.id}@2").step == 2
    for wrong in ("3", "x", "02x"):
        with pytest.raises(NotFoundError, match=r"its steps: 2, 4"):
            find_model(workspace, f"{run.id}@{wrong}")


def test_a_frozen_name_means_its_newest_version_and_wins_over_a_run(workspace: Workspace) -> None:
    run = workspace.runs()[-1]
    assert find_model(workspace, "tiny").id == run.id
    freeze(workspace, f"{run.id}@2", "tiny", now=0.0)
    freeze(workspace, f"{run.id}@4", "tiny", now=0.0)
    ref = find_model(workspace, "tiny")
    assert (ref.id, ref.frozen, ref.step, ref.run_id) == ("tiny@2", True, 4, run.id)
    assert find_model(workspace, "tiny@1").step == 2


def test_a_run_that_was_given_another_name_is_found_by_it(workspace: Workspace) -> None:
    run = workspace.runs()[-1]
    with JournalWriter(workspace.journal) as journal:
        journal.append(Renamed(target=run.id, name="better"))
    assert find_model(workspace, "better").id == run.id
    with pytest.raises(NotFoundError):
        find_model(workspace, "tiny")


def test_who_asked_decides_the_error(workspace: Workspace) -> None:
    freeze(workspace, workspace.runs()[-1].id, "tiny", now=0.0)
    with pytest.raises(NotFoundError, match=r"no model 'tiny@7' here \(did you mean 'tiny@1'\?\)"):
        find_model(workspace, "tiny@7")
    with pytest.raises(
        InputError, match=r"^branch\.toml: base: no model 'zzz' here \(models here: tiny@1\)$"
    ) as caught:
        find_model(workspace, "zzz", where="branch.toml", key="base")
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("ref", ["../../etc", "", "@", "@1", "tiny@", "tiny@1@2", "\x1b]0;x\x07"])
def test_odd_names_are_only_unknown(workspace: Workspace, ref: str) -> None:
    freeze(workspace, workspace.runs()[-1].id, "other", now=0.0)
    with pytest.raises(NotFoundError):
        find_model(workspace, ref)
