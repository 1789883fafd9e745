"""The learning rate against its closed form."""

import pytest

from engine.train.schedule import Schedule


def test_warmup_constant_decay_to_the_step_limit():
    schedule = Schedule(warmup=10, decay=0.25, final=0.0, limit=100)
    assert schedule.latest_start == 80
    assert schedule.end(None) == 100 == schedule.end(80)
    assert [schedule.factor(s, None) for s in (1, 5, 10, 11, 80)] == [0.1, 0.5, 1.0, 1.0, 1.0]
    cooling = [schedule.factor(s, 80) for s in range(81, 101)]
    assert cooling == pytest.approx([1 - i / 21 for i in range(1, 21)])


def test_a_plateau_begins_the_decay_early():
    schedule = Schedule(warmup=0, decay=0.5, final=0.1, limit=1000)
    assert schedule.end(40) == 60
    assert schedule.factor(40, 40) == 1.0
    assert schedule.factor(50, 40) == pytest.approx(1 - 0.9 * 10 / 21)
    assert schedule.factor(60, 40) == pytest.approx(1 - 0.9 * 20 / 21)


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100, 1001])
@pytest.mark.parametrize("decay", [0.0, 0.1, 0.3, 1.0])
def test_no_run_outlasts_its_limit(limit, decay):
    schedule = Schedule(warmup=5, decay=decay, final=0.0, limit=limit)
    assert 1 <= schedule.latest_start <= limit
    for start in range(1, limit + 1):
        assert start <= schedule.end(start) <= limit
        assert all(0 < schedule.factor(s, start) <= 1 for s in range(1, schedule.end(start) + 1))


def test_without_a_decay_the_plateau_is_the_end():
    schedule = Schedule(warmup=0, decay=0.0, final=0.0, limit=50)
    assert schedule.end(20) == 20
    assert schedule.end(None) == 50
