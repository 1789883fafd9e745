"""What the monitor reads out of a journal that is being written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.journal.events import Checkpoint, Created, Decision, Failed, Finished, Metrics, Planned, Started
from engine.journal.reader import Tail
from engine.journal.writer import JournalWriter
from engine.store.rows import CurveRow
from tui.log_tail import LogTail
from tui.run_feed import RunFeed
from tui.run_view import SECONDS, TOKENS
from tui.track import MOST, Track


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
    assert view.x_of(50, SECONDS) == pytest.approx(12.5) and view.x_of(50, TOKENS) == 500


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


def test_a_day_of_measurements_costs_bounded_memory_and_keeps_its_spike() -> None:
    track = Track()
    spike, count = 123_457, 864_000 // 4  # six hours at 10 Hz, and long past every thinning
    for step in range(count):
        track.add(step, step * 10, step / 10, 9.0 if step == spike else None if step == 50_000 else 1.0 + step % 7 / 10)
        if step % 10_000 == 0:
            assert len(track.rows) <= MOST
    rows = track.rows
    assert len(rows) <= MOST and rows[0, 0] == 0 and rows[-1, 0] == count - 1
    assert (np.diff(rows[:, 0]) > 0).all()
    assert rows[np.nanargmax(rows[:, 3])].tolist() == [spike, spike * 10, spike / 10, 9.0]
    assert np.isnan(rows[rows[:, 0] == 50_000, 3]).all(), "the gap is still there"
    assert np.nanmin(rows[:, 3]) == 1.0


def test_what_the_store_holds_is_taken_over_and_only_the_rest_is_read(journal: JournalWriter, tmp_path: Path) -> None:
    """The store's part stands for its measurements; what else the journal says there is read when it is looked at."""
    path = tmp_path / "journal.jsonl"
    for step in range(1, 1001):
        journal.append(metrics(step, 5.0))
    journal.append(Decision(what="plateau", step=900, why="flat"))
    known = path.stat().st_size
    journal.append(metrics(1001, 1.0))
    journal.append(Finished(seconds=1.0))
    points = np.array([[1, 10, 0.5, 5.0], [1000, 10_000, 500.0, 5.0]])
    row = CurveRow(run_id="r", name="train_loss", points=points.tobytes(), count=1000, offset=known, attempt=1)
    feed = RunFeed("r", Tail(path), LogTail(tmp_path / "engine.log"))
    feed.begin([row])
    other = feed.poll(front=False)
    assert other is not None and other.curves["train_loss"][:, 0].tolist() == [1, 1000, 1001]
    assert other.name == "tiny" and other.state == "finished" and other.decisions == ()
    view = feed.poll()
    assert view is not None and [d.what for d in view.decisions] == ["plateau"] and feed.settled
    assert view.state == "finished", "what came later is still the newest"
    assert len(view.curves["train_loss"]) == 3, "looking back takes nothing from the curve"


def test_reading_stops_when_the_time_is_up_and_goes_on(journal: JournalWriter, tmp_path: Path) -> None:
    for step in range(1, 3001):
        journal.append(metrics(step, 1.0))
    ticks = iter(range(10**6))
    feed = RunFeed(
        "r", Tail(tmp_path / "journal.jsonl", limit=50_000), LogTail(tmp_path / "log"), clock=lambda: next(ticks)
    )
    first = feed.poll(until=0.0)
    assert first is not None and 0 < first.reached[0] < 3000 and not feed.settled
    last = feed.poll()
    assert last is not None and last.reached[0] == 3000 and feed.settled
