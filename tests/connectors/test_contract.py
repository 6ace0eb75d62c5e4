"""What every connector in the registry has to do, whoever wrote it.

The inputs are the golden samples (`golden.py`), whole and mangled.
"""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from connectors import registry
from connectors.api import FileConnector, Item, Member, Option, Problem, Record, Value
from connectors.errors import Unreadable
from connectors.kinds import KINDS
from connectors.problems import SENTENCES
from connectors.toolkit import dates, money
from connectors.toolkit.source import open_source
from tests.connectors.goldens import GOLDEN, all_inputs, expectation, lines, read
from tests.connectors.large import WRITERS
from tests.places import ROOT

CONNECTORS = registry.all_connectors()
INPUTS = all_inputs()
NAMED = [f"{connector}-{path.name}" for connector, path in INPUTS]

every_connector = pytest.mark.parametrize("connector", CONNECTORS, ids=lambda each: each.id)
every_input = pytest.mark.parametrize(("connector_id", "path"), INPUTS, ids=NAMED)


def records(items: Iterable[Item]) -> list[Record]:
    return [item for item in items if isinstance(item, Record)]


def identities(items: Iterable[Item]) -> list[tuple[str, str]]:
    return [(record.kind, record.native_id) for record in records(items)]


# --- The connector itself -----------------------------------------------------------------------


def test_the_registry_is_whole() -> None:
    ids = [connector.id for connector in CONNECTORS]
    assert ids == [known for known, _, _ in registry.MODULES]
    assert len(set(ids)) == len(ids)
    assert registry.titles().keys() == set(ids)
    with pytest.raises(KeyError):
        registry.by_id("no.such")


@every_connector
def test_it_says_who_it_is(connector: FileConnector) -> None:
    provider, dot, form = connector.id.partition(".")
    assert provider
    assert dot
    assert form
    assert connector.title.strip() == connector.title != ""
    assert connector.version >= 1
    assert connector.kinds
    assert connector.kinds <= KINDS.keys()
    assert all(isinstance(option, Option) for option in connector.options)


@every_connector
def test_it_has_golden_samples(connector: FileConnector) -> None:
    assert [path for owner, path in INPUTS if owner == connector.id]


def test_no_golden_sample_is_orphaned() -> None:
    expected = {expectation(path) for _, path in INPUTS}
    assert {path for path in GOLDEN.glob("*/*.jsonl") if path not in expected} == set()
    assert {owner for owner, _ in INPUTS} <= {connector.id for connector in CONNECTORS}


# --- What it reads ------------------------------------------------------------------------------


@every_input
def test_it_gives_what_is_expected(connector_id: str, path: Path) -> None:
    expected = expectation(path).read_text(encoding="utf-8").splitlines()
    assert lines(read(registry.by_id(connector_id), path)) == expected


@every_input
def test_a_second_reading_is_identical(connector_id: str, path: Path) -> None:
    connector = registry.by_id(connector_id)
    assert read(connector, path) == read(connector, path)


@every_input
def test_native_ids_are_unique(connector_id: str, path: Path) -> None:
    found = identities(read(registry.by_id(connector_id), path))
    assert len(set(found)) == len(found)
    assert all(native_id for _, native_id in found)


@every_input
def test_identity_survives_another_name_and_wrapping(
    connector_id: str, path: Path, tmp_path: Path
) -> None:
    connector = registry.by_id(connector_id)
    archive = tmp_path / "another name.zip"
    pack(archive, path)
    assert identities(read(connector, archive)) == identities(read(connector, path))


@every_input
def test_what_it_yields_is_valid(connector_id: str, path: Path) -> None:
    connector = registry.by_id(connector_id)
    for item in read(connector, path):
        check(item, connector)


def check(item: Item, connector: FileConnector) -> None:
    if isinstance(item, Record):
        check_record(item, connector)
    elif isinstance(item, Problem):
        assert item.code in SENTENCES
        assert len(item.value) <= 80
    elif isinstance(item, Member):
        assert item.state in {"parsed", "kept", "unknown"}
        assert item.records >= 0


def check_record(record: Record, connector: FileConnector) -> None:
    assert record.kind in connector.kinds
    assert record.where
    for moment in (record.start, record.end):
        assert not moment or dates.is_iso(moment), moment
    assert "\n" not in record.title
    fields = {field.name: field for field in KINDS[record.kind].fields}
    for name, value in record.data.items():
        assert name in fields, f"{record.kind} has no field {name}"
        check_value(value, fields[name].type)
    assert not record.extra or isinstance(json.loads(record.extra), dict)
    assert all(link.relation and link.kind in KINDS and link.native_id for link in record.links)


