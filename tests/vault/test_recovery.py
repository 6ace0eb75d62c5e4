"""The written recovery key: read back however it is typed, and a slip is pointed at by group."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.errors import CannotUnlock
from app.vault import recovery

SECRETS = st.binary(min_size=32, max_size=32)
PLACES = st.integers(0, recovery.GROUPS - 1)
WRITTEN = st.text(recovery.ALPHABET, min_size=4, max_size=4)
EXAMPLE = recovery.encode(bytes(range(32)))


def replaced(text: str, changes: dict[int, str]) -> str:
    groups = text.split("-")
    for place, group in changes.items():
        groups[place] = group
    return "-".join(groups)


def wrong_group(text: str) -> object:
    with pytest.raises(CannotUnlock) as caught:
        recovery.decode(text)
    assert caught.value.code == "recovery-group"
    return caught.value.values["number"]


@given(SECRETS)
def test_what_was_written_is_read_back(secret: bytes) -> None:
    text = recovery.encode(secret)
    assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){14}[0-9A-HJKMNP-TV-Z]{4}", text)
    assert recovery.decode(text) == secret


@given(SECRETS, st.sampled_from(["", " ", "\n", " - ", "–", "·", "\u00a0", "  "]))
def test_spacing_case_and_look_alikes_do_not_matter(secret: bytes, between: str) -> None:
    text = recovery.encode(secret).replace("-", between).lower()
    text = text.replace("0", "o").replace("1", "l")
    assert recovery.decode(f" {text}\n") == secret


def test_full_width_letters_are_letters() -> None:
    wide = "".join(chr(ord(letter) + 0xFEE0) if letter.isalnum() else letter for letter in EXAMPLE)
    assert recovery.decode(wide) == bytes(range(32))


@given(SECRETS, PLACES, WRITTEN)
def test_any_one_wrong_group_is_named(secret: bytes, place: int, group: str) -> None:
    text = recovery.encode(secret)
    assume(text.split("-")[place] != group)
    assert wrong_group(replaced(text, {place: group})) == place + 1


@given(SECRETS, PLACES, st.sampled_from(["AB", "ABCDE", "AB*D", "가나다라", "UUUU"]))
def test_a_group_too_short_too_long_or_foreign_is_named(
    secret: bytes, place: int, group: str
) -> None:
    assert wrong_group(replaced(recovery.encode(secret), {place: group})) == place + 1


@given(SECRETS, PLACES, PLACES, WRITTEN, WRITTEN)
def test_two_wrong_groups_never_pass(
    secret: bytes, one: int, other: int, first: str, second: str
) -> None:
    text = recovery.encode(secret)
    groups = text.split("-")
    assume(one != other and groups[one] != first and groups[other] != second)
    with pytest.raises(CannotUnlock) as caught:
        recovery.decode(replaced(text, {one: first, other: second}))
    assert caught.value.code in {"recovery-group", "recovery-groups", "recovery-order"}


@given(SECRETS, PLACES, PLACES)
def test_two_swapped_groups_never_pass(secret: bytes, one: int, other: int) -> None:
    text = recovery.encode(secret)
    groups = text.split("-")
    assume(groups[one] != groups[other])
    with pytest.raises(CannotUnlock):
        recovery.decode(replaced(text, {one: groups[other], other: groups[one]}))


@given(SECRETS, st.integers(0, recovery.GROUPS - 2))
def test_two_neighbours_that_changed_places_are_named(secret: bytes, place: int) -> None:
    text = recovery.encode(secret)
    groups = text.split("-")
    assume(groups[place] != groups[place + 1])
    swapped = replaced(text, {place: groups[place + 1], place + 1: groups[place]})
    with pytest.raises(CannotUnlock) as caught:
        recovery.decode(swapped)
    assert caught.value.code == "recovery-order"
    assert caught.value.values == {"number": place + 1, "after": place + 2}


@given(st.text(max_size=80))
def test_anything_else_is_refused_in_words(text: str) -> None:
    with pytest.raises(CannotUnlock):
        recovery.decode(text)


def test_the_bits_that_must_be_zero_are_checked() -> None:
    values = [recovery._READ[letter] for letter in EXAMPLE.replace("-", "")]
    groups = [
        values[i] << 15 | values[i + 1] << 10 | values[i + 2] << 5 | values[i + 3]
        for i in range(0, 52, 4)
    ]
    groups[12] |= 1
    text = "-".join(map(recovery._text, [*groups, *recovery._checks(groups)]))
    with pytest.raises(CannotUnlock) as caught:
        recovery.decode(text)
    assert caught.value.code == "recovery-groups"


def test_typing_one_group_back() -> None:
    fifth = EXAMPLE.split("-")[4]
    assert recovery.group(EXAMPLE, 5) == fifth
    assert recovery.same_group(f" {fifth.lower()} ", EXAMPLE, 5)
    assert recovery.same_group(recovery.group(EXAMPLE, 1).replace("0", "O"), EXAMPLE, 1)
    assert not recovery.same_group(fifth[:3], EXAMPLE, 5)
    assert not recovery.same_group("****", EXAMPLE, 5)
    assert not recovery.same_group(fifth[::-1] + "A", EXAMPLE, 5)
