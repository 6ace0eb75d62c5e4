"""FHIR: sums of the samples, exact numbers, identity, links, containers, hostile JSON."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.errors import Unreadable
from connectors.fhir import containers
from connectors.fhir.resources import SHAPES
from connectors.registry import by_id
from connectors.toolkit.source import open_source
from tests.connectors.samples import Reading, read_text

ID = "fhir.r4"


def observation(**members: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "id": "o", "code": {"text": "Thing"}, **members}


def read_one(path: Path, resource: object) -> Reading:
    return read_text(ID, path, json.dumps(resource))


# --- Samples ------------------------------------------------------------------------------------

BULK = {
    "AllergyIntolerance": (11, "1928-11-23", "1996-12-27"),
    "Condition": (555, "1937-06-06", "2023-02-04"),
    "Device": (16, "", ""),
    "Immunization": (161, "1962-03-21", "2023-02-04"),
    "Location": (44, "", ""),
    "MedicationRequest": (1745, "1957-06-16", "2023-02-05"),
    "Organization": (43, "", ""),
    "Patient": (13, "1927-05-21", "2011-03-23"),
}


@pytest.mark.samples
@pytest.mark.parametrize("kind", BULK)
def test_bulk_file(samples: Path, kind: str) -> None:
    count, first, last = BULK[kind]
    path = samples / "fhir-r4" / "bulk-ndjson-10-patients" / f"{kind}.000.ndjson"
    reading = Reading(ID, path)
    assert len(reading.records) == count
    assert len({record.native_id for record in reading.records}) == count
    assert all(record.native_id.startswith(f"{kind}/") for record in reading.records)
    assert not reading.problems
    if first:
        field = "birth_date" if kind == "Patient" else ""
        dates = [str(each.data[field]) if field else each.start for each in reading.records]
        assert (min(dates)[:10], max(dates)[:10]) == (first, last)


@pytest.mark.samples
def test_bulk_folder(samples: Path) -> None:
    reading = Reading(ID, samples / "fhir-r4" / "bulk-ndjson-10-patients")
    assert len(reading.records) == 2588
    states = {member.path: (member.state, member.records) for member in reading.members}
    assert states["log.ndjson"] == ("kept", 0)
    assert sum(records for _, records in states.values()) == 2588
    assert not reading.problems


@pytest.mark.samples
def test_transaction_bundle(samples: Path) -> None:
    reading = Reading(ID, samples / "fhir-r4" / "synthea_bundle_Clemente_Kreiger.json")
    kinds = Counter(record.native_id.partition("/")[0] for record in reading.records)
    assert kinds == {
        "Patient": 1,
        "Organization": 1,
        "Practitioner": 1,
        "Encounter": 3,
        "Observation": 48,
        "Immunization": 4,
        "DiagnosticReport": 4,
        "Claim": 3,
        "ExplanationOfBenefit": 3,
        "Condition": 1,
        "Procedure": 1,
    }
    observed = sorted(each.start[:10] for each in reading.of("health.observation"))
    assert (observed[0], observed[-1]) == ("2012-09-10", "2018-09-17")
    assert round(reading.total("health.claim", "paid"), 2) == Decimal("981.78")
    assert not reading.problems
    ids = {record.native_id for record in reading.records}
    links = [link for record in reading.records for link in record.links]
    assert links
    assert {link.native_id for link in links} <= ids


@pytest.mark.samples
def test_blue_button_api_files(samples: Path) -> None:
    folder = samples / "us-bluebutton2-api"
    patient = Reading(ID, folder / "patient_bbuser29999.json")
    assert [each.native_id for each in patient.records] == ["Patient/-20140000010000"]
    assert "3S31P00AA00" in patient.records[0].extra

    coverage = Reading(ID, folder / "coverage_bundle_bbuser29999.json")
    assert {each.native_id: each.start for each in coverage.of("health.coverage")} == {
        "Coverage/part-a--20140000010000": "1983-03-24",
        "Coverage/part-b--20140000010000": "1983-03-24",
        "Coverage/part-c--20140000010000": "",
        "Coverage/part-d--20140000010000": "",
    }
    assert not coverage.problems

    benefits = Reading(ID, folder / "eob_bundle_bbuser29999.json")
    claims = benefits.of("health.claim")
    assert len(claims) == len(benefits.records) == 10
    assert (min(each.start for each in claims), max(each.end for each in claims)) == (
        "2015-06-01",
        "2016-10-01",
    )
    assert all(each.data["type"] == "PDE" for each in claims)
    assert all("paid" not in each.data for each in claims)
    assert [(each.code, each.value) for each in benefits.problems] == [("one-page", "10 of 146")]


# --- Values -------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["6.50", "0.1", "1e2", "-3.0", "0", "120", "168.80253764416227"])
def test_numbers_keep_their_digits(tmp_path: Path, text: str) -> None:
    line = json.dumps(observation(valueQuantity={"value": 0, "unit": "x"}))
    reading = read_text(ID, tmp_path / "o.json", line.replace('"value": 0', f'"value": {text}'))
    assert reading.records[0].data["value"] == {"1e2": "100"}.get(text, text)


@given(value=st.decimals(allow_nan=False, allow_infinity=False, places=6))
def test_a_number_is_never_changed(value: Decimal) -> None:
    from connectors.fhir.members import number

    text = number(value)
    assert not text or Decimal(text) == value


def test_blood_pressure_is_one_value(tmp_path: Path) -> None:
    parts = [
        {"code": {"coding": [{"code": code}]}, "valueQuantity": {"value": value, "unit": "mm[Hg]"}}
        for code, value in (("8480-6", 121), ("8462-4", 79))
    ]
    record = read_one(tmp_path / "o.json", observation(component=parts)).records[0]
    assert (record.data["value"], record.data["unit"]) == ("121/79", "mm[Hg]")
    assert json.loads(record.extra)["component"] == parts


@pytest.mark.parametrize("text", ["2019", "2019-11", "2019-11-04", "2019-11-04T10:20:00+09:00"])
def test_dates_stay_as_precise_as_they_are(tmp_path: Path, text: str) -> None:
    record = read_one(tmp_path / "o.json", observation(effectiveDateTime=text)).records[0]
    assert record.start == text
    assert "effectiveDateTime" not in record.extra


def test_a_bad_date_is_a_problem_and_is_kept(tmp_path: Path) -> None:
    reading = read_one(tmp_path / "o.json", observation(effectiveDateTime="2019-13"))
    assert reading.codes() == ["bad-date"]
    assert json.loads(reading.records[0].extra) == {"effectiveDateTime": "2019-13"}


def test_whatever_no_field_holds_is_kept_word_for_word(tmp_path: Path) -> None:
    more = {"method": {"text": "by hand"}, "extension": [{"url": "x", "valueDecimal": 1}]}
    resource = observation(**more, meta={"versionId": "7"}, text={"div": "<div/>"})
    assert json.loads(read_one(tmp_path / "o.json", resource).records[0].extra) == more


def test_a_second_coding_is_not_lost(tmp_path: Path) -> None:
    code = {
        "coding": [{"system": "a", "code": "1", "display": "One"}, {"system": "b", "code": "2"}]
    }
    record = read_one(tmp_path / "o.json", {**observation(), "code": code}).records[0]
    assert record.data["code"] == "1"
    assert json.loads(record.extra) == {"code": code}


def test_long_inline_files_stay_in_the_original(tmp_path: Path) -> None:
    attachment = {"contentType": "image/png", "data": "A" * 100_000, "title": "Scan"}
    resource = {
        "resourceType": "DocumentReference",
        "id": "d",
        "content": [{"attachment": attachment}],
    }
    reading = read_one(tmp_path / "d.json", resource)
    assert reading.codes() == ["left-in-file"]
    assert len(reading.records[0].extra) < 200


# --- Identity and links -------------------------------------------------------------------------


def test_the_version_is_no_part_of_the_key(tmp_path: Path) -> None:
    old = read_one(tmp_path / "1.json", observation(meta={"versionId": "1"}, status="preliminary"))
    new = read_one(tmp_path / "2.json", observation(meta={"versionId": "2"}, status="final"))
    assert old.records[0].native_id == new.records[0].native_id == "Observation/o"


def test_history_gives_the_newest_version_without_a_complaint(tmp_path: Path) -> None:
    entries = [{"resource": observation(status=status)} for status in ("final", "preliminary")]
    bundle = {"resourceType": "Bundle", "type": "history", "entry": entries}
    reading = read_one(tmp_path / "h.json", bundle)
    assert [each.data["status"] for each in reading.records] == ["final"]
    assert not reading.problems


def test_one_id_for_two_things_is_a_problem(tmp_path: Path) -> None:
    lines = [
        observation(status="final"),
        observation(status="final"),
        observation(status="amended"),
    ]
    reading = read_text(ID, tmp_path / "o.ndjson", "\n".join(map(json.dumps, lines)))
    assert len(reading.records) == 1
    assert [(each.where, each.code) for each in reading.problems] == [("line 3", "duplicate-id")]


@pytest.mark.parametrize(
    "reference",
    [
        "Patient/p",
        "https://a.example/fhir/Patient/p",
        "https://a.example/fhir/Patient/p/_history/3",
        "urn:uuid:1-2",
    ],
)
def test_references_become_links(tmp_path: Path, reference: str) -> None:
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {"resource": observation(subject={"reference": reference})},
            {"fullUrl": "urn:uuid:1-2", "resource": {"resourceType": "Patient", "id": "p"}},
        ],
    }
    record = read_one(tmp_path / "b.json", bundle).records[0]
    assert [(link.kind, link.native_id) for link in record.links] == [
        ("health.profile", "Patient/p")
    ]


@pytest.mark.parametrize("reference", ["#inside", "Patient?identifier=1", "", 7, None, "Patient/"])
def test_what_is_no_reference_is_kept(tmp_path: Path, reference: object) -> None:
    record = read_one(tmp_path / "o.json", observation(subject={"reference": reference})).records[0]
    assert record.links == []
    assert json.loads(record.extra)["subject"] == {"reference": reference}


# --- Containers ---------------------------------------------------------------------------------


def test_unknown_types_are_kept_and_reported_once(tmp_path: Path) -> None:
    lines = [{"resourceType": "Unicorn", "id": str(number), "horn": 1} for number in range(3)]
    reading = read_text(ID, tmp_path / "u.ndjson", "\n".join(map(json.dumps, lines)))
    assert [(each.code, each.value) for each in reading.problems] == [("unknown-type", "Unicorn")]
    assert [json.loads(each.extra) for each in reading.of("health.other")] == [{"horn": 1}] * 3


@pytest.mark.parametrize("limit", [10, 10_000_000])
def test_large_and_small_documents_read_alike(
    tmp_path: Path, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(containers, "_SMALL", limit)
    entries: list[object] = [
        {"fullUrl": f"urn:uuid:{number}", "resource": {**observation(), "id": f"o{number}"}}
        for number in range(50)
    ]
    entries.append({"resource": observation(subject={"reference": "urn:uuid:3"})})
    entries.append(
        {"search": {"mode": "outcome"}, "resource": {"resourceType": "OperationOutcome"}}
    )
    bundle = {"entry": entries, "resourceType": "Bundle", "type": "searchset", "total": 80}
    reading = read_one(tmp_path / "b.json", bundle)
    assert len(reading.records) == 51
    assert reading.records[-1].data["subject"] == "Observation/o3"
    assert [(each.code, each.value) for each in reading.problems] == [("one-page", "51 of 80")]


@pytest.mark.parametrize("limit", [10, 10_000_000])
def test_one_large_resource(tmp_path: Path, limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "_SMALL", limit)
    assert len(read_one(tmp_path / "o.json", observation()).records) == 1
    assert (
        len(read_one(tmp_path / "l.json", [observation(), {**observation(), "id": "p"}]).records)
        == 2
    )


def test_a_next_page_is_never_followed_but_told(tmp_path: Path) -> None:
    bundle = {
        "resourceType": "Bundle",
        "type": "searchset",
        "link": [{"relation": "next", "url": "https://a.example/"}],
        "entry": [{"resource": observation()}],
    }
    assert read_one(tmp_path / "b.json", bundle).codes() == ["one-page"]


def test_a_cut_bundle_gives_what_came_before_the_cut(tmp_path: Path) -> None:
    entries = [{"resource": {**observation(), "id": f"o{number}"}} for number in range(9)]
    text = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries})
    reading = read_text(ID, tmp_path / "b.json", text[:-40])
    assert len(reading.records) == 8
    assert reading.codes() == ["bad-json"]


def test_lines_without_their_ending_in_the_name(tmp_path: Path) -> None:
    lines = [{**observation(), "id": str(number)} for number in range(3)]
    reading = read_text(ID, tmp_path / "x.json", "\n".join(map(json.dumps, lines)))
    assert [each.where for each in reading.records] == ["line 1", "line 2", "line 3"]


def test_a_line_beyond_measure_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "_LONGEST_LINE", 1000)
    monkeypatch.setattr(containers, "_CHUNK", 700)
    lines = [observation(), observation(note=[{"text": "x" * 5000}]), {**observation(), "id": "p"}]
    reading = read_text(ID, tmp_path / "o.ndjson", "\n".join(map(json.dumps, lines)))
    assert [each.native_id for each in reading.records] == ["Observation/o", "Observation/p"]
    assert [(each.where, each.code) for each in reading.problems] == [("line 2", "too-long")]


def test_one_bad_member_does_not_stop_the_others(tmp_path: Path) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "a.json").write_text("{broken", encoding="utf-8")
    (folder / "b.json").write_text(json.dumps(observation()), encoding="utf-8")
    (folder / "c.json").write_text("[" * 5000, encoding="utf-8")
    reading = Reading(ID, folder)
    assert len(reading.records) == 1
    assert {each.where for each in reading.problems} == {"a.json", "c.json"}


def test_bundles_within_lines_and_within_bundles(tmp_path: Path) -> None:
    def bundle(number: int, *more: object) -> dict[str, Any]:
        entry = {"resource": {**observation(), "id": f"o{number}"}}
        return {"resourceType": "Bundle", "type": "collection", "entry": [entry, *more]}

    lines = [bundle(1), bundle(2, {"resource": bundle(3)})]
    reading = read_text(ID, tmp_path / "b.ndjson", "\n".join(map(json.dumps, lines)))
    assert [each.native_id for each in reading.records] == [
        "Observation/o1",
        "Observation/o2",
        "Observation/o3",
    ]
    assert not reading.problems


def test_a_name_means_what_its_own_bundle_says(tmp_path: Path) -> None:
    """The same member text is remembered, but not beyond the Bundle it stood in."""
    for number in range(2):
        patient = {"resourceType": "Patient", "id": f"p{number}"}
        seen = {**observation(subject={"reference": "urn:uuid:1"}), "id": f"o{number}"}
        entries = [{"resource": seen}, {"fullUrl": "urn:uuid:1", "resource": patient}]
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
        (tmp_path / f"{number}.json").write_text(json.dumps(bundle), encoding="utf-8")
    found = Reading(ID, tmp_path).of("health.observation")
    assert [each.data["subject"] for each in found] == ["Patient/p0", "Patient/p1"]


person = st.builds(
    lambda ident, display: {
        **({"reference": f"Practitioner/{ident}"} if ident else {}),
        **({"display": display} if display else {}),
    },
    st.sampled_from(["", "1", "2"]),
    st.sampled_from(["", "Ann", "Ben"]),
)
coded = st.sampled_from(
    [{"text": "One"}, {"coding": [{"code": "2"}]}, {"coding": [{"code": "3", "display": "Three"}]}]
)
of_a_medication = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(["final", "active"]),
        "category": st.lists(coded, max_size=2),
        "medicationCodeableConcept": coded,
        "recorder": person,
        "performer": st.lists(st.builds(lambda who: {"actor": who}, person), max_size=2),
        "identifier": st.just([{"value": "i"}]),
        "requester": person,
        "subject": st.just({"reference": "Patient/1"}),
        "encounter": st.just({"reference": "Encounter/1", "display": "at home"}),
        "authoredOn": st.sampled_from(["2024-01-01", "soon"]),
        "x": st.integers(0, 1),
    },
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=st.lists(st.tuples(of_a_medication, st.randoms()), min_size=2, max_size=12))
def test_what_is_remembered_changes_nothing(tmp_path: Path, drawn: list[Any]) -> None:
    """Many resources in one file become what each becomes by itself."""
    resources = []
    for number, (members, chance) in enumerate(drawn):
        names = sorted(members)
        chance.shuffle(names)
        inside = {name: members[name] for name in names}
        resources.append({"resourceType": "MedicationRequest", "id": f"{number}", **inside})
    together = read_text(ID, tmp_path / "all.ndjson", "\n".join(map(json.dumps, resources)))
    for number, (resource, record) in enumerate(zip(resources, together.records, strict=True)):
        alone = read_text(ID, tmp_path / "one.ndjson", json.dumps(resource)).records[0]
        assert msgspec.structs.replace(alone, where=f"line {number + 1}") == record


@pytest.mark.parametrize("depth", [90, 150, 5000])
def test_depth_is_bounded(tmp_path: Path, depth: int) -> None:
    deep = '{"a":' * depth + "1" + "}" * depth
    line = f'{{"resourceType":"Observation","id":"o","note":[],"extension":{deep}}}'
    plain = json.dumps({**observation(), "id": "p"})
    reading = read_text(ID, tmp_path / "o.ndjson", f"{line}\n{plain}")
    assert len(reading.records) == (2 if depth == 90 else 1)
    assert reading.codes() == ([] if depth == 90 else ["too-deep"])


def test_nothing_to_read_is_a_refusal(tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as caught:
        read_one(tmp_path / "b.json", {"resourceType": "Bundle", "type": "searchset", "total": 0})
    assert caught.value.code == "nothing-found"


@pytest.mark.parametrize(
    "text",
    [
        '{"a": {"resourceType": "Patient"}}',
        '{"a": "{\\"resourceType\\": \\"Patient\\"}"}',
        '{"resourceType": "CapabilityStatement"}',
        '[[{"resourceType": "Patient"}]]',
    ],
)
def test_only_an_objects_own_type_counts(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text, encoding="utf-8")
    with open_source([path]) as source:
        assert by_id(ID).recognise(source) is None


# --- Hostile shapes -----------------------------------------------------------------------------

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "coding",
                    "code",
                    "text",
                    "display",
                    "reference",
                    "value",
                    "start",
                    "end",
                    "unit",
                    "amount",
                    "attachment",
                    "item",
                    "component",
                    "low",
                    "valueQuantity",
                    "name",
                    "type",
                    "actor",
                    "data",
                    "identifier",
                    "productOrService",
                    "category",
                ]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_shape_in_any_place_is_survived(tmp_path: Path, data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(sorted(SHAPES)))
    names = sorted({*SHAPES[kind].members, *SHAPES[kind].start} - {"resourceType", "id"})
    members = data.draw(st.dictionaries(st.sampled_from(names), anything, max_size=4))
    reading = read_one(tmp_path / "x.json", {"resourceType": kind, "id": "1", **members})
    record = reading.records[0]
    assert record.native_id == f"{kind}/1"
    kept = json.loads(record.extra) if record.extra else {}
    assert kept.keys() <= members.keys()


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    bundle=st.fixed_dictionaries(
        {}, optional={"type": anything, "total": anything, "link": anything, "entry": anything}
    )
)
def test_any_bundle_is_survived(tmp_path: Path, bundle: dict[str, Any]) -> None:
    one = {"resource": observation()}
    entries = bundle.get("entry")
    rest = entries if isinstance(entries, list) else [entries]
    whole = {"resourceType": "Bundle", **bundle, "entry": [one, *rest]}
    assert len(read_one(tmp_path / "x.json", whole).records) == 1


@pytest.mark.parametrize("broken", [b'{"resourceType":"Pat\x80ient"}', b'{"resourceType":"\x80"}'])
def test_a_resource_of_a_broken_type_does_not_stop_the_others(
    tmp_path: Path, broken: bytes
) -> None:
    whole = [b'{"resourceType":"Device","id":"%d"}' % number for number in (1, 2)]
    path = tmp_path / "devices.ndjson"
    path.write_bytes(b"\n".join([whole[0], broken, whole[1]]))
    reading = Reading(ID, path)
    assert len(reading.records) == 2
    assert [problem.code for problem in reading.problems] == ["bad-encoding"]