def check_value(value: Value, kind: str) -> None:
    if kind == "list":
        assert isinstance(value, list)
        assert value
        assert all(isinstance(each, str) for each in value)
    elif kind == "flag":
        assert isinstance(value, bool)
    elif kind == "integer":
        assert type(value) is int
    else:
        assert isinstance(value, str)
        assert value, "a field is absent rather than empty"
        if kind == "decimal":
            assert money.decimal_text(Decimal(value)) == value
        elif kind == "date":
            assert dates.is_iso(value)


# --- Whose is it --------------------------------------------------------------------------------


@every_input
def test_only_its_own_connector_claims_it(connector_id: str, path: Path) -> None:
    claims = {}
    for connector in CONNECTORS:
        with open_source([path]) as source:
            match = connector.recognise(source)
        if match is not None:
            assert 1 <= match.confidence <= 100
            claims[connector.id] = match.confidence
    assert list(claims) == [connector_id]


OWNERS = {
    "uk-midata": "uk.midata",
    "ofx-qfx": "ofx.statement",
    "green-button": "greenbutton.espi",
    "us-bluebutton-text": "bluebutton.text",
    "us-bluebutton2-api": "fhir.r4",
    "fhir-r4": "fhir.r4",
    "facebook": "facebook.export",
}


@pytest.mark.samples
@every_connector
def test_it_claims_no_sample_of_another_format(connector: FileConnector, samples: Path) -> None:
    wrong = []
    for path in sorted(samples.rglob("*")):
        slug = path.relative_to(samples).parts[0]
        strangers = path.is_file() and OWNERS.get(slug) != connector.id
        # One company, one form: a single message file of either service could be the other's.
        if not strangers or (connector.id, slug) == ("facebook.export", "instagram"):
            continue
        with open_source([path]) as source:
            if path.name != "SOURCE.md" and connector.recognise(source):
                wrong.append(path.relative_to(samples).as_posix())
    assert not wrong


@pytest.mark.samples
def test_a_folder_of_samples_has_one_owner_or_none(samples: Path) -> None:
    claims = {}
    for folder in sorted(path for path in samples.iterdir() if path.is_dir()):
        with open_source([folder]) as source:
            claims[folder.name] = [each.id for each in CONNECTORS if each.recognise(source)]
    assert {slug: ids for slug, ids in claims.items() if ids} == {
        slug: [owner] for slug, owner in OWNERS.items()
    }


STRANGERS = {
    "notes.txt": b"Dear diary,\nnothing happened.\n",
    "table.csv": b"Date,Description,Amount,Balance\n01/02/2024,COFFEE,-3.10,20.00\n",
    "feed.xml": b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>A</title></entry></feed>',
    "data.json": b'{"resource": "Patient", "messages": [], "posts": 3}',
    "lines.ndjson": b'{"a": 1}\n{"a": 2}\n',
    "page.html": b"<!DOCTYPE html><html><body>OFX VERSION:102, Blue Button</body></html>",
    "picture.jpg": b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(range(256)),
}


