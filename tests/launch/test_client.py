"""The queue, the supervisor and a client of it, with real engines."""

from __future__ import annotations

import itertools
import os
import socket
import stat
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from msgspec.structs import replace

from engine.errors import InputError, MachineError, NotFoundError
from engine.launch import queue, wire
from engine.launch.client import Client
from engine.launch.queue import Status, read_status
from engine.paths import Workspace
from tests.support import tiny
from tests.support.supervised import supervised, wait_for
from tests.support.workspace import BASE, NOW, RUNS, make_workspace


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with supervised(tmp_path / "ws") as client:
        yield client


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Client]:
    make_workspace(tmp_path / "ws")
    with supervised(tmp_path / "ws") as client:
        yield client


def ended(client: Client, run_id: str) -> bool:
    return client.run(run_id).state in ("finished", "failed", "stopped", "cancelled")


def supervisor_pid(client: Client) -> int:
    connection = wire.dial(client.workspace)
    assert connection is not None
    with connection:
        return connection.hello.pid


def test_a_corpus_and_a_pretraining_run_from_an_empty_workspace(client: Client, tmp_path: Path) -> None:
    corpus = client.submit(tiny.corpus(tiny.write_text(tmp_path / "text.jsonl")), command="graftline corpus build")
    wait_for(lambda: ended(client, corpus.run_id))
    assert client.run("tiny-text").state == "finished"
    [built] = client.corpora()
    assert built.run_id == corpus.run_id
    run = client.submit(tiny.pretrain(steps=20))
    wait_for(lambda: ended(client, run.run_id))
    row = client.run(run.run_id)
    assert (row.state, row.step, row.steps, row.parents) == ("finished", 20, 20, (f"corpus:{built.id}",))
    assert row.device.startswith("CPU")
    assert row.cost.tokens == 20 * 4 * 32
    curves = client.metrics(run.run_id)
    assert [point.step for point in curves["heldout_loss"]] == [10, 20]
    assert curves["heldout_loss"][-1].value == row.heldout_loss
    assert [c.step for c in client.checkpoints(run.run_id)] == [10, 20]
    [root] = client.lineage().roots
    assert [(child.id, child.kind) for child in root.children] == [(run.run_id, "pretrain")]
    engine = client.workspace.run(run.run_id)
    wait_for(lambda: getattr(read_status(engine), "state", "") == "finished")
    assert "device: CPU" in engine.log.read_text()
    sessions = client.sql("SELECT data->>'pid' FROM events WHERE type = 'started' ORDER BY time")
    assert len(sessions.rows) == 2


def test_one_at_a_time_in_the_order_asked_and_cancel_takes_one_out(client: Client, tmp_path: Path) -> None:
    text = tiny.write_text(tmp_path / "text.jsonl")
    ids = [client.submit(replace(tiny.corpus(text), name=f"c{number}")).run_id for number in range(4)]
    client.cancel(ids[3])
    wait_for(lambda: all(ended(client, i) for i in ids))
    rows = [client.run(i) for i in ids]
    assert [row.state for row in rows] == ["finished", "finished", "finished", "cancelled"]
    for before, after in itertools.pairwise(rows[:3]):
        assert before.ended is not None
        assert after.started is not None
        assert before.ended <= after.started
    with pytest.raises(InputError, match="is not waiting"):
        client.cancel(ids[0])


def test_stop_then_resume_ends_where_an_undisturbed_run_does(client: Client, tmp_path: Path) -> None:
    tiny.make_corpus(client.workspace, tmp_path)
    whole = client.submit(tiny.pretrain(steps=400, every=20, name="whole")).run_id
    broken = client.submit(tiny.pretrain(steps=400, every=20, name="broken")).run_id
    wait_for(lambda: client.run(broken).step >= 20)
    client.profile(broken, 3)
    wait_for(lambda: client.run(broken).step >= 40)
    client.stop(broken)
    wait_for(lambda: ended(client, broken))
    stopped = client.run(broken)
    assert stopped.state == "stopped"
    assert 40 <= stopped.step < 400
    (trace,) = (client.workspace.run(broken).path / "profiles").iterdir()
    assert [e.text for e in client.events(broken) if trace.name in e.text]
    client.resume(broken)
    wait_for(lambda: ended(client, broken))
    one, other = client.run(whole), client.run(broken)
    assert (other.state, other.attempt, other.step) == ("finished", 2, 400)
    assert other.heldout_loss == one.heldout_loss
    both = client.metrics(whole, ("heldout_loss",)), client.metrics(broken, ("heldout_loss",))
    assert [(p.step, p.value) for p in both[0]["heldout_loss"]] == [(p.step, p.value) for p in both[1]["heldout_loss"]]
    with pytest.raises(InputError, match="cannot be resumed"):
        client.resume(broken)
    with pytest.raises(InputError, match="is not running"):
        client.profile(broken, 3)


