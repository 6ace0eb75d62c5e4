"""Functions stay small and files flat."""

from __future__ import annotations

from tests.architecture.metrics import file_lengths, function_lengths, percentile, summary
from tests.places import ROOT


def test_functions_are_small() -> None:
    lengths = function_lengths(ROOT)
    assert percentile(lengths, 0.5) <= 9, summary("functions", lengths)
    assert percentile(lengths, 0.95) < 50, summary("functions", lengths)


def test_files_are_flat() -> None:
    lengths = file_lengths(ROOT)
    assert percentile(lengths, 0.95) < 500, summary("files", lengths)


def test_connectors_are_short() -> None:
    """About 350 lines is the aim; what needs much more is a folder of files."""
    lengths = [
        each
        for each in file_lengths(ROOT)
        if each.name.startswith("connectors/") and "/toolkit/" not in each.name
    ]
    assert percentile(lengths, 0.75) < 350, summary("connectors", lengths)
    assert lengths[-1].lines < 450, summary("connectors", lengths)
