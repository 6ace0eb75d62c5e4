"""The same people and vaults as for single commands."""

from __future__ import annotations

from tests.cli.conftest import empty_vault, filled, full_vault, mydata, nobody

__all__ = ["empty_vault", "filled", "full_vault", "mydata", "nobody"]
