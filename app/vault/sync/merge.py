"""Reading: what other devices wrote, taken in whole units, device by device in order.

A `Follower` lives as long as the vault is open and remembers what it has looked at. What the rows
mean is `apply`; here is which files come next, which wait, and what must be asked first.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from typing import Final, NamedTuple

from app.errors import VaultDamaged
from app.vault import header as headers
from app.vault.sync import apply, blobs, bodies, clones, publish, sealed, state
from app.vault.sync.folder import Folder, Tree
from app.vault.sync.publish import Look, nothing
from app.vault.transaction import Transaction
from app.vault.vault import Vault

_SETTLED: Final = "cloud_snapshots"
_BATCH_BYTES: Final = 24 << 20
"""Files taken in by one transaction, unless one unit is larger."""


class MassChange(Exception):
    """Taking in what waits would remove `count` records: a person must say so first."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count


class _Unreadable(Exception):
    """A file that was whole a moment ago is not now, or is not what it says it is."""


class _Known(NamedTuple):
    """A whole file of ours that was looked at."""

    head: sealed.Head
    size: int


class Unit(NamedTuple):
    """Segments that are taken in together, oldest first, by hash."""

    device: str
    contents: list[str]
    size: int


class Waiting(NamedTuple):
    """Files of a device that cannot be taken in yet: "late", of a "newer" program, other "keys"."""

    device: str
    files: int
    reason: str


