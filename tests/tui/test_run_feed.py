"""What the monitor reads out of a journal that is being written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.journal.events import Checkpoint, Created, Decision, Failed, Finished, Metrics, Planned, Started
from engine.journal.reader import Tail
from engine.journal.writer import JournalWriter
from tui.log_tail import LogTail
from tui.run_feed import RunFeed, Track


def started(from_step: int = 0) -> Started:
    return Started(pid=1, start_ticks=1.0, boot_id="b", host="h", device="CPU", from_step=from_step)


def metrics(step: int, loss: float | None, pace: float = 0.5) -> Metrics:
    return Metrics(step=step, tokens=step * 10, seconds=step * pace, values={"train_loss": loss})


@pytest.fixture
def journal(tmp_path: Path) -> JournalWriter:
    writer = JournalWriter(tmp_path / "journal.jsonl", attempt=0)
    writer.append(Created(run_id="r", kind="pretrain", name="tiny", config={}, fingerprint=""))
    writer.attempt = 1
    writer.append(started())
    return writer


@pytest.fixture
def feed(tmp_path: Path) -> RunFeed:
    return RunFeed("r", Tail(tmp_path / "journal.jsonl"), LogTail(tmp_path / "engine.log"))


def test_it_gives_a_view_only_when_something_is_new(journal: JournalWriter, feed: RunFeed, tmp_path: Path) -> None:
    view = feed.poll()
    assert view is not None and (view.name, view.state, view.device, view.attempt) == ("tiny", "running", "CPU", 1)
    assert feed.poll() is None
    (tmp_path / "engine.log").write_text("hello\n")
    view = feed.poll()
    assert view is not None and view.log == ("hello",)


def test_an_older_view_is_not_changed_by_newer_polls(journal: JournalWriter, feed: RunFeed) -> None:
    journal.append(metrics(1, 5.0))
    old = feed.poll()
    for step in range(2, 1000):
        journal.append(metrics(step, None if step == 500 else 4.0))
    new = feed.poll()
    assert old is not None and new is not None
    assert old.curves["train_loss"].tolist() == [[1, 10, 0.5, 5.0]]
    assert len(new.curves["train_loss"]) == 999 and np.isnan(new.curves["train_loss"][499, 3])
    assert new.newest("train_loss") == 4.0 and new.newest("accuracy") is None
    assert new.reached == (999, 9990, 499.5)


def test_a_resume_takes_back_what_its_checkpoint_did_not_know(journal: JournalWriter, feed: RunFeed) -> None:
    for step in range(1, 9):
        journal.append(metrics(step, float(step)))
    journal.append(Checkpoint(step=4, tokens=40))
    journal.append(Decision(what="plateau", step=7, why="flat"))
    journal.append(Failed(error="killed by signal 9"))
    before = feed.poll()
    assert before is not None and before.state == "failed" and before.error == "killed by signal 9"
    journal.attempt = 2
    journal.append(started(from_step=4))
    journal.append(metrics(5, 50.0))
    after = feed.poll()
    assert after is not None and (after.state, after.attempt, after.error) == ("running", 2, "")
    assert after.curves["train_loss"][:, 0].tolist() == [1, 2, 3, 4, 5]
    assert after.decisions == () and [c.step for c in after.checkpoints] == [4]
    assert len(before.curves["train_loss"]) == 8, "the old view keeps what it showed"


def test_the_time_left_follows_the_newest_pace(journal: JournalWriter, feed: RunFeed) -> None:
    journal.append(Planned(steps=200))
    for step in range(1, 101):
        journal.append(metrics(step, 1.0, pace=0.25))
    view = feed.poll()
    assert view is not None and view.seconds_left() == pytest.approx(25.0)
    assert view.x_of(50, "time") == pytest.approx(12.5) and view.x_of(50, "tokens") == 500


def test_best_is_the_lowest_and_removed_checkpoints_are_gone(journal: JournalWriter, feed: RunFeed) -> None:
    for step, loss in ((10, 3.0), (20, 2.0), (30, 2.5)):
        journal.append(Metrics(step=step, tokens=step, seconds=step, values={"heldout_loss": loss}))
        journal.append(Checkpoint(step=step, tokens=step, heldout_loss=loss, removed=(10,) if step == 30 else ()))
    journal.append(Finished(seconds=1.0))
    view = feed.poll()
    assert view is not None and view.best == (2.0, 20) and view.state == "finished"
    assert [c.step for c in view.checkpoints] == [20, 30]


def test_a_track_cut_and_grown_again_has_no_old_rows() -> None:
    track = Track()
    for step in range(600):
        track.add(step, 0, 0.0, 1.0)
    held = track.rows
    track.cut(99)
    track.add(100, 0, 0.0, 2.0)
    assert track.rows[:, 0].tolist() == list(range(101)) and track.rows[-1, 3] == 2.0
    assert held[100, 3] == 1.0