def test_a_run_whose_input_is_wrong_says_so_and_the_queue_goes_on(client: Client, tmp_path: Path) -> None:
    text = tiny.write_text(tmp_path / "text.jsonl")
    corpus = tiny.corpus(text)
    empty = client.submit(replace(corpus, clean=replace(corpus.clean, rules={"words": 100_000.0}))).run_id
    good = client.submit(corpus).run_id
    wait_for(lambda: ended(client, good))
    bad = client.run(empty)
    assert bad.state == "failed"
    assert "clean" in str(bad.error)
    assert client.run(good).state == "finished"


def test_what_can_be_known_before_is_refused_before(client: Client, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"run\.toml: corpus: no corpus 'tiny-text'"):
        client.submit(tiny.pretrain(), where="run.toml")
    with pytest.raises(InputError, match=r"c\.toml: sources\[0\]\.path: no such file"):
        client.submit(tiny.corpus(tmp_path / "none.jsonl"), where="c.toml")
    assert client.runs() == []


def test_a_removed_run_is_gone_and_an_ancestor_is_kept(demo: Client) -> None:
    with pytest.raises(InputError, match=BASE):
        demo.remove(RUNS["tiny"])
    with pytest.raises(InputError, match=RUNS["evaluate"]):
        demo.remove(RUNS["areas"])
    with pytest.raises(InputError, match="is running"):
        demo.remove(RUNS["helper-long"])
    demo.remove(RUNS["areas-head"])
    demo.remove(RUNS["areas-last"])  # waiting: leaves the queue first
    assert not demo.workspace.run(RUNS["areas-head"]).path.exists()
    assert {RUNS["areas-head"], RUNS["areas-last"]}.isdisjoint(run.id for run in demo.runs())
    with pytest.raises(NotFoundError):
        demo.remove(RUNS["areas-head"])


def test_a_reference_finds_one_run_or_says_why_not(demo: Client) -> None:
    assert demo.run(RUNS["areas"]).name == "areas"
    assert demo.run("areas").id == RUNS["areas"]
    assert demo.run("20261123-1430").id == RUNS["reference"]
    with pytest.raises(NotFoundError, match="begins the ids of"):
        demo.run("20261123-14")
    with pytest.raises(NotFoundError, match="no run 'nope'") as missing:
        demo.run("nope")
    assert missing.value.exit_code == 3
    for foreign in ("../..", "'; DROP TABLE runs; --", "\x1b[31m", "[/b]", "%"):
        with pytest.raises(NotFoundError):
            demo.run(foreign)
        with pytest.raises(InputError):
            demo.stop(foreign)


@pytest.mark.parametrize(
    "text", ["\x1b[2J\x07", "[/nope] [b]", "'; DROP TABLE runs; --", "../../etc", "“quotes” \u202e", "a\nb"]
)
def test_foreign_text_changes_nothing_but_what_it_says(demo: Client, text: str) -> None:
    run = RUNS["areas"]
    demo.note(run, text)
    demo.tag(run, text)
    demo.rename(run, text)
    row = demo.run(run)
    assert (row.note, row.tags, row.name) == (text, ("keep", text), text)
    assert demo.run(text).id == run
    before = demo.runs()
    demo.reindex()
    assert demo.runs() == before


def test_errors_arrive_as_what_they_are(demo: Client) -> None:
    with pytest.raises(NotFoundError, match="nothing here is called 'nobody'"):
        demo.note("nobody", "x")
    with pytest.raises(InputError, match="DELETE is refused"):
        demo.sql("DELETE FROM runs")
    with pytest.raises(InputError, match="is not running"):
        demo.stop(RUNS["areas"])


