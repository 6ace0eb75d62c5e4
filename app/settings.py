"""How the person likes the program: language, look, last vault. Never anything from a record.

One small JSON file outside the vault, because it is needed before the vault is open. A file that
cannot be read or makes no sense is the same as none: settings are never worth an error.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Final, NamedTuple

from app import paths

IDLE_MINUTES: Final = 10
LONGEST_IDLE: Final = 240


class Settings(NamedTuple):
    """`language` "", "en" or "ko" ("" follows the system); `theme` system, light or dark.

    `scale` in percent of the normal size; `vault` the folder opened last, "" for the usual one;
    `idle` the minutes without a sign of life after which the vault locks, 0 for never.
    """

    language: str = ""
    theme: str = "system"
    scale: int = 100
    vault: str = ""
    idle: int = IDLE_MINUTES

    def changed(self, **changes: str | int) -> Settings:
        """The same with other values, as far as they make sense."""
        return Settings(**{**self._asdict(), **changes}).sound()

    def sound(self) -> Settings:
        """The same with every nonsensical value replaced by its default."""
        return Settings(
            language=self.language if self.language in ("", "en", "ko") else "",
            theme=self.theme if self.theme in ("system", "light", "dark") else "system",
            scale=max(80, min(200, self.scale)),
            vault=self.vault,
            idle=self.idle if 0 <= self.idle <= LONGEST_IDLE else IDLE_MINUTES,
        )


def load(file: Path | None = None) -> Settings:
    """The settings saved last, or the defaults."""
    try:
        raw = (file or paths.settings_file()).read_bytes()
        return _read(json.loads(raw))
    except (OSError, ValueError, RecursionError):
        return Settings()


def _read(found: object) -> Settings:
    """What of `found` is a setting; the defaults where one has another type than its own.

    By hand, because the window waits for this, and a library for it takes longer to load than a
    picture to paint.
    """
    usual = Settings()._asdict()
    if not isinstance(found, dict):
        return Settings()
    known = {name: value for name, value in found.items() if name in usual}
    if any(type(value) is not type(usual[name]) for name, value in known.items()):
        return Settings()
    os.fsencode(str(known.get("vault", "")))  # or it is nothing a folder can be called
    return Settings(**known).sound()


def save(settings: Settings, file: Path | None = None) -> bool:
    """Keep `settings`, all or nothing. False where this computer does not let us write."""
    target = file or paths.settings_file()
    part = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(_unusual(settings)), "utf-8")
        part.replace(target)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        return False
    return True


def _unusual(settings: Settings) -> dict[str, str | int]:
    usual = Settings()._asdict()
    return {name: value for name, value in settings._asdict().items() if value != usual[name]}


def vault_folder(settings: Settings) -> Path:
    """The folder to open: what the environment names, else the last one, else the usual one."""
    if settings.vault and not os.environ.get(paths.VAULT_VARIABLE):
        return Path(settings.vault)
    return paths.vault_folder()
