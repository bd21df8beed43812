import os

import pytest
import torch

from workers.evaluation import energy
from workers.evaluation.devices import describe, software
from workers.evaluation.errors import DeviceMissing


def test_the_cpu_has_a_name_and_the_memory_that_this_process_may_use():
    device = describe("cpu")

    assert device.kind == "cpu"
    assert device.name
    assert device.count == len(os.sched_getaffinity(0))
    assert 2**28 < device.memory_bytes <= os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def test_auto_takes_a_gpu_only_where_there_is_one():
    assert describe("auto").kind == ("cuda" if torch.cuda.is_available() else "cpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_gpu_that_is_not_there_is_missed():
    with pytest.raises(DeviceMissing, match="WORKER_DEVICE is cuda, but torch finds no GPU on this machine"):
        describe("cuda")


def test_an_unknown_device_is_refused():
    with pytest.raises(DeviceMissing) as refused:
        describe("tpu")

    assert str(refused.value) == "The device 'tpu' is unknown: set WORKER_DEVICE to auto, cuda or cpu."


def test_software_names_every_package_that_decides_a_number():
    versions = software()

    assert versions["torch"] == torch.__version__
    assert versions["threads"] == str(torch.get_num_threads())
    assert {"transformers", "lm_eval", "datasets", "tokenizers", "accelerate", "safetensors", "numpy", "python"} <= set(versions)


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU tells what energy it uses")
def test_no_energy_is_told_where_there_is_no_device_that_meters_it():
    assert energy.joules() is None
