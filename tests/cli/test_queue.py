"""`graftline queue`: what waits in which order, for people and for scripts, and putting one first."""

from __future__ import annotations

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
