"""Measurements, not tests: `python -m tests.bench` prints figures and ratios to named peers.

Nothing here passes or fails. Figures of one run belong together; the machine's speed drifts.
"""
