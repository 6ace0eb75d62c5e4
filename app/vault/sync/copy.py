"""The encrypted copy as one thing: publish, take in, say how it stands."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from app.errors import environment
from app.vault.sync import merge, names, publish, snapshots, state
from app.vault.sync.folder import Folder, Tree
from app.vault.sync.publish import Look, nothing
from app.vault.vault import Vault

FOLDER: Final = "cloud_folder"
LOST: Final = "cloud_lost"
PATIENCE: Final = 86_400.0
"""Seconds for which others' files may be missing before this device makes up for them."""
_OWN_SOONER: Final = 24

_README: Final = """\
This folder is the encrypted copy of a MyData vault. Your computers bring it up to date by
themselves. Do not rename, move or delete anything in it. To open it on another computer, install
MyData Vault there and join this folder with your passphrase or recovery key.

이 폴더는 MyData 금고의 암호화된 사본입니다. 여러 컴퓨터가 알아서 최신 상태로 유지합니다.
안에 있는 것의 이름을 바꾸거나 옮기거나 지우지 마세요. 다른 컴퓨터에서 열려면 그 컴퓨터에
MyData Vault를 설치하고, 비밀번호나 복구 열쇠로 이 폴더에 연결하세요.
"""


class Synced(NamedTuple):
    """What one round did and left: files made, operations taken in."""

    published: int
    merged: int
    waiting: list[merge.Waiting]
    behind: list[str]


class Copy:
    """A vault's copy in the folder a person chose. Lives as long as the vault is open."""

    def __init__(self, vault: Vault, chosen: Path) -> None:
        self.vault = vault
        self.folder = Folder(chosen, vault.vault_id)
        self.patience = PATIENCE
        self._follower = merge.Follower(vault, self.folder)

    def sync(self, *, confirmed: bool = False, look: Look = nothing) -> Synced:
        """Publish, take in, publish again what that made. Raises `MassChange` and `UserError`."""
        with environment():
            self.folder.reach()
            self.folder.put(names.README, _README.encode())
            tree = self.folder.scan()
            self._follower.look(tree)
            publish.note_news(self.vault, look)
            made = publish.upload(self.vault, self.folder, tree, look)
            merged = self._follower.take(tree, confirmed=confirmed, look=look)
            if merged and publish.note_news(self.vault, look):
                made += publish.upload(self.vault, self.folder, self.folder.scan(), look)
            if made:
                tree = self.folder.scan()
            reasons = (
                self._must_help(tree),
                self._has_new_keys(),
                snapshots.is_due(self.vault, tree),
            )
            if any(reasons):
                snapshots.write(self.vault, self.folder)
                self._note_keys()
                snapshots.compact(self.vault, self.folder, self.folder.scan())
        return Synced(len(made), merged, self._follower.waiting(tree), self._follower.behind(tree))

    def _must_help(self, tree: Tree) -> bool:
        """Whether files are gone that only this vault may still know; a snapshot has all of it.

        Own ones at once, and again after an hour if the snapshot is gone too. Those of others only
        after long: their writer makes them again, if it is not gone too.
        """
        lost = self._follower.lost(tree)
        with self.vault.read() as snapshot:
            kept = snapshot.meta(LOST)
        before = msgspec.json.decode(kept, type=dict[str, float]) if kept else {}
        now = time.time()
        since = {content: before.get(content, now) for content in lost}
        due = [
            content
            for content, at in since.items()
            if (lost[content] and content not in before)
            or now - at >= self.patience / (_OWN_SOONER if lost[content] else 1)
        ]
        since |= dict.fromkeys(due, now)
        if since != before:
            with self.vault.write() as transaction:
                transaction.set_meta(LOST, msgspec.json.encode(since))
        return bool(due)

    def _has_new_keys(self) -> bool:
        """Whether what this vault wrote so far may open only with an earlier vault key."""
        with self.vault.read() as snapshot:
            under = snapshot.meta(publish.KEY)
        return under is not None and under != self.vault.header.key_check

    def _note_keys(self) -> None:
        """What is in the folder now opens with the present key."""
        with self.vault.write() as transaction:
            transaction.set_meta(publish.KEY, self.vault.header.key_check)

    def look(self) -> Synced:
        """How the folder stands; nothing is published or taken in."""
        with environment():
            tree = self.folder.scan()
            self._follower.survey(tree)
        return Synced(0, 0, self._follower.waiting(tree), self._follower.behind(tree))

    def publish(self, look: Look = nothing) -> int:
        """Put what is new into the folder, nothing more: quick enough for every change."""
        with environment():
            self.folder.reach()
            tree = self.folder.scan()
            self._follower.look(tree)
            publish.note_news(self.vault, look)
            return len(publish.upload(self.vault, self.folder, tree, look))

    def move_in(self, look: Look = nothing) -> Synced:
        """Bring a folder up to date that is used from now on, with all that others wrote before."""
        done = self.sync(look=look)
        with environment():
            # Segments under an earlier vault key are sent too, and nobody can open them.
            if self.vault.copy_keys().epoch > 1 or self._follower.lost(self.folder.scan()):
                snapshots.write(self.vault, self.folder)
        return done

    def snapshot(self) -> str:
        """Write everything once more, in one file; returns its hash."""
        with environment():
            return snapshots.write(self.vault, self.folder)

    def written(self) -> dict[str, float]:
        """Device ids to when their newest file in the folder was written, in seconds since 1970."""
        found: dict[str, float] = {}
        for candidates in self.folder.scan().values():
            for file in candidates:
                if file.number:
                    with suppress(OSError):  # moved or removed meanwhile
                        device = file.path.parent.name
                        found[device] = max(found.get(device, 0.0), file.path.stat().st_mtime)
        return found

    def look_now(self) -> None:
        """Wait for nothing: the person asked."""
        self.folder.look_now()


def has_news(vault: Vault) -> bool:
    """Whether there are changes that were not published yet."""
    with vault.read() as snapshot:
        return state.has_news(snapshot) or publish.has_unsent(snapshot)


def chosen(vault: Vault) -> Path | None:
    """The folder this computer uses."""
    with vault.read() as snapshot:
        value = snapshot.meta(FOLDER)
    return Path(value.decode()) if value else None


def choose(vault: Vault, folder: Path | None) -> None:
    """Use a folder on this computer, or none."""
    with vault.write() as transaction:
        transaction.set_meta(FOLDER, str(folder).encode() if folder else b"")


def retire(vault: Vault, uid: str) -> None:
    """Say that a device is not used any more."""
    with vault.write() as transaction:
        transaction.operation("retire", uid, {})
        transaction.execute("UPDATE device SET retired = 1 WHERE uid = ?", (uid,))


class Peer(NamedTuple):
    """A computer that has written to this vault."""

    uid: str
    name: str
    own: bool
    retired: bool


def devices(vault: Vault) -> list[Peer]:
    """All computers, this one first."""
    with vault.read() as snapshot:
        own = state.own_uid(snapshot)
        rows = snapshot.execute("SELECT uid, name, retired FROM device").fetchall()
    found = [Peer(uid, name, uid == own, bool(retired)) for uid, name, retired in rows]
    return sorted(found, key=lambda peer: (not peer.own, peer.name, peer.uid))


def flags(vault: Vault) -> list[tuple[str, str, dict[str, object]]]:
    """What a person should look at, as (type, subject, body)."""
    with vault.read() as snapshot:
        return state.flags(snapshot)


def dismiss(vault: Vault, what: str, subject: str) -> None:
    """Forget a flag: a person has looked at it. It comes back if it happens again."""
    with vault.write() as transaction:
        state.clear_flag(transaction, what, subject)
