"""Windows: every token once an epoch, the same for the same seed, whatever was read before."""

import numpy as np
import pytest
import torch

from engine.errors import InputError
from engine.train.data import Windows, heldout_windows


def test_an_epoch_is_every_token_once_as_a_target():
    windows = Windows(np.arange(96, dtype="<u2"), context=8, seed=1)
    inputs, targets = windows.get(0, windows.count)
    assert sorted(targets.flatten().tolist()) == list(range(96))
    assert torch.equal(targets, (inputs + 1) % 96)
    assert inputs.dtype == torch.int64


def test_a_window_is_a_function_of_its_number():
    tokens = np.arange(1000, dtype="<u4")
    windows = Windows(tokens, context=7, seed=3)
    ordered = [windows.get(i, 1)[0] for i in range(300)]
    again = Windows(tokens, context=7, seed=3)
    for i in (299, 2, 150, 141, 143):
        assert torch.equal(again.get(i, 1)[0], ordered[i])
    assert torch.equal(again.get(10, 4)[0], torch.cat(ordered[10:14]))


def test_epochs_and_seeds_differ():
    tokens = np.arange(800, dtype="<u2")
    windows = Windows(tokens, context=8, seed=3)
    first, second = windows.get(0, windows.count)[0], windows.get(windows.count, windows.count)[0]
    assert not torch.equal(first, second)
    assert set(first[:, 0].tolist()) != set(second[:, 0].tolist())  # cut elsewhere, not only shuffled
    assert not torch.equal(first, Windows(tokens, context=8, seed=4).get(0, windows.count)[0])


def test_text_shorter_than_the_context_is_one_short_window():
    windows = Windows(np.arange(5, dtype="<u2"), context=100, seed=0)
    assert windows.length == 4 and windows.count == 1
    assert windows.get(0, 3)[0].shape == (3, 4)
    with pytest.raises(InputError, match="1 tokens of training text"):
        Windows(np.arange(1, dtype="<u2"), context=8, seed=0)


def test_heldout_windows_cover_all_that_fits_and_spread_when_it_does_not():
    tokens = np.arange(101, dtype="<u2")
    all_of_it = heldout_windows(tokens, context=8, most=50)
    assert torch.cat([w[1] for w in all_of_it]).tolist() == list(range(1, 101))
    some = heldout_windows(tokens, context=8, most=3)
    assert [int(w[0][0]) for w in some] == [0, 32, 64]
    assert all(torch.equal(w[0] + 1, w[1]) for w in some)
