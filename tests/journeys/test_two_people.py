"""Two people, two vaults, the real program: cards, a share, and every way it is refused."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.cli.running import Program, copied


class Pair(NamedTuple):
    """A person with data, and one who may see some of it."""

    mine: Program
    theirs: Program
    number: str
    files: Path


SELECTION = ("--kind", "finance.transaction", "social.message", "--from", "2025-01-01")
PURPOSE = ("--purpose", "a study", "--until", "2099-12-31")


@pytest.fixture(scope="module")
def met(full_vault: Path, empty_vault: Path, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """Both have added and verified each other, by commands alone."""
    place = tmp_path_factory.mktemp("pair")
    mine, theirs = copied(full_vault, place / "mine"), copied(empty_vault, place / "theirs")
    cards: dict[str, Path] = {}
    for name, program in (("Ara Whitlock", mine), ("Bo Teller", theirs)):
        cards[name] = place / f"{len(cards)}.card"
        made = program.json("card", "--name", name, "--out", cards[name])
        assert made["card"].startswith("-----BEGIN MYDATA CARD")
        assert cards[name].read_text() == made["card"]
    bo = mine.json("people", "add", cards["Bo Teller"])["person"]
    ara = theirs.json("people", "add", cards["Ara Whitlock"])["person"]
    assert ara["safety_number"] == bo["safety_number"]
    assert ara["state"] == "unverified"
    mine.json("people", "verify", "Bo Teller", "--number", ara["safety_number"])
    theirs.json("people", "verify", "Ara Whitlock", "--number", bo["safety_number"])
    return Pair(mine, theirs, bo["safety_number"], place)


@pytest.fixture
def pair(met: Pair, tmp_path: Path) -> Pair:
    """Both in fresh copies."""
    return Pair(
        copied(met.mine.vault, tmp_path / "mine"),
        copied(met.theirs.vault, tmp_path / "theirs"),
        met.number,
        tmp_path,
    )


def shared(pair: Pair, *words: object) -> Any:
    """A bundle for Bo."""
    out = pair.files / "for-bo.mdshare"
    return pair.mine.json("share", "--to", "Bo Teller", *SELECTION, *PURPOSE, "--out", out, *words)


def test_what_was_previewed_is_what_arrives(pair: Pair) -> None:
    seen = pair.mine.json("share", "--to", "Bo Teller", *SELECTION, *PURPOSE, "--preview")
    assert seen["records"] == len(seen["rows"]) > 50
    assert not list(pair.files.glob("*.mdshare"))
    assert "author" in seen["left_out"]["social.message"]

    made = shared(pair)
    assert (made["records"], made["kinds"]) == (seen["records"], seen["kinds"])
    assert made["recipients"] == ["Bo Teller"]
    outside = pair.theirs.json("inspect", made["out"])
    assert outside == {
        "type": "bundle",
        "version": 1,
        "size": Path(made["out"]).stat().st_size,
        "recipient_slots": 1,
    }

    folder = pair.files / "received"
    got = pair.theirs.json("receive", made["out"], "--accept", "--export", folder)
    assert got["bundle_id"] == made["bundle_id"]
    assert (got["sender"], got["verified"]) == ("Ara Whitlock", True)
    assert got["records"] == seen["records"]
    lines = (folder / "records.jsonl").read_text(encoding="utf-8").splitlines()
    arrived = {row["id"]: row for row in map(json.loads, lines)}
    assert arrived == {row["id"]: row for row in seen["rows"]}
    with (folder / "finance.transaction.csv").open(encoding="utf-8-sig") as file:
        assert len(list(csv.DictReader(file))) == made["kinds"]["finance.transaction"]
    assert pair.theirs.json("status")["records"] == seen["records"]

    receipt = pair.mine.json("receive", got["receipt"], "--accept")
    assert (receipt["kind"], receipt["about"]) == ("receipt", made["bundle_id"])
    ledger = pair.mine.json("ledger", "--verify")
    assert [entry["kind"] for entry in ledger["entries"]] == ["receipt", "share"]
    assert ledger["chain"]["ok"] is True
    assert ledger["chain"]["length"] == 2


def test_receiving_only_looks_until_it_is_told_to_keep(pair: Pair) -> None:
    made = shared(pair)
    got = pair.theirs.json("receive", made["out"])
    assert (got["stored"], got["receipt"]) == (False, None)
    assert pair.theirs.json("status")["records"] == 0
    assert pair.theirs.json("ledger")["entries"] == []


def refused(program: Program, path: Path, *words: str) -> str:
    result = program.run("receive", path, "--json", *words)
    assert result.code == 3, result.out
    assert result.json["error"]["next"]
    assert program.json("status")["records"] == 0
    assert not list(path.parent.glob("*.mdreceipt"))
    return result.error


def test_damaged_cut_and_foreign_files_are_refused(pair: Pair) -> None:
    whole = Path(shared(pair)["out"]).read_bytes()
    path = pair.files / "other.mdshare"
    for place in (20, len(whole) // 3, len(whole) // 2, len(whole) - 5):
        data = bytearray(whole)
        data[place] ^= 4
        path.write_bytes(data)
        assert refused(pair.theirs, path, "--accept") != "bug"
    for size in (0, 10, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        refused(pair.theirs, path, "--accept")
    path.write_bytes(whole + b"x")
    assert refused(pair.theirs, path, "--accept") == "TRAILING_DATA"
    path.write_bytes(b"PK\x03\x04" + bytes(1000))
    assert refused(pair.theirs, path, "--accept") == "NOT_A_BUNDLE"


def test_the_same_file_twice_is_refused(pair: Pair) -> None:
    made = shared(pair)
    pair.theirs.json("receive", made["out"], "--accept")
    count = pair.theirs.json("status")["records"]
    again = pair.theirs.run("receive", made["out"], "--accept", "--json")
    assert (again.code, again.error) == (3, "ALREADY_IMPORTED")
    assert pair.theirs.json("status")["records"] == count


def test_what_is_not_for_me_stays_closed(pair: Pair, empty_vault: Path) -> None:
    made = shared(pair)
    other = copied(empty_vault, pair.files / "other")
    other.json("card", "--name", "Cy Stranger")
    assert refused(other, Path(made["out"]), "--accept") == "NOT_FOR_YOU"


def test_an_unknown_sender_needs_a_decision(pair: Pair, empty_vault: Path) -> None:
    dee = copied(empty_vault, pair.files / "dee")
    card = pair.files / "dee.card"
    dee.json("card", "--name", "Dee Newcomer", "--out", card)
    pair.mine.json("people", "add", card)
    out = pair.files / "dee" / "x.mdshare"
    pair.mine.json("share", "--to", "Dee Newcomer", *SELECTION, *PURPOSE, "--out", out)

    assert refused(dee, out) == "UNKNOWN_SENDER"
    got = dee.json("receive", out, "--accept")
    assert (got["verified"], got["first_contact"], got["stored"]) == (False, True, True)
    [person] = dee.json("people")["people"]
    assert (person["name"], person["state"]) == ("Ara Whitlock", "unverified")


def test_a_withdrawal_takes_what_was_received_away(pair: Pair) -> None:
    made = shared(pair)
    pair.theirs.json("receive", made["out"], "--accept")
    out = pair.files / "back.mdshare"
    assert pair.mine.json("withdraw", made["bundle_id"], "--out", out)["out"] == str(out)
    got = pair.theirs.json("receive", out, "--accept")
    assert (got["kind"], got["about"]) == ("withdraw", made["bundle_id"])
    assert pair.theirs.json("status")["records"] == 0
    [share] = [each for each in pair.mine.json("ledger")["entries"] if each["kind"] == "share"]
    assert share["state"] == "withdrawn"


def test_fields_drops_and_transforms_shape_what_goes_out(pair: Pair) -> None:
    words = ("share", "--to", "Bo Teller", "--kind", "finance.transaction", "--preview")
    whole = pair.mine.json(*words)
    key = pair.mine.json("records", "--kind", "finance.transaction")["records"][0]["key"]
    less = pair.mine.json(
        *words,
        *("--fields", "finance.transaction=amount,currency"),
        *("--drop", key),
        *("--transform", "start=month", "finance.transaction.amount=round:10"),
    )
    assert less["records"] == whole["records"] - 1
    for row in less["rows"]:
        assert set(row["data"]) == {"amount", "currency"}
        assert len(row["start"]) == 7
        assert row["data"]["amount"].endswith("0")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--to", "Nobody Here", *SELECTION, *PURPOSE), "UNKNOWN_PERSON"),
        (("--to", "Bo Teller", "--kind", "bogus", *PURPOSE), "BAD_SELECTION"),
        (("--to", "Bo Teller", "--kind", "mail", *PURPOSE), "NOTHING_SELECTED"),
        (("--to", "Bo Teller", *SELECTION), "NO_PURPOSE"),
        (("--to", "Bo Teller", *SELECTION, "--purpose", "x", "--until", "soon"), "BAD_DATE"),
    ],
)
def test_a_share_that_cannot_be_leaves_no_file(
    pair: Pair, words: tuple[str, ...], code: str
) -> None:
    result = pair.mine.run("share", *words, "--out", pair.files / "x.mdshare", "--json")
    assert (result.code, result.error) == (3, code)
    assert not list(pair.files.glob("*.mdshare"))
    assert pair.mine.json("ledger")["entries"] == []


def test_a_wrong_number_verifies_nobody(pair: Pair) -> None:
    wrong = pair.number.translate(str.maketrans("0123456789", "1234567890"))
    result = pair.mine.run("people", "verify", "Bo Teller", "--number", wrong, "--json")
    assert (result.code, result.error) == (3, "WRONG_NUMBER")


def test_without_a_card_there_is_nothing_to_show(mydata: Program) -> None:
    result = mydata.run("card", "--json")
    assert (result.code, result.error) == (3, "NO_IDENTITY")
    assert mydata.json("people") == {"people": []}


def test_several_files_are_received_one_by_one(pair: Pair) -> None:
    made = shared(pair)
    broken = pair.files / "broken.mdshare"
    shutil.copy(made["out"], broken)
    with broken.open("r+b") as file:
        file.truncate(500)
    got = pair.theirs.json("receive", broken, made["out"], "--accept", code=1)
    assert [each.get("stored", False) for each in got["bundles"]] == [False, True]
    assert got["bundles"][0]["error"]["code"]
