"""The wall's memory does not grow: minutes 2 to 10 of the whole site, slope at most 2 %."""

import time

import numpy as np
import psutil
import pytest

from tests.stories.conftest import Site
from tests.waiting import eventually

MINUTES = 10
WARM = 2


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_memory_of_the_wall_over_minutes_two_to_ten(tmp_path_factory: pytest.TempPathFactory) -> None:
    site = Site(tmp_path_factory.mktemp("soak"))
    try:
        eventually(lambda: len(psutil.Process(site.process.pid).children()) == 3)
        time.sleep(WARM * 60)
        samples = []
        for _ in range((MINUTES - WARM) * 6):
            samples.append(memory(site))
            time.sleep(10)
    finally:
        site.stop()
    slope = np.polyfit(np.arange(len(samples)), samples, 1)[0] * len(samples) / np.mean(samples)
    assert slope <= 0.02, f"grew by {slope:.1%}: {samples[0] >> 20} → {samples[-1] >> 20} MB"


def memory(site: Site) -> int:
    """Return what all the site's processes hold for themselves, in bytes."""
    processes = [psutil.Process(site.process.pid), *psutil.Process(site.process.pid).children()]
    return sum(process.memory_full_info().uss for process in processes)
