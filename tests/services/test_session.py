"""Making, unlocking, recovering and locking, as the faces do it."""

from __future__ import annotations

import shutil
import unicodedata
from pathlib import Path

import pytest

from app.errors import Cancelled, CannotUnlock, EnvironmentFailure, UsageError
from app.jobs import JobContext
from app.services import session as sessions
from app.services.session import Session
from app.vault import keys
from tests.vaults import PASSPHRASE, payment, put

NEW = "another one entirely"


def test_from_nothing_to_recovered(tmp_path: Path) -> None:
    folder = tmp_path / "vault"
    assert not sessions.exists(folder)
    session, recovery_key = sessions.create(folder, PASSPHRASE, cost=keys.LOWEST)
    assert sessions.exists(folder)
    put(session.vault, [payment("1")])
    status = sessions.status(session)
    assert (status.records, status.sources, status.kinds) == (1, 1, {"finance.transaction": 1})
    assert (status.domains, status.backup, status.cloud) == ({"finance": 1}, None, None)
    assert status.vault == str(folder)
    session.close()
    session = sessions.recover(folder, recovery_key.lower(), NEW, cost=keys.LOWEST)
    assert sessions.status(session).records == 1
    session.close()
    with pytest.raises(CannotUnlock):
        sessions.unlock(folder, PASSPHRASE)
    session = sessions.unlock(folder, NEW)
    sessions.change_passphrase(session, PASSPHRASE, cost=keys.LOWEST)
    session.close()
    sessions.unlock(folder, PASSPHRASE).close()


@pytest.mark.parametrize("short", ["", "1234567", unicodedata.normalize("NFD", "가나다라마바사")])
def test_a_short_passphrase_is_refused_before_anything_is_made(
    tmp_path: Path, session: Session, short: str
) -> None:
    with pytest.raises(UsageError):
        sessions.create(tmp_path / "new", short, cost=keys.LOWEST)
    assert not (tmp_path / "new").exists()
    with pytest.raises(UsageError):
        sessions.change_passphrase(session, short, cost=keys.LOWEST)
    with pytest.raises(UsageError):
        sessions.recover(session.folder, "x", short, cost=keys.LOWEST)


def test_a_recovery_that_fails_at_its_end_lets_go(made: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(made, tmp_path / "vault"))
    session, recovery_key = sessions.create(tmp_path / "other", PASSPHRASE, cost=keys.LOWEST)
    session.close()
    (tmp_path / "other" / "vault.header.new").mkdir()
    with pytest.raises(EnvironmentFailure):
        sessions.recover(tmp_path / "other", recovery_key, NEW, cost=keys.LOWEST)
    sessions.unlock(tmp_path / "other", PASSPHRASE).close()
    sessions.unlock(folder, PASSPHRASE).close()


def test_locking_stops_what_runs(made: Path, tmp_path: Path) -> None:
    session = sessions.unlock(Path(shutil.copytree(made, tmp_path / "vault")), PASSPHRASE)

    def forever(context: JobContext) -> None:
        with session.vault.write():
            while True:
                context.check()

    job = session.jobs.write(forever)
    waiting = session.jobs.write(forever)
    while not session.vault._writing.locked():
        pass
    session.close()
    for each in (job, waiting):
        with pytest.raises(Cancelled):
            each.result(5)
    sessions.unlock(session.folder, PASSPHRASE).close()
