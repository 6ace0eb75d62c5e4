"""What this vault remembers of segments: chains, what was seen, device numbers, flags."""

from __future__ import annotations

import secrets
from typing import Final

import msgspec

from app.vault.sync import bodies, sealed
from app.vault.transaction import Transaction

LOCAL: Final = ("backup",)
"""Collections of documents that are of one device only."""
BRANCHED: Final = "cloud_branched"
"""Set when a device turned out to be two: what was settled by names of too few may be wrong."""
_seen_decoder = msgspec.json.Decoder(bodies.Seen)


def device_number(transaction: Transaction, uid: str, name: str = "") -> int:
    """A device's number in this file; it gets one if it is new."""
    number = transaction.one("SELECT id FROM device WHERE uid = ?", (uid,))
    if number is None:
        cursor = transaction.execute("INSERT INTO device (uid, name) VALUES (?, ?)", (uid, name))
        return int(cursor.lastrowid or 0)
    return int(number)


def titles(transaction: Transaction) -> dict[str, str]:
    """Device ids to the names of the computers."""
    return dict(transaction.execute("SELECT uid, name FROM device").fetchall())


def retired(transaction: Transaction) -> set[str]:
    """Devices that are not used any more."""
    return {uid for (uid,) in transaction.execute("SELECT uid FROM device WHERE retired")}


def own_uid(transaction: Transaction) -> str:
    """This computer's id."""
    return str(transaction.one("SELECT uid FROM device WHERE id = ?", (transaction.device,)))


def new_device(transaction: Transaction, name: str, uid: str = "") -> int:
    """Add a device."""
    return device_number(transaction, uid or secrets.token_hex(16), name)


def encode_seen(seen: bodies.Seen) -> bytes:
    """Canonical JSON."""
    return msgspec.json.encode(seen, order="deterministic")


def decode_seen(data: bytes) -> bodies.Seen:
    """What `encode_seen` wrote."""
    return _seen_decoder.decode(data)


def vector(transaction: Transaction, *, own: bool = False) -> bodies.Seen:
    """The newest segment of each other device that is in here, `own` included if asked for."""
    rows = transaction.execute(
        "SELECT uid, max(number), last, hash FROM segment JOIN device ON device.id = segment.device"
        " WHERE (? OR segment.device <> ?) GROUP BY segment.device",
        (own, transaction.device),
    )
    return {uid: (number, last, digest.hex()) for uid, number, last, digest in rows}


def newest_seen(transaction: Transaction) -> list[bodies.Seen]:
    """What each device had seen when it wrote its newest segment that is in here."""
    rows = transaction.execute("SELECT max(number), seen FROM segment GROUP BY device")
    return [decode_seen(seen) for _, seen in rows]


class End(msgspec.Struct, frozen=True):
    """Where a device's chain ends: number, hash, and what it covers."""

    number: int = 0
    hash: bytes = sealed.START
    last: int = 0
    ledger: int = 0


def end_of(transaction: Transaction, device: int) -> End:
    """The end of a device's chain as far as it is in here."""
    row = transaction.execute(
        "SELECT number, hash, last, ledger FROM segment WHERE device = ?"
        " ORDER BY number DESC LIMIT 1",
        (device,),
    ).fetchone()
    return End(*row) if row else End()


def note(transaction: Transaction, device: int, segment: bodies.Segment) -> None:
    """Remember a segment."""
    transaction.execute(
        "INSERT OR IGNORE INTO segment (device, number, hash, last, ledger, seen)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            device,
            segment.number,
            segment.hash,
            segment.last,
            segment.ledger,
            encode_seen(segment.seen),
        ),
    )


def segments(transaction: Transaction) -> list[bodies.Segment]:
    """All that are remembered."""
    rows = transaction.execute(
        "SELECT uid, number, hash, last, ledger, seen FROM segment"
        " JOIN device ON device.id = segment.device ORDER BY uid, number"
    )
    return [
        bodies.Segment(uid, number, digest, last, ledger, decode_seen(seen))
        for uid, number, digest, last, ledger, seen in rows
    ]


def hashes(transaction: Transaction) -> set[str]:
    """Hashes of all segments in here, in hex."""
    return {digest.hex() for (digest,) in transaction.execute("SELECT hash FROM segment")}


def has_news(transaction: Transaction) -> bool:
    """Whether this device has changes that are in no segment yet."""
    end = end_of(transaction, transaction.device)
    return bool(
        transaction.one(
            "SELECT EXISTS (SELECT 1 FROM operation WHERE device = ?1 AND sequence > ?2"
            " AND NOT (type = 'document' AND subject LIKE 'backup/%'))"
            " OR EXISTS (SELECT 1 FROM ledger WHERE device = ?1 AND sequence > ?3)",
            (transaction.device, end.last, end.ledger),
        )
    )


def is_local(subject: str) -> bool:
    """Whether a document is of one device only."""
    return subject.partition("/")[0] in LOCAL


def set_flag(transaction: Transaction, what: str, subject: str, body: object) -> None:
    """Remember something a person should look at."""
    transaction.execute(
        "INSERT OR REPLACE INTO flag (type, subject, body) VALUES (?, ?, ?)",
        (what, subject, msgspec.json.encode(body, order="deterministic")),
    )


def clear_flag(transaction: Transaction, what: str, subject: str) -> None:
    """It was looked at, or is no more."""
    transaction.execute("DELETE FROM flag WHERE type = ? AND subject = ?", (what, subject))


def flags(transaction: Transaction) -> list[tuple[str, str, dict[str, object]]]:
    """All as (type, subject, body)."""
    rows = transaction.execute("SELECT type, subject, body FROM flag ORDER BY type, subject")
    return [(what, subject, msgspec.json.decode(body)) for what, subject, body in rows]
