"""What a measurement runs in a process of its own: `python -m tests.bench.tasks NAME WORDS`.

Each task prints its figures as one line of JSON. Times are in seconds, memory in MB.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Figures = dict[str, Any]

QUERIES = ("heart", "병원", "서울대", "한빛 weight", "riverside rate", "nothing at all")


def cpu() -> tuple[float, float]:
    """Processor time of this process, and of those it started and saw end."""
    mine, children = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return mine.ru_utime + mine.ru_stime, children.ru_utime + children.ru_stime


def import_file(source: str, folder: str) -> Figures:
    """Import into a new vault, import again, search."""
    from app.services import importing
    from app.services import session as sessions
    from app.vault import keys
    from tests.bench.inputs import WORDS

    session, _recovery = sessions.create(Path(folder), WORDS, cost=keys.LOWEST)
    figures: Figures = {}
    try:
        for name in ("first", "again"):
            before, start = cpu(), time.perf_counter()
            receipt = importing.import_paths(session, [Path(source)])[0]
            wall, after = time.perf_counter() - start, cpu()
            if receipt.state != "done":
                raise SystemExit(f"{receipt.state} {receipt.refusal}")
            figures[name] = {
                "records": receipt.new + receipt.known,
                "wall": wall,
                "main": after[0] - before[0],
                "worker": after[1] - before[1],
            }
        figures["searches"] = searches(session)
    finally:
        session.close()
    return figures


def searches(session: Any) -> dict[str, tuple[int, float]]:
    """Hits and median seconds of the newest 50 hits for some words."""
    from app.services import asking

    found = {}
    for words in QUERIES:
        taken = []
        for _ in range(7):
            start = time.perf_counter()
            hits = asking.search(session, words, asking.Filter(), 50)
            taken.append(time.perf_counter() - start)
        found[words] = (hits.total, sorted(taken)[3])
    return found


def make_vault(folder: str, count: str) -> Figures:
    """Make a vault of many records."""
    from tests.bench.inputs import vault

    start = time.perf_counter()
    vault(Path(folder), int(count))
    return {"wall": time.perf_counter() - start}


# -- bundles


def seal_file(source: str, target: str, keys: str) -> Figures:
    """Seal one file, beside one record, for the owner of `keys` (128 hex digits)."""
    from app.share import bundle, parts, seal
    from app.share.manifest import Chosen

    own = seal.Keys(bytes.fromhex(keys))
    party = own.party("Somebody")
    chosen = Chosen(
        kinds=[],
        since="",
        until="",
        sources=[],
        fields={},
        counts={},
        records=1,
        transforms=[],
    )
    draft = bundle.draft(party, "share", "ab" * 16, 1, "2026-11-20T09:00:00Z", selection=chosen)
    line = parts.Lines("records.jsonl", "mydata.records.v1", "application/jsonl", lambda: [b"{}"])
    file = parts.File("a-1", Path(source), "application/octet-stream")
    base, start = resident(), time.perf_counter()
    bundle.write(Path(target), bundle.Delivery(draft, [party], own, [line, file]))
    return {"wall": time.perf_counter() - start, "growth": resident_peak() - base}


def open_file(source: str, target: str, keys: str) -> Figures:
    """Open what `seal_file` made and write the file inside it."""
    from app.share import opening, seal
    from app.share.output import Output

    own = seal.Keys(bytes.fromhex(keys))
    base, start = resident(), time.perf_counter()
    with Path(source).open("rb") as file, Output(Path(target)) as out:
        opened = opening.open_bundle(file, own)
        for part in opened.parts():
            for piece in opened.contents(part):
                if part.name == "a-1":
                    out.write(piece)
        opened.finish()
    return {"wall": time.perf_counter() - start, "growth": resident_peak() - base}


def resident() -> float:
    """Memory this process has now."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def resident_peak() -> float:
    """The most memory this process has had; `getrusage` begins with what its parent had."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6


TASKS: dict[str, Callable[..., Figures]] = {
    "import": import_file,
    "vault": make_vault,
    "seal": seal_file,
    "open": open_file,
}


def main(words: list[str]) -> None:
    """Run one task."""
    name, *arguments = words
    if name not in TASKS:
        from tests.bench import windows

        TASKS.update(windows.TASKS)
    sys.stdout.write(json.dumps(TASKS[name](*arguments), ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