@every_connector
@pytest.mark.parametrize("name", STRANGERS)
def test_it_claims_no_strangers(connector: FileConnector, name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(STRANGERS[name])
    with open_source([path]) as source:
        assert connector.recognise(source) is None


# --- Whatever the bytes -------------------------------------------------------------------------


def survives(connector: FileConnector, path: Path) -> list[Item]:
    """Read hostile input: items or a refusal, both well formed, and never another exception."""
    found: list[Item] = []
    code = "empty"
    try:
        with open_source([path]) as source:
            connector.recognise(source)
            for item in connector.read(source, {}, ""):
                check(item, connector)
                found.append(item)
    except Unreadable as refusal:
        code = refusal.code
    assert code in SENTENCES
    ids = identities(found)
    assert len(set(ids)) == len(ids)
    return found


def single_files(connector: FileConnector) -> list[Path]:
    return [path for owner, path in INPUTS if owner == connector.id and path.is_file()]


def is_utf8(path: Path) -> bool:
    try:
        path.read_text(encoding="utf-8")
    except UnicodeError:
        return False
    return True


def mangled(data: bytes) -> dict[str, bytes]:
    return {
        "empty": b"",
        "mark": b"\xef\xbb\xbf" + data,
        "wide": data.decode("latin-1").encode("utf-16"),
        "carriage returns": data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"),
        "nulls": data.replace(b" ", b"\0"),
        "doubled": data + data,
        "one line": data.replace(b"\n", b" "),
        "other encoding": data.decode("latin-1").encode("utf-7"),
        "high bytes": data.replace(b"e", b"\xff\x81"),
    }


@every_connector
def test_it_survives_mangling(connector: FileConnector, tmp_path: Path) -> None:
    for path in single_files(connector):
        for how, data in mangled(path.read_bytes()).items():
            victim = tmp_path / path.name
            victim.write_bytes(data)
            found = survives(connector, victim)
            if how == "mark" and is_utf8(path):
                assert records(found), f"{path.name} with a byte order mark"


@every_connector
def test_it_survives_truncation(connector: FileConnector, tmp_path: Path) -> None:
    """A cut file gives sound items or a refusal.

    What stands at the cut may be another record than in the whole file: nothing tells it apart.
    """
    for path in single_files(connector):
        data = path.read_bytes()
        victim = tmp_path / path.name
        for cut in range(0, len(data), max(1, len(data) // 60)):
            victim.write_bytes(data[:cut])
            survives(connector, victim)


@every_connector
@settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_it_survives_anything(
    connector: FileConnector, data: st.DataObject, tmp_path: Path
) -> None:
    files = single_files(connector)
    if not files:
        pytest.skip("all of its samples are folders")
    path = data.draw(st.sampled_from(files))
    original = path.read_bytes()
    start = data.draw(st.integers(0, len(original)))
    end = data.draw(st.integers(start, min(len(original), start + 200)))
    middle = data.draw(st.binary(max_size=60) | st.sampled_from(NASTY))
    victim = tmp_path / path.name
    victim.write_bytes(original[:start] + middle + original[end:])
    survives(connector, victim)


NASTY = [
    b'"',
    b"<",
    b"]]>",
    b"<![CDATA[",
    b"&x;",
    b"[" * 5000,
    b"{" * 5000,
    b"1e400",
    b"9" * 400,
    b"1_000",
    "１２".encode(),
    b"nan",
    b"-0000-13-45",
    b"\\ud800",
    b"\0",
    b"A" * 1_000_000,
]


@every_connector
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=300))
@example(data=b"PK\x03\x04")
@example(data=b"PK\x05\x06" + bytes(18))
@example(data=b"{" * 100_000)
@example(data=b"<a>" * 100_000)
def test_it_survives_garbage(connector: FileConnector, data: bytes, tmp_path: Path) -> None:
    victim = tmp_path / "garbage"
    victim.write_bytes(data)
    assert not records(survives(connector, victim))


# --- The coverage receipt -----------------------------------------------------------------------


def pack(archive: Path, path: Path, **more: bytes) -> None:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        if path.is_file():
            packed.write(path, path.name)
        for file in sorted(path.rglob("*")):
            if file.is_file():
                packed.write(file, file.relative_to(path).as_posix())
        for name, data in more.items():
            packed.writestr(name, data)


@every_input
def test_every_member_ends_in_the_receipt(connector_id: str, path: Path, tmp_path: Path) -> None:
    archive = tmp_path / "export.zip"
    pack(archive, path, **{"a stranger.bin": b"\x01\x02", "in/side.zip": b"PK\x05\x06" + bytes(18)})
    found = read(registry.by_id(connector_id), archive)
    accounted = [item.path for item in found if isinstance(item, Member)]
    with open_source([archive]) as source:
        assert sorted(accounted) == [entry.path for entry in source.entries]
    states = {item.path: item.state for item in found if isinstance(item, Member)}
    assert states["a stranger.bin"] == "unknown"
    parsed = sum(item.records for item in found if isinstance(item, Member))
    assert parsed == len(records(found))


# --- Memory -------------------------------------------------------------------------------------


def measured(connector: str, path: Path) -> tuple[int, int]:
    """Records read, and the peak memory of a fresh process in bytes."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.connectors.measure", connector, str(path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    count, peak = done.stdout.split()
    return int(count), int(peak)


def test_every_connector_has_a_large_file() -> None:
    assert WRITERS.keys() == {connector.id for connector in CONNECTORS}


@pytest.mark.slow
@pytest.mark.parametrize("connector", WRITERS)
def test_memory_does_not_grow_with_the_file(connector: str, tmp_path: Path) -> None:
    name, write = WRITERS[connector]
    small, large = tmp_path / "small" / name, tmp_path / "large" / name
    for path, count in ((small, 100), (large, 60_000)):
        path.parent.mkdir()
        write(path, count)
    _, before = measured(connector, small)
    count, after = measured(connector, large)
    assert count >= 60_000
    # Identity may remember a few bytes of each record, and that is all.
    assert after - before < 24 * 2**20
