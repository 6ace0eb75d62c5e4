"""What goes out by default, ways to say less, and files for spreadsheets."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalogue.query import Row
from app.errors import InputRefused
from app.share import coarsen, consent, payload, tables
from app.share.consent import Recipe, Selection
from app.share.payload import SharedRecord
from connectors.api import Value
from connectors.kinds import KINDS

SECRET = b"s" * 32


def row(kind: str = "finance.transaction", **data: Value) -> Row:
    return Row(
        rid=1,
        key="ab" * 16,
        kind=kind,
        start="2026-11-03T10:20:00+09:00",
        end="",
        title="A title",
        text="A text",
        data=data,
        extra='{"never":"shared"}',
        source="uk.midata",
        account="never shared",
        import_id="never shared",
        where="never shared",
        links=[],
        files=[],
    )


def applied(selection: Selection, of: Row) -> dict[str, object]:
    return Recipe(selection, SECRET, {"uk.midata": "Midata"}).apply(of)


# --- Defaults -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_by_default_nothing_about_others_no_identifier_no_place(kind: str) -> None:
    on = set(consent.default_fields(kind))
    for field in KINDS[kind].fields:
        private = field.third_party or field.name in {"place", "latitude", "longitude", "location"}
        identifier = field.sensitivity == 3 and field.type == "code"
        if private or identifier:
            assert field.name not in on


@pytest.mark.parametrize(
    "kind", ["social.message", "mail.message", "place.visit", "person.contact", "web.activity"]
)
def test_where_the_title_would_tell_it_is_off(kind: str) -> None:
    assert not {"title", "text"} & set(consent.default_fields(kind))


def test_the_object_has_these_keys_and_no_others() -> None:
    of = row(account="1234", amount="-1.50", currency="KRW")
    out = applied(Selection(kinds=("finance.transaction",)), of)
    assert out == {
        "id": out["id"],
        "kind": "finance.transaction",
        "start": "2026-11-03T10:20:00+09:00",
        "title": "A title",
        "text": "A text",
        "data": {"amount": "-1.50", "currency": "KRW"},
        "source": {"connector": "uk.midata", "title": "Midata"},
        "grade": "imported",
    }


def test_what_stays_behind_is_not_repeated_in_words() -> None:
    balance = row(
        "finance.balance", account="55019027", description="Balance of 55019027", amount="1"
    )
    balance = msgspec.structs.replace(balance, title="55019027", text="")
    shared = applied(Selection(kinds=("finance",)), balance)
    assert "55019027" not in str(shared)
    assert "title" not in shared
    assert shared["data"] == {"amount": "1", "description": "Balance of …"}


def test_names_left_out_are_cut_from_a_text_that_goes() -> None:
    post = row("social.post", author="Tobias Fernwick", people=["오해솔", "Me"], service="Facebook")
    post = msgspec.structs.replace(post, title="오해솔 님과 함께", text="Tobias Fernwick was here")
    fields: dict[str, tuple[str, ...]] = {"social.post": ("title", "text", "service")}
    shared = applied(Selection(kinds=("social.post",), fields=fields), post)
    assert shared["title"] == "… 님과 함께"
    assert shared["text"] == "… was here"


def test_a_name_that_goes_out_as_a_pseudonym_is_not_repeated_in_a_text() -> None:
    post = row("social.post", author="Tobias Fernwick", people=["오해솔"])
    post = msgspec.structs.replace(post, title="Tobias Fernwick", text="오해솔, Tobias Fernwick")
    transforms = ("author=pseudonym", "people=pseudonym")
    fields: dict[str, tuple[str, ...]] = {"social.post": ("title", "text", "author", "people")}
    selection = Selection(kinds=("social.post",), fields=fields, transforms=transforms)
    shared = applied(selection, post)
    assert (shared.get("title"), shared["text"]) == (None, "…, …")
    assert "Fernwick" not in str(shared)


@pytest.mark.parametrize(
    ("name", "text"), [("Anna", "… was here"), ("Ann", "Ann was here"), ("해솔", "… was here")]
)
def test_a_name_is_cut_from_four_letters_or_two_syllables_on(name: str, text: str) -> None:
    post = msgspec.structs.replace(row("social.post", author=name), text=f"{name} was here")
    fields: dict[str, tuple[str, ...]] = {"social.post": ("text",)}
    assert applied(Selection(kinds=("social.post",), fields=fields), post)["text"] == text


def test_a_bare_choice_leaves_a_bare_record() -> None:
    out = applied(Selection(fields={"": ()}, transforms=("start=omit",)), row(amount="1"))
    assert set(out) == {"id", "kind", "source", "grade"}


def test_the_nearest_list_of_fields_counts() -> None:
    selection = Selection(
        kinds=("finance", "energy"),
        fields={"": ("currency",), "finance": ("amount",), "finance.bill": ("title",)},
    )
    fields = consent.chosen_fields(selection, consent.chosen_kinds(selection))
    assert fields["finance.bill"] == ("title",)
    assert fields["finance.transaction"] == ("amount",)
    assert fields["energy.bill"] == ("currency",)


def test_what_is_left_out_is_named() -> None:
    recipe = Recipe(Selection(fields={"": ("amount", "title")}), SECRET, {})
    assert recipe.left_out(row(amount="1", currency="KRW")) == {"currency", "text"}


def test_lines_are_canonical_and_decode_to_the_same() -> None:
    out = applied(Selection(), row(amount="-1.50", description="\u1112\u1161\u11ab"))
    line = payload.line(out)
    assert "한".encode() in line
    [record] = payload.read_records([line])
    assert record.data["description"] == "한"
    assert next(iter(tables.objects([record])))[1] == line


def test_a_record_too_large_is_refused() -> None:
    with pytest.raises(InputRefused) as refusal:
        payload.line(applied(Selection(), row(description="x" * 2**20)))
    assert refusal.value.code == "RECORD_TOO_LARGE"


@pytest.mark.parametrize("size", [1, 7, 64, 100_000])
def test_lines_cut_anywhere_are_put_together(size: int) -> None:
    lines = b"".join(payload.line(applied(Selection(), row(amount=f"{n}.00"))) for n in range(50))
    pieces = [lines[at : at + size] for at in range(0, len(lines), size)]
    assert [each.data["amount"] for each in payload.read_records(pieces)] == [
        f"{n}.00" for n in range(50)
    ]


def test_a_line_without_end_takes_no_memory() -> None:
    endless = (b"x" * 65_536 for _ in iter(int, 1))
    with pytest.raises(InputRefused) as refusal:
        list(payload.read_records(endless))
    assert refusal.value.code == "BAD_RECORD"


# --- Saying less --------------------------------------------------------------------------------


def change(how: str, kind: str = "finance.transaction") -> coarsen.Change:
    [found] = coarsen.changes([how], KINDS[kind], SECRET).values()
    return found


@pytest.mark.parametrize(
    ("how", "value", "expected"),
    [
        ("start=year", "2026-11-03T10:20:00Z", "2026"),
        ("start=month", "2026-11-03", "2026-11"),
        ("start=month", "2026", "2026"),
        ("start=day", "2026-11-03T10:20:00Z", "2026-11-03"),
        ("amount=round:10", "23.40", "20"),
        ("amount=round:10", "-25", "-20"),
        ("amount=round:10", "-4.99", "0"),
        ("amount=round:0.05", "1.03", "1.05"),
        (
            "amount=round:100000000000",
            "999999999999999999999999999.99",
            "1000000000000000000000000000",
        ),
        ("text=omit", "anything", ""),
    ],
)
def test_coarser(how: str, value: str, expected: str) -> None:
    assert change(how)(value) == expected


@given(
    value=st.decimals(
        allow_nan=False, allow_infinity=False, places=2, min_value=-(10**9), max_value=10**9
    ),
    step=st.sampled_from(["0.5", "1", "7", "10", "1000"]),
)
def test_a_rounded_amount_is_a_near_multiple(value: Decimal, step: str) -> None:
    rounded = Decimal(change(f"amount=round:{step}")(f"{value:f}"))
    assert rounded % Decimal(step) == 0
    assert abs(rounded - value) * 2 <= Decimal(step)


@given(st.text(min_size=1), st.text(min_size=1))
def test_a_pseudonym_is_the_same_for_the_same_only(one: str, other: str) -> None:
    name = change("description=pseudonym")
    assert (name(one) == name(other)) == (one == other)
    assert change("title=pseudonym")(one) != name(one)
    assert name(one).startswith("p-")


def test_a_pseudonym_of_another_share_is_another() -> None:
    [found] = coarsen.changes(["title=pseudonym"], KINDS["finance.bill"], b"t" * 32).values()
    assert found("Shop") != change("title=pseudonym", "finance.bill")("Shop")


def test_each_name_of_a_list_gets_its_own_pseudonym() -> None:
    one, other = change("people=pseudonym", "social.post")(["Min", "Jun"])
    assert one != other


# --- Files --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("plain", "plain"),
        ("=1+1", "'=1+1"),
        ("+82 10", "'+82 10"),
        ("-", "'-"),
        ("-5.20", "-5.20"),
        ("+3", "+3"),
        ("@home", "'@home"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("＝1", "'＝1"),
        ("-1e5", "'-1e5"),
        (True, "true"),
        (7, "7"),
        (["=a", "b"], "'=a; b"),
        ("", ""),
    ],
)
def test_cells_are_inert(value: object, cell: str) -> None:
    assert tables.inert(value) == cell


def test_a_kind_with_the_name_of_a_path_makes_no_file(tmp_path: Path) -> None:
    odd = SharedRecord(id="ab" * 16, kind="../../evil")
    files = tables.write(tmp_path / "new", [odd], payload.Schema())
    assert {path.name for path in files} == {"records.jsonl", "dictionary.csv"}
    assert {path.name for path in tmp_path.rglob("*")} == {"new", "records.jsonl", "dictionary.csv"}


def test_fields_the_sender_did_not_describe_are_not_lost(tmp_path: Path) -> None:
    record = SharedRecord(id="ab" * 16, kind="finance.bill", data={"=mood": "=good"})
    tables.write(tmp_path / "new", [record], payload.Schema())
    text = (tmp_path / "new" / "finance.bill.csv").read_text(encoding="utf-8-sig")
    assert '"{""=mood"":""=good""}"' in text
