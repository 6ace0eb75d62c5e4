"""What every device must come to in the end, worked out apart from the program's own rules.

A `Model` is told of each operation with all that its device had in its log then, which is what the
device had seen. From that alone it says what is deleted, what documents say and which version of a
record is current. It knows nothing of segments, vectors and merging.
"""

from __future__ import annotations

import base64
import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from app.vault import payload, runs
from app.vault.sync import state
from app.vault.transaction import Transaction
from app.vault.vault import Vault

Id = tuple[int, str, str, bytes]
"""Clock, type, subject, body: an operation whatever its device is called later."""
_LOG = (
    "SELECT clock, type, subject, body, uid, sequence FROM operation"
    " JOIN device ON device.id = device ORDER BY operation.id"
)


class Standing(NamedTuple):
    """An operation no other on its subject had seen."""

    order: tuple[int, str, int]
    id: Id


class Model:
    """Everything that devices were told to have done."""

    def __init__(self) -> None:
        self._past: dict[Id, frozenset[Id]] = {}
        self._said: dict[str, dict[str, str]] = {}
        self._edits: set[str] = set()
        self._kept: dict[str, bytes] = {}
        self._entries: set[bytes] = set()
        self.undone: set[str] = set()

    def log(self, t: Transaction) -> frozenset[Id]:
        """What a device has in its log."""
        return frozenset((row[0], row[1], row[2], row[3]) for row in t.execute(_LOG))

    def hear(self, before: frozenset[Id], t: Transaction) -> None:
        """A device has written: what is new in its log was made with `before` in it."""
        for row in t.execute(_LOG):
            made: Id = (row[0], row[1], row[2], row[3])
            if made not in before:
                self._past.setdefault(made, before)
                before |= {made}

    def say(self, run: str, amounts: dict[str, str], kind: str, original: bytes = b"") -> None:
        """A run said the amounts of records, by their ids at the source."""
        self._said[run] = amounts
        if kind == "edit":
            self._edits.add(run)
        if original:
            self._kept[run] = original

    def enter(self, body: dict[str, object]) -> None:
        """A line was written into the ledger."""
        self._entries.add(json.dumps(body).replace(" ", "").encode())

    # -- judging

    def wrong(self, vault: Vault) -> list[str]:
        """What a device has otherwise than it must be."""
        with vault.read() as t:
            rows = t.execute(_LOG).fetchall()
            found = _Log(rows, self._past)
            return [
                *self._lost(t, found),
                *self._lost_originals(vault, t),
                *self._wrong_documents(t, found),
                *self._wrong_records(t, found),
            ]

    def _lost(self, t: Transaction, found: _Log) -> Iterable[str]:
        for made in sorted(self._past.keys() - found.ids):
            yield f"lost {made[1]} {made[2]} {made[3]!r}"
        entries = {bytes(body) for (body,) in t.execute("SELECT body FROM ledger")}
        for body in self._entries - entries:
            yield f"lost the entry {body!r}"
        here = {
            (said.native_id, str(said.data["amount"]))
            for (body,) in t.execute("SELECT payload FROM record UNION SELECT payload FROM version")
            for said in [payload.decode(body)]
        }
        for run, said in self._said.items():
            if run not in self.undone and (lost := said.items() - here):
                yield f"lost {lost} of {run}"
        retired = {uid for (uid,) in t.execute("SELECT uid FROM device WHERE retired")}
        said_so = {made[2] for made in found.ids if made[1] == "retire"}
        if retired != said_so:
            yield f"retired are {retired}, not {said_so}"

    def _lost_originals(self, vault: Vault, t: Transaction) -> Iterable[str]:
        for run, text in self._kept.items():
            if run in self.undone:
                continue
            blobs = t.execute(
                "SELECT blob FROM original JOIN run_original ON original = original.id"
                " JOIN run ON run.id = run WHERE uid = ?",
                (run,),
            ).fetchall()
            if [b"".join(vault.original(blob)) for (blob,) in blobs] != [text]:
                yield f"lost the original of {run}"

    def _wrong_documents(self, t: Transaction, found: _Log) -> Iterable[str]:
        flagged = {subject for what, subject, _ in state.flags(t) if what == "versions"}
        for subject in found.subjects("document"):
            standing = found.standing(subject, ("document",))
            wanted = max(standing, key=lambda one: (one.id[3] != b"null", one.order)).id[3]
            collection, _, name = subject.partition("/")
            body = t.one(
                "SELECT body FROM document WHERE collection = ? AND id = ?", (collection, name)
            )
            if (None if wanted == b"null" else base64.b64decode(json.loads(wanted))) != body:
                yield f"{subject} is {body!r}, not {wanted!r}"
            if (len({one.id[3] for one in standing}) > 1) != (subject in flagged):
                yield f"{subject} is flagged wrongly: {standing}"

    def _wrong_records(self, t: Transaction, found: _Log) -> Iterable[str]:
        hasher = payload.Hasher(t.meta("content_key") or b"", "uk.midata", "")
        order = {run.import_id: n for n, run in enumerate(reversed(runs.every(t)))}
        current = {
            said.native_id: str(said.data["amount"])
            for (body,) in t.execute("SELECT payload FROM record")
            for said in [payload.decode(body)]
        }
        said_of: defaultdict[str, list[tuple[int, str, str]]] = defaultdict(list)
        for run, said in self._said.items():
            if run not in self.undone and run in order:
                for name, amount in said.items():
                    said_of[name].append((order[run], run, amount))
        for name, claims in said_of.items():
            key = hasher.key("finance.transaction", name)
            edits = {run for _, run, _ in claims} & self._edits
            if any(found.is_twofold(subject) for subject in (key.hex(), *edits)):
                continue
            wanted = None if found.is_deleted(key.hex(), edits) else _current(sorted(claims))
            if current.get(name) != wanted:
                yield f"{name} is {current.get(name)}, not {wanted}"
        for name in current.keys() - said_of:
            yield f"{name} is here, and nobody said it"


