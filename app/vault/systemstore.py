"""The operating system's secret store, as a convenience beside the passphrase and never instead.

Only backends known to encrypt and to ask the person are used, by class: some that can be installed
keep everything in plain text. They are made here and not taken from keyring's own choice, which
follows a variable, a file and whatever plug-ins are installed; the variable and the file can only
take the store away. What is written is read back, and every call is given ten seconds on a thread
that does not keep the program from ending, because a store may wait for a prompt nobody sees.
"""

from __future__ import annotations

import base64
import binascii
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, TypeVar

from app.errors import EnvironmentFailure
from app.i18n import mark
from app.vault.keys import KEY_BYTES

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE: Final = "mydata-vault"
LIMIT_SECONDS: Final = 10.0
VARIABLE: Final = "PYTHON_KEYRING_BACKEND"
ALLOWED: Final = {
    "keyring.backends.SecretService.Keyring": mark("the desktop's keyring"),
    "keyring.backends.kwallet.DBusKeyring": "KWallet",
    "keyring.backends.macOS.Keyring": mark("the macOS keychain"),
    "keyring.backends.Windows.WinVaultKeyring": mark("Windows Credential Manager"),
}
"""Class to what people call it."""
_PLATFORM: Final = sys.platform
_PLATFORMS: Final = {"win32": (".Windows.",), "darwin": (".macOS.",)}
_KEYS: Final = (".SecretService.", ".kwallet.")

T = TypeVar("T")


def title() -> str:
    """What the store that may be used is called (translate it), or "" where there is none."""
    try:
        return _limited(lambda: ALLOWED[_class_name(_backend())])
    except EnvironmentFailure:
        return ""


def available() -> bool:
    """Whether this computer has a store that may be used."""
    return bool(title())


def save(vault_id: str, slot_id: str, key: bytes) -> None:
    """Keep `key` (32 bytes) and read it back. Raises `EnvironmentFailure`."""
    # 44 letters: Windows keeps at most 2,560 bytes, in UTF-16.
    text = base64.b64encode(key).decode("ascii")
    name = _name(vault_id, slot_id)

    def write() -> bool:
        store = _backend()
        store.set_password(SERVICE, name, text)
        if store.get_password(SERVICE, name) == text:
            return True
        _remove(store, name)
        return False

    if not _limited(write):
        raise _unusable()


def load(vault_id: str, slot_id: str) -> bytes | None:
    """The kept key, or None if the store has none. Raises `EnvironmentFailure`."""
    text = _limited(lambda: _backend().get_password(SERVICE, _name(vault_id, slot_id)))
    if text is None:
        return None
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) == KEY_BYTES else None


def forget(vault_id: str, slot_id: str) -> None:
    """Remove the kept key, if it is there. Raises `EnvironmentFailure`."""
    _limited(lambda: _remove(_backend(), _name(vault_id, slot_id)))


def give_up() -> None:
    """Let nobody wait any longer for a store that does not answer: the program is ending."""
    with _guard:
        for errand in _running:
            errand.over.set()


# -- which store


def _backend() -> KeyringBackend:
    """The best of the allowed stores that works here. Raises `EnvironmentFailure`."""
    found = [kind for name in _candidates() if (kind := _viable(name)) is not None]
    if not found:
        raise _none()
    best = max(found, key=lambda each: float(each.priority))()
    if "WinVault" in type(best).__name__:
        # Its default would roam with the account to other computers.
        best.persist = "local machine"
    if hasattr(best, "appid"):
        best.appid = "MyData Vault"
    store: KeyringBackend = best
    return store


def _candidates() -> list[str]:
    """The allowed classes for this system, less what the person turned off for every program."""
    asked = _asked_for()
    return [
        name
        for name in ALLOWED
        if any(part in name for part in _PLATFORMS.get(_PLATFORM, _KEYS))
        if asked in ("", name)
    ]


def _asked_for() -> str:
    """The class named for all programs that use keyring, "" for none. Never loaded from here."""
    if VARIABLE in os.environ:
        return os.environ[VARIABLE]
    import configparser

    from keyring.util import platform_

    config = configparser.RawConfigParser()
    try:
        config.read(platform_.config_root() / "keyringrc.cfg", encoding="utf-8")
        return config.get("backend", "default-keyring", fallback="").strip()
    except (configparser.Error, UnicodeDecodeError):
        return ""


def _viable(name: str) -> Any | None:
    """The class called `name`, if it works on this computer."""
    module, _, kind = name.rpartition(".")
    try:
        found = getattr(import_module(module), kind)
        found.priority  # noqa: B018 - asks the system, and raises where the store is not there
    except (ImportError, RuntimeError, OSError):
        return None
    return found


def _class_name(store: KeyringBackend) -> str:
    return f"{type(store).__module__}.{type(store).__qualname__}"


def _name(vault_id: str, slot_id: str) -> str:
    return f"{vault_id}:{slot_id}"


def _remove(store: KeyringBackend, name: str) -> None:
    from keyring.errors import PasswordDeleteError

    with suppress(PasswordDeleteError):  # it was not there
        store.delete_password(SERVICE, name)


# -- asking it


class _Errand(threading.Thread):
    """One call to the store. `over` is set when it ended or nobody waits for it any more."""

    def __init__(self, call: Callable[[], Any]) -> None:
        super().__init__(name="secret-store", daemon=True)
        self._call = call
        self.over = threading.Event()
        self.answers: list[Any] = []
        self.error: Exception | None = None

    def run(self) -> None:
        """Ask. Four different stores raise whatever they like; here it all means "no"."""
        try:
            self.answers.append(self._call())
        except Exception as error:  # noqa: BLE001 - raised again as a sentence by who waits
            self.error = error
        finally:
            with _guard:
                _running.remove(self)
            self.over.set()


_guard = threading.Lock()
_running: list[_Errand] = []


def _limited(call: Callable[[], T]) -> T:
    """What `call` answers within the limit. Raises `EnvironmentFailure` for silence and refusal."""
    errand = _Errand(call)
    with _guard:
        if any(other.over.is_set() for other in _running):
            raise _silent()  # an earlier question hangs: one is enough
        _running.append(errand)
    errand.start()
    ended = errand.over.wait(LIMIT_SECONDS)
    errand.over.set()
    if errand.answers:
        answer: T = errand.answers[0]
        return answer
    if isinstance(errand.error, EnvironmentFailure):
        raise errand.error
    raise (_refused() if ended and errand.error else _silent()) from errand.error


def _none() -> EnvironmentFailure:
    return EnvironmentFailure(
        "no-secret-store",
        "This computer has no secret store that may be used.",
        "",
        "Unlock with the passphrase instead.",
    )


def _unusable() -> EnvironmentFailure:
    return EnvironmentFailure(
        "secret-store-unfit",
        "This computer's secret store does not keep what it is given.",
        "",
        "Unlock with the passphrase instead.",
    )


def _refused() -> EnvironmentFailure:
    return EnvironmentFailure(
        "secret-store-refused",
        "This computer's secret store was not opened.",
        "It is locked, or the question it asked was answered with no.",
        "Unlock with the passphrase instead.",
    )


def _silent() -> EnvironmentFailure:
    return EnvironmentFailure(
        "secret-store-silent",
        "This computer's secret store does not answer.",
        "",
        "Unlock with the passphrase instead.",
    )
