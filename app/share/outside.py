"""What anybody can see of a file without a key."""

from __future__ import annotations

import os
from typing import BinaryIO, NamedTuple

from app.share import card, header, manifest


class Inspection(NamedTuple):
    """`type` is "bundle" or "card", `size` in bytes; a bundle shows only how many slots it has."""

    type: str
    version: int
    size: int
    recipient_slots: int


def inspect(file: BinaryIO) -> Inspection:
    """Look at a bundle or card. Raises as the first checks of opening do."""
    size = os.fstat(file.fileno()).st_size
    if card.looks_like(file.read(card.MAX_TEXT)):
        return Inspection("card", 1, size, 0)
    file.seek(0)
    return Inspection("bundle", manifest.VERSION, size, len(header.read(file).stanzas))
