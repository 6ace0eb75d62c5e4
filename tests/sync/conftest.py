"""One vault for this folder's schedules and figures, made once, opened without the slow KDF."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sync.pair import Pair
from tests.sync.replay import Base


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    """A closed, empty vault; nobody opens it."""
    return Base.make(tmp_path_factory.mktemp("base") / "vault")


@pytest.fixture
def pair(base: Base, tmp_path: Path) -> Iterator[Pair]:
    made = Pair(base, tmp_path)
    yield made
    for vault in made.vaults:
        vault.close()
