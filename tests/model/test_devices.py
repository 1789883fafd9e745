"""The device is chosen, and said."""

import pytest
import torch

from engine.errors import InputError, MachineError
from engine.model.devices import choose


def test_the_cpu_is_said_in_words():
    device = choose("cpu", "fp32")
    threads = torch.get_num_threads()
    assert device.words == f"device: CPU, {threads} thread{'s' * (threads != 1)}, fp32"
    assert device.dtype == torch.float32 and device.name == "cpu" and device.memory_bytes() is None


@pytest.mark.skipif(torch.cuda.is_available() or torch.backends.mps.is_available(), reason="has a better device")
def test_auto_says_why_it_is_the_cpu():
    assert choose().words.endswith("(no CUDA or MPS device here)")
    with pytest.raises(MachineError, match=r"train\.device: 'cuda:3' is not on this machine"):
        choose("cuda:3")


@pytest.mark.parametrize("name", ["gpu", "cuda:x", "xpu", ""])
def test_a_name_that_is_no_device_is_the_users_error(name):
    with pytest.raises(InputError, match=r"train\.device"):
        choose(name)


def test_auto_precision_is_what_the_processor_multiplies_in():
    able = torch.cpu.get_capabilities()
    fast = able.get("avx512_bf16") or able.get("amx_bf16")
    device = choose("cpu")
    assert device.dtype == (torch.bfloat16 if fast else torch.float32)
    assert device.words.endswith("bf16" if fast else "fp32")


def test_bf16_runs_products_in_bf16():
    device = choose("cpu", "bf16")
    with device.autocast():
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.bfloat16


def test_seeding_repeats_dropout():
    device, x = choose("cpu"), torch.ones(100)
    device.seed(5)
    first = torch.dropout(x, 0.5, True)
    device.seed((7 << 32) + 3)
    other = torch.dropout(x, 0.5, True)
    device.seed(5)
    assert torch.equal(torch.dropout(x, 0.5, True), first) and not torch.equal(first, other)
