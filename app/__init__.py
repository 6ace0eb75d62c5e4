"""MyData Vault: everything but the connectors. `app/ARCHITECTURE.md` is the map."""
