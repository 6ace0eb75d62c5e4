"""Which store may be used, and what is done about bad ones. A good one: tests/secretstore."""

from __future__ import annotations

import gc
import importlib
import logging
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from keyring.backend import KeyringBackend
from keyring.backends import null
from keyring.errors import KeyringLocked

from app.errors import CannotUnlock, EnvironmentFailure
from app.services import session as sessions
from app.vault import header, systemstore
from app.vault.vault import Vault
from tests.vaults import PASSPHRASE

# keyring leaves the connection of a refused question to the collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


@pytest.fixture
def no_bus(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A computer without a desktop session, where keyring may choose for itself."""
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/nobody")
    monkeypatch.delenv(systemstore.VARIABLE)
    yield
    gc.collect()


class Kept(KeyringBackend):
    """A store in memory that counts how often it is asked, and can say no."""

    priority = 1

    def __init__(self, *, denies: bool = False) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.held: dict[tuple[str, str], str] = {}
        self.denies = denies
        self.asked = 0

    def _ask(self) -> None:
        self.asked += 1
        if self.denies:
            raise KeyringLocked(-25293)

    def get_password(self, service: str, username: str) -> str | None:
        self._ask()
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._ask()
        self.held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._ask()
        del self.held[service, username]


def use(monkeypatch: pytest.MonkeyPatch, store: KeyringBackend) -> None:
    monkeypatch.setattr(systemstore, "_backend", lambda: store)


def test_k01_without_a_store_remembering_is_not_offered(
    no_bus: None, vault: Vault, folder: Path
) -> None:
    assert sessions.secret_store() == ""
    with pytest.raises(EnvironmentFailure) as caught:
        vault.remember()
    assert caught.value.code == "no-secret-store"
    assert header.store_slot(header.read(folder)) is None


def test_k02_a_store_that_forgets_is_noticed_when_it_is_read_back(
    monkeypatch: pytest.MonkeyPatch, vault: Vault
) -> None:
    forgetful = null.Keyring()  # type: ignore[no-untyped-call]
    use(monkeypatch, forgetful)
    with pytest.raises(EnvironmentFailure) as caught:
        vault.remember()
    assert caught.value.code == "secret-store-unfit"
    assert not vault.remembered


@pytest.mark.parametrize(
    "named",
    [
        "keyring.backends.null.Keyring",
        "keyring.backends.fail.Keyring",
        "keyring.backends.chainer.ChainerBackend",
        "plain.text.Keyring",
    ],
)
def test_k03_a_store_named_by_the_environment_is_never_loaded(
    monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    monkeypatch.setenv(systemstore.VARIABLE, named)
    assert systemstore.title() == ""
    with pytest.raises(EnvironmentFailure) as caught:
        systemstore.save("vault", "slot", b"k" * 32)
    assert caught.value.code == "no-secret-store"
    assert "plain" not in sys.modules


def test_k03_an_installed_plain_text_store_is_never_chosen(
    no_bus: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """keyring would take whatever class has the highest priority, whoever wrote it."""

    class PlainText(Kept):
        priority = 99

    assert PlainText in KeyringBackend._classes
    assert systemstore.title() == ""
    KeyringBackend._classes.discard(PlainText)


def test_k03_a_folder_named_by_keyrings_file_is_not_searched(no_bus: None, own_home: Path) -> None:
    place = own_home / ".config" / "python_keyring"
    place.mkdir(parents=True)
    (own_home / "plain_text.py").write_text("raise RuntimeError('loaded')")
    (place / "keyringrc.cfg").write_text(
        f"[backend]\ndefault-keyring=plain_text.Keyring\nkeyring-path={own_home}\n"
    )
    assert systemstore._asked_for() == "plain_text.Keyring"
    assert systemstore._candidates() == []
    assert systemstore.title() == ""
    assert str(own_home) not in sys.path


def test_the_global_choice_of_other_programs_is_left_alone(no_bus: None) -> None:
    core = importlib.import_module("keyring.core")
    before = core._keyring_backend
    systemstore.title()
    assert core._keyring_backend is before


def test_k09_a_denial_is_asked_for_once_and_ends_at_the_passphrase(
    monkeypatch: pytest.MonkeyPatch, vault: Vault, folder: Path
) -> None:
    store = Kept()
    use(monkeypatch, store)
    vault.remember()
    vault.close()
    store.denies, store.asked = True, 0
    with pytest.raises(EnvironmentFailure) as caught:
        Vault.open_with_store(folder)
    assert caught.value.code == "secret-store-refused"
    assert store.asked == 1
    Vault.open(folder, PASSPHRASE).close()
    assert store.asked == 1


def test_k09_a_store_that_raises_what_it_likes_is_a_refusal_and_not_a_fault(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Odd(Kept):
        def _ask(self) -> None:
            raise ZeroDivisionError("secret words")

    use(monkeypatch, Odd())
    with caplog.at_level(logging.DEBUG), pytest.raises(EnvironmentFailure) as caught:
        systemstore.load("vault", "slot")
    assert caught.value.code == "secret-store-refused"
    assert "secret words" not in str(caught.value) + caplog.text


def test_k10_what_is_kept_is_44_letters(monkeypatch: pytest.MonkeyPatch, vault: Vault) -> None:
    store = Kept()
    use(monkeypatch, store)
    vault.remember()
    (text,) = store.held.values()
    assert len(text) == 44
    assert len(text.encode("utf-16")) < 2_560


def test_something_else_under_our_name_opens_nothing(
    monkeypatch: pytest.MonkeyPatch, vault: Vault, folder: Path
) -> None:
    store = Kept()
    use(monkeypatch, store)
    vault.remember()
    vault.close()
    for foreign in ("", "not base64!", "비밀", "AAAA", "A" * 5_000):
        store.held = dict.fromkeys(store.held, foreign)
        with pytest.raises(CannotUnlock) as caught:
            Vault.open_with_store(folder)
        assert caught.value.code == "store-slot-gone"


def test_k12_forgetting_works_where_the_store_does_not(
    monkeypatch: pytest.MonkeyPatch, vault: Vault, folder: Path
) -> None:
    store = Kept()
    use(monkeypatch, store)
    vault.remember()
    store.denies = True
    vault.forget()
    assert store.held
    assert header.store_slot(header.read(folder)) is None


# --- Windows, whose own interface is played by two small modules --------------------------------


class Credentials(ModuleType):
    """What pywin32 offers of the Credential Manager: written credentials, by their target."""

    CRED_TYPE_GENERIC = 1
    CRED_PERSIST_SESSION, CRED_PERSIST_LOCAL_MACHINE, CRED_PERSIST_ENTERPRISE = 1, 2, 3

    def __init__(self, errors: ModuleType) -> None:
        super().__init__("win32cred")
        self.errors = errors
        self.written: dict[str, Mapping[str, Any]] = {}

    def CredWrite(self, credential: Mapping[str, Any], _flags: int) -> None:
        self.written[credential["TargetName"]] = credential

    def CredRead(self, Type: int, TargetName: str) -> dict[str, Any]:  # noqa: N803, ARG002
        found = self.written.get(TargetName)
        if found is None:
            error = self.errors.error()
            error.winerror, error.funcname = 1168, "CredRead"
            raise error
        return {**found, "CredentialBlob": found["CredentialBlob"].encode("utf-16")}

    def CredDelete(self, Type: int, TargetName: str) -> None:  # noqa: N803, ARG002
        del self.written[TargetName]


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> Iterator[Credentials]:
    errors = ModuleType("pywintypes")
    errors.error = type("error", (Exception,), {})  # type: ignore[attr-defined]
    made = Credentials(errors)
    for name in ("win32ctypes", "win32ctypes.pywin32"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "pywintypes", errors)
    monkeypatch.setitem(sys.modules, "win32cred", made)
    monkeypatch.delitem(sys.modules, "keyring.backends.Windows", raising=False)
    monkeypatch.delenv(systemstore.VARIABLE)
    monkeypatch.setattr(systemstore, "_PLATFORM", "win32")
    yield made
    sys.modules.pop("keyring.backends.Windows", None)


def test_k11_windows_keeps_it_on_this_computer_and_does_not_let_it_roam(
    windows: Credentials, vault: Vault, folder: Path
) -> None:
    assert sessions.secret_store() == "Windows Credential Manager"
    vault.remember()
    (kept,) = windows.written.values()
    assert kept["Persist"] == windows.CRED_PERSIST_LOCAL_MACHINE
    assert len(kept["CredentialBlob"]) == 44
    vault.close()
    Vault.open_with_store(folder).close()
    opened = Vault.open(folder, PASSPHRASE)
    opened.forget()
    opened.close()
    assert not windows.written
