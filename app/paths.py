"""Where things are on this computer. Nothing here creates or reads a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import resources

APP: Final = "MyData Vault"
VAULT_VARIABLE: Final = "MYDATA_VAULT"
CONFIG_VARIABLE: Final = "MYDATA_CONFIG"
RESOURCES: Final = Path(resources.__file__).parent
"""What ships with the program."""


def vault_folder() -> Path:
    """The vault's folder when the person named none: `MYDATA_VAULT`, else the data folder."""
    if named := os.environ.get(VAULT_VARIABLE):
        return Path(named).expanduser()
    import platformdirs

    return Path(platformdirs.user_data_dir(APP, appauthor=False)) / "vault"


def settings_file() -> Path:
    """The settings: `MYDATA_CONFIG` names another folder for them, for tests and portable use."""
    if named := os.environ.get(CONFIG_VARIABLE):
        return Path(named).expanduser() / "settings.json"
    import platformdirs

    return Path(platformdirs.user_config_dir(APP, appauthor=False)) / "settings.json"


def state_folder() -> Path:
    """What the program notes about itself: events by code, reports of faults. Never a record."""
    if named := os.environ.get(CONFIG_VARIABLE):
        return Path(named).expanduser() / "state"
    import platformdirs

    return Path(platformdirs.user_state_dir(APP, appauthor=False))
