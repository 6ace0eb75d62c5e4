"""The window: the only room that sees Qt."""
