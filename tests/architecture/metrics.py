"""How long the functions and files of the program are. `python -m tests.architecture.metrics`."""

from __future__ import annotations

import ast
import statistics
import sys
from pathlib import Path
from typing import NamedTuple

from tests.architecture.rules import sources
from tests.places import ROOT


class Length(NamedTuple):
    lines: int
    name: str


def file_lengths(root: Path) -> list[Length]:
    """Lines of every module, shortest first; empty ones are not counted."""
    return sorted(Length(text.count("\n"), path) for path, text in sources(root) if text.strip())


def function_lengths(root: Path) -> list[Length]:
    """Lines of every function from `def` to its end, docstring included, shortest first."""
    found = []
    for path, text in sources(root):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                found.append(Length(lines, f"{path}:{node.lineno} {node.name}"))
    return sorted(found)


def percentile(lengths: list[Length], share: float) -> int:
    """The length that `share` of all stay within."""
    return lengths[min(len(lengths) - 1, int(len(lengths) * share))].lines


def summary(what: str, lengths: list[Length]) -> str:
    """One line for people: count, median, 95th percentile and the longest."""
    median = statistics.median(each.lines for each in lengths)
    longest = ", ".join(f"{each.name} ({each.lines})" for each in reversed(lengths[-5:]))
    p95 = percentile(lengths, 0.95)
    return f"{len(lengths)} {what}: median {median:g}, p95 {p95} lines; longest: {longest}"


if __name__ == "__main__":
    sys.stdout.write(f"{summary('functions', function_lengths(ROOT))}\n")
    sys.stdout.write(f"{summary('files', file_lengths(ROOT))}\n")
