"""cloud, join: one vault on several computers."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Final

import msgspec

from app.cli import opening, passphrases
from app.cli.console import Console
from app.i18n import mark, tr, tr_n
from app.services import cloud, session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.services.cloud import Conflict, Outcome, Waiting

_CONFLICTS: Final = {
    "versions": mark("There are two versions of “{subject}”."),
    "back": mark("A record that was deleted here and edited elsewhere is back: {subject}"),
    "clock": mark("The clock of a computer is more than a day ahead: {subject}"),
}
_WAITING: Final = {
    "late": mark("Waiting for {count} files from {device}."),
    "newer": mark("{count} files from {device} need a newer version of MyData Vault."),
    "keys": mark("{count} files from {device} are under other keys: “mydata cloud keys”."),
}


def choose(arguments: Namespace, console: Console) -> int:
    """Keep the copy in a folder from now on."""
    with opening.unlocked(arguments) as opened:
        done = cloud.set_folder(opened, arguments.folder)
        folder = cloud.folder_of(opened)
    console.answer({"folder": folder, **_told(done)})
    console.say(tr("The vault stays on this computer; its encrypted copy goes to this folder."))
    return _say(done, console)


def sync(arguments: Namespace, console: Console) -> int:
    """Publish and take in."""
    with opening.unlocked(arguments) as opened:
        done = cloud.sync(opened, confirmed=arguments.accept_removals)
    console.answer(_told(done))
    return _say(done, console)


def _told(done: Outcome) -> dict[str, object]:
    told: dict[str, object] = msgspec.to_builtins(done)
    return {**told, "conflicts": len(done.conflicts), "flags": told["conflicts"]}


def _say(done: Outcome, console: Console) -> int:
    console.say(tr_n(done.published, "{count} file published.", "{count} files published."))
    console.say(tr_n(done.merged, "{count} change taken in.", "{count} changes taken in."))
    _say_state(done.waiting, done.behind, done.conflicts, console)
    return 0


def _say_state(
    waiting: Sequence[Waiting], behind: Sequence[str], found: Sequence[Conflict], console: Console
) -> None:
    for one in waiting:
        device = one.device or tr("another computer")
        console.say(tr(_WAITING[one.why], count=one.files, device=device))
    for name in behind:
        console.say(tr("The folder is behind what is known of {device}.", device=name))
    for conflict in found:
        console.say(tr(_CONFLICTS[conflict.kind], subject=conflict.subject))


def status(arguments: Namespace, console: Console) -> int:
    """How the copy stands."""
    with opening.unlocked(arguments) as opened:
        found = cloud.status(opened)
    told: dict[str, object] = msgspec.to_builtins(found)
    counts = {"published": 0, "merged": 0, "conflicts": len(found.conflicts)}
    console.answer({**told, **counts, "flags": told["conflicts"]})
    console.facts([(tr("Cloud folder"), found.folder or tr("none"))])
    if found.folder and not found.reachable:
        console.say(tr("The folder cannot be reached now. Changes are published when it is back."))
    if found.unpublished:
        console.say(tr("There are changes that are not published yet."))
    _say_state(found.waiting, found.behind, found.conflicts, console)
    console.table(
        (tr("Computer"), tr("Id"), tr("State")),
        [
            (
                device.name,
                device.id,
                tr("this one") if device.this else tr("retired") if device.retired else "",
            )
            for device in found.devices
        ],
    )
    return 0


def leave(arguments: Namespace, console: Console) -> int:
    """Publish nowhere any more."""
    with opening.unlocked(arguments) as opened:
        cloud.leave(opened)
    console.answer({"folder": None})
    console.say(tr("The vault is published nowhere now. The folder stays as it is."))
    return 0


def take_keys(arguments: Namespace, console: Console) -> int:
    """Go over to the keys another computer has changed to."""
    with opening.unlocked(arguments) as opened:
        if arguments.recovery_file:
            done = cloud.take_keys(
                opened,
                recovery_key=passphrases.recovery_key(arguments.recovery_file),
                new_passphrase=passphrases.chosen(arguments.new_passphrase_file),
            )
        else:
            secret = passphrases.chosen(arguments.new_passphrase_file)
            done = cloud.take_keys(opened, passphrase=secret)
    console.answer(_told(done))
    console.say(tr("This computer has the new keys too; the new passphrase opens its vault."))
    return _say(done, console)


def retire(arguments: Namespace, console: Console) -> int:
    """A computer is not used any more."""
    with opening.unlocked(arguments) as opened:
        cloud.retire(opened, arguments.device)
    console.answer({"retired": arguments.device})
    console.say(tr("The computer is retired."))
    return 0


def join(arguments: Namespace, console: Console) -> int:
    """Open the folder's vault here too."""
    to = arguments.to.expanduser().absolute() if arguments.to else opening.folder(arguments)
    if arguments.recovery_file:
        opened = cloud.join(
            arguments.folder,
            to,
            recovery_key=passphrases.recovery_key(arguments.recovery_file),
            new_passphrase=passphrases.chosen(arguments.new_passphrase_file),
        )
    else:
        secret = passphrases.current(arguments.passphrase_file)
        opened = cloud.join(arguments.folder, to, passphrase=secret)
    try:
        count = session.status(opened).records
        vault_id = opened.vault.vault_id
        found = cloud.status(opened)
    finally:
        opened.close()
    told: dict[str, object] = msgspec.to_builtins(found)
    console.answer(
        {
            "vault": str(to),
            "vault_id": vault_id,
            "records": count,
            "published": 0,
            "merged": count,
            "waiting": told["waiting"],
            "conflicts": len(found.conflicts),
        }
    )
    console.say(tr("The vault is on this computer too, and stays in step through the folder."))
    console.say(tr_n(count, "{count} record is in it.", "{count} records are in it."))
    return 0
