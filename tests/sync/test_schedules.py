"""Random schedules of 2 to 4 devices: all equal at the end, nothing lost. `python -m tests.sync`
plays many more."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sync.replay import Base
from tests.sync.world import run_schedule

EACH = 20


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1, 301, EACH))
def test_devices_agree_and_lose_nothing(first: int, base: Base, tmp_path: Path) -> None:
    for seed in range(first, first + EACH):
        place = tmp_path / str(seed)
        place.mkdir()
        assert run_schedule(seed, place, base) == [], f"seed {seed}"
