"""What files in the folder are called. Bytes are `sealed`, reading and writing is `folder`."""

from __future__ import annotations

import hashlib
import re
from typing import Final

ENDINGS: Final = {".mds": "sealed", ".mdh": "header", ".mdb": "blob"}
README: Final = "README.txt"
_HASH: Final = re.compile(r"(?<![0-9a-f])[0-9a-f]{40}(?![0-9a-f])")
_NUMBER: Final = re.compile(r"(seg|snap)-(\d{10})-")


def root(vault_id: str) -> str:
    """The one folder of a vault."""
    return f"mydata-{vault_id[:8]}"


def digest(data: bytes) -> bytes:
    """BLAKE2b-160."""
    return hashlib.blake2b(data, digest_size=20).digest()


def found_hash(name: str) -> str:
    """The 40 hex digits in a name, wherever a provider has left them; "" if there are none."""
    found = _HASH.search(name.lower())
    return found[0] if found else ""


def kind(name: str) -> str:
    """What a name says it is: "seg", "snap", "header", "blob" or "" for none of ours."""
    lower = name.lower()
    for ending, what in ENDINGS.items():
        if ending in lower:
            found = _NUMBER.search(lower)
            return (found[1] if found else "") if what == "sealed" else what
    return ""


def number(name: str) -> int:
    """The number in a segment's or snapshot's name, 0 for none."""
    found = _NUMBER.search(name.lower())
    return int(found[2]) if found else 0


def sealed_file(device: str, what: str, count: int, content: str) -> str:
    """Where a segment ("seg") or snapshot ("snap") goes, below the vault's folder."""
    return f"dev/{device}/{what}-{count:010}-{content}.mds"


def header_file(device: str, epoch: int, content: str) -> str:
    """Where a header goes."""
    return f"header/{device}-{epoch}-{content}.mdh"


def blob_file(content: str) -> str:
    """Where a kept original goes."""
    return f"blob/{content[:2]}/{content}.mdb"
