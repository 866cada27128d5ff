"""No space and no memory: a clear error, nothing damaged, and the next run goes on."""

import pytest
from workshop import contents, converge, look, opened_workshop

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    with opened_workshop(tmp_path_factory.mktemp("space")) as opened:
        yield opened


@pytest.fixture(scope="module")
def expected(workshop):
    return contents(workshop.after)


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("size", [1, 100, 1000, 4096, 8192, 20_000, 40_000, 60_000, 80_000, 120_000])
def test_files_that_may_not_grow_are_told_and_nothing_is_lost(workshop, expected, first, size):
    workshop.begin(first)
    code = workshop.ingest(limits={"RLIMIT_FSIZE": size}, log="/dev/null")
    told = workshop.told
    look(workshop, first)
    converge(workshop, expected, deaths=0)
    assert (code, "Free space" in told) == (1, True), told


@pytest.mark.parametrize("more", [0, 1, 2, 4, 8, 16, 32, 64, 128, 256])
def test_without_memory_nothing_is_lost(workshop, expected, more):
    workshop.begin(first=False)
    code = workshop.ingest(limits={"RLIMIT_AS": workshop.memory() + more * MIB})
    assert code in (0, 1, 99, -6, -11), code  # fine, told, or ended by Chroma, the allocator or the kernel
    look(workshop, first=False)
    converge(workshop, expected, deaths=1)
