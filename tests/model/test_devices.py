"""The device is chosen, and said."""

import pytest
import torch

from engine.errors import InputError, MachineError
from engine.model.devices import choose
from engine.model.products import Products, measure, products


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


@pytest.fixture
def no_memory(tmp_path, monkeypatch):
    """A user whose cache is empty, as a new process finds it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    products.cache_clear()
    yield tmp_path
    products.cache_clear()


@pytest.mark.parametrize(("bf16", "wanted"), [(1500.0, torch.bfloat16), (210.0, torch.float32)])
def test_auto_precision_is_measured_once_and_remembered(no_memory, monkeypatch, bf16, wanted):
    found = iter([Products(fp32=200.0, bf16=bf16)])
    monkeypatch.setattr("engine.model.products.measure", lambda: next(found))
    for _ in range(2):  # another process, which reads what the first one wrote
        products.cache_clear()
        device = choose("cpu")
        assert device.dtype == wanted
        assert device.words.endswith(f"GFLOP/s a core: {bf16:,.0f} in bf16, 200 in fp32)")


@pytest.mark.usefixtures("no_memory")
def test_what_is_measured_is_of_this_processor():
    found = measure()
    assert min(found.fp32, found.bf16) > 0.1  # a hundred million operations a second is less than any of them has
    able = torch.cpu.get_capabilities()
    if able.get("amx_bf16"):  # sixteen times as many units: nothing else that runs here can hide that
        assert found.best == "bf16"


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
