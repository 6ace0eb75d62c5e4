"""Every vector gives exactly what it says, and the committed files are what the script writes."""

from __future__ import annotations

import hashlib
import tempfile
from datetime import datetime
from pathlib import Path

import pytest

from app.errors import InputRefused
from app.share import card, opening, payload, people, policy, seal
from tests.share import make_vectors

VECTORS = sorted(make_vectors.FOLDER.glob("*.vector"))


def read_vector(path: Path) -> tuple[dict[str, str], bytes]:
    head, _, body = path.read_bytes().partition(b"\n\n")
    pairs = (line.partition(": ") for line in head.decode().splitlines())
    return {name: value for name, _, value in pairs}, body


def known(said: dict[str, str]) -> list[people.Person]:
    if not said["knows"]:
        return []
    ed, x, name = said["knows"].split(" ", 2)
    return [people.Person(name=name, ed=ed, x=x, card_seq=1)]


def before(said: dict[str, str], own: str) -> policy.Before:
    return policy.Before(
        own=own,
        people=known(said),
        imported=said.get("imported", ""),
        withdrawn=said.get("withdrawn", ""),
        last=int(said.get("last", "0")),
    )


def opened(said: dict[str, str], body: bytes) -> str:
    """Open as FORMAT.md 8 says; returns the digest of the records, or raises."""
    keys = seal.Keys(bytes.fromhex(said["reader"]))
    with tempfile.TemporaryFile() as file:
        file.write(body)
        file.seek(0)
        first = opening.open_bundle(file, keys)
        now = datetime.fromisoformat(said["now"])
        concerns = policy.judge(first.manifest, before(said, keys.fingerprint), now)
        first.verify()
        file.seek(0)
        digest = digest_of_records(opening.open_bundle(file, keys))
    if concerns:
        raise concerns[0]
    return digest


def digest_of_records(second: opening.Opening) -> str:
    digest = ""
    for part in second.parts():
        pieces = list(second.contents(part))
        if part.name == payload.RECORDS:
            list(payload.read_records(pieces))
            digest = hashlib.sha256(b"".join(pieces)).hexdigest()
    second.finish()
    return digest


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_vector(path: Path) -> None:
    said, body = read_vector(path)
    try:
        if said["type"] == "card":
            card.read(body)
            result = "success"
        else:
            assert opened(said, body) == said.get("records", "")
            result = "success"
    except InputRefused as refusal:
        result = refusal.code
    assert result == said["expect"], said["about"]


def test_committed_files_are_what_the_script_writes() -> None:
    made = {f"{name}.vector" for name in make_vectors.ALL}
    assert made == {path.name for path in VECTORS}
    for name, vector in make_vectors.ALL.items():
        path = make_vectors.FOLDER / f"{name}.vector"
        assert path.read_bytes() == make_vectors.content(name, vector), name


def test_each_vector_is_another_file() -> None:
    bodies: dict[bytes, list[str]] = {}
    for path in VECTORS:
        said, body = read_vector(path)
        context = {key: value for key, value in said.items() if key not in {"expect", "about"}}
        digest = hashlib.sha256(repr(context).encode() + body).digest()
        bodies.setdefault(digest, []).append(path.stem)
    assert all(len(names) == 1 for names in bodies.values()), bodies.values()
