"""Labels and control: each verb does it, the store shows it, and what cannot be is refused in one line."""

from __future__ import annotations

from pathlib import Path

from engine.store.rows import RunRow
from tests.cli.conftest import Graftline
from tests.support.workspace import BASE, RUNS


def run(graftline: Graftline, ref: str) -> RunRow:
    rows = graftline("runs", "--json").json(list[RunRow])
    return next(row for row in rows if row.id == ref)


def test_notes_tags_and_names(graftline: Graftline) -> None:
    assert graftline("note", "areas", "looks good").code == 0
    assert graftline("tag", "areas", "paper").code == 0
    assert run(graftline, RUNS["areas"]).note == "looks good"
    assert set(run(graftline, RUNS["areas"]).tags) == {"keep", "paper"}
    assert graftline("tag", "areas", "paper", "--remove").code == 0
    assert graftline("note", "areas", "").code == 0
    assert run(graftline, RUNS["areas"]).note == "" and run(graftline, RUNS["areas"]).tags == ("keep",)
    assert graftline("rename", "areas", "areas-v2").code == 0
    assert graftline("show", "areas-v2", "--json").json()["run"]["id"] == RUNS["areas"]
    assert graftline("rename", "areas-v2", "areas").code == 0
    assert graftline("tag", BASE, "good").code == 0
    assert graftline("show", BASE, "--json").json()["tags"] == ["good"]


def test_a_queued_run_is_cancelled_and_queued_again(graftline: Graftline) -> None:
    assert graftline("cancel", "areas-last").code == 0
    assert run(graftline, RUNS["areas-last"]).state == "cancelled"
    again = graftline("resume", "areas-last")
    assert (again.code, again.out) == (0, f"{RUNS['areas-last']}\n")
    assert run(graftline, RUNS["areas-last"]).state == "queued"


def test_a_failed_run_is_deleted(graftline: Graftline, home: Path) -> None:
    assert graftline("rm", "areas-head").code == 0
    assert not (home / RUNS["areas-head"]).exists()
    assert graftline("show", RUNS["areas-head"]).code == 3


def test_what_cannot_be_done_is_refused(graftline: Graftline) -> None:
    for verb in ("stop", "resume", "cancel"):
        refused = graftline(verb, "helper")
        assert refused.code == 2 and "it is finished" in refused.one_line()
    descended = graftline("rm", "tiny")
    assert descended.code == 2 and BASE in descended.one_line()
    for verb in ("stop", "resume", "cancel", "rm", "logs", "watch", "metrics"):
        missing = graftline(verb, "nothing-like-it")
        assert missing.code == 3 and "nothing-like-it" in missing.one_line()
    for words in (["note", "nobody", "x"], ["tag", "nobody", "x"], ["rename", "nobody", "x"], ["show", "nobody"]):
        assert graftline(*words).code == 3
