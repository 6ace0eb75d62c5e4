"""Measurements, not tests: `python -m tests.bench` prints figures and ratios to named peers.

Nothing here passes or fails, and pytest collects nothing here. Figures of one run belong together;
between runs the machine's speed drifts, so two figures are compared only where they were taken in
turns.
"""
