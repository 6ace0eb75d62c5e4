"""Two real processes and a provider in a third, which tears and reorders files meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sync.processes import work_together
from tests.sync.replay import Base


@pytest.mark.slow
def test_c23_two_processes_and_a_bad_provider_agree_in_the_end(base: Base, tmp_path: Path) -> None:
    """`python -m tests.sync --processes 600` lets them work for longer."""
    assert work_together(base, tmp_path, 7, 6.0) == []
