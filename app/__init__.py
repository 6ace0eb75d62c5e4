"""MyData Vault: everything but the connectors. `app/ARCHITECTURE.md` is the map."""

VERSION = "0.1.0"
"""Of the program; `pyproject.toml` takes it from here."""
