"""Killed while accepting a bundle: afterwards it was not accepted, and can be."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.services import session as sessions
from app.services import sharing
from connectors.api import Record
from tests.places import ROOT
from tests.share.test_services import PURPOSE, TRANSACTIONS, fill, new_vault

RECORDS = 6000
SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from app.services import session, sharing
adviser = session.unlock(Path(sys.argv[2]), "correct horse battery")
opened = sharing.open_bundle(adviser, Path(sys.argv[3]))
print("accepting", flush=True)
sharing.accept(adviser, opened)
print("accepted", flush=True)
adviser.close()
"""


def bought(number: int) -> Record:
    return Record(
        kind="finance.transaction",
        native_id=f"t{number}",
        start=f"2026-01-{number % 28 + 1:02d}",
        title=f"Shop {number}",
        data={"amount": f"-{number}.00", "currency": "KRW"},
    )


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_killed_while_accepting(tmp_path: Path) -> None:
    jiwoo, adviser = new_vault(tmp_path / "jiwoo"), new_vault(tmp_path / "adviser")
    sharing.make_identity(jiwoo, "Jiwoo Seo")
    sharing.make_identity(adviser, "Tax adviser")
    sharing.add_person(jiwoo, sharing.card_text(adviser))
    sharing.add_person(adviser, sharing.card_text(jiwoo))
    fill(jiwoo, *map(bought, range(RECORDS)))
    bundle = tmp_path / "out.mdshare"
    sharing.share(jiwoo, ["Tax adviser"], TRANSACTIONS, PURPOSE, bundle)
    jiwoo.close()
    adviser.close()
    chance, killed = random.Random(7), 0
    for _ in range(6):
        said = accept_and_kill(tmp_path, bundle, chance.uniform(0, 0.25))
        adviser = sessions.unlock(tmp_path / "adviser", "correct horse battery")
        records = sessions.status(adviser).records
        ledger = [entry.kind for entry in sharing.ledger(adviser)]
        blobs = [path for path in (tmp_path / "adviser" / "blobs").rglob("*") if path.is_file()]
        assert sharing.verify_ledger(adviser).ok
        if records:
            assert (records, ledger, len(blobs)) == (RECORDS, ["receive"], 1)
            adviser.close()
            break
        assert "accepted\n" not in said.splitlines(keepends=True)
        assert (ledger, blobs, sharing.received(adviser)) == ([], [], [])
        killed += 1
        adviser.close()
    assert killed
    if not records:
        adviser = sessions.unlock(tmp_path / "adviser", "correct horse battery")
        opened = sharing.open_bundle(adviser, bundle)
        assert sharing.accept(adviser, opened).new == RECORDS
        adviser.close()


def accept_and_kill(folder: Path, bundle: Path, after: float) -> str:
    """Run the acceptance in a process of its own; kill it `after` seconds in; what it said."""
    command = [sys.executable, "-c", SCRIPT, str(ROOT), str(folder / "adviser"), str(bundle)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        said = process.stdout.readline()
        assert said == "accepting\n"
        time.sleep(after)
        process.send_signal(signal.SIGKILL)
        return said + process.stdout.read()
