"""The operating system's secret store, as a convenience beside the passphrase and never instead.

Only backends known to encrypt and to ask the person are used, by class: some that can be installed
keep everything in plain text. What is written is read back, and every call is given ten seconds on
a thread of its own, because a store may wait for a prompt nobody sees.
"""

from __future__ import annotations

import base64
import binascii
import threading
from collections.abc import Callable
from typing import Final, TypeVar

from app.errors import EnvironmentFailure

SERVICE: Final = "mydata-vault"
LIMIT_SECONDS: Final = 10.0
ALLOWED: Final = frozenset(
    {
        "keyring.backends.SecretService.Keyring",
        "keyring.backends.kwallet.DBusKeyring",
        "keyring.backends.macOS.Keyring",
        "keyring.backends.Windows.WinVaultKeyring",
    }
)

T = TypeVar("T")


def available() -> bool:
    """Whether this computer has a store that may be used."""
    try:
        return _limited(_backend_name) in ALLOWED
    except EnvironmentFailure:
        return False


def save(vault_id: str, slot_id: str, key: bytes) -> None:
    """Keep `key` (32 bytes) and read it back. Raises `EnvironmentFailure`."""
    text = base64.b64encode(key).decode("ascii")

    def write() -> str | None:
        import keyring

        _check_allowed()
        keyring.set_password(SERVICE, _name(vault_id, slot_id), text)
        return keyring.get_password(SERVICE, _name(vault_id, slot_id))

    if _limited(write) != text:
        raise _unusable()


def load(vault_id: str, slot_id: str) -> bytes | None:
    """The kept key, or None if the store has none. Raises `EnvironmentFailure`."""

    def read() -> str | None:
        import keyring

        _check_allowed()
        return keyring.get_password(SERVICE, _name(vault_id, slot_id))

    text = _limited(read)
    if text is None:
        return None
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return None


def forget(vault_id: str, slot_id: str) -> None:
    """Remove the kept key, if it is there. Raises `EnvironmentFailure`."""

    def remove() -> None:
        import keyring
        from keyring.errors import PasswordDeleteError

        _check_allowed()
        try:
            keyring.delete_password(SERVICE, _name(vault_id, slot_id))
        except PasswordDeleteError:
            return  # it was not there

    _limited(remove)


def _name(vault_id: str, slot_id: str) -> str:
    return f"{vault_id}:{slot_id}"


def _backend_name() -> str:
    import keyring

    backend = type(keyring.get_keyring())
    if backend.__name__ == "ChainerBackend":
        return _first_of_chain()
    return f"{backend.__module__}.{backend.__qualname__}"


def _first_of_chain() -> str:
    """Where several backends are installed they are asked in order: the first is what counts."""
    import keyring

    chain = getattr(keyring.get_keyring(), "backends", [])
    if not chain:
        return ""
    keyring.set_keyring(chain[0])
    return f"{type(chain[0]).__module__}.{type(chain[0]).__qualname__}"


def _check_allowed() -> None:
    if _backend_name() not in ALLOWED:
        raise _unusable()


def _unusable() -> EnvironmentFailure:
    return EnvironmentFailure(
        "no-secret-store",
        "This computer's secret store cannot be used.",
        "",
        "Unlock with the passphrase instead.",
    )


def _limited(call: Callable[[], T]) -> T:
    """What `call` answers within the limit. Raises `EnvironmentFailure` for silence and refusal."""
    answers: list[T] = []
    errors: list[Exception] = []

    def run() -> None:
        from keyring.errors import KeyringError

        try:
            answers.append(call())
        except (KeyringError, EnvironmentFailure, OSError) as error:
            errors.append(error)

    thread = threading.Thread(target=run, name="secret-store", daemon=True)
    thread.start()
    thread.join(LIMIT_SECONDS)
    if not answers:
        raise _unusable() from (errors[0] if errors else None)
    return answers[0]
