"""How much memory the embedded database takes."""

import psutil
import pytest

from portal.embedded.memory import shared_buffers, usable_memory

GB = 2**30


@pytest.mark.parametrize(("memory", "buffers"), [(GB, "128MB"), (8 * GB, "512MB"), (16 * GB, "1024MB"), (512 * GB, "1024MB")])
def test_the_database_takes_a_sixteenth_within_bounds(memory, buffers):
    assert shared_buffers(memory) == buffers


def test_a_containers_limit_counts(tmp_path):
    (tmp_path / "limited").write_text("1073741824\n")
    (tmp_path / "unlimited").write_text("max\n")
    total = psutil.virtual_memory().total
    assert usable_memory((tmp_path / "limited", tmp_path / "absent")) == min(GB, total)
    assert usable_memory((tmp_path / "unlimited", tmp_path / "absent")) == total
