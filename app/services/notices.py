"""What the owner of a vault should know when it opens: that it can only be read, or ended badly.

A notice is a `UserError` that is shown and not raised.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.errors import UserError, VaultDamaged
from app.vault import checkup
from app.vault.vault import Vault


def standing(vault: Vault) -> UserError | None:
    """What is true as long as the vault is open."""
    return vault.refusal or (_mended() if vault.mended else None)


def _mended() -> UserError:
    return UserError(
        "start-mended",
        "The start of the vault's data file was damaged and is whole again.",
        "Nothing is lost. A disk that damaged one file may damage others.",
        "Make a backup, best on another disk.",
    )


def unfinished(swept: Sequence[Path]) -> UserError | None:
    """What was removed of exports and shares that a killed program left in these folders."""
    if not swept:
        return None
    return UserError(
        "unfinished-removed",
        "What an unfinished export or share had left in “{folders}” was removed.",
        "",
        "Do it again if you still need it.",
        folders=", ".join(sorted({str(folder) for folder in swept})),
    )


def after_unclean_end(vault: Vault) -> UserError:
    """Look the vault over, because who had it open last did not lock it."""
    try:
        with vault.read() as snapshot:
            is_whole = checkup.quick(snapshot).ok
    except VaultDamaged:
        is_whole = False
    if not is_whole:
        return VaultDamaged(
            "vault-has-damage",
            "The vault is damaged.",
            "It was looked over because the program did not end properly the last time.",
            "Change nothing now. Restore the last backup into a new folder, or salvage what is"
            " left.",
        )
    vault.looked_over()
    return UserError(
        "ended-uncleanly",
        "The program did not end properly the last time.",
        "The vault was looked over and is whole.",
    )