def test_evaluations_and_their_items(demo: Client) -> None:
    rows = demo.evals("areas")
    assert [row.model_id for row in rows] == [RUNS["areas"], RUNS["areas-scratch"]]
    assert rows[0].scores[0].metric == "accuracy"
    assert demo.evals(models=[RUNS["areas"]]) == [rows[0]]
    every = [(row.model_id, row.suite, row.task, row.time) for row in demo.evals()]
    assert [(one.model_id, one.suite, one.task, one.time) for one in demo.evaluations()] == every
    assert demo.models([RUNS["areas"]]) == [row for row in demo.models() if row.id == RUNS["areas"]]
    items = demo.predictions([RUNS["areas"]], "areas")[RUNS["areas"]]
    assert len(items) == 160
    right = sum(bool(item.correct) for item in items)
    assert rows[0].scores[0].value == pytest.approx(right / 160)
    assert sum(n for counts in rows[0].confusion.values() for n in counts.values()) == 160
    assert demo.predictions(["nobody"], "areas") == {"nobody": []}
    assert len(demo.machine(0)) == 40
    assert demo.machine(NOW) == []


def test_curves_come_thinned_over_the_wire(demo: Client) -> None:
    rows = demo.curves([RUNS["areas"], RUNS["tiny"]], ("heldout_loss",), columns=2)
    assert [(row.run_id, row.count) for row in rows] == [(RUNS["tiny"], 20), (RUNS["areas"], 15)]
    whole = demo.metrics(RUNS["tiny"], ("heldout_loss",))["heldout_loss"]
    points = list(struct.iter_unpack("<4d", rows[0].points))
    assert set(points) < {(p.step, p.tokens, p.seconds, p.value) for p in whole}
    assert min(p.value for p in whole) in [value for *_, value in points]
    with pytest.raises(InputError, match="use step, tokens or seconds"):
        demo.curves([RUNS["tiny"]], x="value")


def test_the_socket_is_ours_alone(demo: Client) -> None:
    demo.runs()
    path = wire.socket_path(demo.workspace)
    assert path.parent == demo.workspace.home
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_home_too_deep_for_a_socket_gets_a_short_private_one(tmp_path: Path) -> None:
    home = tmp_path / ("d" * 60) / ("e" * 60)
    with supervised(home) as client:
        assert client.runs() == []
        path = wire.socket_path(client.workspace)
        assert len(os.fsencode(path)) < 104
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert not path.exists()


def test_many_clients_at_once_start_one_supervisor(tmp_path: Path) -> None:
    """Eight processes, no supervisor yet: all are answered, and by the same one."""
    home = tmp_path / "ws"
    program = (
        "import sys; from pathlib import Path; from engine.launch import wire; from engine.paths import Workspace\n"
        "with wire.connect(Workspace(Path(sys.argv[1]))) as c: print(c.hello.pid, c.ask('runs', {}, list))"
    )
    with supervised(home):
        command, environment = [sys.executable, "-c", program, str(home)], {**os.environ, "PYTHONPATH": str(Path.cwd())}
        started = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(8)]
        said = {process.communicate(timeout=100)[0].strip() for process in started}
    [line] = said
    assert line.split()[1] == "[]"


def test_one_that_was_woken_ahead_is_the_one_that_answers(tmp_path: Path) -> None:
    """An app wakes it before it asks; where nothing is, nothing is made."""
    wire.wake(Workspace(tmp_path / "nowhere"))
    assert not (tmp_path / "nowhere").exists()
    (tmp_path / "ws").mkdir()
    with supervised(tmp_path / "ws") as client:
        wire.wake(client.workspace)
        [woken] = [process.pid for home, process in wire._started if home == client.workspace.home]
        assert client.runs() == []
        assert supervisor_pid(client) == woken
        wire.wake(client.workspace)
        assert [process.pid for home, process in wire._started if home == client.workspace.home] == [woken]


def test_many_threads_may_share_one_client(demo: Client) -> None:
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(len(demo.lineage().roots))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [2] * 12


