"""A computer, or the provider, as a process of its own; see `processes`.

`python -m tests.sync.device vault VAULT CLOUD SEED SECONDS` changes and syncs a vault whose key
comes on stdin, and says on stdout what was committed; `… provider CLOUD CLOUD SEED SECONDS` carries
files between two folders badly.
"""

from __future__ import annotations

import random
import sys
import time
from contextlib import suppress
from io import BytesIO
from pathlib import Path

from app.vault import claims, documents, originals, runs
from app.vault.sync import copy
from app.vault.vault import Vault
from tests.sync.replay import opened
from tests.vaults import payment


def say(*words: str) -> None:
    """This is committed."""
    sys.stdout.write("\t".join(words) + "\n")
    sys.stdout.flush()


def change(vault: Vault, chance: random.Random, name: str, number: int) -> None:
    """Do one thing a person does."""
    what = chance.random()
    if what < 0.15:
        with vault.write() as transaction:
            keys = [key for (key,) in transaction.execute("SELECT key FROM record LIMIT 50")]
            claims.delete(transaction, chance.sample(keys, min(1, len(keys))))
    elif what < 0.35:
        text = f"{name} {number} {chance.random()}"
        with vault.write() as transaction:
            documents.put(transaction, "note", "n", text.encode())
        say("note", text)
    elif what < 0.45:
        with vault.read() as snapshot:
            done = [run.import_id for run in runs.every(snapshot) if run.state == "done"]
        if done:
            undone = chance.choice(done)
            say("undone", undone)  # said before: killed in between, it may or may not be
            with vault.write() as transaction:
                runs.undo(transaction, undone)
            vault.drop_strays()
    else:
        bring(vault, chance, "edit" if what < 0.6 else "import")


def bring(vault: Vault, chance: random.Random, kind: str) -> None:
    """Put in some records, now and then with the file they came from."""
    ids = chance.sample(range(30), 4 if kind == "import" else 1)
    records = [payment(f"r{n}", f"-{chance.randint(1, 999)}.00") for n in ids]
    text = b"" if chance.random() < 0.7 else f"original {chance.randint(0, 5)}".encode()
    kept = vault.keep_original(BytesIO(text), 1000, {}) if text else None
    with vault.write() as transaction:
        run = runs.begin(transaction, connector="uk.midata", version=1, type=kind, name="s.csv")
        run.add(records)
        run.finish()
        if kept:
            originals.note(transaction, run.number, "s.csv", kept)
    for record in records:
        say("run", run.import_id, record.native_id, str(record.data["amount"]), text.decode())


def work(folder: Path, cloud: Path, seed: int, seconds: float) -> None:
    """Change and sync for some seconds."""
    vault_key = bytes.fromhex(sys.stdin.readline().strip())
    chance, end, number = random.Random(seed), time.monotonic() + seconds, 0
    vault = opened(folder, vault_key)
    used = copy.Copy(vault, cloud)
    while time.monotonic() < end:
        number += 1
        change(vault, chance, folder.name, number)
        if chance.random() < 0.5:
            used.look_now()
            used.sync(confirmed=True)
        if chance.random() < 0.02:
            used.snapshot()
    vault.close()


def carry(giver: Path, taker: Path, chance: random.Random) -> None:
    """Bring files over in any order: half of them badly, which is made up for another time."""
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
    """Carry for some seconds."""
    chance, end = random.Random(seed), time.monotonic() + seconds
    while time.monotonic() < end:
        for giver, taker in ((one, two), (two, one)):
            carry(giver, taker, chance)
        time.sleep(0.02)


if __name__ == "__main__":
    role, first, second, seed, length = sys.argv[1:]
    if role == "vault":
        work(Path(first), Path(second), int(seed), float(length))
    else:
        provide(Path(first), Path(second), int(seed), float(length))
