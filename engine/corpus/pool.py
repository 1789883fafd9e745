"""Worker processes for work that comes in order, is done in any order, and is given back in order.

    items -> at most so many on their way at once -> a process each -> results, in the order of the items

Every worker makes its function once, from something that can be pickled, and keeps it. Workers are deaf to Ctrl-C and
SIGTERM, which the parent answers, and end by themselves when the parent is gone, however it went. One item alone is
done in this process: starting others takes longer than most single items.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from itertools import chain, islice
from multiprocessing.connection import wait
from typing import Any, TypeVar

from engine.errors import MachineError

T = TypeVar("T")
R = TypeVar("R")

Work = Callable[[T], R]

_work: Work[Any, Any] | None = None
"""In a worker: what it does."""


def in_order(make: Callable[[], Work[T, R]], items: Iterable[T], workers: int) -> Iterator[R]:
    """`make()`, called once in every process, is applied to each item; results in the order of the items.

    Items are taken only as fast as workers want them: `workers` + 1 are on their way. When the caller stops taking
    results, those under way are finished and their results dropped.
    Raises what the work raises, and `MachineError` when a worker dies, as one does where memory is short.
    """
    waiting = iter(items)
    ahead = list(islice(waiting, 2))
    if workers == 1 or len(ahead) < 2:
        yield from map(make(), chain(ahead, waiting))
        return
    with _started(make, workers) as pool:
        under_way: deque[Future[R]] = deque()
        try:
            for item in chain(ahead, waiting):
                under_way.append(pool.submit(_do, item))
                if len(under_way) > workers:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        except BrokenProcessPool:
            raise MachineError(
                "a worker process died, as one does where memory is short (set `memory` or fewer `workers`)"
            ) from None


@contextmanager
def apart(make: Callable[[], Work[T, R]]) -> Iterator[Work[T, R]]:
    """`make()`, called once in one process of its own, which has all cores to itself. Raises as `in_order`."""
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(1, mp_context=context, initializer=_begin, initargs=(partial(_Lazy, make),))
    try:
        yield lambda item: pool.submit(_do, item).result()
    except BrokenProcessPool:
        raise MachineError("a process died that scored documents, as one does where memory is short") from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _started(make: Callable[[], Work[T, R]], workers: int) -> Iterator[ProcessPoolExecutor]:
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(make,))
    try:
        with _one_thread_each():
            yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Libraries in the workers start no threads of their own: every core has its worker."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _begin(make: Callable[[], Work[Any, Any]]) -> None:
    global _work
    for asked in (signal.SIGINT, signal.SIGTERM):
        signal.signal(asked, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _work = make()


class _Lazy:
    """Makes its function when it is first called, so that what making raises is raised there."""

    def __init__(self, make: Callable[[], Work[Any, Any]]):
        self._make = make
        self._made: Work[Any, Any] | None = None

    def __call__(self, item: Any) -> Any:
        if self._made is None:
            self._made = self._make()
        return self._made(item)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _do(item: Any) -> Any:
    assert _work is not None
    return _work(item)
