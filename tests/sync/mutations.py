"""Segments and snapshots of a real vault, changed by somebody without the key.

A changed file gets the name that goes with its bytes, so that nothing but its seal can tell.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from app.vault import documents, keys
from app.vault.sync import bodies, copy, join, names, sealed
from app.vault.vault import Vault
from tests.sync.pair import held
from tests.sync.replay import Base
from tests.vaults import payment, put

EACH: Final = 250
"""Files that lie in the folder at once."""


class Tally(NamedTuple):
    """How many changed files there were, and how many of them were opened or taken in."""

    tried: int
    accepted: int


def mutated(chance: random.Random, data: bytes, other: bytes) -> bytes:
    """`data` with something changed, left out, put in, or taken from another file."""
    at, head = chance.randrange(len(data)), sealed.HEAD_BYTES
    end = min(len(data), at + chance.randint(1, 60))
    more = chance.randbytes(chance.randint(1, 40))
    return chance.choice(
        (
            data[:at],
            data[:at] + more + data[at:],
            data + more,
            data[:at] + bytes(end - at) + data[end:],
            data[:at] + data[end:],
            data[:head] + other[head:],
            data[:at] + other[at:],
            flipped(chance, data, at),
            flipped(chance, data, chance.randrange(head)),  # not encrypted
        )
    )


def flipped(chance: random.Random, data: bytes, at: int) -> bytes:
    """Another bit in one byte."""
    return data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :]


def samples(vault: Vault, cloud: Path) -> list[bytes]:
    """Segments and a snapshot of several parts, as a vault writes them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bodies, "PART_BYTES", (1 << 16) + 4000)
        used = copy.Copy(vault, cloud)
        for number in range(3):
            put(vault, [payment(f"m{number}-{n}", title="Purple giraffe") for n in range(20)])
            with vault.write() as transaction:
                documents.put(transaction, "note", f"n{number}", b"a note")
            used.sync()
        used.snapshot()
    return [path.read_bytes() for path in sorted(cloud.rglob("*.mds"))]


def mutate(count: int, base: Base, place: Path, seed: int = 1) -> Tally:
    """Lay `count` changed files before a second computer; an exception is the caller's."""
    cloud, chance = place / "cloud", random.Random(seed)
    cloud.mkdir()
    first = base.opened(base.folder)
    files = samples(first, cloud)
    second = join.join(cloud, place / "second", lambda _: base.vault_key)
    first.close()
    used = copy.Copy(second, cloud)
    used.sync()
    before, accepted, tried = held(second), 0, 0
    ring = keys.key_ring(base.vault_key)
    while tried < count:
        laid = []
        for _ in range(min(EACH, count - tried)):
            data, other = chance.choice(files), chance.choice(files)
            changed = mutated(chance, data, other)
            tried += 1
            if changed in files:
                continue
            opened = sealed.open_file(ring.segment, second.vault_id, 1, changed)
            accepted += opened is not None
            laid.append(lay(used, changed, chance))
        used.look_now()
        accepted += used.sync(confirmed=True).merged
        for path in laid:
            path.unlink(missing_ok=True)
    accepted += held(second) != before
    second.close()
    return Tally(tried, accepted)


def lay(used: copy.Copy, data: bytes, chance: random.Random) -> Path:
    """Put a file where a reader looks, with the name its bytes ask for."""
    what = chance.choice(("seg", "snap"))
    name = names.sealed_file("ab" * 16, what, chance.randint(1, 9), names.digest(data).hex())
    path = used.folder.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path
