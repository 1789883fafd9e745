"""One place a device, and as many devices as we were given."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from engine.launch import resources


def test_without_a_gpu_there_is_one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "gpu_count", lambda: 0)
    assert resources.slots() == [None]


@pytest.mark.parametrize(
    ("allowed", "places"), [(None, [0, 1, 2, 3]), ("1,3", [1, 3]), ("", [None]), ("7", [None]), ("2", [2])]
)
def test_only_gpus_that_we_may_use_are_given_out(
    monkeypatch: pytest.MonkeyPatch, allowed: str | None, places: list[int | None]
) -> None:
    monkeypatch.setattr(resources, "gpu_count", lambda: 4)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if allowed is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", allowed)
    assert resources.slots() == places


def test_a_sample_is_of_this_machine(tmp_path: Path) -> None:
    sample = resources.sample(tmp_path)
    assert sample.memory_total == psutil.virtual_memory().total
    assert 0 < sample.memory_used < sample.memory_total
    assert 0 < sample.disk_free <= psutil.disk_usage(str(tmp_path)).total
