"""The place of runs on ten thousand of them: `python -m bench.runs_table [HOME]`; without HOME one is written first.

    real supervisor + the app without a terminal  ->  what one waits for, in milliseconds

Measured is the app's own time, from a key to the line that is ready for the terminal: opening the place, one step of
the cursor, a page, a sort, a filter from its last key to the rows found, and a newer snapshot in which one run moved.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from textual.pilot import Pilot

from bench.workspace import Plan, write
from engine.launch.client import Client
from tui.app import GraftlineApp
from tui.widgets.filter_box import REST_SECONDS, FilterBox
from tui.widgets.run_table import RunTable

QUERY = "lr>=1e-3 kind:branch -tag:old loss<4"
Step = Callable[[], Awaitable[Any]]


async def drawn(app: GraftlineApp) -> None:
    """Until the app has handled what was asked and drawn it."""
    ready = asyncio.Event()
    app.screen.call_after_refresh(ready.set)
    await ready.wait()


async def until(what: Callable[[], bool]) -> None:
    while not what():
        await asyncio.sleep(0.001)


Times = list[tuple[float, float]]
"""Milliseconds waited, and of the processor: the second holds on a machine that others use too."""


async def timed(step: Step, times: int = 1) -> Times:
    found = []
    for _ in range(times):
        begun, worked = time.perf_counter(), time.process_time()
        await step()
        found.append((1000 * (time.perf_counter() - begun), 1000 * (time.process_time() - worked)))
        await asyncio.sleep(0.02)
    return found


def tell(what: str, found: Times) -> None:
    waited = sorted(wait for wait, _ in found)
    worst, work = waited[int(0.95 * (len(found) - 1))], statistics.median(work for _, work in found)
    figures = f"median {statistics.median(waited):7.1f} ms   95th {worst:7.1f} ms   of the processor {work:6.1f} ms"
    print(f"{what:34} {figures}   ({len(found)})", flush=True)


async def measure(home: Path) -> None:
    app = GraftlineApp(home, poll=3600)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(lambda: app.snapshot is not None)
        await pilot.pause()

        async def open_place() -> None:
            app.action_place("runs")
            await until(lambda: bool(app.screen.query(RunTable)) and bool(app.screen.query_one(RunTable).order))
            await drawn(app)

        tell("open the place", await timed(open_place))
        await pilot.pause(0.5)
        table = app.screen.query_one(RunTable)
        print(f"{len(table.order):,} runs")
        await moving(app, table)
        await filtering(app, pilot, table)


async def moving(app: GraftlineApp, table: RunTable) -> None:
    async def press(action: Callable[[], object]) -> None:
        action()
        await drawn(app)

    tell("cursor down", await timed(lambda: press(table.action_cursor_down), 100))
    tell("page down", await timed(lambda: press(table.action_page_down), 50))
    tell("last", await timed(lambda: press(table.action_last)))
    tell("first", await timed(lambda: press(table.action_first)))
    tell("sort by another column", await timed(lambda: press(table.sort_by_next), 12))
    table.change(sort="age", turned=False)

    async def newer() -> None:
        moved, now = table.key, app.clock()
        runs = tuple(replace(run, heldout_loss=now % 7) if run.id == moved else run for run in table.runs)
        table.show(runs, table.now)
        await drawn(app)

    tell("a snapshot where one run moved", await timed(newer, 20))
    print(f"lines sent for it: {table.sent}")
    table.change(group="what")
    tell("grouped: cursor down", await timed(lambda: press(table.action_cursor_down), 50))
    table.change(group="")


async def filtering(app: GraftlineApp, pilot: Pilot[None], table: RunTable) -> None:
    await pilot.press("f")
    await pilot.pause(2.0)  # keys are fetched, the store has its index
    box = app.screen.query_one(FilterBox)

    async def ask(query: str) -> None:
        box.set(query)
        await until(lambda: box.answered == query)
        await drawn(app)

    found: Times = []
    for end in range(1, len(QUERY) + 1):
        if QUERY[:end].strip() and not QUERY[:end].endswith((">", "=", ":", "<", "-", " ")):
            found += await timed(lambda end=end: ask(QUERY[:end]))  # type: ignore[misc]
    tell(f"filter ({1000 * REST_SECONDS:.0f} ms of it rest)", found)
    print(f"{len(table.order):,} of {len(table.runs):,} runs match {QUERY}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path, nargs="?")
    parser.add_argument("--runs", type=int, default=10_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = given.home or Path(folder) / "runs"
        if given.home is None:
            write(Plan(home, given.runs, 100 * given.runs), processes=2)
        with Client(home) as client:
            begun = time.perf_counter()
            client.sync()
            print(f"store level after {time.perf_counter() - begun:.1f} s", flush=True)
            try:
                asyncio.run(measure(home))
            finally:
                client.shutdown()


if __name__ == "__main__":
    main()
