"""A day's use: 24 simulated hours of a live run in the monitor, through the real journal, feed, store and screen.

The first hour comes at 10 Hz x 5 metrics, so that every buffer is as full as it gets; the other 23 at a tenth of that.
"""

from __future__ import annotations

import gc
import math
import os
import tracemalloc
from pathlib import Path

import msgspec
import psutil
from textual.pilot import Pilot

from engine.config.fingerprint import fingerprint
from engine.config.load import dump
from engine.config.schema import PretrainConfig, TrainConfig
from engine.journal.events import Checkpoint, Created, Event, Metrics, Planned, Record, Said, Started
from engine.journal.writer import encode
from engine.paths import RunFolder, Workspace
from engine.stage import boot_id
from tests.support.screen import settle, shows
from tests.support.supervised import supervised
from tests.support.workspace import NOW
from tui.app import GraftlineApp
from tui.screens.monitor import MonitorScreen
from tui.track import MOST

HOUR = 3600
SLOT = 1800
"""Seconds that pass between two looks of the monitor."""


class Day:
    """A run that is being written, and the clock on the wall."""

    def __init__(self, home: Path):
        self.now = NOW
        self.step = 0
        self._seq = 0
        self.folder: RunFolder = Workspace(home).run("20261123-150000-pretrain-endless-e0e0")
        self.folder.path.mkdir(parents=True)
        config = PretrainConfig(name="endless", corpus="text", train=TrainConfig(steps=10_000_000))
        self.folder.config.write_text(dump(config))
        process = psutil.Process()
        self.write(
            Created(
                run_id=self.folder.id, kind="pretrain", name="endless", config=msgspec.to_builtins(config),
                fingerprint=fingerprint(config),
            ),
            Started(pid=os.getpid(), start_ticks=process.create_time(), boot_id=boot_id(), host="workshop"),
            Planned(steps=10_000_000, tokens_per_step=64),
        )  # fmt: skip

    def write(self, *events: Event) -> None:
        lines = []
        for event in events:
            lines.append(encode(Record(seq=self._seq, attempt=min(self._seq, 1), time=self.now, event=event)))
            self._seq += 1
        with self.folder.journal.open("ab") as file:
            file.write(b"".join(lines))

    def pass_time(self, seconds: int, rate: int) -> None:
        """So many simulated seconds of training, `rate` measurements in each."""
        began, self.now = self.now, self.now + seconds
        made = []
        for number in range(seconds * rate):
            self.step += 1
            after = began - NOW + number / rate
            loss = 2.0 + 4.0 * math.exp(-after / HOUR) + 0.01 * math.sin(self.step * 12.9898)
            values = {
                "train_loss": loss,
                "heldout_loss": loss + 0.1,
                "grad_norm": 1.0,
                "lr": 1e-3,
                "tokens_per_second": 4e4,
            }
            made.append(Metrics(step=self.step, tokens=self.step * 64, seconds=after, values=values))
        self.write(*made)
        with self.folder.log.open("a") as log:
            log.write(f"step {self.step}: loss {loss:.4f}\n")

    def checkpoint(self, removed: int) -> None:
        self.write(Checkpoint(step=self.step, tokens=self.step * 64, removed=(removed,) if removed else ()))
        self.write(Said(text=f"checkpoint at {self.step}"))


CACHES = 2_000_000
"""Bytes that the framework's bounded caches of widths and renderings may yet fill after the first hours. The day's
measurements, all kept, would be ten times as much.
"""


def held() -> tuple[int, int]:
    """Bytes: of the whole process, and what Python and NumPy took since the monitor was opened."""
    gc.collect()
    return psutil.Process().memory_info().rss, tracemalloc.get_traced_memory()[0]


async def look(pilot: Pilot[None], day: Day) -> None:
    """The monitor reads and draws all that is there."""
    screen = pilot.app.screen
    assert isinstance(screen, MonitorScreen)

    def drawn() -> bool:
        screen.poll()
        views = screen.views()
        return bool(views) and views[0].reached[0] == day.step

    await shows(pilot, drawn)


async def test_a_day_leaves_no_more_than_its_first_hour(tmp_path: Path) -> None:
    home = tmp_path / "runs"
    home.mkdir()
    day = Day(home)
    with supervised(home) as client:
        app = GraftlineApp(home, clock=lambda: day.now, poll=HOUR)
        async with app.run_test(size=(120, 40), notifications=True) as pilot:
            await settle(pilot)
            await pilot.press("3")
            tracemalloc.start()
            hours = []
            for hour in range(24):
                for _ in range(HOUR // SLOT):
                    day.pass_time(SLOT, rate=10 if hour == 0 else 1)
                    await look(pilot, day)
                day.checkpoint(removed=0)
                app.look()
                await settle(pilot)
                hours.append(held())
                said = [str(one.message) for one in app._notifications]
                # The supervisor was started after the run: that it took it over is its only news.
                assert all(text.startswith("took over") for text in said), said
            tracemalloc.stop()
            screen = app.screen
            assert isinstance(screen, MonitorScreen)
            sizes = {name: len(rows) for name, rows in screen.views()[0].curves.items()}
            assert len(sizes) == 5 and max(sizes.values()) <= MOST, sizes
        process, own = zip(*hours, strict=True)
        assert max(process) < process[0] * 1.1, [f"{one / 1e6:.0f} MB" for one in process]
        assert min(own[18:]) < min(own[:6]) + CACHES, [f"{one / 1e6:.2f} MB" for one in own]
        assert client.run(day.folder.id).step == day.step, "the store has seen it all"
