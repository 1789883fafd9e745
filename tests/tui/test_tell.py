"""News of runs: what is news, that it is told once, and by which ways."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import msgspec
import pytest

from engine.config.settings import Found, Notify, Settings
from engine.errors import InputError
from engine.store.rows import EventRow, Lineage, RunRow
from tests.support.screen import settle
from tests.support.workspace import NOW
from tui.app import GraftlineApp
from tui.messages import Snapshot, SnapshotArrived
from tui.tell import run_program
from tui.watcher import News, endings, flattened

EVIL = "a\x1b]9;b\x07 [red]c[/nope] \u202ed"
NEWS = News("20261123-141502-pretrain-tiny-k3f9", EVIL, "pretrain", "failed", "no $(memory) `left`; rm -rf\0")


def _run(id: str, state: str, *, ended: float | None = None, error: str | None = None) -> RunRow:
    return RunRow(id=id, name=id, kind="branch", state=state, created=NOW - 100, ended=ended, error=error)


def _snapshot(*runs: RunRow) -> Snapshot:
    return Snapshot(Lineage(roots=(), costs=()), runs)


def _whats(before: Snapshot | None, after: Snapshot) -> list[tuple[str, str]]:
    return [(news.run_id, news.what) for news in endings(before, after, NOW)]


def test_what_ended_between_two_snapshots_is_news() -> None:
    before = _snapshot(_run("a", "running"), _run("b", "running"), _run("c", "queued"), _run("d", "finished"))
    after = _snapshot(
        _run("a", "finished"), _run("b", "failed", error="no memory"), _run("c", "running"), _run("d", "finished")
    )
    assert _whats(before, after) == [("a", "finished"), ("b", "failed")]
    assert endings(before, after, NOW)[1].sentence == "b failed: no memory"
    assert _whats(None, after) == [], "what was so at the start is not"
    assert _whats(after, after) == []


def test_a_run_too_short_to_be_seen_running_is_news_and_an_old_one_come_to_light_is_not() -> None:
    after = _snapshot(_run("short", "finished", ended=NOW + 1), _run("old", "finished", ended=NOW - 1))
    assert _whats(_snapshot(), after) == [("short", "finished")]


def test_cancelling_is_no_news() -> None:
    assert _whats(_snapshot(_run("a", "queued")), _snapshot(_run("a", "cancelled"))) == []


def test_flattening_is_read_from_the_run_s_events() -> None:
    def event(text: str, time: float) -> EventRow:
        return EventRow(run_id="a", seq=1, attempt=1, time=time, type="decision", step=40, text=text)

    plateau = event("plateau at step 40: held-out loss is flat: no gain in 3 looks", NOW + 1)
    found = flattened(_run("a", "running"), [event("decay at step 30: x", NOW + 1), plateau], NOW)
    assert found and found.sentence == "a has flattened: held-out loss is flat: no gain in 3 looks"
    assert flattened(_run("a", "running"), [msgspec.structs.replace(plateau, time=NOW - 1)], NOW) is None


def test_the_user_s_program_gets_the_news_without_a_shell(tmp_path: Path) -> None:
    heard = tmp_path / "heard.json"
    program = tmp_path / "tell.py"
    program.write_text(
        "import json, os, sys\n"
        "told = {k: v for k, v in os.environ.items() if k.startswith('GRAFTLINE_')}\n"
        f"open({str(heard)!r}, 'w').write(json.dumps([sys.argv[1:], told, json.load(sys.stdin)]))\n"
    )
    run_program((sys.executable, str(program), "$HOME; touch x"), NEWS, tmp_path)
    arguments, environment, document = json.loads(heard.read_text())
    assert arguments == ["$HOME; touch x"]
    assert environment["GRAFTLINE_RUN"] == NEWS.run_id and environment["GRAFTLINE_STATE"] == "failed"
    assert environment["GRAFTLINE_WHY"] == "no $(memory) `left`; rm -rf"
    assert document == {
        "run_id": NEWS.run_id,
        "name": EVIL,
        "kind": "pretrain",
        "what": "failed",
        "why": NEWS.why,
        "home": str(tmp_path),
    }


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("/no/such/program",), "/no/such/program cannot be run: No such file or directory (check its path,"),
        ((sys.executable, "-c", "import sys; sys.exit('oh no')"), "ended with 1: oh no (try it in a shell)"),
    ],
)
def test_a_program_that_fails_is_one_line(command: tuple[str, ...], said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        run_program(command, NEWS, tmp_path)
    assert said in str(error.value) and str(error.value).startswith("settings.toml: notify.command: ")


async def test_the_app_tells_an_ending_once(demo_home: Path, tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    command = (sys.executable, "-c", f"import os; open({str(heard)!r}, 'a').write(os.environ['GRAFTLINE_STATE'] + '.')")
    settings = Settings(notify=Notify(on=("failed",), command=command))
    app = GraftlineApp(demo_home, found=Found(settings=settings), clock=lambda: NOW, poll=3600)
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        assert app.snapshot is not None
        app.clear_notifications()
        lineage = app.snapshot.lineage
        before = Snapshot(lineage, (_run("a", "running"), _run("b", "running")))
        after = Snapshot(lineage, (_run("a", "failed", error=EVIL), _run("b", "finished")))
        for snapshot in (before, after, before, after):
            app.post_message(SnapshotArrived(snapshot))
            await settle(pilot)
        (said,) = [str(notification.message) for notification in app._notifications]
        assert said.startswith("a failed: a\u241b]9;b") and "[red]" in said
    assert heard.read_text() == "failed."
