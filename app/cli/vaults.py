"""create, status, passphrase, recover."""

from __future__ import annotations

import contextlib
import sys
from argparse import Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING

from app.cli import opening, passphrases, streams
from app.cli.console import Console
from app.cli.streams import Unheard
from app.errors import EnvironmentFailure
from app.i18n import tr, tr_n
from app.services import asking, session

if TYPE_CHECKING:
    from app.services.asking import Catalogue


def create(arguments: Namespace, console: Console) -> int:
    """Make a vault; its recovery key is shown this once."""
    place = opening.folder(arguments)
    opened, recovery_key = session.create(place, passphrases.first(arguments.passphrase_file))
    vault_id = opened.vault.vault_id
    opened.close()
    with _shown_once(console):
        console.answer({"vault": str(place), "vault_id": vault_id, "recovery_key": recovery_key})
        console.facts([(tr("Vault"), str(place)), (tr("Recovery key"), recovery_key)])
    console.say()
    console.say(tr("Write the recovery key down now. It is not shown again."))
    console.say(tr("It opens the vault if you forget the passphrase; without both, nobody can."))
    return 0


@contextlib.contextmanager
def _shown_once(console: Console) -> Iterator[None]:
    """What is said inside cannot be said again: that nobody heard it is a failure of its own."""
    try:
        yield
        console.flush()
    except Unheard as error:
        streams.mute(sys.stdout)
        raise EnvironmentFailure(
            "recovery-key-unseen",
            "The recovery key could not be shown.",
            "The vault is whole and opens with its passphrase.",
            "Have a new key made with “mydata passphrase --keys”.",
        ) from error


def status(arguments: Namespace, console: Console) -> int:
    """What is in the vault, and how fresh."""
    with opening.unlocked(arguments) as opened:
        found = session.status(opened)
        fresh = asking.catalogue(opened)
    console.answer(
        {
            "vault": found.vault,
            "vault_id": found.vault_id,
            "created": found.created,
            "records": found.records,
            "sources": found.sources,
            "kinds": found.kinds,
            "domains": found.domains,
            "freshness": _freshness(fresh),
            "backup": found.backup,
            "cloud": found.cloud,
        }
    )
    console.facts(
        [
            (tr("Vault"), found.vault),
            (tr("Records"), f"{found.records:,}"),
            (tr("Last backup"), found.backup or tr("none yet")),
            (tr("Cloud folder"), found.cloud or tr("none")),
        ]
    )
    _tables(fresh, console)
    return 0


def _freshness(found: Catalogue) -> list[dict[str, object]]:
    return [
        {
            "source": source.source,
            "records": source.records,
            "first": source.first,
            "last": source.last,
            "imported_at": source.imported_at,
        }
        for source in found.sources
    ]


def _tables(found: Catalogue, console: Console) -> None:
    console.say()
    if not found.sources:
        console.say(tr("It is empty. Bring files in with “mydata import FILE”."))
        return
    console.table(
        (tr("Source"), tr("Records"), tr("First"), tr("Last"), tr("Imported")),
        [
            (
                tr(asking.source_title(source.source)),
                f"{source.records:,}",
                source.first[:10],
                source.last[:10],
                source.imported_at[:10],
            )
            for source in found.sources
        ],
        numbers=[1],
    )
    console.say()
    console.table(
        (tr("Kind"), tr("Name"), tr("Records")),
        [(kind.kind, tr(kind.label), f"{kind.records:,}") for kind in found.kinds],
        numbers=[2],
    )


def passphrase(arguments: Namespace, console: Console) -> int:
    """Replace the passphrase; with `--keys` the keys too."""
    if arguments.keys:
        return _new_keys(arguments, console)
    with opening.unlocked(arguments) as opened:
        session.change_passphrase(opened, passphrases.chosen(arguments.new_passphrase_file))
    console.answer({"ok": True})
    console.say(
        tr("The passphrase is changed. Backups made before still open with the earlier one.")
    )
    return 0


def _new_keys(arguments: Namespace, console: Console) -> int:
    with opening.unlocked(arguments) as opened:
        chosen = passphrases.chosen(arguments.new_passphrase_file)
        key = console.wait(opened.jobs.write(lambda _: session.change_keys(opened, chosen)))
    with _shown_once(console):
        console.answer({"ok": True, "recovery_key": key})
        console.facts([(tr("Recovery key"), key)])
    console.say()
    console.say(tr("Everything is encrypted anew. The recovery key you had opens old copies only."))
    console.say(tr("Write the recovery key down now. It is not shown again."))
    console.say(tr("Make a new backup: those there are open with the old passphrase and key."))
    return 0


def recover(arguments: Namespace, console: Console) -> int:
    """Unlock with the recovery key; ends in a new passphrase."""
    place = opening.present(arguments)
    key = passphrases.recovery_key(arguments.recovery_file)
    opened = session.recover(place, key, passphrases.chosen(arguments.new_passphrase_file))
    count = session.status(opened).records
    opened.close()
    console.answer({"ok": True, "vault": str(place), "records": count})
    console.say(tr("The vault is open again, and the new passphrase is set."))
    console.say(tr_n(count, "{count} record is in it.", "{count} records are in it."))
    return 0
