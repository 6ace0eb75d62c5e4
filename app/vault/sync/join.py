"""Opening the vault of a folder on another computer."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from app.errors import CannotUnlock, EnvironmentFailure, InputRefused, VaultDamaged, environment
from app.vault import header as headers
from app.vault import keys, migrate
from app.vault.sync import apply, bodies, merge, names, sealed
from app.vault.sync.copy import FOLDER
from app.vault.sync.folder import Folder, Tree
from app.vault.sync.publish import Look, nothing
from app.vault.vault import Vault

Unlock = Callable[[headers.Header], bytes]
_LIMIT: Final = 64 * 1024


def vaults(chosen: Path) -> list[str]:
    """The copies in a folder, by the first eight digits of their vault's id."""
    with environment():
        found = [path.name for path in chosen.iterdir() if path.is_dir()]
    start = names.root("")
    return sorted(name[len(start) :] for name in found if name.startswith(start))


def join(chosen: Path, to: Path, unlock: Unlock, look: Look = nothing) -> Vault:
    """Make the folder's vault on this computer, as a new device; returns it open.

    `unlock` gives the vault key for a header. Raises the `UserError` that says what is in the way.
    """
    found = vaults(chosen)
    if len(found) != 1:
        raise _not_one(chosen, len(found))
    folder = Folder(chosen, found[0])
    tree = folder.scan()
    header, vault_key = _unlocked(folder, tree, unlock)
    folder = Folder(chosen, header.vault_id)
    ring = keys.key_ring(vault_key)
    snapshot, secrets = _start(folder, tree, header, ring.segment, look)

    def fill(vault: Vault) -> None:
        with vault.write() as transaction:
            transaction.execute(
                "UPDATE device SET name = ? WHERE id = ?", (platform.node(), vault.device)
            )
            transaction.set_meta(FOLDER, str(chosen).encode())
        follower = merge.Follower(vault, folder)
        if snapshot is not None:
            try:
                follower.take_snapshot(snapshot, confirmed=True)
            except apply.NewerProgram:
                raise migrate.newer() from None
        follower.take(tree, confirmed=True, look=look)

    return Vault.replicate(to, header, vault_key, secrets, fill)


def take_keys(vault: Vault, chosen: Path, unlock: Unlock) -> bool:
    """Go over to the keys another computer has changed to; False if the folder tells of none.

    The other one's passphrase and recovery key open this vault from then on. A snapshot under the
    new keys is written by the next round, so nothing this computer wrote is lost with the old ones.
    Raises `CannotUnlock` if what `unlock` has opens none of them.
    """
    refusal: CannotUnlock | None = None
    for header in headers_in(Folder(chosen, vault.vault_id)):
        if _are_newer(header, vault.header):
            try:
                vault.take_keys(header, unlock(header))
            except CannotUnlock as error:
                refusal = refusal or error
            else:
                return True
    if refusal:
        raise refusal
    return False


def _are_newer(other: headers.Header, own: headers.Header) -> bool:
    """Whether another header of the same vault has other keys, and not those of before."""
    is_ours = other.vault_id == own.vault_id and other.key_check != own.key_check
    return is_ours and other.key_epoch >= own.key_epoch


def headers_in(folder: Folder) -> list[headers.Header]:
    """What a folder says of how its vault opens, the newest first."""
    return list(_headers(folder, folder.scan()))


def _headers(folder: Folder, tree: Tree) -> Iterator[headers.Header]:
    """Whole headers, the newest first."""
    found = []
    for content, candidates in tree.items():
        if candidates[0].kind == "header":
            data = folder.read(content, candidates)
            if data is not None and len(data) <= _LIMIT:
                try:
                    found.append(headers.parse(data))
                except VaultDamaged:  # another one will do
                    continue
    found.sort(key=lambda header: (header.key_epoch, header.header_epoch), reverse=True)
    yield from found


def _unlocked(folder: Folder, tree: Tree, unlock: Unlock) -> tuple[headers.Header, bytes]:
    """The first header that opens: devices may have different passphrases."""
    refusal: CannotUnlock | None = None
    for header in _headers(folder, tree):
        try:
            return header, unlock(header)
        except CannotUnlock as error:
            refusal = refusal or error
    raise refusal or _not_here()


def _start(
    folder: Folder, tree: Tree, header: headers.Header, key: bytes, look: Look
) -> tuple[sealed.File | None, dict[str, bytes]]:
    """The newest snapshot that opens, if there is one, and the keys that lie inside the vault."""
    first: bodies.Body | None = None
    ordered = sorted(tree.items(), key=lambda item: (item[1][0].kind, item[1][0].number))
    for content, candidates in reversed(ordered):
        is_first = candidates[0].kind == "seg" and candidates[0].number == 1
        if candidates[0].kind != "snap" and not is_first:
            continue
        look()
        data = folder.read(content, candidates)
        file = (
            sealed.open_file(key, header.vault_id, header.key_epoch, data)
            if data is not None
            else None
        )
        if file and file.head.type == sealed.SNAPSHOT:
            return file, file.parts[0].secrets
        if file and file.parts[0].secrets:
            first = file.parts[0]
    if first is None:
        raise _not_here()
    return None, first.secrets


def _not_here() -> InputRefused:
    return InputRefused(
        "copy-not-here",
        "The encrypted copy is not completely here yet.",
        "Its first files are missing or still being carried.",
        "Wait until the cloud folder is up to date on this computer, then try again.",
    )


def _not_one(chosen: Path, count: int) -> EnvironmentFailure:
    if count:
        return EnvironmentFailure(
            "several-copies",
            "There are several vaults in “{folder}”.",
            "",
            "Put each into a folder of its own.",
            folder=chosen.name,
        )
    return EnvironmentFailure(
        "no-copy",
        "There is no encrypted copy of a vault in “{folder}”.",
        "",
        "Choose the folder you chose on the other computer; it holds one called “mydata-…”.",
        folder=chosen.name,
    )
