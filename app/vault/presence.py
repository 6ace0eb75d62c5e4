"""Whether there is a vault in a folder, told by names alone.

Apart from the rest, because the window asks before its first picture and needs nothing else then.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

HEADER: Final = "vault.header"
HEADERS: Final = (HEADER, f"{HEADER}.1", f"{HEADER}.2")


def exists(folder: Path) -> bool:
    """Whether there is a vault, whole or not, in `folder`."""
    return any((folder / name).exists() for name in HEADERS) or any(folder.glob("vault*.db"))
