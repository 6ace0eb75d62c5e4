"""The encrypted copy in a cloud folder: publishing, joining, one edit, growth, many files."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

from app.vault import digest, documents, keys, runs
from app.vault.sync import copy, join
from app.vault.vault import Vault
from connectors.api import Record
from tests.bench.measure import heading, median, row
from tests.vaults import PASSPHRASE, payment

GOAL = (
    "200,000 records published in 15 s, joined in 30 s; an edit out in 0.1 s, in in 0.2 s;"
    " growth under 5 KB; 10,000 files looked through in 2 s"
)


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _records(count: int) -> list[Record]:
    shops = ("Corner Bakery", "동네 책방", "River Water Co", "Tram ticket", "Green Grocer")
    return [
        payment(
            f"p{n}",
            f"-{n % 9000 / 100:.2f}",
            f"20{10 + n * 15 // count:02}-{n % 12 + 1:02}-{n % 28 + 1:02}",
            f"{shops[n % 5]} {n * 7919 % 10007}",
            reference=f"REF{n * 104729 % 999983:06}",
        )
        for n in range(count)
    ]


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def measure(folder: Path, rounds: int, *, quick: bool) -> None:
    """Two real vaults and one folder between them."""
    count = 20_000 if quick else 200_000
    heading(f"sync: {count:,} records", GOAL)
    vault, _ = Vault.create(folder / "vault", PASSPHRASE, cost=keys.LOWEST)
    cloud = folder / "cloud"
    cloud.mkdir()
    with vault.write(bulk=True) as transaction:
        run = runs.begin(transaction, connector="uk.midata", version=1, name="long.csv")
        run.add(_records(count))
        run.finish()
    first = copy.Copy(vault, cloud)
    row("first publish", seconds=_timed(first.sync), MB=_bytes(cloud) / 1e6)

    vault_key, joined = vault.copy_keys().vault_key, list[Vault]()
    seconds = _timed(
        lambda: joined.append(join.join(cloud, folder / "second", lambda _: vault_key))
    )
    row("join from segments", seconds=seconds, equal=_equal(vault, joined[0]))
    second = copy.Copy(joined[0], cloud)
    second.sync()
    first.sync()
    _edits(first, second, rounds)
    row("snapshot", seconds=_timed(first.snapshot), MB=_bytes(cloud) / 1e6)
    third = list[Vault]()
    seconds = _timed(lambda: third.append(join.join(cloud, folder / "third", lambda _: vault_key)))
    row("join from a snapshot", seconds=seconds, equal=_equal(vault, third[0]))
    _many(first, cloud)
    for one in (vault, joined[0], third[0]):
        one.close()


def _equal(one: Vault, other: Vault) -> bool:
    sums = []
    for vault in (one, other):
        with vault.read() as snapshot:
            sums.append(digest.digest(snapshot, without=digest.DEVICE_PARTS))
    return sums[0] == sums[1]


def _edits(first: copy.Copy, second: copy.Copy, rounds: int) -> None:
    out, back, growth = [], [], []
    for number in range(max(rounds, 3) * 5):
        with first.vault.write() as transaction:
            if number % 2:
                documents.put(transaction, "note", "n", f"a note {number}".encode())
            else:
                run = runs.begin(
                    transaction, connector="uk.midata", version=1, type="edit", name="edit"
                )
                run.add([payment("p77", f"-{number + 1}.00")])
                run.finish()
        before = _bytes(first.folder.root)
        out.append(_timed(first.publish))
        growth.append(_bytes(first.folder.root) - before)
        back.append(_timed(second.sync))
    row("an edit out", seconds=median(out), worst=max(out), bytes=median(growth))
    row("an edit in", seconds=median(back), worst=max(back))


def _many(first: copy.Copy, cloud: Path) -> None:
    """10,000 segments, all taken in before: what is looked through at every round."""
    segments = first.folder.root.glob("dev/*/seg-*")
    template = min(segments, key=lambda path: path.stat().st_size)
    place = template.parent
    room = cloud / "stand-ins"
    for number in range(10_000):
        name = f"seg-{number:010}-{number:040x}.mds"
        shutil.copyfile(template, place / name)
    row("scan of 10,000 files", seconds=_timed(first.folder.scan))
    row("first round over them", seconds=_timed(first.look))
    row("next round", seconds=_timed(first.look))
    shutil.rmtree(room, ignore_errors=True)
