"""Two people with a vault each: card, people, share, receive, receipt, withdrawal, ledger."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from app.errors import EnvironmentFailure, InputRefused, UserError
from app.i18n import set_language, tr
from app.jobs import JobContext
from app.services import importing, sharing
from app.services import session as sessions
from app.services.session import Session
from app.services.sharing import Promise, Selection
from app.share import bundle, payload, receipts, seal, shelf
from app.share.manifest import Chosen
from app.share.parts import Lines
from app.vault import keys, runs
from connectors.api import Record
from tests.share import build as b

CHEAP = keys.LOWEST
PURPOSE = Promise(purpose="Tax return 2026", until="2999-12-31")
TRANSACTIONS = Selection(kinds=("finance.transaction",))


def new_vault(folder: Path) -> Session:
    return sessions.create(folder, "correct horse battery", cost=CHEAP)[0]


def fill(session: Session, *records: Record) -> None:
    with session.vault.write() as transaction:
        run = runs.begin(transaction, connector="uk.midata", version=1, name="statement.csv")
        assert run.add(list(records)) == []
        run.finish()


def transaction(number: int, **more: Any) -> Record:
    return Record(
        kind="finance.transaction",
        native_id=f"t{number}",
        start=f"2026-{number % 12 + 1:02d}-15",
        title=f"Shop {number}",
        text=f"secret note {number}",
        data={
            "account": "1234-5678-SECRET",
            "amount": f"-{number}.50",
            "currency": "KRW",
            "description": f"Corner shop {number}",
        },
        **more,
    )


MESSAGE = Record(
    kind="social.message",
    native_id="m1",
    start="2026-05-01T10:00:00+09:00",
    title="To Somebody Else",
    text="words of a friend",
    data={"author": "Somebody Else", "service": "facebook", "people": ["A Friend"]},
)
VISIT = Record(
    kind="place.visit",
    native_id="v1",
    start="2026-05-01",
    title="Home, Hidden Street 5",
    data={"place": "Hidden Street 5", "latitude": "37.5665", "longitude": "126.9780"},
)


class Two(NamedTuple):
    jiwoo: Session
    adviser: Session
    folder: Path

    @property
    def out(self) -> Path:
        return self.folder / "out.mdshare"

    def share(
        self, selection: Selection = TRANSACTIONS, promise: Promise = PURPOSE, name: str = "out"
    ) -> Path:
        path = self.folder / f"{name}.mdshare"
        sharing.share(self.jiwoo, ["Tax adviser"], selection, promise, path)
        return path


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    jiwoo, adviser = new_vault(tmp_path / "jiwoo"), new_vault(tmp_path / "adviser")
    sharing.make_identity(jiwoo, "Jiwoo Seo")
    sharing.make_identity(adviser, "Tax adviser")
    sharing.add_person(jiwoo, sharing.card_text(adviser))
    sharing.add_person(adviser, sharing.card_text(jiwoo))
    fill(jiwoo, *(transaction(number) for number in range(1, 31)), MESSAGE, VISIT)
    yield Two(jiwoo, adviser, tmp_path)
    jiwoo.close()
    adviser.close()


def code(refusal: pytest.ExceptionInfo[UserError]) -> str:
    set_language("ko")
    error = refusal.value
    for sentence in (error.title, error.detail, error.next_step):
        assert "{" not in tr(sentence, **error.values)
    set_language("en")
    return error.code


# --- Identity and people ------------------------------------------------------------------------


def test_an_identity_is_made_once(two: Two) -> None:
    before = sharing.identity(two.jiwoo)
    assert sharing.make_identity(two.jiwoo, " jiwoo  seo ") == before
    with pytest.raises(InputRefused) as refusal:
        sharing.make_identity(two.jiwoo, "Another name")
    assert code(refusal) == "HAS_IDENTITY"
    assert sharing.identity(two.jiwoo) == before


def test_private_keys_do_not_stand_in_the_documents(two: Two) -> None:
    with two.jiwoo.vault.read() as snapshot:
        me = shelf.me(snapshot)
        own = shelf.open_me(snapshot, two.jiwoo.vault)
    assert me
    assert own.keys.pack()[:32] not in me.wrapped
    assert own.keys.pack()[32:] not in me.wrapped


def test_without_identity(tmp_path: Path) -> None:
    session = new_vault(tmp_path / "new")
    assert sharing.identity(session) is None
    for use in (
        lambda: sharing.card_text(session),
        lambda: sharing.card_qr(session),
        lambda: sharing.share(session, ["X"], TRANSACTIONS, PURPOSE, tmp_path / "out"),
    ):
        with pytest.raises(InputRefused) as refusal:
            use()
        assert code(refusal) == "NO_IDENTITY"
    session.close()


def test_both_screens_show_the_same_number(two: Two) -> None:
    [adviser], [jiwoo] = sharing.people(two.jiwoo), sharing.people(two.adviser)
    assert adviser.safety_number == jiwoo.safety_number
    assert len(adviser.safety_number.replace(" ", "")) == 60
    own = sharing.identity(two.adviser)
    assert own
    assert adviser.digits == own.digits


def test_comparing_the_number_verifies(two: Two) -> None:
    [adviser] = sharing.people(two.jiwoo)
    assert adviser.state == "unverified"
    done = sharing.verify_person(two.jiwoo, "tax ADVISER", adviser.safety_number)
    assert done.state == "verified"
    assert done.verified_at
    assert sharing.people(two.jiwoo) == [done]


@pytest.mark.parametrize("number", ["", "1" * 30, "1" * 60])
def test_a_wrong_number_does_not(two: Two, number: str) -> None:
    with pytest.raises(InputRefused) as refusal:
        sharing.verify_person(two.jiwoo, "Tax adviser", number)
    assert code(refusal) == "WRONG_NUMBER"
    assert sharing.people(two.jiwoo)[0].state == "unverified"


def test_a_card_is_added_from_a_file(two: Two, tmp_path: Path) -> None:
    (tmp_path / "third.mdcard").write_text(b.card(b.THIRD), encoding="utf-8")
    added = sharing.add_person(two.jiwoo, tmp_path / "third.mdcard")
    assert added.name == "Daughter"
    assert [each.name for each in sharing.people(two.jiwoo)] == ["Daughter", "Tax adviser"]
    sharing.remove_person(two.jiwoo, "Daughter")
    assert [each.name for each in sharing.people(two.jiwoo)] == ["Tax adviser"]


def test_a_known_name_with_other_keys_is_not_added(two: Two) -> None:
    with pytest.raises(InputRefused) as refusal:
        sharing.add_person(two.jiwoo, b.card(b.STRANGER, name="tax adviser"))
    assert code(refusal) == "CARD_KEY_CHANGED"


def test_ones_own_card_is_not_added(two: Two) -> None:
    with pytest.raises(InputRefused) as refusal:
        sharing.add_person(two.jiwoo, sharing.card_text(two.jiwoo))
    assert code(refusal) == "OWN_CARD"


def test_a_folder_is_no_card(two: Two, tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailure) as refusal:
        sharing.add_person(two.jiwoo, tmp_path)
    assert code(refusal) == "is-folder"


def test_new_keys_block_sharing_until_compared(two: Two) -> None:
    rotated = b.Person("Second with new keys")
    sharing.add_person(two.jiwoo, b.card(b.THIRD))
    changed = sharing.add_person(two.jiwoo, b.card(rotated, b.THIRD, name="Daughter", card_seq=2))
    assert changed.state == "changed"
    with pytest.raises(InputRefused) as refusal:
        sharing.share(two.jiwoo, ["Daughter"], TRANSACTIONS, PURPOSE, two.out)
    assert code(refusal) == "PERSON_CHANGED"
    sharing.verify_person(two.jiwoo, "Daughter", changed.digits)
    sharing.share(two.jiwoo, ["Daughter"], TRANSACTIONS, PURPOSE, two.out)


# --- What goes out ------------------------------------------------------------------------------


def test_the_preview_is_the_bundle_byte_for_byte(two: Two) -> None:
    selection = Selection(
        kinds=("finance", "social.message"),
        since="2026-02",
        transforms=("start=month", "amount=round:10", "description=pseudonym"),
        fields={"finance.transaction": ("amount", "currency", "description")},
    )
    preview = sharing.preview(two.jiwoo, selection, ["Tax adviser"])
    rows = preview.rows(0, 1000)
    opened = sharing.open_bundle(two.adviser, two.share(selection))
    lines = decrypted(two.out, two.adviser)["records.jsonl"]
    assert b"".join(map(payload.line, rows)) == lines
    assert preview.count == opened.records == len(rows) == len(opened.rows(0, 1000))
    assert preview.kinds == opened.kinds
    assert preview.payload_bytes == len(lines)
    assert preview.fields["finance.transaction"] == ["amount", "currency", "description"]


def decrypted(path: Path, session: Session) -> dict[str, bytes]:
    from app.share import opening

    with session.vault.read() as snapshot:
        own = shelf.open_me(snapshot, session.vault)
    with path.open("rb") as file:
        opened = opening.open_bundle(file, own.keys)
        found = {part.name: b"".join(opened.contents(part)) for part in opened.parts()}
        opened.finish()
    return found


def test_what_is_not_chosen_is_not_in_the_bytes(two: Two) -> None:
    everything = Selection(kinds=("finance", "social", "place"))
    parts = decrypted(two.share(everything), two.adviser)
    said = b"".join(parts.values())
    assert b"Corner shop 1" in said
    for hidden in (b"SECRET", b"Somebody Else", b"A Friend", b"friend", b"Hidden Street", b"37.56"):
        assert hidden not in said
    with two.jiwoo.vault.read() as snapshot:
        from app.catalogue import query

        keys_of_records = [row.key for row in query.scan(snapshot, query.Filter())]
    assert not any(key.encode() in said for key in keys_of_records)


def test_listed_fields_and_no_others(two: Two) -> None:
    only = Selection(kinds=("finance.transaction",), fields={"": ("amount",)})
    said = decrypted(two.share(only), two.adviser)
    assert b"Corner" not in said["records.jsonl"]
    assert b"Shop" not in said["records.jsonl"]
    assert b"currency" not in said["records.jsonl"]
    assert b"-3.50" in said["records.jsonl"]
    assert [
        field["name"]
        for field in json.loads(said["schema.json"])["kinds"]["finance.transaction"]["fields"]
    ] == ["amount"]


def test_the_preview_names_what_stays(two: Two) -> None:
    preview = sharing.preview(two.jiwoo, Selection(kinds=("finance", "place")))
    assert preview.left_out["finance.transaction"] == ["account"]
    assert preview.left_out["place.visit"] == ["latitude", "longitude", "place", "title"]


def test_period_sources_and_dropped_records(two: Two) -> None:
    spring = Selection(kinds=("finance",), since="2026-03-01", until="2026-05-31")
    rows = sharing.preview(two.jiwoo, spring).rows()
    assert {row["start"][:7] for row in rows} == {"2026-03", "2026-04", "2026-05"}
    nowhere = Selection(kinds=("finance",), sources=("ofx.statement",))
    assert sharing.preview(two.jiwoo, nowhere).count == 0
    preview = sharing.preview(two.jiwoo, spring)
    dropped = Selection(
        kinds=("finance",), since="2026-03-01", until="2026-05-31", drop=(preview.keys(0, 1)[0],)
    )
    left = sharing.preview(two.jiwoo, dropped).rows()
    assert left == rows[1:]


def test_a_record_to_leave_out_is_named_as_the_preview_shows_it(two: Two) -> None:
    names = ["Tax adviser"]
    rows = sharing.preview(two.jiwoo, TRANSACTIONS, names).rows()
    dropped = Selection(kinds=TRANSACTIONS.kinds, drop=(rows[0]["id"],))
    assert sharing.preview(two.jiwoo, dropped, names).rows() == rows[1:]


def test_a_record_to_leave_out_may_lie_outside_of_what_is_chosen(two: Two) -> None:
    [key] = sharing.preview(two.jiwoo, Selection(kinds=("place",))).keys()
    dropped = Selection(kinds=TRANSACTIONS.kinds, drop=(key,))
    assert sharing.preview(two.jiwoo, dropped).count == 30


def test_pages_of_the_preview_fit_together(two: Two) -> None:
    preview = sharing.preview(two.jiwoo, TRANSACTIONS)
    pages = [row for at in range(0, 35, 7) for row in preview.rows(at, 7)]
    assert pages == preview.rows(0, 1000)
    assert len(pages) == 30


def test_the_same_record_has_the_same_id_for_the_same_people_only(two: Two) -> None:
    sharing.add_person(two.jiwoo, b.card(b.THIRD))
    one = sharing.preview(two.jiwoo, TRANSACTIONS, ["Tax adviser"]).rows()
    again = sharing.preview(two.jiwoo, TRANSACTIONS, ["Tax adviser"]).rows()
    other = sharing.preview(two.jiwoo, TRANSACTIONS, ["Daughter"]).rows()
    assert one == again
    assert not {row["id"] for row in one} & {row["id"] for row in other}


@pytest.mark.parametrize(
    ("selection", "promise", "expected"),
    [
        (Selection(kinds=("finance.nonsense",)), PURPOSE, "BAD_SELECTION"),
        (Selection(kinds=("finance",), fields={"": ("shoe_size",)}), PURPOSE, "BAD_SELECTION"),
        (Selection(kinds=("finance",), fields={"health": ("code",)}), PURPOSE, "BAD_SELECTION"),
        (Selection(kinds=("finance",), transforms=("amount=blur",)), PURPOSE, "BAD_SELECTION"),
        (Selection(kinds=("finance",), transforms=("shoe=omit",)), PURPOSE, "BAD_SELECTION"),
        (Selection(kinds=("finance",), transforms=("title=round:5",)), PURPOSE, "BAD_SELECTION"),
        (Selection(kinds=("finance",), transforms=("amount=round:0",)), PURPOSE, "BAD_SELECTION"),
        (Selection(kinds=("finance",), drop=("0" * 32,)), PURPOSE, "BAD_SELECTION"),
        (Selection(kinds=("finance",), drop=("a word",)), PURPOSE, "BAD_SELECTION"),
        (Selection(kinds=("finance",), since="yesterday"), PURPOSE, "BAD_DATE"),
        (Selection(kinds=("education",)), PURPOSE, "NOTHING_SELECTED"),
        (TRANSACTIONS, Promise(purpose="  "), "NO_PURPOSE"),
        (TRANSACTIONS, Promise(purpose="x" * 2001), "NO_PURPOSE"),
        (TRANSACTIONS, Promise(purpose="x", until="31.5.2027"), "BAD_DATE"),
    ],
)
def test_what_cannot_be_shared(
    two: Two, selection: Selection, promise: Promise, expected: str
) -> None:
    with pytest.raises(InputRefused) as refusal:
        two.share(selection, promise)
    assert code(refusal) == expected
    assert not two.out.exists()
    assert sharing.ledger(two.jiwoo) == []


def test_unknown_recipients_and_none(two: Two) -> None:
    for names, expected in ((["Nobody"], "UNKNOWN_PERSON"), ([], "NO_RECIPIENT")):
        with pytest.raises(InputRefused) as refusal:
            sharing.share(two.jiwoo, names, TRANSACTIONS, PURPOSE, two.out)
        assert code(refusal) == expected


def test_a_taken_name_is_refused_before_anything_is_written_down(two: Two) -> None:
    two.out.write_text("mine", encoding="utf-8")
    with pytest.raises(EnvironmentFailure) as refusal:
        two.share()
    assert code(refusal) == "exists"
    assert sharing.ledger(two.jiwoo) == []


# --- Receiving ----------------------------------------------------------------------------------


def records_of(session: Session) -> int:
    return sessions.status(session).records


def test_received_records_come_into_the_vault(two: Two) -> None:
    path = two.share()
    opened = sharing.open_bundle(two.adviser, path)
    assert (opened.kind, opened.sender.name, opened.records) == ("share", "Jiwoo Seo", 30)
    assert not opened.first_contact
    assert not opened.verified
    assert opened.purpose == PURPOSE.purpose
    assert opened.until == PURPOSE.until
    assert records_of(two.adviser) == 0
    accepted = sharing.accept(two.adviser, opened)
    assert (accepted.records, accepted.new, accepted.known) == (30, 30, 0)
    assert records_of(two.adviser) == 30
    [kept] = sharing.received(two.adviser)
    assert (kept.bundle_id, kept.state, kept.records) == (opened.bundle_id, "kept", 30)
    assert kept.import_id == accepted.import_id


def test_sums_stay_exact_on_the_other_side(two: Two) -> None:
    from app.services import asking

    sharing.accept(two.adviser, sharing.open_bundle(two.adviser, two.share()))
    mine = asking.total(two.jiwoo, "finance.transaction", "amount", [])
    theirs = asking.total(two.adviser, "finance.transaction", "amount", [])
    assert mine == theirs


def test_the_same_bundle_twice(two: Two) -> None:
    path = two.share()
    first, second = (sharing.open_bundle(two.adviser, path) for _ in range(2))
    sharing.accept(two.adviser, first)
    with pytest.raises(InputRefused) as refusal:
        sharing.open_bundle(two.adviser, path)
    assert code(refusal) == "ALREADY_IMPORTED"
    with pytest.raises(InputRefused) as refusal:
        sharing.accept(two.adviser, second)
    assert code(refusal) == "ALREADY_IMPORTED"
    assert records_of(two.adviser) == 30


def test_a_second_share_adds_only_what_is_new(two: Two) -> None:
    sharing.accept(two.adviser, sharing.open_bundle(two.adviser, two.share()))
    fill(two.jiwoo, transaction(77))
    again = sharing.accept(two.adviser, sharing.open_bundle(two.adviser, two.share(name="second")))
    assert (again.new, again.known) == (1, 30)


def test_an_older_bundle_needs_a_decision(two: Two) -> None:
    old, new = two.share(), two.share(name="second")
    sharing.accept(two.adviser, sharing.open_bundle(two.adviser, new))
    opened = sharing.open_bundle(two.adviser, old)
    assert [each.code for each in opened.concerns] == ["OLDER_THAN_LAST"]
    with pytest.raises(InputRefused) as refusal:
        sharing.accept(two.adviser, opened)
    assert code(refusal) == "OLDER_THAN_LAST"
    assert sharing.accept(two.adviser, opened, knowingly=True).records == 30


def test_bundles_for_other_purposes_do_not_outdate_each_other(two: Two) -> None:
    one = two.share()
    other = two.share(promise=Promise(purpose="Something else"), name="other")
    sharing.accept(two.adviser, sharing.open_bundle(two.adviser, other))
    assert sharing.open_bundle(two.adviser, one).concerns == []


def test_an_expired_bundle_needs_a_decision(two: Two) -> None:
    path = two.share(promise=Promise(purpose="Old", until="2020-01-31"))
    opened = sharing.open_bundle(two.adviser, path)
    assert [each.code for each in opened.concerns] == ["EXPIRED"]
    sharing.accept(two.adviser, opened, knowingly=True)
    assert sharing.received(two.adviser)[0].state == "expired"
    assert sharing.ledger(two.jiwoo)[0].state == "ended"


def test_an_unknown_sender_needs_a_decision_and_becomes_known(two: Two) -> None:
    sharing.remove_person(two.adviser, "Jiwoo Seo")
    opened = sharing.open_bundle(two.adviser, two.share())
    assert opened.first_contact
    with pytest.raises(InputRefused) as refusal:
        sharing.accept(two.adviser, opened)
    assert code(refusal) == "UNKNOWN_SENDER"
    assert sharing.people(two.adviser) == []
    sharing.accept(two.adviser, opened, knowingly=True)
    [jiwoo] = sharing.people(two.adviser)
    assert (jiwoo.name, jiwoo.state) == ("Jiwoo Seo", "unverified")


def test_a_known_name_with_other_keys_is_refused(two: Two) -> None:
    sharing.remove_person(two.adviser, "Jiwoo Seo")
    sharing.add_person(two.adviser, b.card(b.STRANGER, name="Jiwoo Seo"))
    path = two.share()
    with pytest.raises(InputRefused) as refusal:
        sharing.open_bundle(two.adviser, path)
    assert code(refusal) == "KEY_CHANGED"


def test_a_known_sender_keeps_the_name_one_knows_them_by(two: Two) -> None:
    sharing.add_person(two.adviser, b.card(b.THIRD))
    sharing.verify_person(two.adviser, b.THIRD.name, sharing.people(two.adviser)[0].digits)
    liar = b.Person(b.THIRD.name)
    liar.name = "Jiwoo Seo"
    path = foreign_bundle(two, b.record(1), sender=liar)
    opened = sharing.open_bundle(two.adviser, path)
    assert (opened.sender.name, opened.verified) == (b.THIRD.name, True)
    sharing.accept(two.adviser, opened)
    assert sharing.received(two.adviser)[0].sender == b.THIRD.name
    assert sharing.ledger(two.adviser)[0].people == [b.THIRD.name]


def test_it_is_not_for_everybody(two: Two, tmp_path: Path) -> None:
    other = new_vault(tmp_path / "other")
    path = two.share()
    with pytest.raises(InputRefused) as refusal:
        sharing.open_bundle(other, path)
    assert code(refusal) == "NO_IDENTITY"
    sharing.make_identity(other, "Other")
    with pytest.raises(InputRefused) as refusal:
        sharing.open_bundle(other, path)
    assert code(refusal) == "NOT_FOR_YOU"
    other.close()


@pytest.mark.parametrize(
    ("data", "expected"),
    [(b"", "NOT_A_BUNDLE"), (b"PK\3\4" * 9, "NOT_A_BUNDLE"), (b"MYDA", "TRUNCATED")],
)
def test_what_is_no_bundle(two: Two, tmp_path: Path, data: bytes, expected: str) -> None:
    (tmp_path / "file").write_bytes(data)
    with pytest.raises(InputRefused) as refusal:
        sharing.open_bundle(two.adviser, tmp_path / "file")
    assert code(refusal) == expected


def test_a_flipped_byte_is_refused_and_nothing_changes(two: Two) -> None:
    path = two.share()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(InputRefused) as refusal:
        sharing.open_bundle(two.adviser, path)
    assert code(refusal) == "PAYLOAD_TAMPERED"
    assert records_of(two.adviser) == 0
    assert sharing.received(two.adviser) == []


def test_a_file_exchanged_after_looking_is_refused(two: Two) -> None:
    opened = sharing.open_bundle(two.adviser, two.share())
    other = two.share(name="other")
    opened.path.write_bytes(other.read_bytes())
    with pytest.raises(InputRefused) as refusal:
        sharing.accept(two.adviser, opened)
    assert code(refusal) == "FILE_CHANGED"
    assert records_of(two.adviser) == 0


def test_cancelling_while_accepting_keeps_nothing(two: Two) -> None:
    from app.errors import Cancelled

    opened = sharing.open_bundle(two.adviser, two.share())
    context = JobContext()
    context.cancel()
    with pytest.raises(Cancelled):
        sharing.accept(two.adviser, opened, context)
    assert records_of(two.adviser) == 0
    assert sharing.received(two.adviser) == []
    assert sharing.ledger(two.adviser) == []


def test_a_pipe_is_not_opened(two: Two, tmp_path: Path) -> None:
    import os

    if not hasattr(os, "mkfifo"):
        pytest.skip("no pipes with names here")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputRefused) as refusal:
        sharing.open_bundle(two.adviser, tmp_path / "pipe")
    assert code(refusal) == "NOT_A_BUNDLE"


def foreign_bundle(two: Two, *lines: dict[str, object], sender: b.Person = b.THIRD) -> Path:
    """A bundle of another program, sealed for the adviser, with records of its own words."""
    with two.adviser.vault.read() as snapshot:
        reader = shelf.open_me(snapshot, two.adviser.vault).keys
    person = b.Person("anybody")
    person.x, person.ed, person.fingerprint = reader.x, reader.ed, reader.fingerprint
    plan = b.Plan(
        sender=sender, recipients=(person,), parts=[b.Part("records.jsonl", b.lines(*lines))]
    )
    path = two.folder / "foreign.mdshare"
    path.write_bytes(b.build(plan))
    return path


def test_unknown_kinds_and_fields_are_kept_and_counted(two: Two) -> None:
    path = foreign_bundle(
        two,
        b.record(1),
        b.record(2, kind="garden.harvest", data={"plums": 12}),
        b.record(3, data={"amount": "lots", "mood": "good", "currency": "KRW"}, start="some day"),
    )
    opened = sharing.open_bundle(two.adviser, path)
    assert opened.unknown_kinds == {"garden.harvest": 1}
    assert opened.warnings == ["UNKNOWN_KINDS"]
    assert "(1)" in opened.notes()[0]
    accepted = sharing.accept(two.adviser, opened, knowingly=True)
    assert (accepted.records, accepted.new) == (3, 2)
    assert accepted.unknown_kinds == {"garden.harvest": 1}
    from app.catalogue import query

    with two.adviser.vault.read() as snapshot:
        rows = list(query.scan(snapshot, query.Filter()))
    [odd] = [row for row in rows if "mood" in row.extra]
    assert odd.data == {"currency": "KRW"}
    assert json.loads(odd.extra)["other"] == {"amount": "lots", "mood": "good", "start": "some day"}
    sharing.export_received(two.adviser, opened.bundle_id, two.folder / "files")
    lines = (two.folder / "files" / "records.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["kind"] for line in lines][1] == "garden.harvest"


def test_export_is_inert_and_whole(two: Two) -> None:
    fill(
        two.jiwoo,
        transaction(40, extra=""),
        Record(
            kind="finance.transaction",
            native_id="formula",
            start="2026-12-31",
            title="=1+2",
            data={"amount": "-50.00", "currency": "KRW", "description": '@SUM("a")\t'},
        ),
    )
    opened = sharing.open_bundle(two.adviser, two.share())
    sharing.accept(two.adviser, opened)
    files = sharing.export_received(two.adviser, opened.bundle_id, two.folder / "files")
    assert {path.name for path in files} == {
        "records.jsonl",
        "finance.transaction.csv",
        "dictionary.csv",
    }
    with (two.folder / "files" / "finance.transaction.csv").open(
        encoding="utf-8-sig", newline=""
    ) as file:
        rows = list(csv.DictReader(file))
    [formula] = [row for row in rows if row["start"] == "2026-12-31"]
    assert formula["title"] == "'=1+2"
    assert formula["description"].startswith("'@")
    assert formula["amount"] == "-50.00"
    assert len(rows) == 32
    lines = (two.folder / "files" / "records.jsonl").read_bytes()
    assert lines == decrypted(two.out, two.adviser)["records.jsonl"]
    with pytest.raises(EnvironmentFailure) as refusal:
        sharing.export_received(two.adviser, opened.bundle_id, two.folder / "files")
    assert code(refusal) == "exists"


def test_times_in_an_export_are_inert_too(two: Two) -> None:
    path = foreign_bundle(two, b.record(1, start="=cmd|'/c calc'!A1", end="@SUM(1)"))
    opened = sharing.open_bundle(two.adviser, path)
    sharing.export_opened(two.adviser, opened, two.folder / "files")
    with (two.folder / "files" / "finance.transaction.csv").open(
        encoding="utf-8-sig", newline=""
    ) as file:
        [row] = csv.DictReader(file)
    assert row["start"].startswith("'=")
    assert row["end"].startswith("'@")


def test_export_without_accepting(two: Two) -> None:
    opened = sharing.open_bundle(two.adviser, two.share())
    files = sharing.export_opened(two.adviser, opened, two.folder / "files")
    assert all(path.exists() for path in files)
    assert records_of(two.adviser) == 0


def test_discarding_and_taking_it_again(two: Two) -> None:
    opened = sharing.open_bundle(two.adviser, two.share())
    sharing.accept(two.adviser, opened)
    assert sharing.discard(two.adviser, opened.bundle_id) == 30
    assert records_of(two.adviser) == 0
    assert sharing.received(two.adviser)[0].state == "discarded"
    again = sharing.open_bundle(two.adviser, two.out)
    assert again.concerns == []
    assert sharing.accept(two.adviser, again).new == 30


def test_undoing_its_import_gives_a_bundle_up(two: Two) -> None:
    opened = sharing.open_bundle(two.adviser, two.share())
    accepted = sharing.accept(two.adviser, opened)
    assert importing.undo(two.adviser, accepted.import_id) == 30
    assert sharing.received(two.adviser)[0].state == "discarded"
    with pytest.raises(InputRefused) as refusal:
        sharing.discard(two.adviser, opened.bundle_id)
    assert code(refusal) == "UNKNOWN_BUNDLE"
    again = sharing.open_bundle(two.adviser, two.out)
    assert again.concerns == []
    assert sharing.accept(two.adviser, again).new == 30
    assert sharing.received(two.adviser)[0].state == "kept"


def test_records_that_were_received_are_shared_on_as_such(two: Two) -> None:
    sharing.accept(two.adviser, sharing.open_bundle(two.adviser, two.share()))
    [row, *_] = sharing.preview(two.adviser, TRANSACTIONS).rows(0, 1)
    assert row["grade"] == "received"
    assert row["source"] == {"connector": "mydata.bundle", "title": "Received bundle"}


def test_a_clock_far_ahead_is_noted(two: Two) -> None:
    with two.adviser.vault.read() as snapshot:
        me = shelf.me(snapshot)
    assert me
    sender = seal.Keys(b.THIRD.packed)
    chosen = Chosen(
        kinds=[], since="", until="", sources=[], fields={}, counts={}, records=0, transforms=[]
    )
    draft = bundle.draft(
        sender.party("Daughter"), "share", "ab" * 16, 1, "2999-01-01T00:00:00Z", selection=chosen
    )
    nothing = Lines("records.jsonl", "", "", list)
    path = two.folder / "future.mdshare"
    bundle.write(path, bundle.Delivery(draft, [me.party], sender, [nothing]))
    opened = sharing.open_bundle(two.adviser, path)
    assert opened.warnings == ["FROM_THE_FUTURE"]
    assert "2999-01-01" in opened.notes()[0]


# --- Receipts and withdrawals -------------------------------------------------------------------


def exchanged(two: Two) -> tuple[str, Path]:
    """A share that was accepted, and the receipt for it."""
    opened = sharing.open_bundle(two.adviser, two.share())
    sharing.accept(two.adviser, opened)
    path = sharing.save_receipt(two.adviser, opened.bundle_id, two.folder)
    return opened.bundle_id, path


def test_a_receipt_comes_back(two: Two) -> None:
    bundle_id, path = exchanged(two)
    assert path.suffix == ".mdreceipt"
    opened = sharing.open_bundle(two.jiwoo, path)
    assert opened.kind == "receipt"
    accepted = sharing.accept(two.jiwoo, opened)
    assert (accepted.about, accepted.records) == (bundle_id, 30)
    kinds = [(entry.kind, entry.bundle_id) for entry in sharing.ledger(two.jiwoo)]
    assert kinds == [("receipt", bundle_id), ("share", bundle_id)]
    assert sharing.ledger(two.jiwoo)[1].acknowledged == 1
    with pytest.raises(InputRefused) as refusal:
        sharing.open_bundle(two.jiwoo, path)
    assert code(refusal) == "ALREADY_IMPORTED"


def test_a_receipt_for_somebody_elses_bundle(two: Two) -> None:
    bundle_id, path = exchanged(two)
    with two.jiwoo.vault.write() as transaction:
        shelf.drop_sent(transaction, bundle_id)
    opened = sharing.open_bundle(two.jiwoo, path)
    with pytest.raises(InputRefused) as refusal:
        sharing.accept(two.jiwoo, opened)
    assert code(refusal) == "RECEIPT_UNKNOWN"


def forged_receipt(two: Two, bundle_id: str, signer: seal.Keys, **wrong: str) -> Path:
    """A receipt by `signer` with chosen words, properly sealed for Jiwoo."""
    with two.jiwoo.vault.read() as snapshot:
        sent = shelf.sent(snapshot, bundle_id)
        me = shelf.me(snapshot)
    assert sent
    assert me
    hashes = {"header": sent.header, "manifest": sent.manifest, **wrong}
    receipt = receipts.make(
        signer, bundle=bundle_id, records=30, at="2026-11-20T10:00:00Z", **hashes
    )
    draft = bundle.draft(
        signer.party("Forger"), "receipt", "ab" * 16, 1, "2026-11-20T10:00:00Z", receipt=receipt
    )
    path = two.folder / "forged.mdreceipt"
    bundle.write(path, bundle.Delivery(draft, [me.party], signer))
    return path


def test_a_receipt_by_somebody_who_was_no_recipient(two: Two) -> None:
    bundle_id, _ = exchanged(two)
    path = forged_receipt(two, bundle_id, seal.Keys(b.STRANGER.packed))
    with pytest.raises(InputRefused) as refusal:
        sharing.accept(two.jiwoo, sharing.open_bundle(two.jiwoo, path), knowingly=True)
    assert code(refusal) == "RECEIPT_INVALID"


def test_a_receipt_for_other_contents(two: Two) -> None:
    bundle_id, _ = exchanged(two)
    with two.adviser.vault.read() as snapshot:
        keys_ = shelf.open_me(snapshot, two.adviser.vault).keys
    path = forged_receipt(two, bundle_id, keys_, manifest="ab" * 32)
    with pytest.raises(InputRefused) as refusal:
        sharing.accept(two.jiwoo, sharing.open_bundle(two.jiwoo, path), knowingly=True)
    assert code(refusal) == "RECEIPT_INVALID"


def test_a_receipt_whose_signature_is_not_the_recipients(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle_id, _ = exchanged(two)
    with two.adviser.vault.read() as snapshot:
        keys_ = shelf.open_me(snapshot, two.adviser.vault).keys
    with monkeypatch.context() as forging:
        forging.setattr(receipts, "statement", lambda *_: b"other words")
        path = forged_receipt(two, bundle_id, keys_)
    with pytest.raises(InputRefused) as refusal:
        sharing.accept(two.jiwoo, sharing.open_bundle(two.jiwoo, path), knowingly=True)
    assert code(refusal) == "RECEIPT_INVALID"


def test_a_withdrawal_removes_what_came_with_the_bundle(two: Two) -> None:
    bundle_id, _ = exchanged(two)
    path = sharing.withdraw(two.jiwoo, bundle_id, two.folder / "back.mdshare")
    assert sharing.ledger(two.jiwoo)[1].state == "withdrawn"
    opened = sharing.open_bundle(two.adviser, path)
    assert opened.kind == "withdraw"
    assert opened.withdraws
    assert opened.withdraws.bundle_id == bundle_id
    accepted = sharing.accept(two.adviser, opened)
    assert (accepted.about, accepted.removed) == (bundle_id, 30)
    assert records_of(two.adviser) == 0
    with pytest.raises(InputRefused) as refusal:
        sharing.open_bundle(two.adviser, two.out)
    assert code(refusal) == "WITHDRAWN"


def test_a_withdrawal_of_something_never_received(two: Two) -> None:
    shared = sharing.share(two.jiwoo, ["Tax adviser"], TRANSACTIONS, PURPOSE, two.out)
    path = sharing.withdraw(two.jiwoo, shared.bundle_id, two.folder / "back.mdshare")
    with pytest.raises(InputRefused) as refusal:
        sharing.open_bundle(two.adviser, path)
    assert code(refusal) == "WITHDRAWAL_UNKNOWN"


def test_a_withdrawal_by_somebody_else_is_ignored(two: Two) -> None:
    from app.share.manifest import Withdrawal

    bundle_id, _ = exchanged(two)
    forger = seal.Keys(b.STRANGER.packed)
    with two.adviser.vault.read() as snapshot:
        me = shelf.me(snapshot)
    assert me
    draft = bundle.draft(
        forger.party("Forger"),
        "withdraw",
        "ab" * 16,
        1,
        "2026-11-20T10:00:00Z",
        withdraw=Withdrawal(bundle=bundle_id),
    )
    bundle.write(two.folder / "forged", bundle.Delivery(draft, [me.party], forger))
    with pytest.raises(InputRefused) as refusal:
        sharing.open_bundle(two.adviser, two.folder / "forged")
    assert code(refusal) == "WITHDRAWAL_FOREIGN"
    assert records_of(two.adviser) == 30


def test_withdrawing_what_was_never_shared(two: Two) -> None:
    with pytest.raises(InputRefused) as refusal:
        sharing.withdraw(two.jiwoo, "ab" * 16, two.folder / "back")
    assert code(refusal) == "UNKNOWN_BUNDLE"
    assert not (two.folder / "back").exists()


# --- Ledger and looking -------------------------------------------------------------------------


def test_the_ledger_tells_the_whole_story(two: Two) -> None:
    bundle_id, receipt = exchanged(two)
    sharing.accept(two.jiwoo, sharing.open_bundle(two.jiwoo, receipt))
    sharing.withdraw(two.jiwoo, bundle_id, two.folder / "back")
    assert [entry.kind for entry in sharing.ledger(two.jiwoo)] == ["withdraw", "receipt", "share"]
    assert [entry.kind for entry in sharing.ledger(two.adviser)] == ["receive"]
    share = sharing.ledger(two.jiwoo)[2]
    assert (share.people, share.records, share.purpose) == (["Tax adviser"], 30, PURPOSE.purpose)
    assert share.body["pii_information"][0]["pii_type"] == "finance.transaction"  # type: ignore[index]
    chain = sharing.verify_ledger(two.jiwoo)
    assert (chain.ok, chain.length) == (True, 3)


def test_inspecting_needs_no_key(two: Two) -> None:
    found = sharing.inspect(two.share())
    assert (found.type, found.version, found.recipient_slots) == ("bundle", 1, 1)
    assert found.size == two.out.stat().st_size
    sharing.save_card(two.jiwoo, two.folder / "me.mdcard")
    assert sharing.inspect(two.folder / "me.mdcard").type == "card"
    (two.folder / "else").write_bytes(b"something")
    with pytest.raises(InputRefused) as refusal:
        sharing.inspect(two.folder / "else")
    assert code(refusal) == "NOT_A_BUNDLE"


def test_a_name_for_the_file_that_names_nobody(two: Two) -> None:
    shared = sharing.share(two.jiwoo, ["Tax adviser"], TRANSACTIONS, PURPOSE, two.folder)
    name = Path(shared.out).name
    assert name.startswith("mydata-")
    assert "adviser" not in name.lower()
    assert Path(shared.out).exists()
    assert shared.unverified == ["Tax adviser"]


def test_nothing_readable_lies_in_the_folders(two: Two) -> None:
    exchanged(two)
    files = [path for path in two.folder.rglob("*") if path.is_file()]
    assert {".db", ".mdshare", ".mdreceipt"} <= {path.suffix for path in files}
    for path in files:
        data = path.read_bytes()
        assert b"Corner shop" not in data, path.name
        assert b"Jiwoo" not in data, path.name
