"""Tests against a real secret store in a session bus of its own."""
