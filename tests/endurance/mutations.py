"""Damaged headers and data files: each is refused with a sentence, soon, and none is accepted.

Half of the headers are damaged blindly; the other half are changed in one field, with the plain
hash made right again, as somebody would who wants to get something past it. Both are opened with
the recovery key, which needs no slow key derivation, so that every check is reached; with the
passphrase only where the slots ask for more than any vault may, which must be seen before the
derivation runs. Data files are opened as a vault and then read to their last page.
"""

from __future__ import annotations

import random
import shutil
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec

from app.errors import UserError
from app.vault import checkup, copying, header, keys
from app.vault.pages import PAGE_SIZE, SALT_BYTES
from app.vault.vault import Vault
from tests.vault.holding import furnish
from tests.vaults import PASSPHRASE

LIMIT_MS: Final = 100

Change = Callable[[bytearray, random.Random], bytearray]


# -- blind damage


def _flip(data: bytearray, chance: random.Random) -> bytearray:
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return data


def _bytes(data: bytearray, chance: random.Random) -> bytearray:
    place = chance.randrange(len(data))
    data[place : place + chance.randrange(1, 40)] = chance.randbytes(chance.randrange(1, 40))
    return data


def _cut(data: bytearray, chance: random.Random) -> bytearray:
    return data[: chance.randrange(len(data))]


def _longer(data: bytearray, chance: random.Random) -> bytearray:
    return data + chance.randbytes(chance.randrange(1, 2 * PAGE_SIZE))


def _doubled(data: bytearray, _chance: random.Random) -> bytearray:
    return data + data


def _zeros(data: bytearray, chance: random.Random) -> bytearray:
    place = chance.randrange(len(data))
    end = min(len(data), place + chance.randrange(1, 2 * PAGE_SIZE))
    data[place:end] = bytes(end - place)
    return data


def _noise(data: bytearray, chance: random.Random) -> bytearray:
    return bytearray(chance.randbytes(len(data)))


BLIND: Final[tuple[Change, ...]] = (_flip, _bytes, _cut, _longer, _doubled, _zeros, _noise)


