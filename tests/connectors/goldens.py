"""Golden samples: invented inputs under `golden/<connector id>/` and what reading them gives.

An input is a file or a folder; beside it lies `<its name>.jsonl`, one item a line.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from connectors.api import FileConnector, Item
from connectors.toolkit.source import open_source

GOLDEN: Final = Path(__file__).parent / "golden"


def inputs(connector: str) -> list[Path]:
    """Every input of a connector, by name."""
    folder = GOLDEN / connector
    return sorted(path for path in folder.glob("*") if path.suffix != ".jsonl")


def all_inputs() -> list[tuple[str, Path]]:
    """(connector id, input) of every connector that has any."""
    return [
        (folder.name, path) for folder in sorted(GOLDEN.iterdir()) for path in inputs(folder.name)
    ]


def expectation(path: Path) -> Path:
    """Where the expected items of an input lie."""
    return path.with_name(path.name + ".jsonl")


def read(connector: FileConnector, *paths: Path) -> list[Item]:
    """Everything a connector yields."""
    with open_source(paths) as source:
        return list(connector.read(source, {}, ""))


def lines(items: Iterable[Item]) -> list[str]:
    """Items as text for people: named fields, empty ones left out."""
    return [json.dumps(_named(item), ensure_ascii=False) for item in items]


def _named(item: msgspec.Struct) -> dict[str, object]:
    values = {name: getattr(item, name) for name in item.__struct_fields__}
    shown = {name: _plain(value) for name, value in values.items() if value or value == 0}
    return {"item": type(item).__name__.lower(), **shown}


def _plain(value: object) -> object:
    if isinstance(value, msgspec.Struct):
        return {name: text for name in value.__struct_fields__ if (text := getattr(value, name))}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(each) for each in value]
    return value
