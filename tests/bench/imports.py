"""How fast a file comes in: encrypted, de-duplicated, indexed, searchable."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from tests.bench.inputs import apple_health, observations
from tests.bench.measure import (
    Run,
    heading,
    in_turns,
    median,
    missing,
    peer,
    ratio,
    row,
    run,
    task,
)

GOAL = "40,000 records/s on two cores; reader and program together under 500 MB"


def measure(folder: Path, rounds: int, *, quick: bool) -> None:
    """Import generated observations; the same file and as many records go to the peers."""
    count = 30_000 if quick else 300_000
    heading(f"import: {count:,} FHIR observations", GOAL)
    source, mixed = folder / "observations.ndjson", folder / "mixed.ndjson"
    observations(source, count, in_order=True)
    observations(mixed, count, in_order=False)
    row("  input", MB=source.stat().st_size / 1e6)
    ours, worst, *others = in_turns(
        rounds,
        lambda: _ours(folder, source),
        lambda: _ours(folder, mixed),
        *_peers(folder, source, count),
    )
    _print("kind by kind, in order of time", ours)
    _print("in no order at all", worst)
    for words in ours[0].told["searches"]:
        found = [each.told["searches"][words] for each in ours]
        row(f"  search {words!r}", hits=found[0][0], ms=median(one[1] for one in found) * 1000)
    for name, found in zip(_names(), others, strict=True):
        row(
            f"  {name}",
            records_s=round(count / median(each.wall for each in found)),
            cpu=median(each.cpu for each in found),
            MB=median(each.peak for each in found),
            our_wall=ratio([_first(each) for each in ours], found, "wall"),
            our_cpu=ratio([_first(each) for each in ours], found, "cpu"),
        )


def _first(each: Run) -> Run:
    """The first import alone, as a run."""
    first = each.told["first"]
    return each._replace(wall=first["wall"], cpu=first["main"] + first["worker"])


def _ours(folder: Path, source: Path) -> Run:
    vault = folder / "vault"
    try:
        return task("import", source, vault)
    finally:
        shutil.rmtree(vault, ignore_errors=True)


def _print(order: str, runs: list[Run]) -> None:
    row(f" {order}")
    for name, label in (("first", "  first import"), ("again", "  the same again")):
        found = [each.told[name] for each in runs]
        row(
            label,
            records_s=round(median(one["records"] / one["wall"] for one in found)),
            wall=median(one["wall"] for one in found),
            program_cpu=median(one["main"] for one in found),
            reader_cpu=median(one["worker"] for one in found),
        )
    row(
        "  memory",
        program_MB=median(each.peak for each in runs),
        # Two readers ran one after the other.
        reader_MB=median(each.others for each in runs) / 2,
    )


# -- peers

_SQLITE_UTILS = "sqlite-utils"
_HEALTHKIT = "healthkit-to-sqlite"


def _names() -> list[str]:
    return [name for name in (_SQLITE_UTILS, _HEALTHKIT) if peer(name)]


def _peers(folder: Path, source: Path, count: int) -> list[Callable[[], Run]]:
    contenders: list[Callable[[], Run]] = []
    for name in (_SQLITE_UTILS, _HEALTHKIT):
        if not peer(name):
            missing(name, f"pip install {name} somewhere on the PATH")
    if peer(_SQLITE_UTILS):
        contenders.append(lambda: _sqlite_utils(folder, source))
    if peer(_HEALTHKIT):
        export = folder / "export.zip"
        apple_health(export, count)
        contenders.append(lambda: _healthkit(folder, export))
    return contenders


def _sqlite_utils(folder: Path, source: Path) -> Run:
    """The same file, unencrypted, one table, the id as its key."""
    target = folder / "peer.db"
    target.unlink(missing_ok=True)
    return run([peer(_SQLITE_UTILS), "insert", str(target), "o", str(source), "--nl", "--pk", "id"])


def _healthkit(folder: Path, export: Path) -> Run:
    """As many records of Apple Health: unencrypted, and nothing is compared."""
    target = folder / "peer.db"
    target.unlink(missing_ok=True)
    return run([peer(_HEALTHKIT), str(export), str(target)])
