"""What was expected of a run, beside what came of it: for the steps that it did, and only once it is over."""

from __future__ import annotations

import msgspec

from engine.journal import events as e
from engine.store.fold import RunState
from engine.store.queries import run_row
from engine.store.rows import RunRow

CREATED = e.Created(run_id="r", kind="pretrain", name="r", config={}, fingerprint="")
PREDICTED = e.Predicted(seconds=200.0, steps=400, peak_bytes=500_000_000, rehearsed=True)
STARTED = e.Started(pid=1, start_ticks=0.0, boot_id="", host="")
ENDED = e.Finished(seconds=110.0, step=200, peak_bytes=510_000_000)


def row(*events: e.Event) -> RunRow:
    state = RunState(id="r")
    for number, event in enumerate(events):
        state.apply(e.Record(number, 1, float(number), event))
    state.settle()
    return run_row(msgspec.structs.asdict(state) | {"state": state.phase}, {}, {})


def test_a_run_is_held_against_what_was_expected_for_its_steps() -> None:
    assert row(CREATED, PREDICTED, STARTED, ENDED).expectation == (
        "1m50s, 10 % more than expected; 510 MB, 2 % more than expected (rehearsed)"
    )
    exact = msgspec.structs.replace(ENDED, seconds=100.0, peak_bytes=0)
    assert row(CREATED, PREDICTED, STARTED, exact).expectation == "1m40s, as expected (rehearsed)"


def test_before_it_is_over_only_the_expectation_is_told() -> None:
    assert row(CREATED, PREDICTED, STARTED).expectation == "3m20s, 500 MB (rehearsed)"
    unknown = msgspec.structs.replace(PREDICTED, seconds=None, rehearsed=False)
    assert row(CREATED, unknown).expectation == "500 MB (estimated)"
    assert row(CREATED, STARTED, ENDED).expectation == "" and row(CREATED, STARTED, ENDED).expected is None