class Follower:
    """Takes in what others wrote to one folder."""

    def __init__(self, vault: Vault, folder: Folder) -> None:
        self._vault = vault
        self._folder = folder
        self._heads: dict[str, _Known] = {}
        self._refused: set[str] = set()
        self._sealed: dict[str, str] = {}
        self._opens: set[tuple[bytes, str]] = set()
        self._newer: set[str] = set()
        self._too_new: set[str] = set()
        self._held: dict[str, set[bytes]] = {}
        with vault.read() as snapshot:
            self._settled = set((snapshot.meta(_SETTLED) or b"").decode().split())

    # -- taking in

    def take(self, tree: Tree, *, confirmed: bool = False, look: Look = nothing) -> int:
        """Take in all that is whole; returns how many operations. Raises `MassChange`."""
        merged = 0
        self._newer.clear()
        while True:
            look()
            own, known = self.look(tree)
            units = self._ready(own, known)
            if units:
                merged += self._take_units(tree, units, confirmed=confirmed)
            elif snapshot_taken := self._close_gap(tree, known, confirmed=confirmed):
                merged += snapshot_taken
            else:
                break
        self.fetch_blobs(tree)
        return merged

    def look(self, tree: Tree) -> tuple[str, set[str]]:
        """Open what is new, and make sure of being the only one that writes as this device.

        Returns this device's id and the hashes of all segments taken in. Goes before publishing: a
        vault that was put back must not write a number twice.
        """
        while True:
            with self._vault.read() as snapshot:
                own, known = state.own_uid(snapshot), state.hashes(snapshot)
            self._look_at(tree, known)
            if not self._own_from_elsewhere(tree, own, known):
                return own, known
            clones.start_anew(self._vault)

    def survey(self, tree: Tree) -> None:
        """Open what is new, and change nothing."""
        with self._vault.read() as snapshot:
            known = state.hashes(snapshot)
        self._look_at(tree, known)

    def _look_at(self, tree: Tree, known: set[str]) -> None:
        """Open the heads of files that are new and whole."""
        for content, candidates in tree.items():
            if content in known or content in self._heads or content in self._refused:
                continue
            if content in self._settled or candidates[0].kind not in {"seg", "snap"}:
                continue
            data = self._folder.read(content, candidates)
            if data is None:
                continue
            head = sealed.head_of(data)
            if head is None or head.vault_id != self._vault.vault_id:
                self._refused.add(content)
            else:
                self._heads[content] = _Known(head, len(data))

    def _own_from_elsewhere(self, tree: Tree, own: str, known: set[str]) -> bool:
        """Whether somebody else writes as this device, or this vault was put back."""
        epoch = self._vault.copy_keys().epoch
        suspects = [
            content
            for content, (head, _) in self._heads.items()
            if content not in known
            and (head.device, head.epoch) == (own, epoch)
            and head.type != sealed.SNAPSHOT
        ]
        return any(self._open(tree, content) for content in suspects)

    def _ready(self, own: str, known: set[str]) -> list[Unit]:
        """Units whose predecessor is here and that are whole."""
        epoch, after = self._vault.copy_keys().epoch, dict[bytes, list[str]]()
        units, starts = list[Unit](), list[str]()
        for content, (head, _) in self._heads.items():
            if content in known or head.type == sealed.SNAPSHOT or head.epoch != epoch:
                continue
            if head.device == own or head.device in self._newer:
                continue
            after.setdefault(head.previous, []).append(content)
            if head.number == 1 or head.previous.hex() in known:
                starts.append(content)
        for content in sorted(starts):
            units += self._units_from(content, after)
        return units

    def _units_from(self, content: str, after: dict[bytes, list[str]]) -> list[Unit]:
        units, contents, size = list[Unit](), list[str](), 0
        while content:
            head, bytes_ = self._heads[content]
            contents.append(content)
            size += bytes_
            if head.type == sealed.SEGMENT:
                units.append(Unit(head.device, contents, size))
                contents, size = [], 0
            following = after.get(bytes.fromhex(content), [])
            content = following[0] if len(following) == 1 else ""  # branches: one round later
        return units

    def _take_units(self, tree: Tree, units: list[Unit], *, confirmed: bool) -> int:
        merged = 0
        for batch in _batches(units):
            try:
                merged += self._take_batch(tree, batch, confirmed=confirmed)
            except _Unreadable:
                return merged  # looked at anew
            except apply.NewerProgram:
                merged += self._take_singly(tree, batch, confirmed=confirmed)
        return merged

    def _take_singly(self, tree: Tree, batch: list[Unit], *, confirmed: bool) -> int:
        merged = 0
        for unit in batch:
            if unit.device in self._newer:
                continue
            try:
                merged += self._take_batch(tree, [unit], confirmed=confirmed)
            except apply.NewerProgram:
                self._newer.add(unit.device)
        return merged

    def _take_batch(self, tree: Tree, batch: list[Unit], *, confirmed: bool) -> int:
        with self._vault.write(bulk=sum(unit.size for unit in batch) > _BATCH_BYTES // 8) as t:
            # So that what this device wrote had seen exactly what it says it had.
            publish.write_news(self._vault, t)
            applier = apply.Applier(t, self._vault.folder)
            for unit in batch:
                for content in unit.contents:
                    self._take_segment(t, applier, tree, content)
            applier.finish()
            if applier.is_mass_change() and not confirmed:
                raise MassChange(applier.removed)
        return applier.taken

    def _take_segment(
        self, transaction: Transaction, applier: apply.Applier, tree: Tree, content: str
    ) -> None:
        file = self._open(tree, content)
        if file is None:
            raise _Unreadable
        body, head = file.parts[0], file.head
        uid = clones.writer_of(transaction, head, file.hash)
        if uid != head.device:
            body = clones.as_noted(transaction, head, body, uid)
        number = state.device_number(transaction, uid)
        segment = bodies.Segment(
            uid, head.number, file.hash, body.last, body.ledger_last, body.seen
        )
        state.note(transaction, number, segment)
        applier.take(body)

    def _open(self, tree: Tree, content: str) -> sealed.File | None:
        """An authentic file; one that is not is never looked at again."""
        data = self._folder.read(content, tree.get(content, ()))
        if data is None:
            self._heads.pop(content, None)
            return None
        key = self._vault.copy_keys()
        file = sealed.open_file(key.segment, self._vault.vault_id, key.epoch, data)
        if file is None:
            known = self._heads.pop(content, None)
            self._refused.add(content)
            if known and known.head.type != sealed.SNAPSHOT:
                self._sealed[content] = known.head.device
        return file

    # -- snapshots

    def _close_gap(self, tree: Tree, known: set[str], *, confirmed: bool) -> int:
        """Take in a snapshot that has what no segment brings; returns 0 if none does.

        Each snapshot is opened once: what it covers is here then, or comes from it.
        """
        snapshots: list[tuple[int, str]] = [
            (head.number, content)
            for content, (head, _) in self._heads.items()
            if head.type == sealed.SNAPSHOT and head.epoch == self._vault.copy_keys().epoch
        ]
        for _, content in sorted(snapshots, reverse=True):
            held = self._held_by(tree, content)
            if not held:
                continue
            if not {one.hex() for one in held} - known:
                self._settled.add(content)
                continue
            file = None if content in self._too_new else self._open(tree, content)
            if file:
                try:
                    return self.take_snapshot(file, confirmed=confirmed)
                except apply.NewerProgram:
                    self._too_new.add(content)  # for as long as this program runs
        self._remember_settled()
        return 0

    def _remember_settled(self) -> None:
        names = "\n".join(sorted(self._settled)).encode()
        with self._vault.read() as snapshot:
            before = snapshot.meta(_SETTLED)
        if names != (before or b""):
            with self._vault.write() as transaction:
                transaction.set_meta(_SETTLED, names)

    def take_snapshot(self, file: sealed.File, *, confirmed: bool = False) -> int:
        """Take in everything a snapshot has; returns how many operations were new.

        Raises `MassChange`, and `NewerProgram` for one that has to wait for an update.
        """
        with self._vault.read() as snapshot:
            own, known = state.own_uid(snapshot), state.hashes(snapshot)
        if any(
            one.device == own and one.hash.hex() not in known for one in file.parts[-1].segments
        ):
            clones.start_anew(self._vault)  # as in `look`, and the segments may be gone
        with self._vault.write(bulk=True) as transaction:
            publish.write_news(self._vault, transaction)
            covered = clones.Covered(transaction, file.parts[-1].segments)
            applier = apply.Applier(transaction, self._vault.folder, covered.known)
            for body in file.parts:
                applier.take(covered.renamed(body))
            applier.finish()
            if applier.is_mass_change() and not confirmed:
                raise MassChange(applier.removed)
            return max(applier.taken, 1)

    def _told(self, known: set[str]) -> dict[str, tuple[str, int]]:
        """Segments that others have seen and this device has not: hash to device and number."""
        with self._vault.read() as snapshot:
            seen = state.newest_seen(snapshot)
        return {
            content: (device, number)
            for one in seen
            for device, (number, _, content) in one.items()
            if content not in known
        }

    def _told_of(self, known: set[str]) -> dict[str, int]:
        """The highest number others have seen of each device and this one has not."""
        reached: dict[str, int] = {}
        for device, number in self._told(known).values():
            reached[device] = max(reached.get(device, 0), number)
        return reached

    def _gaps(self, known: set[str]) -> dict[str, int]:
        """Device to the number it is known to have reached, where that is not all here."""
        reached = self._told_of(known)
        for content, (head, _) in self._heads.items():
            if head.type != sealed.SNAPSHOT and content not in known:
                reached[head.device] = max(reached.get(head.device, 0), head.number)
        with self._vault.read() as snapshot:
            here = {
                device: count for device, (count, _, _) in state.vector(snapshot, own=True).items()
            }
        return {
            device: here.get(device, 0) for device, n in reached.items() if n > here.get(device, 0)
        }

    # -- originals

    def fetch_blobs(self, tree: Tree) -> int:
        """Copy originals that are named and not here; returns how many are still to come."""
        with self._vault.read() as snapshot:
            wanted = blobs.wanted(snapshot, self._vault.folder)
        brought = 0
        for blob in wanted:
            data = self._folder.read(blob, tree.get(blob, ()))
            if data is not None:
                blobs.bring(self._vault.folder, blob, data)
                brought += 1
        if brought:
            with self._vault.write() as transaction:
                blobs.settle(transaction, self._vault.folder)
        return len(wanted) - brought

    # -- what is not here

    def waiting(self, tree: Tree) -> list[Waiting]:
        """What is still to come, by the name of the device it comes from.

        Nothing is waited for that a retired device wrote under keys that are no more.
        """
        with self._vault.read() as snapshot:
            known, titles = state.hashes(snapshot), state.titles(snapshot)
        counts: defaultdict[tuple[str, str], int] = defaultdict(int)
        numbers: defaultdict[str, set[int]] = defaultdict(set)
        for content, (head, _) in self._heads.items():
            if content not in known and head.type != sealed.SNAPSHOT:
                numbers[head.device].add(head.number)
                counts[head.device, "newer"] += head.device in self._newer
        for device in self._under_other_keys(tree, known):
            counts[device, "keys"] += 1
        told_of = self._told_of(known)
        for device, low in self._gaps(known).items():
            high = max([*numbers[device], told_of.get(device, 0)])
            missing = high - low - len(numbers[device])
            if missing > 0:
                counts[device, "late"] += missing
        unread = sum(
            content not in known and content not in self._heads and content not in self._refused
            for content, found in tree.items()
            if found[0].kind == "seg"
        )
        told = sum(count for (_, reason), count in counts.items() if reason == "late")
        if unread > told:
            counts["", "late"] += unread - told
        return [
            Waiting(titles.get(device, ""), count, reason)
            for (device, reason), count in sorted(counts.items())
            if count
        ]

    def _under_other_keys(self, tree: Tree, known: set[str]) -> list[str]:
        """The device of each file that does not open here, but where the keys were changed."""
        with self._vault.read() as snapshot:
            retired = state.retired(snapshot)
        epoch, found = self._vault.copy_keys().epoch, list[str]()
        for content, (head, _) in self._heads.items():
            is_new = content not in known and head.type != sealed.SNAPSHOT
            if head.epoch > epoch or (is_new and head.epoch < epoch):
                found.append(head.device)
        sealed_off = [device for content, device in self._sealed.items() if content not in known]
        if sealed_off and self._has_rival(tree):
            found += sealed_off
        return [device for device in found if device not in retired]

    def _has_rival(self, tree: Tree) -> bool:
        """Whether another device has changed the keys when this one did."""
        own = self._vault.header
        for content, candidates in tree.items():
            if candidates[0].kind == "header" and (data := self._folder.read(content, candidates)):
                with suppress(VaultDamaged):
                    found = headers.parse(data)
                    if found.key_epoch == own.key_epoch and found.key_check != own.key_check:
                        return True
        return False

    def behind(self, tree: Tree) -> list[str]:
        """Devices whose newest segment taken in is not in the folder: it shows an older state."""
        with self._vault.read() as snapshot:
            newest, titles = state.vector(snapshot), state.titles(snapshot)
        return sorted(
            titles.get(uid, uid) for uid, (_, _, content) in newest.items() if content not in tree
        )

    def lost(self, tree: Tree) -> dict[str, bool]:
        """Segments that are in here, not whole in the folder and not kept to be sent again.

        Or that open only with an earlier key. Not those that a snapshot covers: their writer may
        have let them go. Hash to whether this device wrote it.
        """
        with self._vault.read() as snapshot:
            own, noted = state.own_uid(snapshot), state.segments(snapshot)
        lost = {one.hash: one.device == own for one in noted if not self._is_safe(tree, one)}
        for content, candidates in tree.items():
            is_snapshot = candidates[0].kind == "snap"
            if lost and is_snapshot and self._folder.has(content, candidates):
                for covered in self._held_by(tree, content):
                    lost.pop(covered, None)
        return {content.hex(): is_own for content, is_own in sorted(lost.items())}

    def _is_safe(self, tree: Tree, one: bodies.Segment) -> bool:
        content, kept = one.hash.hex(), publish.kept(self._vault, one)
        candidates, key = tree.get(content, ()), self._vault.copy_keys()
        if not self._folder.has(content, candidates) and not kept.exists():
            return False
        if key.epoch == 1 or (self._vault.header.key_check, content) in self._opens:
            return True
        data = self._folder.read(content, candidates)
        if data is None:
            with suppress(OSError):
                data = kept.read_bytes()
        if not data or not sealed.open_file(key.segment, self._vault.vault_id, key.epoch, data):
            return False
        self._opens.add((self._vault.header.key_check, content))
        return True

    def _held_by(self, tree: Tree, content: str) -> set[bytes]:
        """Hashes of the segments a snapshot covers; each snapshot is opened once."""
        if content not in self._held:
            file = self._open(tree, content)
            if file is None:
                return set()
            self._held[content] = {one.hash for one in file.parts[-1].segments}
        return self._held[content]


def _batches(units: list[Unit]) -> list[list[Unit]]:
    batches: list[list[Unit]] = []
    room = 0
    for unit in units:
        if not batches or unit.size > room:
            batches.append([])
            room = _BATCH_BYTES
        batches[-1].append(unit)
        room -= unit.size
    return batches
