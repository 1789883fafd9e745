"""Work in other processes: in order, errors as they were raised, and a worker's death said in one line."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from engine.corpus.pool import Work, in_order
from engine.errors import InputError, MachineError


def worker() -> Work[int, tuple[int, int]]:
    """Squares a number; refuses 13, and dies of 7."""

    def work(number: int) -> tuple[int, int]:
        if number == 13:
            raise InputError("unlucky", where="numbers", fix="take another")
        if number == 7:
            os._exit(9)
        return number * number, os.getpid()

    return work


def test_results_come_in_order_from_several_processes_and_no_faster_than_they_are_taken() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in (3, 1, 4, 1, 5, 9, 2, 6, 13, 8):
            taken.append(number)
            yield number

    results = in_order(worker, items(), workers=2)
    first, pid = next(results)
    assert (first, len(taken)) == (9, 3), "as many as workers, and one, are on their way"
    squares, pids = zip(*(next(results) for _ in range(7)), strict=True)
    assert squares == (1, 16, 1, 25, 81, 4, 36)
    assert os.getpid() not in {pid, *pids}
    with pytest.raises(InputError, match=r"numbers: unlucky \(take another\)"):
        next(results)


def test_one_item_is_done_here() -> None:
    assert list(in_order(worker, [5], workers=2)) == [(25, os.getpid())]


def test_a_worker_that_dies_is_a_matter_of_memory() -> None:
    with pytest.raises(MachineError, match="a worker process died"):
        list(in_order(worker, [1, 7, 3], workers=2))
