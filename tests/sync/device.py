"""A computer, or the provider, as a process of its own; see `test_processes`.

`python -m tests.sync.device vault VAULT CLOUD SEED STEPS` changes and syncs a vault whose key comes
on stdin; `… provider CLOUD CLOUD SEED SECONDS` carries files between two folders badly.
"""

from __future__ import annotations

import random
import sys
import time
from contextlib import suppress
from pathlib import Path

from app.vault import claims, documents, header, runs
from app.vault.lockfile import Lock
from app.vault.sync import copy
from app.vault.vault import Vault
from tests.vaults import payment


def change(vault: Vault, chance: random.Random, name: str, number: int) -> None:
    with vault.write() as transaction:
        if chance.random() < 0.2:
            keys = [key for (key,) in transaction.execute("SELECT key FROM record LIMIT 50")]
            claims.delete(transaction, chance.sample(keys, min(1, len(keys))))
        elif chance.random() < 0.3:
            documents.put(transaction, "note", "n", f"{name} {number}".encode())
        else:
            run = runs.begin(transaction, connector="uk.midata", version=1, name="s.csv")
            ids = chance.sample(range(30), 4)
            run.add([payment(f"r{n}", f"-{chance.randint(1, 9)}.00") for n in ids])
            run.finish()


def work(folder: Path, cloud: Path, seed: int, steps: int) -> None:
    vault_key = bytes.fromhex(sys.stdin.readline().strip())
    chance = random.Random(seed)
    vault = Vault(folder, header.read(folder), vault_key, Lock(folder))
    used = copy.Copy(vault, cloud)
    for number in range(steps):
        change(vault, chance, folder.name, number)
        if chance.random() < 0.5:
            used.sync(confirmed=True)
    vault.close()


def carry(giver: Path, taker: Path, chance: random.Random) -> None:
    files = [path for path in giver.rglob("*") if path.is_file()]
    chance.shuffle(files)
    for path in files:
        target = taker / path.relative_to(giver)
        with suppress(OSError):
            data = path.read_bytes()
            if target.exists() and target.stat().st_size >= len(data):
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            fault = chance.random()
            if fault < 0.3:
                data = data[: chance.randint(0, len(data))]
            elif fault < 0.4:
                data = bytes(len(data) // 2)
            elif fault < 0.5:
                target = target.with_name(f"{target.stem} (충돌된 사본){target.suffix}")
            target.write_bytes(data)


def provide(one: Path, two: Path, seed: int, seconds: float) -> None:
    chance, end = random.Random(seed), time.monotonic() + seconds
    while time.monotonic() < end:
        for giver, taker in ((one, two), (two, one)):
            carry(giver, taker, chance)
        time.sleep(0.02)


if __name__ == "__main__":
    role, first, second, seed, length = sys.argv[1:]
    if role == "vault":
        work(Path(first), Path(second), int(seed), int(length))
    else:
        provide(Path(first), Path(second), int(seed), float(length))
