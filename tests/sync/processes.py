"""Two computers as processes that are killed now and then, and a provider in a third."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from app.vault import digest, payload
from app.vault.sync import copy, join
from app.vault.vault import Vault
from tests.places import ROOT
from tests.sync.provider import Provider
from tests.sync.replay import Base

ROUND = 3.0
"""Seconds until one of the two is killed, or both have ended."""


def started(said: BinaryIO | None, *words: object) -> subprocess.Popen[str]:
    """A process of `device`."""
    command = [sys.executable, "-m", "tests.sync.device", *map(str, words)]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=said, text=True)


def work_together(base: Base, place: Path, seed: int, seconds: float) -> list[str]:
    """Let them work, let everything arrive; returns what does not hold."""
    chance = random.Random(seed)
    clouds, vaults = prepared(base, place)
    said = place / "said.txt"
    provider = started(None, "provider", *clouds, seed, seconds)
    end = time.monotonic() + seconds
    with said.open("wb") as out:
        while time.monotonic() < end:
            length = max(0.5, min(ROUND, end - time.monotonic()))
            one_round(base, vaults, clouds, chance, length, out)
    provider.communicate(timeout=60)
    opened = [base.opened(vault) for vault in vaults]
    try:
        settle(opened, clouds, Provider(chance, place / "server"))
        return wrong(opened, said.read_text("utf-8"))
    finally:
        for vault in opened:
            vault.close()


def prepared(base: Base, place: Path) -> tuple[tuple[Path, Path], tuple[Path, Path]]:
    """Two folders of the provider's, and two vaults that have met through them."""
    clouds = place / "cloud-one", place / "cloud-two"
    vaults = place / "one", place / "two"
    clouds[0].mkdir()
    shutil.copytree(base.folder, vaults[0])
    first = base.opened(vaults[0])
    copy.Copy(first, clouds[0]).sync()
    first.close()
    shutil.copytree(clouds[0], clouds[1])
    join.join(clouds[1], vaults[1], lambda _: base.vault_key).close()
    return clouds, vaults


def one_round(
    base: Base,
    vaults: tuple[Path, Path],
    clouds: tuple[Path, Path],
    chance: random.Random,
    seconds: float,
    said: BinaryIO,
) -> None:
    """Both work; one of them is killed in the middle of it, the other ends by itself."""
    devices = [
        started(said, "vault", vault, cloud, chance.randrange(1 << 30), seconds)
        for vault, cloud in zip(vaults, clouds, strict=True)
    ]
    for device in devices:
        assert device.stdin
        device.stdin.write(f"{base.vault_key.hex()}\n")
        device.stdin.flush()
    victim = chance.choice(devices)
    with suppress(subprocess.TimeoutExpired):
        victim.wait(timeout=chance.uniform(0.3, 1.0) * seconds)
    victim.kill()
    for device in devices:
        device.communicate(timeout=60)
        assert device.returncode in ((0, -9, 1) if device is victim else (0,))


def settle(opened: list[Vault], clouds: tuple[Path, Path], provider: Provider) -> None:
    """Everything arrives at last: what is whole on one side is whole on the other."""
    copies = [copy.Copy(vault, cloud) for vault, cloud in zip(opened, clouds, strict=True)]
    for _ in range(4):
        for each in copies:
            each.look_now()
            each.sync(confirmed=True)
        provider.bring_whole(*clouds)
        provider.bring_whole(*clouds[::-1])


def wrong(opened: list[Vault], said: str) -> list[str]:
    """Where the two differ, and what was committed on either and is not on both."""
    sums, lines = [], [line.split("\t") for line in said.splitlines()]
    undone = {words[1] for words in lines if words[0] == "undone"}
    found = [] if len(lines) > 10 else ["too little was done"]
    for vault in opened:
        with vault.read() as t:
            sums.append(digest.digest(t, without=digest.DEVICE_PARTS))
            bodies = t.execute("SELECT payload FROM record UNION SELECT payload FROM version")
            here = {
                (said.native_id, str(said.data["amount"]))
                for (body,) in bodies
                for said in [payload.decode(body)]
            }
            texts = {b"".join(vault.original(blob)).decode() for blob in _blobs(vault)}
            log = t.one("SELECT count(*) FROM operation WHERE subject = 'note/n'")
        for words in lines:
            if words[0] == "run" and words[1] not in undone:
                if (words[2], words[3]) not in here:
                    found.append(f"lost {words[2:4]} of {words[1]}")
                if words[4] and words[4] not in texts:
                    found.append(f"lost the original of {words[1]}")
        if log < sum(words[0] == "note" for words in lines):
            found.append("lost a note")
    if sums[0] != sums[1]:
        found.append(f"differ: {sums[0].counts} {sums[1].counts}")
    return found


def _blobs(vault: Vault) -> list[str]:
    with vault.read() as t:
        return [blob for (blob,) in t.execute("SELECT blob FROM original WHERE blob <> ''")]