def _swap_pages(data: bytearray, chance: random.Random) -> bytearray:
    one, other = (number * PAGE_SIZE for number in chance.sample(range(len(data) // PAGE_SIZE), 2))
    data[one : one + PAGE_SIZE], data[other : other + PAGE_SIZE] = (
        data[other : other + PAGE_SIZE],
        data[one : one + PAGE_SIZE],
    )
    return data


def _copy_page(data: bytearray, chance: random.Random) -> bytearray:
    one, other = (number * PAGE_SIZE for number in chance.sample(range(len(data) // PAGE_SIZE), 2))
    data[one : one + PAGE_SIZE] = data[other : other + PAGE_SIZE]
    return data


def _drop_page(data: bytearray, chance: random.Random) -> bytearray:
    place = chance.randrange(len(data) // PAGE_SIZE) * PAGE_SIZE
    del data[place : place + PAGE_SIZE]
    return data


def _salt(data: bytearray, chance: random.Random) -> bytearray:
    data[:SALT_BYTES] = chance.randbytes(SALT_BYTES)
    return data


PAGES: Final[tuple[Change, ...]] = (
    *(_flip, _flip, *BLIND, _swap_pages, _copy_page, _drop_page),
    _salt,
)


# -- one field of a header changed, and its plain hash made right


def _other(value: Any, chance: random.Random) -> Any:
    if isinstance(value, bool) or value is None:
        return 7
    if isinstance(value, int):
        return chance.choice([0, -1, 1, value + 1, value * 2, 1 << 40, 1 << 63, "1", 1.5, None])
    if isinstance(value, str):
        return chance.choice(
            ["", value + "A", value[1:], value[::-1], "../x", "vault-7.db", "가" * 9, 5, None]
        )
    if isinstance(value, list):
        return chance.choice([[], value * 2, value[::-1], value[1:], {}])
    return chance.choice([{}, [], None])


def _field(data: bytes, chance: random.Random) -> bytes:
    tree = msgspec.json.decode(data.partition(b"\n")[0])
    place = tree if chance.random() < 0.5 else chance.choice(tree["slots"])
    while True:
        keys_here = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = chance.choice(keys_here)
        inner = place[key]
        if isinstance(inner, (dict, list)) and inner and chance.random() < 0.85:
            place = inner
            continue
        if chance.random() < 0.1 and isinstance(place, dict):
            del place[key]
        else:
            place[key] = _other(inner, chance)
        break
    line = msgspec.json.encode(tree)  # in the order it came in, or it is refused for that alone
    return line + b"\n" + header._plain_hash(line) + b"\n"


# -- the run


class Mutations:
    """A vault to damage, and the figures."""

    def __init__(self, room: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        self.folder = room / "vault"
        vault, self.recovery_key = Vault.create(self.folder, PASSPHRASE, cost=keys.LOWEST)
        furnish(vault, 40)
        vault.close()
        self.kept = room / "kept"
        shutil.copytree(self.folder, self.kept)
        self.header = (self.folder / header.NAME).read_bytes()
        self.data = (self.folder / "vault.db").read_bytes()
        self.originals = {path.name for path in self.kept.rglob("*.mdb")}
        self.times: dict[str, list[float]] = {"header": [], "data": []}
        self.codes: Counter[str] = Counter()
        self.accepted: list[str] = []
        self.uncaught: list[str] = []
        self.read = 0
        self.before_kdf = 0
        self.mended = 0

    def attempt(self, what: str, work: Callable[[], bool], how: str) -> None:
        """Time `work`, which says whether it accepted what it was given."""
        begun = time.perf_counter()
        try:
            is_accepted = work()
        except UserError as error:
            self.codes[error.code] += 1
            is_accepted = False
        except Exception as error:  # noqa: BLE001 this is what is looked for
            self.uncaught.append(f"{what} {how}: {type(error).__name__}: {error}")
            is_accepted = False
        self.times[what].append(time.perf_counter() - begun)
        if is_accepted:
            self.accepted.append(f"{what} {how}")

    def mutate_header(self) -> None:
        """One header, opened."""
        if self.chance.random() < 0.5:
            change = self.chance.choice(BLIND)
            data, how = bytes(change(bytearray(self.header), self.chance)), change.__name__
        else:
            data, how = _field(self.header, self.chance), "_field"
        if data != self.header:
            self.attempt("header", lambda: self.opens(data), f"{how} {data[:2000]!r}")

    def opens(self, data: bytes) -> bool:
        """Whether a header with these bytes opens."""
        found = header.parse(data)
        self.read += 1
        slots = [slot for slot in found.slots if slot.kind == "passphrase"]
        if not all(header._sound(slot) for slot in slots):
            self.before_kdf += 1
            header.open_with_passphrase(found, PASSPHRASE)
            return True
        header.open_with_recovery(found, self.recovery_key)
        return True

    def mutate_data(self) -> None:
        """One data file, opened as a vault and read."""
        change = self.chance.choice(PAGES)
        state = self.chance.getstate()
        data = bytes(change(bytearray(self.data), self.chance))
        if data == self.data:
            return
        for path in self.folder.glob("vault.db*"):
            path.unlink()
        (self.folder / "vault.db").write_bytes(data)
        self.attempt("data", self.holds, f"{change.__name__} {hash(state)}")
        if {path.name for path in self.folder.rglob("*.mdb")} != self.originals:
            self.uncaught.append(f"data {change.__name__}: an original was removed")
            shutil.copytree(self.kept / "blobs", self.folder / "blobs", dirs_exist_ok=True)

    def holds(self) -> bool:
        """Whether the vault opens and is found whole."""
        vault = Vault.open_with_recovery(self.folder, self.recovery_key)
        try:
            with vault.read() as snapshot:
                report = checkup.deep(snapshot, self.folder, copying.no_step)
        finally:
            vault.close()
        self.codes.update(finding.code for finding in report.findings)
        if vault.mended and (self.folder / "vault.db").read_bytes() == self.data:
            self.mended += 1  # the header has these bytes too: nothing of the damage is left
            return False
        return report.ok


def run(room: Path, count: int, seed: int) -> tuple[list[str], bool]:
    """Try `count` mutations, half of them headers; returns the figures and whether all is well."""
    work = Mutations(room, seed)
    for number in range(count):
        if number % 2:
            work.mutate_header()
        else:
            work.mutate_data()
    lines = [_figures(what, times) for what, times in work.times.items()]
    lines.append(
        f"{work.read:,} headers were well formed and refused for what they say, {work.before_kdf}"
        " of them for what they ask of the key derivation, before it ran"
    )
    lines.append(f"{work.mended} data files of which only the salt was spoiled were made whole")
    lines.append(
        "answers: " + ", ".join(f"{code} {times}" for code, times in work.codes.most_common())
    )
    lines.append(f"{len(work.uncaught)} uncaught, {len(work.accepted)} accepted")
    lines += [line[:300] for line in (*work.uncaught[:5], *work.accepted[:5])]
    is_tried = work.read and work.before_kdf  # a change that is never read tries nothing
    return lines, not (work.uncaught or work.accepted) and bool(is_tried)


def _figures(what: str, times: list[float]) -> str:
    found = sorted(times)
    middle, late = (found[int(len(found) * share)] * 1000 for share in (0.5, 0.99))
    return (
        f"{len(found):6,} damaged {what} files: median {middle:.1f} ms, p99 {late:.1f} ms"
        f" (limit {LIMIT_MS}), longest {found[-1] * 1000:.1f} ms"
    )
