"""The machine place: gauges that say what the look said, processes in order, every key, and history as it moves."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from engine.launch.machine import Watch
from engine.store.rows import MachineNow, ProcessRow
from tests.support.machine import StillWatch
from tests.support.screen import control_characters, screen_text, settle, shows
from tests.support.workspace import NOW, RUNS
from tests.tui.conftest import open_app
from tui.app import GraftlineApp
from tui.screens.logs import LogsScreen
from tui.screens.machine import MachineScreen
from tui.screens.monitor import MonitorScreen
from tui.widgets.history import area, moments
from tui.widgets.process_table import ProcessTable

LONG = RUNS["helper-long"]


def still(app: GraftlineApp, gpus: int = 0, cores: int = 2) -> GraftlineApp:
    app.gateway.watch = StillWatch(gpus, cores)
    return app


async def opened(pilot: Pilot[None]) -> ProcessTable:
    await settle(pilot)
    await pilot.press("8")
    await settle(pilot, lambda: "processor" in screen_text(pilot))
    assert isinstance(pilot.app.screen, MachineScreen)
    return pilot.app.screen.query_one(ProcessTable)


def commands(table: ProcessTable) -> list[str]:
    return [str(table.get_cell_at((row, len(table.columns) - 1))) for row in range(table.row_count)]  # type: ignore[arg-type]


async def test_what_is_used_of_what_and_by_whom(demo: GraftlineApp) -> None:
    async with still(demo).run_test(size=(120, 40)) as pilot:
        table = await opened(pilot)
        text = screen_text(pilot)
        for words in ("processor  28%", "load 1.42 1.17 0.80", "memory  50%  4.1 GB of 8.2 GB", "core 1", " 47%",
                      "52 GB of 90 GB", "no GPU", "7 processes, 1 of runs here"):  # fmt: skip
            assert words in text, words
        assert commands(table)[0].startswith("▶ helper-long"), "ours first, by the name of the run"
        assert commands(table)[1].startswith("node"), "then the busiest"


@pytest.mark.parametrize(("size", "cores"), [((80, 24), 2), ((200, 60), 192), ((45, 20), 8)])
async def test_many_cores_and_gpus_find_room(demo: GraftlineApp, size: tuple[int, int], cores: int) -> None:
    async with still(demo, gpus=2, cores=cores).run_test(size=size) as pilot:
        table = await opened(pilot)
        text = screen_text(pilot)
        assert "gpu 1" in text and "67%" in text and "no GPU" not in text
        assert ("612 W of 700 W" in text) == (size[0] >= 80)
        assert table.size.height >= 4, "there is always room for processes"


async def test_keys_sort_filter_and_hold(demo: GraftlineApp) -> None:
    async with still(demo).run_test(size=(120, 40)) as pilot:
        table = await opened(pilot)
        await pilot.press("o")
        assert table.sorted_by == "memory" and commands(table)[1].startswith("node")
        assert commands(table)[-1].startswith("sshd")
        await pilot.press("O")
        assert table.turned and commands(table)[1].startswith("sshd")
        await pilot.press("f")
        assert len(commands(table)) == 1
        await pilot.press("f", "space")
        await pilot.pause()
        assert len(commands(table)) == 7 and "held still" in screen_text(pilot)
        await pilot.press("space")
        await pilot.pause()
        assert "held still" not in screen_text(pilot)
        seen = []
        for key in ("G", "g", "j", "s", "down", "k", "w", "up", "n", "N"):
            await pilot.press(key)
            seen.append(table.cursor_row)
        assert seen == [6, 0, 1, 2, 3, 2, 1, 0, 6, 0]


async def test_keys_lead_to_the_run_and_only_to_ours(demo: GraftlineApp) -> None:
    async with still(demo).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        await pilot.press("down", "enter")
        assert any("belongs to no run" in str(said.message) for said in demo._notifications)
        await pilot.press("S")
        assert any("Nothing is chosen" in str(said.message) for said in demo._notifications), "no stranger is stopped"
        await pilot.press("up", "l")
        await settle(pilot)
        assert isinstance(demo.screen, LogsScreen) and demo.logged == LONG
        await pilot.press("8")
        await settle(pilot)
        assert table.process is not None and table.process.run_id == LONG
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(demo.screen, MonitorScreen) and demo.watched == (LONG,)


async def test_nothing_is_read_while_the_place_is_out_of_sight(demo: GraftlineApp) -> None:
    class Counting(StillWatch):
        looks = 0

        def look(self) -> MachineNow:
            Counting.looks += 1
            return super().look()

    demo.gateway.watch = Counting()
    async with demo.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        screen = demo.screen
        assert isinstance(screen, MachineScreen)
        await pilot.press("1")
        await settle(pilot)
        before = Counting.looks
        assert before > 0
        screen._look()
        await settle(pilot)
        assert Counting.looks == before


async def test_the_real_machine_shows_our_own_process(own_home: Path) -> None:
    """The workspace's running run is this very process; real figures come from psutil."""
    app = open_app(own_home)
    async with app.run_test(size=(160, 50)) as pilot:
        assert isinstance(app.gateway.watch, Watch)
        table = await opened(pilot)
        await shows(pilot, lambda: commands(table) != [] and "▶ helper-long" in commands(table)[0])


async def test_a_hostile_command_is_shown_and_does_nothing(demo: GraftlineApp) -> None:
    nasty = ProcessRow(
        pid=9, run_id="", command="[/b]\x1b[31m\u202e x", user="[red]", cpu_percent=99.0, memory=1, gpu_memory=0
    )

    class Hostile(StillWatch):
        def look(self) -> MachineNow:
            return replace(super().look(), processes=(nasty,))

    demo.gateway.watch = Hostile()
    async with demo.run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        text = screen_text(pilot)
        assert "[/b]" in text and "[red]" in text and not control_characters(text)


def test_moments_are_the_highest_of_their_time_and_hold_a_while() -> None:
    samples = [(NOW - 590.0, 10.0), (NOW - 61.0, 20.0), (NOW - 60.5, 30.0), (NOW, 50.0)]
    found = moments(samples, NOW, 600.0, 60)
    assert found[-1] == 50.0 and len(found) == 60
    assert [n for n, value in enumerate(found) if value == 30.0] == [52, 53], "held for 15 s, then nobody looked"
    assert found[0] == 10.0 and found[5] is None


def test_an_area_is_filled_from_below() -> None:
    assert area([100.0, 50.0, 0.0, None], 100.0, 1) == ["⣧ "]
    assert area([100.0, 100.0], 100.0, 2) == ["⣿", "⣿"] and area([50.0, 50.0], 100.0, 2) == [" ", "⣿"]
    assert area([0.1, None], 100.0, 2) == [" ", "⡀"], "what is above zero shows"
