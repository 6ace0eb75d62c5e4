"""Read-only questions over the vault: records, search, coverage, exact sums."""
