"""A name, note, label, log line or document that holds control codes or markup changes nothing but what it says."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from textual.pilot import Pilot

from engine.corpus.report import Sample, load_report, save_report
from engine.launch.client import Client
from tests.support.screen import control_characters, screen_text, settle
from tests.support.workspace import BASE, DOCS, RUNS
from tui.app import GraftlineApp

NASTY = (
    "[/b][red]x[@click=app.quit]y[/] \x1b[2J\x1b]0;owned\x07 \x9b31m \u202edeppilf\u2066 "
    "'\" ../../etc \r\n\t日本 {0} %s"
)
SIZES = [(80, 24), (120, 40), (200, 60)]


@pytest.fixture
def nasty_home(own_home: Path) -> Path:
    """The demo workspace with foreign text wherever a person or a file can put some."""
    with Client(own_home) as client:
        client.rename(RUNS["areas"], NASTY[:150])
        client.rename(RUNS["helper-long"], "[bold]")
        client.note(BASE, NASTY)
        client.tag(RUNS["helper"], "[/oops]")
        client.sync()
    for run in ("areas", "helper-long"):
        with (own_home / RUNS[run] / "engine.log").open("ab") as file:
            file.write((NASTY + "\n").encode() + b"\xff\xfe\x00\n" + b"[/nope]\n")
    folder = own_home / "corpora" / DOCS
    report = load_report(folder)
    report.dropped[0].samples.insert(0, Sample(id=NASTY, source=NASTY, text=NASTY * 3, kept=NASTY))
    report.dropped[0].reason = NASTY
    save_report(folder, report)
    return own_home


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
async def test_nothing_of_it_reaches_the_terminal_raw(nasty_home: Path, size: tuple[int, int]) -> None:
    app = GraftlineApp(nasty_home, poll=3600)
    seen = ""

    async def look(pilot: Pilot[None]) -> str:
        await settle(pilot)
        shown = screen_text(pilot)
        assert control_characters(shown) == [], shown
        return shown

    async with app.run_test(size=size, notifications=True) as pilot:
        for keys in (
            "j",
            "right_square_bracket",
            "right_square_bracket",
            "l",
            "1",
            "i",
            "escape",
            "r",
            "escape",
            "k",
            "2",
            "down",
            "5",
            "full_stop",
            "enter",
            "escape",
            "G",
            "m",
            "m",
            "f",
        ):
            await pilot.press(keys)
            seen += await look(pilot)
        await pilot.press("1", "ctrl+p", "x")
        seen += await look(pilot)
        await pilot.press("escape", "slash", *"[/b]", "enter")
        seen += await look(pilot)
        app.say(NASTY, severity="error")
        seen += await look(pilot)
        assert app.is_running
    assert "[/b][red]x" in seen
    assert "␛[2J" in seen


async def test_a_notice_is_shown_as_it_stands(nasty_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = GraftlineApp(nasty_home, poll=3600)
    real = app.gateway.snapshot
    monkeypatch.setattr(app.gateway, "snapshot", lambda: dataclasses.replace(real(), notices=(NASTY,)))
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await settle(pilot)
        assert any("[/b][red]x" in str(n.message) and not n.markup for n in app._notifications)
        assert control_characters(screen_text(pilot)) == []
