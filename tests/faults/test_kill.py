"""kill -9, in mid-run, of whoever is there: nothing is lost, and whatever ended says why."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from engine.journal.events import Started
from engine.journal.reader import read
from engine.launch import wire
from engine.launch.client import Client
from engine.launch.queue import Status, write_status
from tests.support import tiny
from tests.support.supervised import supervised, wait_for
from tests.support.workspace import RUNS, make_workspace

LONG = 20_000
"""Steps: far more than any test waits for."""


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with supervised(tmp_path / "ws") as client:
        tiny.make_corpus(client.workspace, tmp_path)
        yield client


def state(client: Client, run_id: str) -> str:
    return client.run(run_id).state


def engine_pid(client: Client, run_id: str) -> int:
    events = [r.event for r in read(client.workspace.run(run_id).journal).records]
    return [event for event in events if isinstance(event, Started)][-1].pid


def supervisor_pid(client: Client) -> int:
    connection = wire.dial(client.workspace)
    assert connection is not None
    with connection:
        return connection.hello.pid


def kill(pid: int) -> None:
    """kill -9, and wait until it is dead."""
    process = psutil.Process(pid)
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE)


def test_a_killed_engine_is_noticed_explained_and_resumed_to_the_same_loss(client: Client) -> None:
    whole = client.submit(tiny.pretrain(steps=300, every=20, name="whole")).run_id
    killed = client.submit(tiny.pretrain(steps=300, every=20, name="killed")).run_id
    wait_for(lambda: client.run(killed).step >= 50)
    kill(engine_pid(client, killed))
    wait_for(lambda: state(client, killed) == "failed")
    assert "killed by signal 9 (SIGKILL)" in str(client.run(killed).error)
    assert client.run(killed).cost.seconds > 0
    client.resume(killed)
    wait_for(lambda: state(client, killed) in ("finished", "failed"))
    one, other = client.run(whole), client.run(killed)
    assert (one.state, other.state, other.attempt) == ("finished", "finished", 2)
    assert other.heldout_loss == one.heldout_loss
    curves = [[(p.step, p.value) for p in client.metrics(r, ("train_loss",))["train_loss"]] for r in (whole, killed)]
    assert curves[0] == curves[1]
    before = client.runs(), client.metrics(killed), client.events(killed), client.checkpoints(killed)
    client.reindex()
    assert (client.runs(), client.metrics(killed), client.events(killed), client.checkpoints(killed)) == before


def test_the_next_supervisor_adopts_the_engine_of_a_killed_one(client: Client) -> None:
    run = client.submit(tiny.pretrain(steps=LONG)).run_id
    waiting = client.submit(tiny.pretrain(steps=20, name="waiting")).run_id
    wait_for(lambda: client.run(run).step >= 20)
    engine, old = engine_pid(client, run), supervisor_pid(client)
    kill(old)
    assert psutil.Process(engine).is_running()
    step = client.run(run).step  # starts another supervisor
    assert supervisor_pid(client) != old
    assert any(run in notice and "still running" in notice for notice in client.notices())
    wait_for(lambda: client.run(run).step > step)
    assert engine_pid(client, run) == engine
    assert state(client, waiting) == "queued"  # the device is taken, and the new one knows
    client.stop(run)
    wait_for(lambda: state(client, run) == "stopped")
    wait_for(lambda: state(client, waiting) == "finished")
    assert client.run(run).attempt == 1


def test_an_adopted_engine_that_is_killed_is_noticed_too(client: Client) -> None:
    run = client.submit(tiny.pretrain(steps=LONG)).run_id
    wait_for(lambda: client.run(run).step >= 20)
    kill(supervisor_pid(client))
    client.runs()
    kill(engine_pid(client, run))
    wait_for(lambda: state(client, run) == "failed")
    assert "died and left no word" in str(client.run(run).error)


def test_an_engine_that_died_while_nobody_watched_is_settled_by_the_next_supervisor(client: Client) -> None:
    run = client.submit(tiny.pretrain(steps=LONG)).run_id
    wait_for(lambda: client.run(run).step >= 20)
    kill(supervisor_pid(client))
    kill(engine_pid(client, run))
    assert state(client, run) == "failed"
    assert any(run in notice and "died" in notice for notice in client.notices())


def test_an_engine_that_finished_while_nobody_watched_is_recorded_as_finished(client: Client) -> None:
    run = client.submit(tiny.pretrain(steps=200)).run_id
    wait_for(lambda: client.run(run).step >= 10)
    kill(supervisor_pid(client))
    engine = psutil.Process(engine_pid(client, run))
    wait_for(lambda: not engine.is_running() or engine.status() == psutil.STATUS_ZOMBIE)
    row = client.run(run)
    assert (row.state, row.step) == ("finished", 200)


def test_a_run_survives_every_client_going_away(client: Client) -> None:
    run = client.submit(tiny.pretrain(steps=300)).run_id
    client.close()
    journal = client.workspace.run(run).journal
    wait_for(lambda: b'"finished"' in journal.read_bytes())
    assert client.run(run).step == 300


def test_a_supervisor_killed_between_noting_a_start_and_starting_queues_the_run_again(client: Client) -> None:
    """The moment is laid out by hand: `running` is on disk, and no process was ever made."""
    client.shutdown()
    run = client.workspace
    from engine.launch import job, prepare

    ready = prepare.prepare(run, tiny.pretrain(steps=20))
    folder = job.create(run, ready.config, parents=ready.parents)
    write_status(folder, Status(state="running", queued_at=time.time()))
    wait_for(lambda: state(client, folder.id) == "finished")
    assert client.run(folder.id).attempt == 1


def test_a_pid_that_now_belongs_to_somebody_else_is_not_taken_for_the_engine(tmp_path: Path) -> None:
    """The believable workspace's running run names this very process; move its creation time, and it is a stranger."""
    workspace = make_workspace(tmp_path / "ws")
    path = workspace.run(RUNS["helper-long"]).journal
    from tests.support.workspace import Journal

    journal = Journal(path, 1.0, attempt=1)
    for record in read(path).records:
        event, journal.time = record.event, record.time
        if isinstance(event, Started):
            event = Started(pid=event.pid, start_ticks=event.start_ticks - 1000, boot_id=event.boot_id, host=event.host)
        journal.add(event)
    journal.write()
    with supervised(tmp_path / "ws") as client:
        row = client.run(RUNS["helper-long"])
        assert (row.state, "died" in str(row.error)) == ("failed", True)
    assert psutil.Process().is_running()


def test_killing_the_supervisor_over_and_over_loses_nothing(client: Client) -> None:
    run = client.submit(tiny.pretrain(steps=LONG)).run_id
    wait_for(lambda: client.run(run).step >= 5)
    before = client.run(run)
    for _ in range(4):
        kill(supervisor_pid(client))
        now = client.run(run)
        assert (now.state, now.attempt, now.name) == ("running", 1, before.name)
        assert now.step >= before.step
        before = now
    client.stop(run)
    wait_for(lambda: state(client, run) == "stopped")
    assert not any("set aside" in notice for notice in client.notices())


def test_a_run_stopped_before_its_engine_could_listen_counts_as_stopped(client: Client) -> None:
    run = client.submit(tiny.pretrain(steps=LONG)).run_id
    wait_for(lambda: read_pid(client, run) is not None)
    client.stop(run)
    wait_for(lambda: state(client, run) == "stopped")
    client.resume(run)
    wait_for(lambda: client.run(run).step > 0)
    client.stop(run)
    wait_for(lambda: state(client, run) == "stopped")


def read_pid(client: Client, run_id: str) -> int | None:
    from engine.launch.queue import read_status

    status = read_status(client.workspace.run(run_id))
    return status.pid if status else None
