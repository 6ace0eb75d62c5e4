"""Names, fingerprints, safety numbers, cards and what people know of each other."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import InputRefused
from app.share import card, identity, people, receipts, seal
from app.share.identity import Party
from app.share.manifest import Receipt
from tests.share import build as b

NOW = "2026-11-20T12:00:00Z"
OWN = b.READER.fingerprint


def person(who: b.Person, name: str = "", seq: int = 1) -> people.Person:
    return people.Person(name=name or who.name, ed=who.ed.hex(), x=who.x.hex(), card_seq=seq)


def read(text: str) -> card.Card:
    return card.read(text.encode())


def refusal_of(text: str, *known: people.Person) -> str:
    with pytest.raises(InputRefused) as refusal:
        people.add(read(text), known, OWN, NOW)
    return refusal.value.code


# --- Names and numbers --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["A", "서지우", "Zoë O’Neill", "간호사 건강 연구", "x" * 80, "👩🏽"]
)
def test_names_that_can_be_used(name: str) -> None:
    assert identity.clean_name(f"  {name} ") == name


@pytest.mark.parametrize(
    "name",
    ["", "  ", "x" * 81, "a\nb", "a\tb", "a\0b", "a\u202eb", "a\u200bb", "a\u2028b", "a\ue000b"],
)
def test_names_that_cannot(name: str) -> None:
    with pytest.raises(InputRefused) as refusal:
        identity.clean_name(name)
    assert refusal.value.code == "BAD_NAME"


def test_a_decomposed_name_is_composed() -> None:
    assert identity.clean_name("\u1112\u1161\u11ab") == "한"


@given(one=st.binary(min_size=32, max_size=32), other=st.binary(min_size=32, max_size=32))
def test_the_pair_code_is_the_same_on_both_sides(one: bytes, other: bytes) -> None:
    code = identity.pair_code(one.hex(), other.hex())
    assert code == identity.pair_code(other.hex(), one.hex())
    assert len(code) == 60
    assert code[:30] <= code[30:]
    assert identity.ungrouped(identity.grouped(code)) == code


@given(st.binary(min_size=32, max_size=32), st.integers(0, 255))
def test_another_fingerprint_has_another_number(fingerprint: bytes, bit: int) -> None:
    other = bytearray(fingerprint)
    other[bit // 8] ^= 1 << bit % 8
    assert identity.safety_digits(fingerprint.hex()) != identity.safety_digits(other.hex())


def test_numbers_are_read_however_they_are_typed() -> None:
    assert identity.ungrouped("１２３45-678 90\n") == "1234567890"
    assert identity.ungrouped("no digits") == ""


def test_the_number_of_a_known_identity_never_changes() -> None:
    assert b.SENDER.fingerprint[:16] == "f054cac81b87d4ad"
    assert (
        identity.grouped(identity.safety_digits(b.SENDER.fingerprint))
        == "83838 21032 01637 74470 07774 42323"
    )


# --- Keys ---------------------------------------------------------------------------------------


def test_keys_come_back_from_their_packed_form() -> None:
    keys = seal.Keys.generate()
    again = seal.Keys(keys.pack())
    assert (again.ed, again.x, again.fingerprint) == (keys.ed, keys.x, keys.fingerprint)
    assert seal.verify(keys.ed, b"text", again.sign(b"text"))


def test_a_signature_is_for_its_text_and_key_only() -> None:
    keys, other = seal.Keys.generate(), seal.Keys.generate()
    signature = keys.sign(b"text")
    assert not seal.verify(keys.ed, b"text!", signature)
    assert not seal.verify(other.ed, b"text", signature)
    assert not seal.verify(bytes(32), b"text", bytes(64))
    assert not seal.verify(keys.ed, b"text", signature[:63])


def test_64_bytes_and_nothing_else_make_keys() -> None:
    with pytest.raises(ValueError):  # noqa: PT011 the one kind it raises
        seal.Keys(bytes(63))


# --- Cards --------------------------------------------------------------------------------------


def test_our_card_reads_back() -> None:
    keys = seal.Keys(b.SENDER.packed)
    text = card.write(keys, "Jiwoo Seo", NOW)
    found = read(text)
    assert found.party == keys.party("Jiwoo Seo")
    assert len(text) < 700
    assert text.isascii()


def test_our_rotated_card_proves_both_keys() -> None:
    old, new = seal.Keys(b.SENDER.packed), seal.Keys(b.THIRD.packed)
    found = read(card.write(new, "Jiwoo Seo", NOW, 2, previous=old))
    assert found.prev_fp == old.fingerprint
    assert found.card_seq == 2


@settings(max_examples=300, deadline=None)
@given(at=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_bit_anywhere_in_a_card(at: int, bit: int) -> None:
    def flip(data: bytes) -> bytes:
        where = at % len(data)
        return data[:where] + bytes([data[where] ^ (1 << bit)]) + data[where + 1 :]

    with pytest.raises(InputRefused) as refusal:
        read(b.card(b.SENDER, bend_bytes=flip))
    assert refusal.value.code in {"CARD_TAMPERED", "NEWER_VERSION"}


@given(st.text(max_size=200))
def test_any_text_is_no_card(text: str) -> None:
    with pytest.raises(InputRefused) as refusal:
        read(text)
    assert refusal.value.code == "NOT_A_CARD"


def test_qr_text_holds_both_keys_and_a_short_name() -> None:
    text = card.qr_text(Party("서지우" * 9, b.SENDER.ed.hex(), b.SENDER.x.hex()))
    assert text.startswith("MYDATA1:")
    data = from_base45(text.removeprefix("MYDATA1:"))
    assert data[:64] == b.SENDER.ed + b.SENDER.x
    assert data[64:].decode() == "서지우" * 2 + "서지"
    assert len(text) <= 150


def from_base45(text: str) -> bytes:
    letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
    data = b""
    for at in range(0, len(text), 3):
        piece = text[at : at + 3]
        number = sum(letters.index(char) * 45**place for place, char in enumerate(piece))
        data += number.to_bytes(len(piece) - 1, "big")
    return data


def test_base45_of_the_standard() -> None:
    assert from_base45("QED8WEX0") == b"ietf!"
    party = Party("ietf!", "", "")
    assert card.qr_text(party) == "MYDATA1:QED8WEX0"


# --- People -------------------------------------------------------------------------------------


def test_somebody_new_is_unverified() -> None:
    found, replaces = people.add(read(b.card(b.SENDER)), [], OWN, NOW)
    assert (found.state, found.added, replaces) == ("unverified", NOW, "")


def test_the_same_card_again_changes_nothing_but_the_name() -> None:
    known = people.verify(person(b.SENDER), OWN, person(b.SENDER).party.digits, NOW)
    renamed = read(b.card(b.SENDER, name="Jiwoo S.", card_seq=2))
    found, replaces = people.add(renamed, [known], OWN, "later")
    assert (found.name, found.state, found.verified_at) == ("Jiwoo S.", "verified", NOW)
    assert replaces == known.fingerprint


def test_the_very_same_card_is_taken_again() -> None:
    known = person(b.SENDER, seq=3)
    found, replaces = people.add(read(b.card(b.SENDER, card_seq=3)), [known], OWN, NOW)
    assert (found, replaces) == (known, known.fingerprint)


def test_an_older_card_is_not_taken() -> None:
    assert refusal_of(b.card(b.SENDER), person(b.SENDER, seq=3)) == "OLDER_CARD"
    rotated = b.card(b.THIRD, b.SENDER, name=b.SENDER.name, card_seq=1)
    assert refusal_of(rotated, person(b.SENDER, seq=3)) == "OLDER_CARD"


def test_nobody_takes_a_known_name() -> None:
    assert refusal_of(b.card(b.STRANGER, name="JIWOO  SEO"), person(b.SENDER)) == "CARD_KEY_CHANGED"
    known = person(b.STRANGER, "Someone"), person(b.SENDER)
    assert refusal_of(b.card(b.STRANGER, name="Jiwoo Seo"), *known) == "CARD_KEY_CHANGED"


def test_new_keys_proved_by_the_old_are_changed_not_verified() -> None:
    known = people.verify(person(b.SENDER), OWN, person(b.SENDER).party.digits, NOW)
    text = b.card(b.THIRD, b.SENDER, name=b.SENDER.name, card_seq=2)
    found, replaces = people.add(read(text), [known], OWN, "later")
    assert (found.state, found.verified_at) == ("changed", "")
    assert replaces == b.SENDER.fingerprint
    with pytest.raises(InputRefused) as refusal:
        people.sealable(found)
    assert refusal.value.code == "PERSON_CHANGED"


def test_their_own_number_or_the_pair_verifies() -> None:
    somebody = person(b.SENDER)
    for number in (somebody.party.digits, identity.pair_code(OWN, b.SENDER.fingerprint)):
        assert people.verify(somebody, OWN, identity.grouped(number), NOW).state == "verified"
    for number in (somebody.party.digits[:-1], identity.safety_digits(OWN)):
        with pytest.raises(InputRefused):
            people.verify(somebody, OWN, number, NOW)


# --- Receipts -----------------------------------------------------------------------------------


def receipt(records: int, code: str = "") -> Receipt:
    """What the reader says of a bundle."""
    return receipts.make(
        seal.Keys(b.READER.packed),
        bundle="ab" * 16,
        header="cd" * 32,
        manifest="ef" * 32,
        records=records,
        at=NOW,
        code=code,
    )


@pytest.mark.parametrize(("code", "status"), [("", 0), ("EXPIRED", 1)])
def test_a_receipt_is_signed_as_the_format_says(code: str, status: int) -> None:
    made = receipt(258, code)
    signed = b"mydata/receipt/v1\0" + b"\xab" * 16 + b"\xcd" * 32 + b"\xef" * 32
    signed += bytes.fromhex(b.READER.fingerprint) + bytes([status, 0, 0, 0, 0, 0, 0, 1, 2])
    signed += bytes([len(code)]) + code.encode() + NOW.encode()
    assert made.signature == b.READER.sign(signed).hex()


@pytest.mark.parametrize(
    "change",
    [
        {"bundle": "ac" * 16},
        {"header": "ab" * 32},
        {"manifest": "ab" * 32},
        {"records": 8},
        {"status": "refused"},
        {"code": "EXPIRED"},
        {"at": "2026-11-20T12:00:01Z"},
        {"signature": "0" * 128},
    ],
)
def test_no_word_of_a_receipt_may_change(change: dict[str, object]) -> None:
    made = receipt(7)
    assert receipts.genuine(made, person(b.READER).party)
    assert not receipts.genuine(made, person(b.SECOND).party)
    assert not receipts.genuine(msgspec.structs.replace(made, **change), person(b.READER).party)
