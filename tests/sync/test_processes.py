"""Two real processes and a provider in a third, which tears and reorders files meanwhile."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.vault import digest
from app.vault.sync import copy, join
from tests.places import ROOT
from tests.sync.replay import Base


def started(*words: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.sync.device", *map(str, words)]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_two_processes_and_a_bad_provider_agree_in_the_end(base: Base, tmp_path: Path) -> None:
    clouds = tmp_path / "cloud-one", tmp_path / "cloud-two"
    vaults = tmp_path / "one", tmp_path / "two"
    clouds[0].mkdir()
    shutil.copytree(base.folder, vaults[0])
    first = base.opened(vaults[0])
    copy.Copy(first, clouds[0]).sync()
    first.close()
    shutil.copytree(clouds[0], clouds[1])
    join.join(clouds[1], vaults[1], lambda _: base.vault_key).close()

    provider = started("provider", *clouds, 7, 8)
    devices = [
        started("vault", vault, cloud, seed, 40)
        for seed, (vault, cloud) in enumerate(zip(vaults, clouds, strict=True))
    ]
    for device in devices:
        device.communicate(f"{base.vault_key.hex()}\n", timeout=60)
        assert device.returncode == 0
    provider.communicate(timeout=60)

    opened = [base.opened(vault) for vault in vaults]
    copies = [copy.Copy(vault, cloud) for vault, cloud in zip(opened, clouds, strict=True)]
    for _ in range(3):
        for each in copies:
            each.sync(confirmed=True)
        for giver, taker in (clouds, clouds[::-1]):
            # The owner has made its own whole; what was carried badly is brought once more.
            for path in giver.rglob("dev/*/seg-*.mds"):
                data = path.read_bytes()
                target = taker / path.relative_to(giver)
                if len(data) >= (target.stat().st_size if target.exists() else 0):
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(data)
    sums = []
    for vault in opened:
        with vault.read() as snapshot:
            sums.append(digest.digest(snapshot, without=digest.DEVICE_PARTS))
        vault.close()
    assert sums[0] == sums[1]
    assert sums[0].counts["operation"] > 60
