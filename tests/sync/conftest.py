"""One vault for this folder's schedules and figures, made once, opened without the slow KDF."""

from __future__ import annotations

import pytest

from tests.sync.replay import Base


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    """A closed, empty vault; nobody opens it."""
    return Base.make(tmp_path_factory.mktemp("base") / "vault")
