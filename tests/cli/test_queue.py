"""`graftline queue`: what waits in which order, for people and for scripts, and putting one first."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Graftline
from tests.support.workspace import RUNS


def names(graftline: Graftline) -> tuple[list[str], list[str]]:
    found = graftline("queue", "--json").json()
    return [row["name"] for row in found["running"]], [row["name"] for row in found["waiting"]]


def test_the_queue_in_order_and_one_put_first(graftline: Graftline) -> None:
    assert names(graftline) == (["helper-long"], ["areas-last"])
    assert graftline("resume", "areas-head").code == 0
    assert names(graftline)[1] == ["areas-last", "areas-head"]
    put = graftline("queue", "--first", "areas-head")
    assert put.code == 0 and put.out.index("areas-head") < put.out.index("areas-last")
    assert names(graftline)[1] == ["areas-head", "areas-last"]
    assert graftline("cancel", "areas-head").code == 0


def test_what_does_not_wait_cannot_be_put_first(graftline: Graftline) -> None:
    refused = graftline("queue", "--first", "helper")
    assert refused.code == 2 and "helper is finished" in refused.one_line()
    assert graftline("queue", "--first", "nobody").code == 3
    assert RUNS["areas-last"] in graftline("queue").out


def test_a_sweep_prints_its_runs_and_queues_them_all(graftline: Graftline, tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    file.write_text('name = "p"\ncorpus = "python-docs"\n[train]\nsteps = 5\n')
    told = graftline("pretrain", str(file), "--sweep", "train.lr=1e-3,3e-4", "--sweep", "seed=0,1")
    ids = told.out.split()
    assert told.code == 0 and len(ids) == 4
    queued = graftline("queue", "--json").json()["waiting"][-4:]
    assert [row["id"] for row in queued] == ids and all(row["tags"] == ["sweep:p"] for row in queued)
    assert graftline("pretrain", str(file), "--sweep", "seed=7,8", "--json").json()["tag"] == "sweep:p"
    wrong = graftline("pretrain", str(file), "--sweep", "train.lrr=1,2")
    assert wrong.code == 2 and "did you mean 'lr'?" in wrong.one_line()
    seeds = ",".join(map(str, range(201)))
    assert "would be 201 runs" in graftline("pretrain", str(file), "--sweep", f"seed={seeds}").one_line()
    for row in graftline("queue", "--json").json()["waiting"]:
        if row["tags"] == ["sweep:p"]:
            assert graftline("cancel", row["id"]).code == 0
