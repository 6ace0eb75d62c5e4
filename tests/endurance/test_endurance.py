"""A small number of each long run, so that they keep running and their figures stay good."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.endurance import kills, mutations, sizes

pytestmark = pytest.mark.slow


def test_killed_once_at_each_thing(tmp_path: Path) -> None:
    figures, is_good = kills.run(tmp_path, 9, seed=21)
    assert is_good, figures


def test_damaged_headers_and_data_files(tmp_path: Path) -> None:
    figures, is_good = mutations.run(tmp_path, 400, seed=22)
    assert is_good, figures


def test_deleted_and_brought_back(tmp_path: Path) -> None:
    figures, is_good = sizes.run(tmp_path, ((500, 100), (3000, 2000)))
    assert is_good, figures
