"""The only room that sees SQL and keys at rest."""
