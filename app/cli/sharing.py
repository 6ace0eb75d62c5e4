"""share, inspect, ledger, withdraw: what goes out, and the account of it."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from app.cli import opening
from app.cli.console import Console, encoded
from app.errors import VaultDamaged
from app.i18n import mark, tr, tr_n
from app.services import sharing
from app.services.sharing import Promise, Selection

if TYPE_CHECKING:
    from app.services.session import Session
    from app.services.sharing import LedgerEntry, Preview

_BLOCK: Final = 500


def share(arguments: Namespace, console: Console) -> int:
    """Choose, look at exactly what would go, sign, seal, and write it into the ledger."""
    selection = _selection(arguments)
    with opening.unlocked(arguments) as opened:
        if arguments.preview:
            return _preview(opened, selection, arguments.to, console)
        promise = Promise(
            purpose=arguments.purpose,
            until=arguments.keep_until,
            resharing=arguments.resharing,
            terms=arguments.terms,
        )
        out = (arguments.out or Path(sharing.default_share_name())).expanduser().absolute()
        job = opened.jobs.write(
            lambda context: sharing.share(opened, arguments.to, selection, promise, out, context)
        )
        shared = console.wait(job)
    console.answer(msgspec.to_builtins(shared))
    console.say(
        tr_n(
            shared.records,
            "{count} record, sealed for {names}",
            "{count} records, sealed for {names}",
            names=", ".join(shared.recipients),
        )
    )
    console.facts(
        [(tr("File"), shared.out), (tr("Bundle"), shared.bundle_id), ("SHA-256", shared.sha256)]
    )
    for name in shared.unverified:
        console.say(tr("The safety number of {name} was never compared.", name=name))
    console.say(tr("Whoever has the file and a right key can keep it: nothing can be called back."))
    return 0


def _selection(arguments: Namespace) -> Selection:
    return Selection(
        kinds=tuple(arguments.kinds),
        since=arguments.since,
        until=arguments.until,
        sources=tuple(arguments.sources),
        fields=_fields(arguments.fields),
        drop=tuple(arguments.drop),
        transforms=tuple(arguments.transforms),
    )


def _fields(words: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Read `finance.transaction=amount,currency`, or `amount` for every kind."""
    found: dict[str, tuple[str, ...]] = {}
    for word in words:
        kind, _, names = word.rpartition("=")
        found[kind] = (*found.get(kind, ()), *(name for name in names.split(",") if name))
    return found


def _preview(
    opened: Session, selection: Selection, recipients: Sequence[str], console: Console
) -> int:
    """The very objects that would be sealed, and what stays behind."""
    job = opened.jobs.read(lambda context: sharing.preview(opened, selection, recipients, context))
    found = console.wait(job)
    rows = [row for start in range(0, found.count, _BLOCK) for row in found.rows(start, _BLOCK)]
    console.answer(
        {
            "preview": True,
            "recipients": list(recipients),
            "records": found.count,
            "kinds": found.kinds,
            "fields": found.fields,
            "left_out": found.left_out,
            "sources": found.sources,
            "payload_bytes": found.payload_bytes,
            "rows": rows,
        }
    )
    for row in rows if not console.json else ():
        console.say(encoded(row).decode())
    _tell_preview(found, console)
    return 0


def _tell_preview(found: Preview, console: Console) -> None:
    console.say()
    for kind, count in found.kinds.items():
        console.say(
            tr_n(
                count,
                "{kind}: {count} record with {fields}",
                "{kind}: {count} records with {fields}",
                kind=kind,
                fields=", ".join(found.fields[kind]),
            )
        )
        if found.left_out.get(kind):
            console.say(tr("  Stays here: {fields}", fields=", ".join(found.left_out[kind])))
    console.say(tr("Nothing was written. Without --preview, exactly this is sealed."))


def inspect(arguments: Namespace, console: Console) -> int:
    """What a file tells without a key; opens no vault."""
    found = sharing.inspect(arguments.file.expanduser())
    console.answer(found._asdict())
    console.facts(
        [
            (tr("Type"), found.type),
            (tr("Version"), str(found.version)),
            (tr("Bytes"), f"{found.size:,}"),
            (tr("Recipients"), str(found.recipient_slots)),
        ]
    )
    return 0


_KINDS: Final = {
    "share": mark("Shared"),
    "share-failed": mark("Sharing failed"),
    "receive": mark("Received"),
    "receipt": mark("Receipt"),
    "withdraw": mark("Withdrawn by me"),
    "withdrawn": mark("Withdrawn by the sender"),
    "discard": mark("Given up"),
}


def ledger(arguments: Namespace, console: Console) -> int:
    """Every share, receipt and withdrawal, and whether the chain holds."""
    with opening.unlocked(arguments) as opened:
        entries = sharing.ledger(opened)
        chain = sharing.verify_ledger(opened)
    data = {"entries": msgspec.to_builtins(entries), "chain": msgspec.to_builtins(chain)}
    console.table(
        (
            tr("Number"),
            tr("When"),
            tr("What"),
            tr("Who"),
            tr("Records"),
            tr("Purpose"),
            tr("Bundle"),
        ),
        [_line(entry) for entry in entries],
        numbers=[0, 4],
    )
    if arguments.verify and not chain.ok:
        return console.failure(_broken(), data)
    console.answer(data)
    console.say(
        tr_n(
            chain.length,
            "{count} entry; the chain holds. Its head: {head}",
            "{count} entries; the chain holds. Its head: {head}",
            head=chain.head,
        )
        if chain.ok
        else tr("The chain does not hold.")
    )
    return 0


def _line(entry: LedgerEntry) -> tuple[str, ...]:
    what = tr(_KINDS[entry.kind]) if entry.kind in _KINDS else entry.kind
    people = ", ".join(entry.people)
    count = f"{entry.records:,}"
    return (str(entry.sequence), entry.at, what, people, count, entry.purpose, entry.bundle_id)


def _broken() -> VaultDamaged:
    return VaultDamaged(
        "ledger-broken",
        "The ledger was changed after it was written.",
        "Its hash chain does not hold.",
        "Compare it with the ledger in a backup.",
    )


def withdraw(arguments: Namespace, console: Console) -> int:
    """A signed request to the recipients to delete a bundle."""
    out = (arguments.out or Path.cwd()).expanduser().absolute()
    with opening.unlocked(arguments) as opened:
        written = sharing.withdraw(opened, arguments.bundle_id, out)
    console.answer({"out": str(written), "bundle_id": arguments.bundle_id})
    console.say(str(written))
    console.say(tr("Hand this file to the same people. It asks; it cannot delete anything itself."))
    return 0