def test_it_goes_home_when_idle_and_the_next_call_starts_another(tmp_path: Path) -> None:
    with supervised(tmp_path / "ws", idle_seconds=0.3) as client:
        client.runs()
        first = psutil.Process(supervisor_pid(client))
        client.close()
        psutil.wait_procs([first], timeout=20)
        assert not first.is_running() or first.status() == psutil.STATUS_ZOMBIE
        assert not wire.socket_path(client.workspace).exists()
        assert client.runs() == []
        assert supervisor_pid(client) != first.pid


def test_a_client_with_a_connection_in_hand_keeps_it_from_leaving(tmp_path: Path) -> None:
    with supervised(tmp_path / "ws", idle_seconds=0.2) as client:
        client.runs()
        pid = supervisor_pid(client)
        threading.Event().wait(1.5)
        assert client.runs() == []
        assert supervisor_pid(client) == pid


def test_the_supervisor_has_no_terminal_and_its_own_session(demo: Client) -> None:
    demo.runs()
    pid = supervisor_pid(demo)
    assert os.getsid(pid) == pid
    assert Path(f"/proc/{pid}/fd/0").resolve() == Path("/dev/null")
    assert Path(f"/proc/{pid}/fd/1").resolve() == demo.workspace.home / "supervisor.log"
    assert Path(f"/proc/{pid}/fd/2").resolve() == demo.workspace.home / "supervisor.log"


def test_a_stranger_s_bytes_on_the_socket_harm_nobody(demo: Client) -> None:
    demo.runs()
    for junk in (b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 64, b"\x00\x00\x00\x02\xc1\xc1", b""):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as channel:
            channel.connect(str(wire.socket_path(demo.workspace)))
            channel.sendall(junk)
    assert len(demo.runs()) == 11


def test_a_supervisor_of_another_version_is_relieved(demo: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    demo.runs()
    old = supervisor_pid(demo)
    demo.close()
    monkeypatch.setattr(wire, "__version__", "0.0.0-other")
    with pytest.raises(MachineError):  # what is started is again of this version; it was relieved all the same
        monkeypatch.setattr(wire, "_START_SECONDS", 3.0)
        demo.runs()
    monkeypatch.undo()
    assert len(demo.runs()) == 11
    assert supervisor_pid(demo) != old


def test_a_status_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws")
    folder = workspace.run(RUNS["tiny"])
    for content in (b"", b"{", b'{"state": "dancing", "queued_at": 1}', b"[]"):
        folder.status.write_bytes(content)
        assert read_status(folder) is None
    assert isinstance(workspace, Workspace)
    assert Status(state="queued", queued_at=1.0).pid is None


def test_waiting_runs_start_in_the_order_they_are_put_in(client: Client, tmp_path: Path) -> None:
    tiny.make_corpus(client.workspace, tmp_path)
    ahead = client.submit(tiny.pretrain(steps=100_000, name="ahead")).run_id
    wait_for(lambda: client.run(ahead).state == "running")
    text = tiny.write_text(tmp_path / "text.jsonl")
    first, second, third = (
        client.submit(replace(tiny.corpus(text), name=name)).run_id for name in ("one", "two", "three")
    )
    assert client.waiting() == [first, second, third]
    assert client.reorder((third, ahead)) == [ahead], "what runs is left alone, and that is told"
    assert client.waiting() == [third, first, second]
    client.reorder((second,))
    client.shutdown()
    assert client.waiting() == [second, third, first], "the order is on disk: the next supervisor keeps it"
    last = client.submit(replace(tiny.corpus(text), name="four")).run_id
    assert client.waiting()[-1] == last, "what is queued later waits behind all of them"
    client.stop(ahead)
    wait_for(lambda: all(ended(client, i) for i in (first, second, third, last)))
    started = [client.run(i).started or 0.0 for i in (second, third, first, last)]
    assert started == sorted(started)


def test_places_in_the_queue_are_never_shared() -> None:
    assert queue.ascending([2.0, 1.0, 2.0, 2.0])[:2] == [1.0, 2.0]
    places = queue.ascending([1.8e9] * 200)
    assert all(one < other for one, other in itertools.pairwise(places)) and places[-1] - places[0] < 1.0