def _current(claims: list[tuple[int, str, str]]) -> str:
    """The version that was first said last."""
    first: dict[str, int] = {}
    for at, _, amount in claims:
        first.setdefault(amount, at)
    return max(first, key=lambda amount: first[amount])


class _Log:
    """A device's log, and what each operation in it had seen."""

    def __init__(self, rows: list[Any], past: dict[Id, frozenset[Id]]) -> None:
        self.ids: set[Id] = set()
        self._past = past
        self._by_subject: defaultdict[str, list[Standing]] = defaultdict(list)
        for clock, kind, subject, body, uid, sequence in rows:
            made = clock, kind, subject, body
            self.ids.add(made)
            self._by_subject[subject].append(Standing((clock, uid, sequence), made))

    def subjects(self, kind: str) -> list[str]:
        """What was spoken of by operations of a type, leaving out what is twofold."""
        return [
            subject
            for subject, made in self._by_subject.items()
            if made[0].id[1] == kind and not self.is_twofold(subject)
        ]

    def is_twofold(self, subject: str) -> bool:
        """Whether an operation is here twice, as two copies of one device may each publish it."""
        made = self._by_subject[subject]
        return len({one.id for one in made}) < len(made)

    def standing(self, subject: str, kinds: tuple[str, ...]) -> list[Standing]:
        """Operations no other on the subject had seen, the deciding one last."""
        made = [one for one in self._by_subject[subject] if one.id[1] in kinds]
        seen = {id_ for one in made for id_ in self._past.get(one.id, ())}
        return sorted(one for one in made if one.id not in seen)

    def is_deleted(self, subject: str, edits: set[str]) -> bool:
        """Whether a deletion is in force: the last that stands, and no edit it had not seen."""
        standing = self.standing(subject, ("delete", "restore"))
        if not standing or standing[-1].id[1] == "restore":
            return False
        deletions = [one.id for one in self._by_subject[subject] if one.id[1] == "delete"]
        seen = {id_[2] for one in deletions for id_ in self._past[one] if id_[1] == "run"}
        return edits <= seen
