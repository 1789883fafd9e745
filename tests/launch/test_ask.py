"""Asking real small models through real processes: answers, turns, stops, and processes that are gone afterwards."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from engine.dialogue import Chances, Ended, Loaded, Piece, Request, Sampling, Stop
from engine.errors import FrozenError, InputError, MachineError, NotFoundError
from engine.launch.ask import Speakers, request
from engine.paths import Workspace
from tests.support.processes import children
from tests.support.supervised import wait_for
from tests.support.voices import CONTEXT, give_voices
from tests.support.workspace import BASE, CLASSES, RUNS, make_workspace


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = make_workspace(tmp_path_factory.mktemp("voices") / "runs")
    give_voices(made)
    return made


@pytest.fixture
def speakers() -> Iterator[Speakers]:
    with Speakers(slots=1) as made:
        yield made
    assert not processes()


def processes() -> list[psutil.Process]:
    return children("engine.model.say")


def asked(workspace: Workspace, model: str, **sampling: object) -> Request:
    how = Sampling(device="cpu", **sampling)  # type: ignore[arg-type]
    return request(workspace, model, ["the graft"], sampling=how)[1]


def test_a_conversation_uses_one_process_and_loads_a_model_once(workspace: Workspace, speakers: Speakers) -> None:
    ask = asked(workspace, BASE, max_tokens=12, seed=3)
    first, again = list(speakers.ask(ask)), list(speakers.ask(ask))
    pids = [p.pid for p in processes()]
    assert len(pids) == 1
    for said in (first, again):
        assert isinstance(said[0], Loaded) and isinstance(said[-1], Ended) and said[-1].tokens == 12
    assert isinstance(first[0], Loaded) and isinstance(again[0], Loaded) and again[0].seconds < first[0].seconds
    texts = ["".join(one.text for one in said if isinstance(one, Piece)) for said in (first, again)]
    assert texts[0] == texts[1] != ""
    (_, chances, _) = speakers.ask(asked(workspace, RUNS["areas"]))
    assert isinstance(chances, Chances)
    assert {name for name, _ in chances.classes} == set(CLASSES)
    assert sum(chance for _, chance in chances.classes) == pytest.approx(1.0)
    assert [p.pid for p in processes()] == pids, "another model, the same process"


def test_what_is_refused_is_raised_and_the_next_question_is_answered(workspace: Workspace, speakers: Speakers) -> None:
    with pytest.raises(NotFoundError, match="no model 'tinny'"):
        request(workspace, "tinny", ["x"])
    with pytest.raises(InputError, match="device: 'quantum' is no device"):
        list(speakers.ask(request(workspace, BASE, ["x"], sampling=Sampling(device="quantum"))[1]))
    assert isinstance(list(speakers.ask(asked(workspace, BASE, max_tokens=1)))[-1], Ended)
    changed = workspace.bases / BASE / "config.json"
    before = changed.read_bytes()
    changed.write_bytes(before + b"\n")
    try:
        with pytest.raises(FrozenError, match="changed since it was frozen"):
            request(workspace, BASE, ["x"])
    finally:
        changed.write_bytes(before)


def test_who_waits_has_a_turn_and_a_stop_ends_what_speaks_or_waits(workspace: Workspace, speakers: Speakers) -> None:
    stops, said = [Stop(), Stop(), Stop()], [[], [], []]  # type: ignore[var-annotated]
    ask = asked(workspace, BASE, max_tokens=CONTEXT, temperature=2.0, top_k=0)
    threads = []

    def listen(index: int) -> None:
        said[index].extend(speakers.ask(ask, stops[index]))

    for index in range(3):
        threads.append(threading.Thread(target=listen, args=(index,)))
        threads[-1].start()
        wait_for(lambda i=index: len(speakers._waiting) + len(speakers._all) > i)  # in this order
    stops[1]()
    threads[1].join(30)
    assert said[1] == []
    wait_for(lambda: any(isinstance(one, Piece) for one in said[0]))
    stops[0]()
    threads[0].join(30)
    threads[2].join(60)
    assert not any(thread.is_alive() for thread in threads)
    assert isinstance(said[2][-1], Ended), "the process that was stopped made room for another"


def test_a_process_that_dies_is_said(workspace: Workspace, speakers: Speakers) -> None:
    answer = speakers.ask(asked(workspace, BASE, max_tokens=CONTEXT))
    assert isinstance(next(answer), Loaded)
    for process in processes():
        process.kill()
    with pytest.raises(MachineError, match="SIGKILL"):
        list(answer)
    assert isinstance(list(speakers.ask(asked(workspace, BASE, max_tokens=1)))[-1], Ended)


def test_closing_ends_what_speaks(workspace: Workspace, tmp_path: Path) -> None:
    speakers = Speakers(slots=1)
    heard: list[object] = []
    thread = threading.Thread(target=lambda: heard.extend(speakers.ask(asked(workspace, BASE, max_tokens=CONTEXT))))
    thread.start()
    wait_for(lambda: heard)
    speakers.close()
    thread.join(30)
    assert not thread.is_alive() and not processes()
