"""The queue place: what is shown in which order, every key of it, and an order that reaches the supervisor."""

from __future__ import annotations

from pathlib import Path

from textual.pilot import Pilot

from engine import figures
from engine.config.schema import PretrainConfig, TrainConfig
from engine.launch.client import Client
from engine.store.rows import RunRow
from tests.support.screen import screen_text, settle, shows
from tests.support.workspace import NOW, RUNS
from tests.tui.conftest import open_app
from tui.app import GraftlineApp
from tui.screens.launch import LaunchScreen
from tui.screens.monitor import MonitorScreen
from tui.screens.queue import QueueScreen
from tui.widgets.queue_list import Queue, QueueList

HEAD, LAST, LONG = RUNS["areas-head"], RUNS["areas-last"], RUNS["helper-long"]


async def opened(pilot: Pilot[None]) -> QueueList:
    await settle(pilot)
    await pilot.press("7")
    await settle(pilot)
    assert isinstance(pilot.app.screen, QueueScreen)
    return pilot.app.screen.query_one(QueueList)


def two_wait(home: Path) -> GraftlineApp:
    with Client(home) as client:
        client.resume(HEAD)
    return open_app(home, poll=0.2)


def said(app: GraftlineApp, text: str) -> bool:
    return any(text in str(notification.message) for notification in app._notifications)


def order(app: GraftlineApp) -> list[str]:
    return app.gateway.waiting()


async def test_what_runs_and_what_waits_stand_in_order(demo: GraftlineApp) -> None:
    async with demo.run_test(size=(120, 40)) as pilot:
        queue = await opened(pilot)
        text = screen_text(pilot)
        assert "1 running · 1 waiting" in text and "260/600" in text and "43%" in text
        assert text.index("helper-long") < text.index("areas-last") < text.index("evaluate    ")
        assert queue.run_id == LONG, "the cursor begins at the first run"
        seen = []
        for key in ("j", "down", "s", "k", "up", "w", "G", "g", "end", "home"):
            await pilot.press(key)
            seen.append(queue.run_id)
        ended = [option.id for option in queue.options if option.id and not option.disabled][2:]
        assert seen == [LAST, ended[0], ended[1], ended[0], LAST, LONG, ended[-1], LONG, ended[-1], LONG]
        await pilot.press("n")
        assert queue.run_id == ended[-1]
        await pilot.press("N")
        assert queue.run_id == LONG


async def test_moving_a_run_changes_the_order_for_everybody(own_home: Path) -> None:
    app = two_wait(own_home)
    async with app.run_test(size=(80, 24)) as pilot:
        queue = await opened(pilot)
        await shows(pilot, lambda: [o.id for o in queue.options if o.id in (HEAD, LAST)] == [LAST, HEAD])
        queue.choose(HEAD)
        await pilot.press("K")
        assert [o.id for o in queue.options if o.id in (HEAD, LAST)] == [HEAD, LAST], "at once"
        assert queue.run_id == HEAD, "the cursor goes with it"
        await shows(pilot, lambda: order(app) == [HEAD, LAST])
        await pilot.press("K", "J", "J")
        await shows(pilot, lambda: order(app) == [LAST, HEAD])
        await pilot.press("A")
        await shows(pilot, lambda: order(app) == [HEAD, LAST])
        with Client(own_home) as client:
            client.reorder((LAST,))
        await shows(pilot, lambda: [o.id for o in queue.options if o.id in (HEAD, LAST)] == [LAST, HEAD])


async def test_a_run_that_is_no_longer_waiting_is_left_alone_and_that_is_said(own_home: Path) -> None:
    app = two_wait(own_home)
    app._poll = 3600
    async with app.run_test(size=(80, 24)) as pilot:
        queue = await opened(pilot)
        with Client(own_home) as client:
            client.cancel(LAST)
        queue.choose(LAST)
        await pilot.press("J")
        await shows(pilot, lambda: said(app, "does not wait any more"))
        queue.choose(LONG)
        await pilot.press("K")
        await shows(pilot, lambda: said(app, "Only a waiting run has a place"))


async def test_a_waiting_run_leaves_the_queue_and_comes_back(own: GraftlineApp) -> None:
    async with own.run_test(size=(120, 40)) as pilot:
        queue = await opened(pilot)
        queue.choose(LAST)
        assert isinstance(own.screen, QueueScreen)
        own.screen.action_stop()
        await shows(pilot, lambda: said(own, "left the queue"))
        await shows(pilot, lambda: "cancelled" in screen_text(pilot))
        assert order(own) == []


async def test_what_waits_says_how_long_it_will_take_as_far_as_the_past_tells(own_home: Path) -> None:
    with Client(own_home) as client:
        client.cancel(LAST)
        made = client.submit(PretrainConfig(name="next", corpus="python-docs", train=TrainConfig(steps=40)))
    app = open_app(own_home)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await settle(pilot, lambda: "what waits takes at most ~" in screen_text(pilot))
        [seconds] = app.gateway.expected([app.gateway.run(made.run_id)], app.gateway.runs()).values()
        assert seconds is not None and f"≤ ~{figures.duration(seconds)}" in screen_text(pilot)


async def test_enter_opens_the_curves_and_p_the_form(demo: GraftlineApp) -> None:
    async with demo.run_test(size=(80, 24)) as pilot:
        queue = await opened(pilot)
        queue.choose(LONG)
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(demo.screen, MonitorScreen) and demo.watched == (LONG,)
        await pilot.press("7", "P")
        await settle(pilot)
        assert isinstance(demo.screen, LaunchScreen)


async def test_nothing_to_do_says_how_to_begin(empty_app: GraftlineApp) -> None:
    async with empty_app.run_test(size=(45, 20)) as pilot:
        await opened(pilot)
        assert "Nothing runs and nothing waits" in screen_text(pilot)


def test_what_was_just_queued_comes_last() -> None:
    rows = [
        RunRow(id=id, name=id, kind="branch", state="queued", created=NOW + n) for n, id in enumerate(("a", "b", "c"))
    ]
    assert [run.id for run in Queue.of(rows, ["b", "a"]).waiting] == ["b", "a", "c"]
